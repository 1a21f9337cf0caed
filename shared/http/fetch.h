/* Fetches a document from another service, such as an OpenID provider: within a deadline, up to a size,
 * without following it elsewhere. Blocks the calling thread. curl_global_init() must have been called. */
#ifndef CLAIRSCORE_HTTP_FETCH_H
#define CLAIRSCORE_HTTP_FETCH_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/buffer.h"
#include "shared/base/error.h"

struct fetch {
    const char *address;
    const char *form;          /* sent as POST, form-urlencoded; NULL: GET */
    const char *authorisation; /* "Basic …"; NULL: none */
    long timeout_ms;
    size_t bytes;            /* of the answer, at most */
    const atomic_bool *stop; /* breaks off soon after it becomes true; NULL: never */
};

/* True for https, and for http to this very machine: what came in the clear proves nothing. */
bool fetch_is_safe(const char *address);

/* Fills `status` with that of HTTP and `out` with the answer as it came. ERROR_INVALID when the address is
 * not safe, ERROR_UNAVAILABLE when there is no answer in time or it was stopped, ERROR_LIMIT when it is
 * larger than allowed. The caller frees *out, after an error too. */
int fetch_text(struct buffer *out, long *status, const struct fetch *fetch, struct error *err);

/* The same, with the answer as JSON: NULL when it is none. The caller releases *out. */
int fetch_json(json_t **out, long *status, const struct fetch *fetch, struct error *err);

#endif
