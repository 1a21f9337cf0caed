/* Calls to a backend that is well, slow, away or out of its mind; the breaker that spares it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "frontend/backend_client.h"
#include "frontend/breaker.h"
#include "tests/support/fake_backend.h"

enum { TIMEOUT_MS = 300, LONG_MS = 20000 };

struct meeting {
    struct fake_backend backend;
    struct backend_client *client;
};

static void begin(struct meeting *meeting, unsigned timeout_ms)
{
    struct error err = {0};
    struct config config = {.backend_timeout_ms = timeout_ms, .api_key = "key of the test"};
    fake_backend_start(&meeting->backend);
    snprintf(config.backend_url, sizeof config.backend_url, "http://127.0.0.1:%u//", meeting->backend.port);
    assert_int_equal(backend_client_new(&meeting->client, &config, &err), 0);
}

static void end(struct meeting *meeting)
{
    backend_client_free(meeting->client);
    fake_backend_stop(&meeting->backend);
}

static void run(struct meeting *meeting, struct backend_call *calls, size_t count)
{
    backend_client_run(meeting->client, calls, count, "request-1", LANGUAGE_EN);
}

/* One GET of `path`, or a POST when `posted`; returns its outcome. */
static enum backend_outcome ask(struct meeting *meeting, const char *path, bool posted, bool safe)
{
    struct backend_call call = {.body = posted ? json_pack("{s:i}", "a", 1) : NULL, .safe = safe};
    snprintf(call.path, sizeof call.path, "%s", path);
    run(meeting, &call, 1);
    enum backend_outcome outcome = call.outcome;
    backend_calls_clean(&call, 1);
    return outcome;
}

static unsigned requests(struct meeting *meeting)
{
    return atomic_exchange(&meeting->backend.requests, 0);
}

static void test_what_is_sent(void **state)
{
    (void)state;
    struct meeting meeting;
    begin(&meeting, LONG_MS);
    assert_int_equal(ask(&meeting, "/ok?x=1", true, false), BACKEND_OK);
    const char *last = meeting.backend.last;
    assert_non_null(strstr(last, "POST /ok?x=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(last, "X-Request-Id: request-1\r\n"));
    assert_non_null(strstr(last, "Authorization: Bearer key of the test\r\n"));
    assert_non_null(strstr(last, "Accept-Language: en\r\n"));
    assert_non_null(strstr(last, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(last, "\r\n\r\n{\"a\":1}"));
    end(&meeting);
}

static void test_outcomes(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum backend_outcome outcome;
        long status;
    } cases[] = {
        {"/ok", BACKEND_OK, 200},        {"/404", BACKEND_UNKNOWN, 404}, {"/422", BACKEND_REJECTED, 422},
        {"/429", BACKEND_AWAY, 429},     {"/500", BACKEND_BROKEN, 500},  {"/html", BACKEND_BROKEN, 200},
        {"/moved", BACKEND_BROKEN, 302},
    };
    struct meeting meeting;
    begin(&meeting, LONG_MS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct backend_call call = {.body = NULL};
        snprintf(call.path, sizeof call.path, "%s", cases[i].path);
        run(&meeting, &call, 1);
        assert_int_equal(call.outcome, cases[i].outcome);
        assert_int_equal(call.status, cases[i].status);
        backend_calls_clean(&call, 1);
        assert_int_equal(requests(&meeting), 1); /* an answer is an answer */
    }
    end(&meeting);
}

static void test_calls_run_at_once_over_kept_connections(void **state)
{
    (void)state;
    struct meeting meeting;
    begin(&meeting, LONG_MS);
    for (int turn = 0; turn < 20; turn++) {
        struct backend_call calls[2] = {{.path = "/meet"}, {.path = "/meet"}};
        run(&meeting, calls, 2); /* the first is answered when the second is there */
        assert_int_equal(calls[0].outcome, BACKEND_OK);
        assert_int_equal(calls[1].outcome, BACKEND_OK);
        backend_calls_clean(calls, 2);
        pthread_mutex_lock(&meeting.backend.lock);
        meeting.backend.waiting = 0;
        pthread_mutex_unlock(&meeting.backend.lock);
    }
    assert_int_equal(atomic_load(&meeting.backend.connections), 2);
    end(&meeting);
}

static void test_one_slow_call_does_not_spoil_the_others(void **state)
{
    (void)state;
    struct meeting meeting;
    begin(&meeting, TIMEOUT_MS);
    for (int turn = 0; turn < BREAKER_FAILURES + 1; turn++) {
        struct backend_call calls[2] = {{.path = "/hang"}, {.path = "/ok"}};
        run(&meeting, calls, 2);
        assert_int_equal(calls[0].outcome, BACKEND_AWAY);
        assert_int_equal(calls[0].status, 0);
        assert_int_equal(calls[1].outcome, BACKEND_OK); /* each time: the breaker stays closed */
        backend_calls_clean(calls, 2);
    }
    assert_int_equal(requests(&meeting), 2 * (BREAKER_FAILURES + 1)); /* what was slow is not sent again */
    end(&meeting);
}

static void test_safe_calls_are_sent_once_more(void **state)
{
    (void)state;
    static const char *const paths[] = {"/lost", "/cut", "/gateway"};
    struct meeting meeting;
    begin(&meeting, LONG_MS);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        atomic_store(&meeting.backend.failures_left, 1);
        assert_int_equal(ask(&meeting, paths[i], false, false), BACKEND_OK);
        assert_int_equal(requests(&meeting), 2);
        atomic_store(&meeting.backend.failures_left, 1);
        assert_int_equal(ask(&meeting, paths[i], true, true), BACKEND_OK);
        assert_int_equal(requests(&meeting), 2);
        atomic_store(&meeting.backend.failures_left, 1);
        assert_int_equal(ask(&meeting, paths[i], true, false), BACKEND_AWAY);
        assert_int_equal(requests(&meeting), 1);
        atomic_store(&meeting.backend.failures_left, 100);
        assert_int_equal(ask(&meeting, paths[i], false, false), BACKEND_AWAY);
        assert_in_range(requests(&meeting), 2, 3); /* with curl's own, on a kept connection that was closed */
        atomic_store(&meeting.backend.failures_left, 0);
        assert_int_equal(ask(&meeting, "/ok", false, false), BACKEND_OK);
        assert_int_equal(requests(&meeting), 1);
    }
    end(&meeting);
}

static void test_a_backend_that_is_away_is_left_alone(void **state)
{
    (void)state;
    struct meeting meeting;
    begin(&meeting, LONG_MS);
    atomic_store(&meeting.backend.failures_left, 1000);
    for (int turn = 0; turn < BREAKER_FAILURES; turn++)
        assert_int_equal(ask(&meeting, "/gateway", true, false), BACKEND_AWAY);
    assert_int_equal(requests(&meeting), BREAKER_FAILURES);
    atomic_store(&meeting.backend.failures_left, 0);
    assert_int_equal(ask(&meeting, "/ok", false, false), BACKEND_AWAY);
    assert_int_equal(requests(&meeting), 0);
    usleep((BREAKER_OPEN_MS + 50) * 1000);
    assert_int_equal(ask(&meeting, "/ok", false, false), BACKEND_OK);
    assert_int_equal(ask(&meeting, "/ok", false, false), BACKEND_OK);
    end(&meeting);
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct meeting meeting;
    begin(&meeting, LONG_MS);
    fake_backend_stop(&meeting.backend);
    assert_int_equal(ask(&meeting, "/ok", false, false), BACKEND_AWAY);
    backend_client_free(meeting.client);
    struct error err = {0};
    struct config config = {.backend_url = "ftp://somewhere"};
    assert_int_equal(backend_client_new(&meeting.client, &config, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
}

/* ---- The breaker by itself, with a clock of the test ---- */

static void test_breaker_opens_after_failures_in_a_row(void **state)
{
    (void)state;
    struct breaker breaker;
    breaker_init(&breaker);
    for (int i = 0; i < 3 * BREAKER_FAILURES; i++) { /* a success among them begins anew */
        assert_true(breaker_allows(&breaker, i));
        assert_int_equal(breaker_report(&breaker, i % BREAKER_FAILURES == 0, i), BREAKER_SAME);
    }
    assert_int_equal(breaker_report(&breaker, false, 100), BREAKER_OPENED);
    assert_false(breaker_allows(&breaker, 100));
    assert_false(breaker_allows(&breaker, 100 + BREAKER_OPEN_MS - 1));
    breaker_destroy(&breaker);
}

static void test_breaker_lets_one_try(void **state)
{
    (void)state;
    struct breaker breaker;
    breaker_init(&breaker);
    for (int i = 0; i < BREAKER_FAILURES; i++)
        breaker_report(&breaker, false, 0);
    assert_true(breaker_allows(&breaker, BREAKER_OPEN_MS));
    assert_false(breaker_allows(&breaker, BREAKER_OPEN_MS)); /* one */
    assert_int_equal(breaker_report(&breaker, false, BREAKER_OPEN_MS + 7), BREAKER_SAME);
    assert_false(breaker_allows(&breaker, 2 * BREAKER_OPEN_MS + 6));
    assert_true(breaker_allows(&breaker, 2 * BREAKER_OPEN_MS + 7));
    assert_int_equal(breaker_report(&breaker, true, 2 * BREAKER_OPEN_MS + 7), BREAKER_CLOSED);
    for (int i = 0; i < BREAKER_FAILURES - 1; i++)
        assert_int_equal(breaker_report(&breaker, false, 0), BREAKER_SAME);
    assert_true(breaker_allows(&breaker, 0));
    breaker_destroy(&breaker);
}

static void test_breaker_ignores_late_failures(void **state)
{
    (void)state;
    struct breaker breaker;
    breaker_init(&breaker);
    for (int i = 0; i < BREAKER_FAILURES; i++)
        breaker_report(&breaker, false, 0);
    breaker_report(&breaker, false, BREAKER_OPEN_MS - 1); /* it began before */
    assert_true(breaker_allows(&breaker, BREAKER_OPEN_MS));
    breaker_destroy(&breaker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_calls_run_at_once_over_kept_connections),
        cmocka_unit_test(test_one_slow_call_does_not_spoil_the_others),
        cmocka_unit_test(test_safe_calls_are_sent_once_more),
        cmocka_unit_test(test_a_backend_that_is_away_is_left_alone),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_breaker_opens_after_failures_in_a_row),
        cmocka_unit_test(test_breaker_lets_one_try),
        cmocka_unit_test(test_breaker_ignores_late_failures),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
