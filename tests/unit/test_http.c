/* The HTTP server against a real socket: routing, limits, headers, forms, a stop that loses nothing; and
 * the small parsers it is made of. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "shared/base/log.h"
#include "shared/http/media_type.h"
#include "shared/http/problem.h"
#include "shared/http/server.h"
#include "shared/http/url.h"

enum { BODY_LIMIT = 4096, LARGE_BODY = 4 * BODY_LIMIT, ANSWER = 65536 };

static void pause_ms(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

/* ---- A small program to serve ------------------------------------------------------------------------ */

static void handle_item(struct http_exchange *exchange)
{
    json_t *body = json_pack("{s:s, s:s?, s:s}", "id", http_path(exchange, "id"), "x",
                             http_query(exchange, "x"), "language", language_code(exchange->language));
    http_answer_json(exchange, 200, body);
    json_decref(body);
}

static void handle_echo(struct http_exchange *exchange)
{
    http_answer(exchange, 200, "application/octet-stream", exchange->request->binary_body,
                exchange->request->binary_body_length);
}

static void handle_form(struct http_exchange *exchange)
{
    const char *name = http_form(exchange, "name");
    http_answer(exchange, 200, "text/plain", name ? name : "(none)", name ? strlen(name) : 6);
}

static void handle_slow(struct http_exchange *exchange)
{
    pause_ms(300);
    http_answer(exchange, 200, "text/plain", "done", 4);
}

static void handle_nothing(struct http_exchange *exchange)
{
    http_header(exchange, "X-Split", "a\r\nSet-Cookie: b");
}

/* ---- A route that takes its body as it comes and answers in a stream ---- */

struct upload {
    size_t bytes, told;
};
static atomic_int uploads; /* begun and not forgotten */

static void begin_upload(struct http_exchange *exchange)
{
    if (http_query(exchange, "refuse")) {
        problem_answer(exchange, 409, "Not now.", NULL);
        return;
    }
    exchange->upload = calloc(1, sizeof(struct upload));
    atomic_fetch_add(&uploads, 1);
}

static void receive_upload(void *upload, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((struct upload *)upload)->bytes += bytes[i] == 'x';
}

static void forget_upload(void *upload)
{
    atomic_fetch_sub(&uploads, 1);
    free(upload);
}

static ssize_t tell(void *stream, uint64_t offset, char *out, size_t size)
{
    struct upload *upload = stream;
    if (offset != upload->told)
        return U_STREAM_ERROR;
    size_t left = upload->bytes - upload->told;
    if (left == 0)
        return U_STREAM_END;
    size_t now = left < size ? left : size;
    memset(out, 'y', now);
    upload->told += now;
    return (ssize_t)now;
}

static void handle_upload(struct http_exchange *exchange)
{
    struct upload *stream = malloc(sizeof *stream);
    *stream = *(struct upload *)exchange->upload;
    http_answer_stream(exchange, 200, "text/plain", tell, free, stream);
}

static const struct http_receiver receiver = {begin_upload, receive_upload, forget_upload};

static bool authorise(struct http_exchange *exchange)
{
    const char *header = http_request_header(exchange, "Authorization");
    if (header && strcmp(header, "Bearer right") == 0)
        return true;
    problem_answer(exchange, 401, "No key.", NULL);
    return false;
}

static void answer_failure(struct http_exchange *exchange, unsigned status, const char *detail)
{
    problem_answer(exchange, status, detail, NULL);
}

static const struct http_route routes[] = {
    {.method = "GET",
     .path = "/items/:id",
     .handle = handle_item,
     .produces = "application/json",
     .open = true},
    {.method = "POST", .path = "/echo", .handle = handle_echo, .consumes = "application/json", .open = true},
    {.method = "POST", .path = "/form", .handle = handle_form, .open = true},
    {.method = "GET", .path = "/slow", .handle = handle_slow, .open = true, .quiet = true},
    {.method = "GET", .path = "/nothing", .handle = handle_nothing, .open = true},
    {.method = "GET", .path = "/closed", .handle = handle_item},
    {.method = "POST", .path = "/upload", .handle = handle_upload, .receiver = &receiver},
    {.method = NULL},
};

struct fixture {
    struct config config;
    struct metrics *metrics;
    struct http_program program;
    struct http_server *server;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error err = {0};
    log_set_level(LOG_ERROR);
    assert_int_equal(config_read(&fixture->config, CONFIG_BACKEND, &err), 0);
    fixture->config.body_bytes = BODY_LIMIT;
    fixture->config.timeout_s = 2;
    fixture->config.threads = 2;
    fixture->config.connections = 64;
    assert_int_equal(metrics_new(&fixture->metrics, &err), 0);
    fixture->program = (struct http_program){.config = &fixture->config,
                                             .routes = routes,
                                             .metrics = fixture->metrics,
                                             .authorise = authorise,
                                             .fail = answer_failure};
    for (unsigned port = 20000 + (unsigned)getpid() % 20000; port < 60000 && !fixture->server; port++) {
        fixture->config.port = port;
        error_clear(&err);
        http_server_start(&fixture->server, &fixture->program, &err);
    }
    assert_non_null(fixture->server);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    http_server_stop(fixture->server);
    metrics_free(fixture->metrics);
    free(fixture);
    return 0;
}

/* ---- A client that says exactly what it is told ------------------------------------------------------- */

static int open_connection(const struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)fixture->config.port)};
    const struct timeval patience = {5, 0};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static size_t read_all(int fd, char *answer)
{
    size_t length = 0;
    ssize_t got;
    while (length < ANSWER - 1 && (got = recv(fd, answer + length, ANSWER - 1 - length, 0)) > 0)
        length += (size_t)got;
    answer[length] = '\0';
    return length;
}

/* Sends a request with Connection: close and returns its status; the whole answer goes to `answer`. */
static int ask(const struct fixture *fixture, char answer[ANSWER], const char *line, const char *headers,
               const char *body, size_t length)
{
    char head[2048];
    int fd = open_connection(fixture);
    int size = snprintf(head, sizeof head,
                        "%s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n",
                        line, headers, length);
    send(fd, head, (size_t)size, MSG_NOSIGNAL);
    send(fd, body, length, MSG_NOSIGNAL);
    read_all(fd, answer);
    close(fd);
    static const char protocol[] = "HTTP/1.1 ";
    if (strncmp(answer, protocol, sizeof protocol - 1) != 0)
        return 0;
    return (int)strtol(answer + sizeof protocol - 1, NULL, 10);
}

static int get(const struct fixture *fixture, char answer[ANSWER], const char *line, const char *headers)
{
    return ask(fixture, answer, line, headers, "", 0);
}

/* ---- Tests ----------------------------------------------------------------------------------------------
 */

static void test_routes(void **state)
{
    const struct fixture *fixture = *state;
    char answer[ANSWER];
    assert_int_equal(get(fixture, answer, "GET /items/a%20b?x=1&x=2&lang=en", ""), 200);
    assert_non_null(strstr(answer, "{\"id\":\"a b\",\"x\":\"1,2\",\"language\":\"en\"}"));
    assert_non_null(strstr(answer, "X-Content-Type-Options: nosniff"));
    assert_non_null(strstr(answer, "Content-Security-Policy: default-src 'none'"));
    assert_int_equal(get(fixture, answer, "GET /items/", ""), 404);
    assert_int_equal(get(fixture, answer, "GET /items/a/b", ""), 404);
    assert_int_equal(get(fixture, answer, "GET /items/%00", ""), 404);
    assert_int_equal(get(fixture, answer, "GET /items/%zz", ""), 404);
    assert_int_equal(get(fixture, answer, "GET /items/%ff", ""), 404);
    assert_non_null(strstr(answer, "application/problem+json"));
    assert_int_equal(get(fixture, answer, "DELETE /items/1", ""), 405);
    assert_non_null(strstr(answer, "Allow: GET, HEAD"));
    assert_int_equal(get(fixture, answer, "HEAD /items/1", ""), 200);
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    assert_int_equal(get(fixture, answer, "GET /nothing", ""), 500);
    assert_null(strstr(answer, "Set-Cookie"));
}

static void test_negotiation(void **state)
{
    const struct fixture *fixture = *state;
    char answer[ANSWER];
    assert_int_equal(get(fixture, answer, "GET /items/1", "Accept: text/html\r\n"), 406);
    assert_int_equal(get(fixture, answer, "GET /items/1", "Accept: text/html, */*;q=0.1\r\n"), 200);
    assert_int_equal(get(fixture, answer, "GET /items/1", "Accept-Language: de, en;q=0.5\r\n"), 200);
    assert_non_null(strstr(answer, "\"language\":\"en\""));
    assert_int_equal(ask(fixture, answer, "POST /echo", "Content-Type: text/csv\r\n", "a", 1), 415);
    assert_int_equal(
        ask(fixture, answer, "POST /echo", "Content-Type: Application/JSON; charset=utf-8\r\n", "a", 1), 200);
}

static void test_request_id(void **state)
{
    const struct fixture *fixture = *state;
    char answer[ANSWER];
    assert_int_equal(get(fixture, answer, "GET /items/1", "X-Request-Id: abc-1\r\n"), 200);
    assert_non_null(strstr(answer, "X-Request-Id: abc-1\r\n"));
    assert_int_equal(get(fixture, answer, "GET /items/1", "X-Request-Id: a b<script>\r\n"), 200);
    assert_null(strstr(answer, "script"));
    assert_non_null(strstr(answer, "X-Request-Id: "));
}

static void test_authorisation(void **state)
{
    const struct fixture *fixture = *state;
    char answer[ANSWER];
    assert_int_equal(get(fixture, answer, "GET /closed", ""), 401);
    assert_int_equal(get(fixture, answer, "GET /closed", "Authorization: Bearer wrong\r\n"), 401);
    assert_int_not_equal(get(fixture, answer, "GET /closed", "Authorization: Bearer right\r\n"), 401);
}

static void test_body_limit(void **state)
{
    const struct fixture *fixture = *state;
    char answer[ANSWER];
    char *body = malloc(LARGE_BODY);
    memset(body, 'x', LARGE_BODY);
    static const char type[] = "Content-Type: application/json\r\n";
    assert_int_equal(ask(fixture, answer, "POST /echo", type, body, BODY_LIMIT), 200);
    assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), BODY_LIMIT);
    assert_int_equal(ask(fixture, answer, "POST /echo", type, body, BODY_LIMIT + 1), 413);
    assert_int_equal(ask(fixture, answer, "POST /echo", type, body, LARGE_BODY), 413);
    free(body);
}

static void test_bodies_that_are_received(void **state)
{
    const struct fixture *fixture = *state;
    char answer[ANSWER];
    char *body = malloc(LARGE_BODY);
    memset(body, 'x', LARGE_BODY);
    static const char key[] = "Authorization: Bearer right\r\n";
    assert_int_equal(ask(fixture, answer, "POST /upload", key, body, LARGE_BODY), 200);
    const char *told = strstr(answer, "\r\n\r\n") + 4;
    size_t count = 0;
    for (const char *at = told; *at; at++)
        count += *at == 'y';
    assert_int_equal(count, LARGE_BODY);
    assert_int_equal(ask(fixture, answer, "POST /upload", "", body, LARGE_BODY), 401);
    assert_int_equal(ask(fixture, answer, "POST /upload?refuse", key, body, LARGE_BODY), 409);

    /* Who asks first need not send it. */
    static const char *const heads[] = {
        "POST /upload HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 99\r\n\r\n",
        "POST /nothing HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 99\r\n\r\n"};
    static const char *const statuses[] = {"HTTP/1.1 401", "HTTP/1.1 405"};
    for (size_t i = 0; i < 2; i++) {
        int fd = open_connection(fixture);
        send(fd, heads[i], strlen(heads[i]), MSG_NOSIGNAL);
        read_all(fd, answer);
        close(fd);
        assert_memory_equal(answer, statuses[i], strlen(statuses[i]));
    }

    /* A caller that hangs up leaves nothing behind. */
    static const char half[] = "POST /upload HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer right\r\n"
                               "Content-Length: 100\r\n\r\nxxx";
    int fd = open_connection(fixture);
    send(fd, half, sizeof half - 1, MSG_NOSIGNAL);
    for (int i = 0; i < 200 && !atomic_load(&uploads); i++)
        pause_ms(10);
    assert_int_equal(atomic_load(&uploads), 1);
    close(fd);
    for (int i = 0; i < 200 && atomic_load(&uploads); i++)
        pause_ms(10);
    assert_int_equal(atomic_load(&uploads), 0);
    free(body);
}

static void test_forms(void **state)
{
    const struct fixture *fixture = *state;
    static const char type[] = "Content-Type: application/x-www-form-urlencoded\r\n";
    static const struct {
        const char *body, *expected;
    } cases[] = {
        {"name=Zo%C3%A9+B&other=1", "Zo\xc3\xa9 B"},
        {"other=1&name=", ""},
        {"name=a&name=b", "a"},
        {"name=%0", "(none)"},
        {"name=%00", "(none)"},
        {"&&=&name", ""},
        {"n%61me=x%3d%26", "x=&"},
    };
    char answer[ANSWER];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ask(fixture, answer, "POST /form", type, cases[i].body, strlen(cases[i].body)), 200);
        assert_string_equal(strstr(answer, "\r\n\r\n") + 4, cases[i].expected);
    }
    assert_int_equal(ask(fixture, answer, "POST /form", "Content-Type: text/plain\r\n", "name=a", 6), 200);
    assert_string_equal(strstr(answer, "\r\n\r\n") + 4, "(none)");
}

static void test_idle_connection_is_closed(void **state)
{
    const struct fixture *fixture = *state;
    char answer[ANSWER];
    int fd = open_connection(fixture);
    send(fd, "GET /items/1 HT", 15, MSG_NOSIGNAL);
    struct timespec started, ended;
    clock_gettime(CLOCK_MONOTONIC, &started);
    read_all(fd, answer);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    close(fd);
    assert_in_range(ended.tv_sec - started.tv_sec, 1, 4);
}

static void test_garbage_does_no_harm(void **state)
{
    const struct fixture *fixture = *state;
    static const char *const garbage[] = {"\r\n\r\n",
                                          "GET\r\n\r\n",
                                          "\x16\x03\x01\x02",
                                          "GET / HTTP/9\r\n\r\n",
                                          "POST /echo HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                                          "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};
    char answer[ANSWER];
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        int fd = open_connection(fixture);
        send(fd, garbage[i], strlen(garbage[i]), MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        read_all(fd, answer);
        close(fd);
    }
    assert_int_equal(get(fixture, answer, "GET /items/1", ""), 200);
}

static void *stop_server(void *server)
{
    http_server_stop(server);
    return NULL;
}

static void test_stop_waits_for_running_requests(void **state)
{
    struct fixture *fixture = *state;
    char answer[ANSWER];
    int fd = open_connection(fixture);
    static const char request[] = "GET /slow HTTP/1.1\r\nHost: test\r\n\r\n";
    send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
    pause_ms(100);
    pthread_t stopper;
    pthread_create(&stopper, NULL, stop_server, fixture->server);
    read_all(fd, answer);
    close(fd);
    pthread_join(stopper, NULL);
    fixture->server = NULL;
    assert_non_null(strstr(answer, "200 OK"));
    assert_non_null(strstr(answer, "Connection: close"));
    assert_non_null(strstr(answer, "done"));
}

static void test_taken_port_is_said(void **state)
{
    const struct fixture *fixture = *state;
    struct http_server *second = NULL;
    struct error err = {0};
    assert_int_equal(http_server_start(&second, &fixture->program, &err), -1);
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_null(second);
    struct config config = fixture->config;
    snprintf(config.bind, sizeof config.bind, "example");
    struct http_program program = fixture->program;
    program.config = &config;
    error_clear(&err);
    assert_int_equal(http_server_start(&second, &program, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
}

static void test_metrics(void **state)
{
    struct fixture *fixture = *state;
    char answer[ANSWER];
    struct error err = {0};
    get(fixture, answer, "GET /items/1", "");
    get(fixture, answer, "BREW /items/1", "");
    metrics_decision(fixture->metrics, "granted", 0.07);
    metrics_set_model(fixture->metrics, "a\"b", "00");
    struct buffer text = buffer_new(1 << 20);
    assert_int_equal(metrics_write(fixture->metrics, &text, &err), 0);
    assert_non_null(strstr(
        text.data, "clairscore_http_requests_total{method=\"GET\",route=\"/items/:id\",status=\"200\"} 1\n"));
    assert_non_null(strstr(text.data, "{method=\"other\",route=\"none\",status=\"405\"} 1\n"));
    assert_non_null(strstr(text.data, "clairscore_model_info{version=\"a\\\"b\",hash=\"00\"} 1\n"));
    assert_non_null(strstr(text.data, "clairscore_probability_bucket{le=\"0.05\"} 0\n"));
    assert_non_null(strstr(text.data, "clairscore_probability_bucket{le=\"0.1\"} 1\n"));
    buffer_free(&text);
}

static void test_media_types(void **state)
{
    (void)state;
    assert_true(media_type_accepted(NULL, "application/json"));
    assert_true(media_type_accepted("", "application/json"));
    assert_true(media_type_accepted("application/*", "application/json"));
    assert_true(media_type_accepted("text/html,application/json;q=0.9", "application/json"));
    assert_false(media_type_accepted("application/json;q=0, */*", "application/json"));
    assert_false(media_type_accepted("application/jsonp", "application/json"));
    assert_false(media_type_accepted("text/*", "application/json"));
    assert_false(media_type_accepted(";;;,,,", "application/json"));

    static const char *const types[] = {"application/json", "text/csv", NULL};
    assert_string_equal(media_type_choose(NULL, types), types[0]);
    assert_string_equal(media_type_choose("*/*", types), types[0]);
    assert_string_equal(media_type_choose("text/csv", types), types[1]);
    assert_string_equal(media_type_choose("text/*;q=0.5, */*;q=0.1", types), types[1]);
    assert_string_equal(media_type_choose("text/csv;q=0.5, application/json;q=0.5", types), types[0]);
    assert_null(media_type_choose("text/html", types));
    assert_null(media_type_choose("*/*;q=0", types));
    assert_true(media_type_is(" text/csv ;header=present", "text/csv"));
    assert_false(media_type_is("text/csvx", "text/csv"));
    assert_false(media_type_is(NULL, "text/csv"));
}

static void test_url_decoding(void **state)
{
    (void)state;
    char out[16];
    assert_true(url_decode(out, "%41+b", 5, false));
    assert_string_equal(out, "A+b");
    assert_true(url_decode(out, "%41+b", 5, true));
    assert_string_equal(out, "A b");
    assert_false(url_decode(out, "%4", 2, true));
    assert_false(url_decode(out, "%", 1, true));
    assert_false(url_decode(out, "%c3", 3, true));
}

int main(void)
{
#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_media_types),
        cmocka_unit_test(test_url_decoding),
        SERVED(test_routes),
        SERVED(test_negotiation),
        SERVED(test_request_id),
        SERVED(test_authorisation),
        SERVED(test_body_limit),
        SERVED(test_bodies_that_are_received),
        SERVED(test_forms),
        SERVED(test_idle_connection_is_closed),
        SERVED(test_garbage_does_no_harm),
        SERVED(test_stop_waits_for_running_requests),
        SERVED(test_taken_port_is_said),
        SERVED(test_metrics),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
