/* What the server keeps of an exchange beside what handlers see. Only shared/http includes this. */
#ifndef CLAIRSCORE_HTTP_EXCHANGE_H
#define CLAIRSCORE_HTTP_EXCHANGE_H

#include "shared/http/server.h"

struct http_exchange_private {
    struct {
        const char *name; /* in the route's path, up to the next slash */
        size_t name_length;
        char *value; /* in `path` */
    } values[HTTP_PATH_VALUES];
    size_t value_count;
    char path[HTTP_PATH_BYTES];
    struct _u_map form;
    bool form_read;
    bool answered;
    bool hang_up;                      /* nothing that follows on the connection is to be read */
    struct MHD_Connection *connection; /* that the request came on */
};

/* Matches the request's path with the route's and fills the path values. */
bool http_exchange_match(struct http_exchange *exchange, const struct http_route *route);

void http_exchange_clean(struct http_exchange *exchange);

#endif
