#include "shared/http/listener.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SHORT_OF_FILES_MS = 10 };

/* A thread that answers, and what it has to do. */
struct worker {
    struct listener *listener;
    struct MHD_Daemon *daemon;
    atomic_uint requests, connections;
};

struct listener {
    const struct listener_calls *calls;
    void *context;
    int fd;
    bool accepting; /* the thread was started and not joined */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t freed;
    unsigned open, limit; /* connections */
    bool refusing;
    unsigned worker_count;
    struct worker workers[];
};

/* ---- libmicrohttpd's callbacks ---- */

static void *request_begins(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct worker *worker = context;
    (void)connection;
    atomic_fetch_add(&worker->requests, 1);
    return worker->listener->calls->begins(worker->listener->context, uri);
}

static enum MHD_Result request_goes_on(void *context, struct MHD_Connection *connection, const char *url,
                                       const char *method, const char *version, const char *bytes,
                                       size_t *size, void **request)
{
    const struct worker *worker = context;
    (void)url;
    return worker->listener->calls->goes_on(worker->listener->context, connection, method, version, bytes,
                                            size, request);
}

static void request_completed(void *context, struct MHD_Connection *connection, void **request,
                              enum MHD_RequestTerminationCode reason)
{
    struct worker *worker = context;
    (void)connection;
    (void)reason;
    worker->listener->calls->completed(worker->listener->context, *request);
    *request = NULL;
    atomic_fetch_sub(&worker->requests, 1);
}

static void leave(struct worker *worker)
{
    struct listener *listener = worker->listener;
    atomic_fetch_sub(&worker->connections, 1);
    pthread_mutex_lock(&listener->lock);
    listener->open--;
    pthread_cond_signal(&listener->freed);
    pthread_mutex_unlock(&listener->lock);
}

static void connection_changes(void *context, struct MHD_Connection *connection, void **socket_context,
                               enum MHD_ConnectionNotificationCode what)
{
    (void)connection;
    (void)socket_context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        leave(context);
}

/* ---- Taking connections ---- */

/* Counts one connection more as soon as there is room; false when no more are taken. */
static bool wait_for_room(struct listener *listener)
{
    pthread_mutex_lock(&listener->lock);
    while (!listener->refusing && listener->open >= listener->limit)
        pthread_cond_wait(&listener->freed, &listener->lock);
    bool go_on = !listener->refusing;
    listener->open += go_on;
    pthread_mutex_unlock(&listener->lock);
    return go_on;
}

/* The thread with the fewest requests, of those the one with the fewest connections. */
static struct worker *idlest(struct listener *listener)
{
    struct worker *best = NULL;
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < listener->worker_count; i++) {
        struct worker *worker = &listener->workers[i];
        uint64_t load = (uint64_t)atomic_load(&worker->requests) << 32 | atomic_load(&worker->connections);
        if (load < least) {
            least = load;
            best = worker;
        }
    }
    return best;
}

/* The next connection; -1 when no more are taken. */
static int accept_next(const struct listener *listener, struct sockaddr_storage *peer, socklen_t *length)
{
    for (;;) {
        *length = sizeof *peer;
        int fd = accept4(listener->fd, (struct sockaddr *)peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0 || errno == EINVAL || errno == EBADF) /* EINVAL: shut down */
            return fd;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            const struct timespec pause = {0, SHORT_OF_FILES_MS * 1000000L};
            nanosleep(&pause, NULL);
        }
    }
}

static void *accept_connections(void *context)
{
    struct listener *listener = context;
    while (wait_for_room(listener)) {
        struct sockaddr_storage peer;
        socklen_t length;
        int fd = accept_next(listener, &peer, &length);
        struct worker *worker = idlest(listener);
        atomic_fetch_add(&worker->connections, 1);
        /* It closes a socket that it does not take. */
        if (fd < 0 || MHD_add_connection(worker->daemon, fd, (struct sockaddr *)&peer, length) != MHD_YES)
            leave(worker);
        if (fd < 0)
            break;
    }
    return NULL;
}

/* ---- Life ---- */

/* A listening socket of our own: it tells why it failed, and takes IPv4 and IPv6 addresses alike. */
static int listen_on(const char *address, unsigned port, struct error *err)
{
    char service[16];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(address, service, &hints, &found))
        return error_set(err, ERROR_INVALID, "BIND: \"%s\" is not an IPv4 or IPv6 address", address);
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, SOMAXCONN)) {
        error_set(err, ERROR_UNAVAILABLE, "cannot listen on %s port %u: %s", address, port, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* Each has an event loop of its own. */
static int start_worker(struct worker *worker, struct listener *listener, const struct config *config,
                        size_t head_bytes)
{
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)request_begins, worker},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_completed, worker},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_changes, worker},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)config->connections, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)config->timeout_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)head_bytes, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    worker->listener = listener;
    /* ITC: wakes the thread when a connection is given to it. */
    worker->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET, 0, NULL,
                         NULL, request_goes_on, worker, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    return worker->daemon ? 0 : -1;
}

int listener_open(struct listener **out, const struct config *config, size_t head_bytes,
                  const struct listener_calls *calls, void *context, struct error *err)
{
    struct listener *listener = calloc(1, sizeof *listener + config->threads * sizeof *listener->workers);
    if (!listener)
        return error_set(err, ERROR_INTERNAL, "no memory for the server");
    listener->calls = calls;
    listener->context = context;
    listener->limit = config->connections;
    pthread_mutex_init(&listener->lock, NULL);
    pthread_cond_init(&listener->freed, NULL);
    listener->fd = listen_on(config->bind, config->port, err);
    if (listener->fd < 0)
        goto failed;
    for (; listener->worker_count < config->threads; listener->worker_count++) {
        if (start_worker(&listener->workers[listener->worker_count], listener, config, head_bytes)) {
            error_set(err, ERROR_INTERNAL, "cannot start %u threads for %u connections", config->threads,
                      config->connections);
            goto failed;
        }
    }
    if (pthread_create(&listener->thread, NULL, accept_connections, listener)) {
        error_set(err, ERROR_INTERNAL, "cannot start a thread");
        goto failed;
    }
    listener->accepting = true;
    *out = listener;
    return 0;

failed:
    listener_close(listener);
    return -1;
}

void listener_refuse(struct listener *listener)
{
    if (listener->accepting) {
        pthread_mutex_lock(&listener->lock);
        listener->refusing = true;
        pthread_cond_signal(&listener->freed);
        pthread_mutex_unlock(&listener->lock);
        shutdown(listener->fd, SHUT_RDWR);
        pthread_join(listener->thread, NULL);
        listener->accepting = false;
    }
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}

unsigned listener_requests(const struct listener *listener)
{
    unsigned requests = 0;
    for (unsigned i = 0; i < listener->worker_count; i++)
        requests += atomic_load(&listener->workers[i].requests);
    return requests;
}

void listener_close(struct listener *listener)
{
    if (!listener)
        return;
    listener_refuse(listener);
    for (unsigned i = 0; i < listener->worker_count; i++)
        MHD_stop_daemon(listener->workers[i].daemon);
    pthread_mutex_destroy(&listener->lock);
    pthread_cond_destroy(&listener->freed);
    free(listener);
}
