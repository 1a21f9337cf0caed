/* Takes connections and gives each to the thread that has the least to do. libmicrohttpd's own pool lets the
 * thread that wakes first accept up to ten connections in a row: eight clients that come together may then
 * share one thread while another sleeps. Only shared/http includes this. */
#ifndef CLAIRSCORE_HTTP_LISTENER_H
#define CLAIRSCORE_HTTP_LISTENER_H

#include <microhttpd.h>

#include "shared/base/config.h"
#include "shared/base/error.h"

struct listener;

/* What is done with requests, in the thread that their connection was given to. */
struct listener_calls {
    /* The first line is read; what it returns is *request below. */
    void *(*begins)(void *context, const char *uri);
    /* With the headers, then with each part of the body, then once more. */
    enum MHD_Result (*goes_on)(void *context, struct MHD_Connection *connection, const char *method,
                               const char *version, const char *bytes, size_t *size, void **request);
    /* The answer is sent, or the connection lost. */
    void (*completed)(void *context, void *request);
};

/* Listens on BIND and PORT with THREADS threads that answer and MAX_CONNECTIONS connections: who comes when
 * all are taken waits. `head_bytes` is what is kept of a request's head. ERROR_UNAVAILABLE when the port is
 * taken. `calls` and `context` must outlive the listener. The caller closes *out. */
int listener_open(struct listener **out, const struct config *config, size_t head_bytes,
                  const struct listener_calls *calls, void *context, struct error *err);

/* Takes no more connections. */
void listener_refuse(struct listener *listener);

/* Requests begun and not completed. */
unsigned listener_requests(const struct listener *listener);

/* Ends all connections and threads; NULL is allowed. */
void listener_close(struct listener *listener);

#endif
