/* Fetches a JSON document from another service, such as an OpenID provider: within a deadline, up to a size,
 * without following it elsewhere. Blocks the calling thread. curl_global_init() must have been called. */
#ifndef CLAIRSCORE_HTTP_FETCH_H
#define CLAIRSCORE_HTTP_FETCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/error.h"

struct fetch {
    const char *address;
    const char *form;          /* sent as POST, form-urlencoded; NULL: GET */
    const char *authorisation; /* "Basic …"; NULL: none */
    long timeout_ms;
    size_t bytes; /* of the answer, at most */
};

/* True for https, and for http to this very machine: what came in the clear proves nothing. */
bool fetch_is_safe(const char *address);

/* Fills `status` with that of HTTP and `out` with the answer, NULL when it is no JSON. ERROR_INVALID when the
 * address is not safe, ERROR_UNAVAILABLE when there is no answer in time, ERROR_LIMIT when it is larger than
 * allowed. The caller releases *out. */
int fetch_json(json_t **out, long *status, const struct fetch *fetch, struct error *err);

#endif
