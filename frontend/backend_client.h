/* Calls to the backend's REST API over connections that stay open. Several calls run at once; each has the
 * configured deadline. A safe call whose connection fails, or that a gateway answers with 502, 503 or 504, is
 * sent once more within its deadline. While the backend is away (breaker.h) calls fail at once instead of
 * each waiting for its own deadline. Thread-safe: a thread borrows a lane (a curl multi handle with its
 * connections) for as long as its calls last. */
#ifndef CLAIRSCORE_FRONTEND_BACKEND_CLIENT_H
#define CLAIRSCORE_FRONTEND_BACKEND_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/base/config.h"
#include "shared/base/error.h"
#include "shared/base/language.h"

enum {
    BACKEND_CALLS = 4,   /* at once */
    BACKEND_PATH = 2048, /* bytes of a call's path and query */
    BACKEND_ANSWER_BYTES = 8 << 20
};

enum backend_outcome {
    BACKEND_OK,       /* 2xx with JSON */
    BACKEND_UNKNOWN,  /* 404 */
    BACKEND_REJECTED, /* another 4xx: the question was wrong; `answer` may hold the problem document */
    BACKEND_AWAY,     /* no connection, no answer in time, 429, 502 to 504: worth another try later */
    BACKEND_BROKEN    /* another 5xx, or an answer that is no JSON or too large */
};

struct backend_call {
    char path[BACKEND_PATH]; /* "/clients/100001?…", already percent-encoded */
    const char *method;      /* NULL: POST with a body, GET without one */
    json_t *body;            /* Released by backend_calls_clean */
    bool safe;               /* a POST that only asks and alters nothing; a GET always is */
    /* Idempotency-Key of what is to be recorded once however often it is sent; such a call is sent again like
     * a safe one. NULL: none. Borrowed. */
    const char *idempotency_key;
    enum backend_outcome outcome;
    long status;    /* HTTP status, 0 without one */
    json_t *answer; /* NULL without one. Released by backend_calls_clean */
};

struct backend_client;

/* ERROR_INVALID when BACKEND_URL is no http or https address. curl_global_init() must have been called. */
int backend_client_new(struct backend_client **out, const struct config *config, struct error *err);
void backend_client_free(struct backend_client *client);

/* Runs `count` (1..BACKEND_CALLS) calls at once and fills outcome, status and answer of each. The answers'
 * texts are in `language`; `request_id` goes along, so that both servers' logs can be joined. */
void backend_client_run(struct backend_client *client, struct backend_call *calls, size_t count,
                        const char *request_id, enum language language);

/* The first call without BACKEND_OK, or NULL. */
const struct backend_call *backend_calls_failed(const struct backend_call *calls, size_t count);

/* Releases bodies and answers. */
void backend_calls_clean(struct backend_call *calls, size_t count);

#endif
