/* An HTTP server as we run it: ulfius on libmicrohttpd's epoll pool with a connection limit, timeouts, body
 * limits, request ids, JSON access log and metrics. */
#ifndef CLAIRSCORE_HTTP_SERVER_H
#define CLAIRSCORE_HTTP_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <ulfius.h>

#include "shared/base/config.h"
#include "shared/base/error.h"
#include "shared/base/language.h"
#include "shared/http/metrics.h"

/* One request being answered. Everything in it lives until the handler returns. */
struct http_exchange {
    const struct _u_request *request;
    struct _u_response *response;
    void *context;         /* what the program gave to http_server_start */
    void *identity;        /* what `authorise` left here; released by `forget` */
    char request_id[33];   /* X-Request-Id of the caller when it is sane, else ours; sent back */
    enum language language;
    const struct http_route *route; /* NULL when no route matched */
};

struct http_route {
    const char *method; /* "GET" (answers HEAD too), "POST", … */
    const char *path;   /* ulfius format: "/clients/:id" */
    void (*handle)(struct http_exchange *exchange);
    bool open;          /* needs no authorisation */
};

struct http_program {
    const struct config *config;
    const struct http_route *routes; /* exact ones first; ends with method NULL */
    void *context;
    struct metrics *metrics;
    /* Decides whether the exchange may go on to its route; answers it and returns false when not. May be NULL. */
    bool (*authorise)(struct http_exchange *exchange);
    void (*forget)(void *identity);
    /* Answers with an error page or document: 404, 405, 413, 400 … found before a route's handler runs. */
    void (*fail)(struct http_exchange *exchange, unsigned status, const char *detail);
};

struct http_server;

/* Binds and starts answering. The program must outlive the server. ERROR_UNAVAILABLE when the port is taken. */
int http_server_start(struct http_server **out, const struct http_program *program, struct error *err);

/* Stops accepting, lets running requests finish (at most the request timeout), frees. */
void http_server_stop(struct http_server *server);

/* Blocks the calling thread until SIGTERM or SIGINT. Call http_block_signals() before any thread starts. */
void http_block_signals(void);
void http_wait_for_stop(void);

/* Answers. Content is copied. */
void http_answer(struct http_exchange *exchange, unsigned status, const char *content_type, const void *body,
                 size_t length);
void http_answer_json(struct http_exchange *exchange, unsigned status, const json_t *body);
void http_header(struct http_exchange *exchange, const char *name, const char *value);

/* Looks up a path, query or header value; NULL when absent. Belongs to the request. */
const char *http_path(const struct http_exchange *exchange, const char *name);
const char *http_query(const struct http_exchange *exchange, const char *name);
const char *http_request_header(const struct http_exchange *exchange, const char *name);

#endif
