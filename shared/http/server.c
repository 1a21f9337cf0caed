#include "shared/http/server.h"

#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shared/base/log.h"
#include "shared/base/progress.h"
#include "shared/http/arrival.h"
#include "shared/http/exchange.h"
#include "shared/http/head.h"
#include "shared/http/listener.h"
#include "shared/http/media_type.h"

struct http_server {
    const struct http_program *program;
    struct listener *listener;
    atomic_bool stopping;
};

enum { STOP_POLL_MS = 5, RANDOM_BYTES = (HTTP_REQUEST_ID - 1) / 2 };

/* What libmicrohttpd keeps of a request's head. It refuses more with a page of its own, in HTML: far above
 * our limits, which are answered as the program answers. */
enum { HEAD_MEMORY = 65536 };

/* ---- One request ------------------------------------------------------------------------------------ */

/* Random bytes of an id. A thread asks the system for those of many ids at once. */
static void draw_random(unsigned char out[RANDOM_BYTES])
{
    enum { AHEAD = 64 };
    static _Thread_local unsigned char drawn[AHEAD][RANDOM_BYTES];
    static _Thread_local size_t left;
    if (left == 0) {
        randombytes_buf(drawn, sizeof drawn);
        left = AHEAD;
    }
    memcpy(out, drawn[--left], RANDOM_BYTES);
}

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
    unsigned char random[RANDOM_BYTES];
    draw_random(random);
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

/* Answers what must not come to the route's handler, and returns false. */
static bool check_request(struct http_exchange *exchange, const struct http_program *program)
{
    char detail[160];
    const struct http_route *route = exchange->route;
    if (!route->open && program->authorise && !program->authorise(exchange))
        return false;
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
        return true;
    }
    return false;
}

/* The headers are there: who asks, for what, in which language? A body that goes to a receiver is checked
 * now, the others when they are complete. */
static void open_exchange(struct http_exchange *exchange, const struct http_program *program)
{
    char allowed[128], detail[HEAD_DETAIL];
    exchange->context = program->context;
    choose_request_id(exchange);
    exchange->language =
        language_choose(http_query(exchange, "lang"), http_request_header(exchange, "Accept-Language"));
    unsigned status = head_check(detail, exchange, exchange->private->connection);
    if (status) {
        exchange->private->hang_up = true;
        program->fail(exchange, status, detail);
        return;
    }
    exchange->route = find_route(exchange, program->routes, allowed, sizeof allowed);
    if (!exchange->route && allowed[0]) {
        http_header(exchange, "Allow", allowed);
        program->fail(exchange, 405, "This address does not take this method; Allow names those it takes.");
    } else if (!exchange->route) {
        program->fail(exchange, 404, "There is nothing at this address.");
    } else if (exchange->route->receiver && check_request(exchange, program)) {
        exchange->route->receiver->begin(exchange);
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
        if (!quiet)
            metrics_activity_request(metrics, status, seconds);
    }
    struct log_line line;
    if (!log_begin(&line, quiet && status < 500 ? LOG_DEBUG : LOG_INFO, "request"))
        return;
    json_writer_key(&line.writer, "method");
    json_writer_text(&line.writer, exchange->route ? verb : "other");
    json_writer_key(&line.writer, "route");
    json_writer_text(&line.writer, route);
    json_writer_key(&line.writer, "status");
    json_writer_integer(&line.writer, (int64_t)status);
    json_writer_key(&line.writer, "ms");
    json_writer_number(&line.writer, (double)(long)(seconds * 1e6) / 1e3);
    json_writer_key(&line.writer, "request_id");
    json_writer_text(&line.writer, exchange->request_id);
    if (exchange->caller) {
        json_writer_key(&line.writer, "caller");
        json_writer_text(&line.writer, exchange->caller);
    }
    log_end(&line);
}

static void release_held(struct http_exchange *exchange, const struct http_program *program)
{
    if (exchange->held && program->release)
        program->release(exchange->held);
    exchange->held = NULL;
}

/* The body is there. */
static void close_exchange(struct http_arrival *arrival, struct http_server *server)
{
    struct http_exchange *exchange = &arrival->exchange;
    const struct http_program *program = server->program;
    const struct http_route *route = exchange->route;
    if (!arrival->private.answered && (route->receiver || check_request(exchange, program)))
        route->handle(exchange);
    if (!arrival->private.answered)
        program->fail(exchange, 500, "The server could not answer.");
    if (arrival->private.hang_up || atomic_load(&server->stopping))
        http_header(exchange, "Connection", "close");
    release_held(exchange, program);
    note_request(exchange, program->metrics, progress_clock_s() - arrival->started_s);
}

static void take_body(struct http_arrival *arrival, const struct http_server *server, const char *bytes,
                      size_t size)
{
    const struct http_route *route = arrival->exchange.route;
    if (arrival->private.answered)
        return;
    if (route->receiver)
        route->receiver->receive(arrival->exchange.upload, bytes, size);
    /* One byte more than the limit tells that it was passed. */
    else if (arrival_keep_body(arrival, bytes, size, server->program->config->body_bytes + 1))
        server->program->fail(&arrival->exchange, 503, "There is no memory to read this now.");
}

/* ---- The server ------------------------------------------------------------------------------------- */

static void *request_begins(void *server, const char *uri)
{
    (void)server;
    return arrival_new(uri);
}

static enum MHD_Result request_goes_on(void *context, struct MHD_Connection *connection, const char *method,
                                       const char *version, const char *bytes, size_t *size, void **request)
{
    struct http_server *server = context;
    struct http_arrival *arrival = *request;
    if (!arrival)
        return MHD_NO;
    if (!arrival->begun) {
        arrival->begun = true;
        arrival->started_s = progress_clock_s();
        if (server->program->metrics)
            metrics_in_flight(server->program->metrics, 1);
        arrival->private.connection = connection;
        if (arrival_read_head(arrival, connection, method, version))
            return MHD_NO;
        open_exchange(&arrival->exchange, server->program);
        /* Who asked whether to send the body hears now that it is not wanted. */
        bool refused = arrival->private.answered && http_request_header(&arrival->exchange, "Expect");
        if (!refused && !arrival->private.hang_up)
            return MHD_YES;
    } else if (*size > 0) {
        take_body(arrival, server, bytes, *size);
        *size = 0;
        return MHD_YES;
    }
    close_exchange(arrival, server);
    return arrival_send(arrival, connection);
}

static void request_completed(void *context, void *request)
{
    struct http_server *server = context;
    struct http_arrival *arrival = request;
    if (!arrival)
        return;
    struct http_exchange *exchange = &arrival->exchange;
    if (exchange->upload)
        exchange->route->receiver->forget(exchange->upload);
    if (exchange->identity && server->program->forget)
        server->program->forget(exchange->identity);
    release_held(exchange, server->program);
    if (arrival->begun && server->program->metrics)
        metrics_in_flight(server->program->metrics, -1);
    http_exchange_clean(exchange);
    arrival_free(arrival);
}

int http_server_start(struct http_server **out, const struct http_program *program, struct error *err)
{
    static const struct listener_calls calls = {request_begins, request_goes_on, request_completed};
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        return error_set(err, ERROR_INTERNAL, "no memory for the server");
    server->program = program;
    json_object_seed(0); /* jansson wants this before threads start */
    if (listener_open(&server->listener, program->config, HEAD_MEMORY, &calls, server, err)) {
        free(server);
        return -1;
    }
    *out = server;
    return 0;
}

void http_server_stop(struct http_server *server)
{
    if (!server)
        return;
    atomic_store(&server->stopping, true);
    listener_refuse(server->listener);
    double deadline_s = progress_clock_s() + server->program->config->timeout_s;
    const struct timespec pause = {0, STOP_POLL_MS * 1000000L};
    while (listener_requests(server->listener) > 0 && progress_clock_s() < deadline_s)
        nanosleep(&pause, NULL);
    listener_close(server->listener);
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
