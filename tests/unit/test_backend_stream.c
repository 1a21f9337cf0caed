/* Streams between browser and backend: bytes arrive whole, in order and in pieces; refusals, silence and lost
 * connections are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "frontend/backend_stream.h"
#include "shared/base/log.h"
#include "shared/http/problem.h"
#include "shared/http/server.h"

enum { STREAM_BYTES = 3000000, PIECE = 70001 };

/* The byte at a place of every stream here. */
static char byte_at(uint64_t place)
{
    return (char)('a' + place * 2654435761U % 1000 % 26);
}

/* ---- A backend ---- */

struct sink {
    uint64_t bytes;
    bool wrong;
};

static void begin_sink(struct http_exchange *exchange)
{
    if (http_query(exchange, "refuse"))
        problem_answer(exchange, 413, "Too much.", NULL);
    else
        exchange->upload = calloc(1, sizeof(struct sink));
}

static void receive_sink(void *context, const char *bytes, size_t size)
{
    struct sink *sink = context;
    for (size_t i = 0; i < size; i++)
        sink->wrong = sink->wrong || bytes[i] != byte_at(sink->bytes++);
}

static const struct http_receiver receiver = {begin_sink, receive_sink, free};

static void answer_sink(struct http_exchange *exchange)
{
    const struct sink *sink = exchange->upload;
    json_t *answer = json_pack("{s:I, s:b, s:s?, s:s?}", "bytes", (json_int_t)sink->bytes, "wrong",
                               sink->wrong, "key", http_request_header(exchange, "Idempotency-Key"), "type",
                               http_request_header(exchange, "Content-Type"));
    http_answer_json(exchange, 202, answer);
    json_decref(answer);
}

static ssize_t tell(void *stream, uint64_t offset, char *out, size_t size)
{
    uint64_t all = *(uint64_t *)stream;
    if (offset >= all)
        return all % 2 ? U_STREAM_ERROR : U_STREAM_END; /* an odd length breaks off */
    size_t now = all - offset < size ? (size_t)(all - offset) : size;
    for (size_t i = 0; i < now; i++)
        out[i] = byte_at(offset + i);
    return (ssize_t)now;
}

static void answer_stream(struct http_exchange *exchange)
{
    uint64_t *all = malloc(sizeof *all);
    *all = strtoull(http_query(exchange, "bytes"), NULL, 10);
    http_answer_stream(exchange, 200, "text/csv", tell, free, all);
}

static void answer_conflict(struct http_exchange *exchange)
{
    problem_answer(exchange, 409, "Not done.", NULL);
}

static void answer_failure(struct http_exchange *exchange, unsigned status, const char *detail)
{
    problem_answer(exchange, status, detail, NULL);
}

static const struct http_route routes[] = {
    {.method = "POST", .path = "/sink", .handle = answer_sink, .receiver = &receiver, .open = true},
    {.method = "GET", .path = "/stream", .handle = answer_stream, .open = true},
    {.method = "GET", .path = "/conflict", .handle = answer_conflict, .open = true},
    {.method = NULL},
};

struct fixture {
    struct config config;
    struct http_program program;
    struct http_server *server;
    struct backend_client *client;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error err = {0};
    log_set_level(LOG_ERROR);
    assert_int_equal(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
    assert_int_equal(config_read(&fixture->config, CONFIG_BACKEND, &err), 0);
    fixture->config.threads = 2;
    fixture->config.connections = 64;
    fixture->config.timeout_s = 2;
    fixture->config.backend_timeout_ms = 500;
    fixture->program =
        (struct http_program){.config = &fixture->config, .routes = routes, .fail = answer_failure};
    for (unsigned port = 20000 + (unsigned)getpid() % 20000; port < 60000 && !fixture->server; port++) {
        fixture->config.port = port;
        error_clear(&err);
        http_server_start(&fixture->server, &fixture->program, &err);
    }
    assert_non_null(fixture->server);
    snprintf(fixture->config.backend_url, sizeof fixture->config.backend_url, "http://127.0.0.1:%u",
             fixture->config.port);
    assert_int_equal(backend_client_new(&fixture->client, &fixture->config, &err), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    backend_client_free(fixture->client);
    http_server_stop(fixture->server);
    free(fixture);
    curl_global_cleanup();
    return 0;
}

/* ---- Sending ---- */

/* Sends `all` bytes in pieces; whether all were wanted. */
static bool send_bytes(const struct fixture *fixture, struct backend_call *call, const char *path,
                       uint64_t all)
{
    static char piece[PIECE];
    bool wanted = true;
    snprintf(call->path, sizeof call->path, "%s", path);
    struct backend_upload *upload =
        backend_upload_new(fixture->client, call, "text/csv", "request-1", LANGUAGE_EN);
    assert_non_null(upload);
    for (uint64_t at = 0; wanted && at < all;) {
        size_t now = all - at < PIECE ? (size_t)(all - at) : PIECE;
        for (size_t i = 0; i < now; i++)
            piece[i] = byte_at(at + i);
        wanted = backend_upload_write(upload, piece, now);
        at += now;
    }
    backend_upload_finish(upload, call);
    backend_upload_free(upload);
    return wanted;
}

static void test_a_body_arrives_whole(void **state)
{
    static const uint64_t sizes[] = {0, 1, PIECE, STREAM_BYTES};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct backend_call call = {.idempotency_key = "k1"};
        assert_true(send_bytes(*state, &call, "/sink", sizes[i]));
        assert_int_equal(call.outcome, BACKEND_OK);
        assert_int_equal(call.status, 202);
        assert_int_equal(json_integer_value(json_object_get(call.answer, "bytes")), sizes[i]);
        assert_false(json_is_true(json_object_get(call.answer, "wrong")));
        assert_string_equal(json_string_value(json_object_get(call.answer, "key")), "k1");
        assert_string_equal(json_string_value(json_object_get(call.answer, "type")), "text/csv");
        backend_calls_clean(&call, 1);
    }
}

static void test_a_refusal_ends_the_sending(void **state)
{
    struct backend_call call = {0};
    assert_false(send_bytes(*state, &call, "/sink?refuse=1", 50 * (uint64_t)STREAM_BYTES));
    assert_int_equal(call.outcome, BACKEND_REJECTED);
    assert_int_equal(call.status, 413);
    assert_string_equal(json_string_value(json_object_get(call.answer, "detail")), "Too much.");
    backend_calls_clean(&call, 1);
}

static void test_nobody_there(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct config config = fixture->config;
    struct backend_client *client = NULL;
    struct fixture elsewhere = {0};
    snprintf(config.backend_url, sizeof config.backend_url, "http://127.0.0.1:1");
    assert_int_equal(backend_client_new(&client, &config, &err), 0);
    elsewhere.client = client;
    struct backend_call call = {0};
    assert_false(send_bytes(&elsewhere, &call, "/sink", 100));
    assert_int_equal(call.outcome, BACKEND_AWAY);
    assert_int_equal(call.status, 0);
    assert_null(backend_download_new(client, &call, "text/csv", "request-1", LANGUAGE_EN));
    assert_int_equal(call.outcome, BACKEND_AWAY);
    backend_client_free(client);
}

static void test_who_gives_up_leaves_nothing_behind(void **state)
{
    const struct fixture *fixture = *state;
    struct backend_call call = {0};
    snprintf(call.path, sizeof call.path, "/sink");
    struct backend_upload *upload =
        backend_upload_new(fixture->client, &call, "text/csv", "request-1", LANGUAGE_EN);
    assert_true(backend_upload_write(upload, "abc", 3));
    backend_upload_free(upload);
    backend_upload_free(NULL);
    backend_download_free(NULL);
}

/* ---- Fetching ---- */

/* Reads all of a stream in pieces of `step`, checks every byte; how many, or -1 when it broke off. */
static int64_t fetch(const struct fixture *fixture, uint64_t bytes, size_t step)
{
    struct backend_call call = {0};
    char *out = malloc(step);
    int64_t all = 0;
    ssize_t got;
    snprintf(call.path, sizeof call.path, "/stream?bytes=%llu", (unsigned long long)bytes);
    struct backend_download *download =
        backend_download_new(fixture->client, &call, "text/csv", "request-1", LANGUAGE_EN);
    assert_non_null(download);
    assert_int_equal(call.outcome, BACKEND_OK);
    while ((got = backend_download_read(download, out, step)) > 0)
        for (ssize_t i = 0; i < got; i++)
            assert_int_equal(out[i], byte_at((uint64_t)all++));
    assert_int_equal(backend_download_read(download, out, step), got); /* and it stays so */
    backend_download_free(download);
    free(out);
    return got < 0 ? -1 : all;
}

static void test_an_answer_comes_whole(void **state)
{
    assert_int_equal(fetch(*state, 0, 100), 0);
    assert_int_equal(fetch(*state, 2, 1), 2);
    assert_int_equal(fetch(*state, STREAM_BYTES, 4096), STREAM_BYTES);
    assert_int_equal(fetch(*state, STREAM_BYTES, 1 << 20), STREAM_BYTES);
}

static void test_an_answer_that_breaks_off_is_told(void **state)
{
    assert_int_equal(fetch(*state, STREAM_BYTES + 1, 4096), -1);
}

static void test_an_answer_of_another_kind(void **state)
{
    const struct fixture *fixture = *state;
    struct backend_call call = {0};
    snprintf(call.path, sizeof call.path, "/conflict");
    assert_null(backend_download_new(fixture->client, &call, "text/csv", "request-1", LANGUAGE_EN));
    assert_int_equal(call.outcome, BACKEND_REJECTED);
    assert_int_equal(call.status, 409);
    assert_string_equal(json_string_value(json_object_get(call.answer, "detail")), "Not done.");
    backend_calls_clean(&call, 1);
    snprintf(call.path, sizeof call.path, "/nowhere");
    assert_null(backend_download_new(fixture->client, &call, "text/csv", "request-1", LANGUAGE_EN));
    assert_int_equal(call.outcome, BACKEND_UNKNOWN);
    backend_calls_clean(&call, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_arrives_whole),
        cmocka_unit_test(test_a_refusal_ends_the_sending),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_who_gives_up_leaves_nothing_behind),
        cmocka_unit_test(test_an_answer_comes_whole),
        cmocka_unit_test(test_an_answer_that_breaks_off_is_told),
        cmocka_unit_test(test_an_answer_of_another_kind),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
