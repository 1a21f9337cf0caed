/* One request from its first line until its answer has left, between libmicrohttpd's callbacks and ulfius'
 * structs. ulfius' own dispatcher, which is not public, keeps every body in memory; ours hands those of a
 * route with a receiver on as they come. Only shared/http includes this. */
#ifndef CLAIRSCORE_HTTP_ARRIVAL_H
#define CLAIRSCORE_HTTP_ARRIVAL_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/http/exchange.h"

struct http_arrival {
    struct _u_request request;
    struct _u_response response;
    struct http_exchange exchange;
    struct http_exchange_private private;
    size_t body_capacity;
    double started_s;
    bool begun; /* the headers were read */
    bool sent;
};

/* A request whose first line asks for `uri`. NULL without memory. */
struct http_arrival *arrival_new(const char *uri);
void arrival_free(struct http_arrival *arrival);

/* Takes method, query, headers, cookies and the peer's address over. Names and values that are not UTF-8 are
 * left out; what is given several times is joined with commas. -1 without memory. */
int arrival_read_head(struct http_arrival *arrival, struct MHD_Connection *connection, const char *method,
                      const char *version);

/* Adds bytes to the body, of which the first `limit` are kept. -1 without memory. */
int arrival_keep_body(struct http_arrival *arrival, const char *bytes, size_t size, size_t limit);

/* Hands the response over to libmicrohttpd. */
enum MHD_Result arrival_send(struct http_arrival *arrival, struct MHD_Connection *connection);

#endif
