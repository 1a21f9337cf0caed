#include "shared/http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "shared/base/log.h"
#include "shared/base/progress.h"
#include "shared/http/exchange.h"
#include "shared/http/media_type.h"

struct http_server {
    const struct http_program *program;
    struct _u_instance instance;
    bool instance_ready, running;
    atomic_uint requests; /* begun and not completed */
    atomic_bool stopping;
};

enum { STOP_POLL_MS = 5, HEADER_BYTES = 65536 };

/* ---- One request ------------------------------------------------------------------------------------ */

/* The caller's request id when it cannot harm a log or a header, else 128 random bits. */
static void choose_request_id(struct http_exchange *exchange)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *given = http_request_header(exchange, "X-Request-Id");
    size_t length = given ? strlen(given) : 0;
    if (length > 0 && length < HTTP_REQUEST_ID && strspn(given, allowed) == length) {
        memcpy(exchange->request_id, given, length + 1);
        return;
    }
    unsigned char random[(HTTP_REQUEST_ID - 1) / 2];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(exchange->request_id, sizeof exchange->request_id, random, sizeof random);
}

static bool method_matches(const char *verb, const char *method)
{
    return strcmp(verb, method) == 0 || (strcmp(verb, "HEAD") == 0 && strcmp(method, "GET") == 0);
}

/* Finds the route, or writes the methods that the path has into `allowed` (empty: no such path). */
static const struct http_route *find_route(struct http_exchange *exchange, const struct http_route *routes,
                                           char *allowed, size_t size)
{
    size_t used = 0;
    allowed[0] = '\0';
    for (const struct http_route *route = routes; route->method; route++) {
        if (!http_exchange_match(exchange, route))
            continue;
        if (method_matches(exchange->request->http_verb, route->method))
            return route;
        const char *also = strcmp(route->method, "GET") == 0 ? ", HEAD" : "";
        int wrote = snprintf(allowed + used, size - used, "%s%s%s", used ? ", " : "", route->method, also);
        if (wrote > 0 && (size_t)wrote < size - used)
            used += (size_t)wrote;
    }
    return NULL;
}

static bool has_body(const struct http_exchange *exchange)
{
    return exchange->request->binary_body_length > 0;
}

static void route_request(struct http_exchange *exchange, const struct http_program *program)
{
    char allowed[128];
    const struct http_route *route = find_route(exchange, program->routes, allowed, sizeof allowed);
    if (!route && allowed[0]) {
        http_header(exchange, "Allow", allowed);
        program->fail(exchange, 405, "This address does not take this method; Allow names those it takes.");
        return;
    }
    if (!route) {
        program->fail(exchange, 404, "There is nothing at this address.");
        return;
    }
    exchange->route = route;
    if (!route->open && program->authorise && !program->authorise(exchange))
        return;

    char detail[160];
    if (exchange->request->binary_body_length > program->config->body_bytes) {
        snprintf(detail, sizeof detail, "The body is larger than %zu bytes, which is the limit.",
                 program->config->body_bytes);
        program->fail(exchange, 413, detail);
    } else if (route->produces &&
               !media_type_accepted(http_request_header(exchange, "Accept"), route->produces)) {
        snprintf(detail, sizeof detail, "This call answers with %s, which the Accept header rules out.",
                 route->produces);
        program->fail(exchange, 406, detail);
    } else if (route->consumes && has_body(exchange) &&
               !media_type_is(http_request_header(exchange, "Content-Type"), route->consumes)) {
        snprintf(detail, sizeof detail, "Send the body as Content-Type: %s.", route->consumes);
        program->fail(exchange, 415, detail);
    } else {
        route->handle(exchange);
    }
}

static void note_request(const struct http_exchange *exchange, struct metrics *metrics, double seconds)
{
    const char *verb = exchange->request->http_verb;
    const char *route = exchange->route ? exchange->route->path : "none";
    unsigned status = (unsigned)exchange->response->status;
    /* A method nobody knows must not become a label of its own. */
    const char *method = exchange->route ? exchange->route->method : "other";
    bool quiet = exchange->route && exchange->route->quiet;
    if (metrics) {
        metrics_request(metrics, method, route, status, seconds);
        metrics_in_flight(metrics, -1);
        if (!quiet)
            metrics_activity_request(metrics, status, seconds);
    }
    quiet = quiet && status < 500;
    log_event(quiet ? LOG_DEBUG : LOG_INFO, "request", "{s:s, s:s, s:i, s:f, s:s}", "method",
              exchange->route ? verb : "other", "route", route, "status", (int)status, "ms",
              (double)(long)(seconds * 1e6) / 1e3, "request_id", exchange->request_id);
}

static int answer_request(const struct _u_request *request, struct _u_response *response, void *user_data)
{
    struct http_server *server = user_data;
    const struct http_program *program = server->program;
    double started_s = progress_clock_s();
    if (program->metrics)
        metrics_in_flight(program->metrics, 1);
    struct http_exchange_private private;
    private.value_count = 0;
    private.form_read = false;
    private.answered = false;
    struct http_exchange exchange = {
        .request = request, .response = response, .context = program->context, .private = &private};
    choose_request_id(&exchange);
    exchange.language =
        language_choose(http_query(&exchange, "lang"), http_request_header(&exchange, "Accept-Language"));

    route_request(&exchange, program);
    if (!private.answered)
        program->fail(&exchange, 500, "The server could not answer.");
    if (atomic_load(&server->stopping))
        http_header(&exchange, "Connection", "close");
    http_exchange_finish(&exchange);

    if (exchange.identity && program->forget)
        program->forget(exchange.identity);
    if (exchange.held && program->release)
        program->release(exchange.held);
    http_exchange_clean(&exchange);
    note_request(&exchange, program->metrics, progress_clock_s() - started_s);
    return U_CALLBACK_COMPLETE;
}

/* ---- The server ------------------------------------------------------------------------------------- */

/* libmicrohttpd calls this when it has read a request's first line, and the next when the answer is sent
 * or the connection lost: between them the request is one that a stop waits for. */
static void *request_begins(void *server, const char *uri, struct MHD_Connection *connection)
{
    (void)connection;
    atomic_fetch_add(&((struct http_server *)server)->requests, 1);
    return ulfius_uri_logger(NULL, uri);
}

static void request_completed(void *server, struct MHD_Connection *connection, void **request,
                              enum MHD_RequestTerminationCode reason)
{
    mhd_request_completed(NULL, connection, request, reason);
    atomic_fetch_sub(&((struct http_server *)server)->requests, 1);
}

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
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
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

int http_server_start(struct http_server **out, const struct http_program *program, struct error *err)
{
    const struct config *config = program->config;
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        return error_set(err, ERROR_INTERNAL, "no memory for the server");
    server->program = program;
    json_object_seed(0); /* jansson wants this before threads start */

    int fd = listen_on(config->bind, config->port, err);
    if (fd < 0)
        goto failed;
    if (ulfius_init_instance(&server->instance, config->port, NULL, NULL) != U_OK) {
        error_set(err, ERROR_INTERNAL, "ulfius_init_instance failed");
        goto failed;
    }
    server->instance_ready = true;
    server->instance.allowed_post_processor = U_POST_PROCESS_NONE;
    /* ulfius truncates what is longer and calls us all the same: the one byte more tells that it was. */
    server->instance.max_post_body_size = config->body_bytes + 1;
    if (ulfius_set_default_endpoint(&server->instance, answer_request, server) != U_OK) {
        error_set(err, ERROR_INTERNAL, "ulfius_set_default_endpoint failed");
        goto failed;
    }
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)request_begins, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_completed, server},
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)config->threads, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)config->connections, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)config->timeout_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_BYTES, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    /* ITC: lets http_server_stop wake the threads that wait for connections. */
    if (ulfius_start_framework_with_mhd_options(
            &server->instance, MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, options) != U_OK) {
        error_set(err, ERROR_INTERNAL, "cannot start %u threads for %u connections", config->threads,
                  config->connections);
        goto failed;
    }
    server->running = true;
    *out = server;
    return 0;

failed:
    if (fd >= 0)
        close(fd);
    http_server_stop(server);
    return -1;
}

void http_server_stop(struct http_server *server)
{
    if (!server)
        return;
    if (server->running) {
        atomic_store(&server->stopping, true);
        MHD_socket fd = MHD_quiesce_daemon(server->instance.mhd_daemon);
        if (fd != MHD_INVALID_SOCKET)
            close(fd);
        double deadline_s = progress_clock_s() + server->program->config->timeout_s;
        const struct timespec pause = {0, STOP_POLL_MS * 1000000L};
        while (atomic_load(&server->requests) > 0 && progress_clock_s() < deadline_s)
            nanosleep(&pause, NULL);
        ulfius_stop_framework(&server->instance);
    }
    if (server->instance_ready)
        ulfius_clean_instance(&server->instance);
    free(server);
}

static void awaited_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

void http_block_signals(void)
{
    sigset_t set;
    awaited_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

void http_wait_for_stop(void (*reload)(void *context), void *context)
{
    sigset_t set;
    awaited_signals(&set);
    for (;;) {
        int received;
        if (sigwait(&set, &received) != 0)
            continue;
        if (received != SIGHUP || !reload)
            return;
        reload(context);
    }
}
