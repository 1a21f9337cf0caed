/* An HTTP server as we run it: libmicrohttpd's epoll pool with a connection limit, timeouts, body limits,
 * request ids, JSON access log and metrics, and ulfius' requests and responses. Routes are matched here and
 * not by ulfius, which splits every route's format again for each request and cannot tell 404 from 405. */
#ifndef CLAIRSCORE_HTTP_SERVER_H
#define CLAIRSCORE_HTTP_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <ulfius.h>

#include "shared/base/config.h"
#include "shared/base/error.h"
#include "shared/base/language.h"
#include "shared/http/metrics.h"

enum {
    HTTP_PATH_VALUES = 4,     /* variables of one route */
    HTTP_REQUEST_ID = 33,     /* 32 characters and the terminator */
    HTTP_PATH_BYTES = 1024,   /* with the terminator; longer paths are 404 */
    HTTP_URI_BYTES = 8192,    /* of path and query; longer ones are 414 */
    HTTP_HEADERS = 100,       /* fields; these two: more are 431 */
    HTTP_HEADER_BYTES = 16384 /* of all names and values */
};

/* One request being answered. Everything in it lives until the handler returns. */
struct http_exchange {
    const struct _u_request *request;
    struct _u_response *response;
    void *context;  /* what the program gave to http_server_start */
    void *identity; /* what `authorise` left here; released by `forget` */
    void *held;     /* what a handler took for the whole request; released by `release` */
    const char
        *caller; /* how the log names who asks, in the identity; no personal data; NULL: nobody known */
    char request_id[HTTP_REQUEST_ID]; /* X-Request-Id of the caller when it is sane, else ours; sent back */
    enum language language;           /* of ?lang= or Accept-Language */
    const struct http_route *route;   /* NULL when no route matched */
    void *upload;                     /* what the route's receiver made of the body */
    struct http_exchange_private *private;
};

/* Takes the bodies of a route as they arrive, where they may be larger than memory or than MAX_BODY_BYTES. */
struct http_receiver {
    /* The headers are there, the exchange is authorised and the route's checks are passed. Leaves
     * exchange->upload, or answers the exchange: then the body is read and thrown away, or never sent by a
     * caller that waits for 100 Continue. */
    void (*begin)(struct http_exchange *exchange);
    /* The next bytes. Must not block for long. */
    void (*receive)(void *upload, const char *bytes, size_t size);
    /* Releases the upload after the handler returned, or when the connection was lost before. */
    void (*forget)(void *upload);
};

struct http_route {
    const char *method; /* "GET" (answers HEAD too), "POST", … */
    const char *path;   /* "/clients/:id": literal segments and variables; earlier routes win */
    void (*handle)(struct http_exchange *exchange);
    const char *produces; /* media type of the answer, held against Accept (406); NULL: not checked */
    const char *consumes; /* media type the body must have (415); NULL: not checked */
    const struct http_receiver *receiver; /* NULL: the body is kept in memory, up to MAX_BODY_BYTES */
    unsigned scope; /* what the caller must be allowed to do, in the program's own flags, for `authorise` */
    bool open;      /* needs no authorisation */
    bool quiet;     /* its requests are logged at debug level only: health checks, static files */
};

struct http_program {
    const struct config *config;
    const struct http_route *routes; /* ends with method NULL */
    void *context;
    struct metrics *metrics;
    /* Decides whether the exchange may go on to its route; answers it and returns false when not. May be
     * NULL. */
    bool (*authorise)(struct http_exchange *exchange);
    void (*forget)(void *identity);
    void (*release)(void *held);
    /* Answers with an error page or document: 404, 405, 406, 413, 415 … found before a route's handler runs.
     */
    void (*fail)(struct http_exchange *exchange, unsigned status, const char *detail);
};

struct http_server;

/* Binds and starts answering. The program must outlive the server. ERROR_UNAVAILABLE when the port is taken.
 */
int http_server_start(struct http_server **out, const struct http_program *program, struct error *err);

/* Stops accepting, lets running requests finish (at most the request timeout), frees. */
void http_server_stop(struct http_server *server);

/* Blocks the calling thread until SIGTERM or SIGINT. SIGHUP calls `reload` meanwhile, or ends the wait too
 * when that is NULL. Call http_block_signals() before any thread starts. */
void http_block_signals(void);
void http_wait_for_stop(void (*reload)(void *context), void *context);

/* Answers. Content is copied. Every answer gets X-Content-Type-Options, X-Frame-Options, Referrer-Policy,
 * Content-Security-Policy (default-src 'none') and Cache-Control (no-store) unless http_header sets them
 * otherwise. */
void http_answer(struct http_exchange *exchange, unsigned status, const char *content_type, const void *body,
                 size_t length);
void http_answer_json(struct http_exchange *exchange, unsigned status, const json_t *body);

/* Answers with a terminated or counted text whose memory, from malloc, goes over to the server. */
void http_answer_take(struct http_exchange *exchange, unsigned status, const char *content_type, void *body,
                      size_t length);

/* Answers with a body of unknown length that `read` writes when the connection takes more: the number of
 * bytes put into `out` (at most `size`, above 0), U_STREAM_END or, to break the connection off,
 * U_STREAM_ERROR. `forget` releases `stream` at the end, however it comes. Both run in a thread of the pool.
 */
void http_answer_stream(struct http_exchange *exchange, unsigned status, const char *content_type,
                        ssize_t (*read)(void *stream, uint64_t offset, char *out, size_t size),
                        void (*forget)(void *stream), void *stream);

/* Sets an answer's header, replacing an earlier value. A value with control characters is dropped and logged.
 */
void http_header(struct http_exchange *exchange, const char *name, const char *value);

/* Looks up a path, query or header value; NULL when absent. Values are decoded; a query parameter given
 * several times is joined with commas. Belongs to the request. */
const char *http_path(const struct http_exchange *exchange, const char *name);
const char *http_query(const struct http_exchange *exchange, const char *name);
const char *http_request_header(const struct http_exchange *exchange, const char *name);

/* Accept-Encoding names gzip, or Brotli, and does not forbid it with quality 0. */
bool http_takes_gzip(const struct http_exchange *exchange);
bool http_takes_brotli(const struct http_exchange *exchange);

/* A field of a form sent as application/x-www-form-urlencoded, decoded; the first one of that name; NULL when
 * absent or when the body is of another type. Belongs to the request. (ulfius' own reading of forms has no
 * limit on what it keeps and is switched off: request->map_post_body is empty.) */
const char *http_form(struct http_exchange *exchange, const char *name);

/* The next query parameter, from number *at on, whose name is none of `known` (ends with NULL); NULL when
 * there is no other. Start with *at = 0. `lang` is always known. */
const char *http_query_unknown(const struct http_exchange *exchange, const char *const *known, size_t *at);

#endif
