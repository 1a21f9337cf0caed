/* The ring of minutes: what is counted where, what is forgotten, and how exact latencies are. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shared/http/activity.h"

static const time_t NOON = 1774958400; /* a whole minute */

static int set_up(void **state)
{
    return activity_new((struct activity **)state, NULL);
}

static int tear_down(void **state)
{
    activity_free(*state);
    return 0;
}

static void test_nothing_yet(void **state)
{
    struct activity_slice slice;
    activity_read(&slice, *state, NOON, ACTIVITY_MINUTES);
    assert_int_equal(slice.requests, 0);
    assert_true(isnan(slice.mean_probability) && isnan(slice.p50_s) && isnan(slice.p99_s));
}

static void test_counts_lie_in_their_minute(void **state)
{
    struct activity *activity = *state;
    struct activity_slice slice;
    activity_request(activity, NOON, 200, 0.01);
    activity_request(activity, NOON + 59, 404, 0.01);
    activity_request(activity, NOON + 60, 500, 0.01);
    activity_decision(activity, NOON + 59, false, 0.1);
    activity_decision(activity, NOON + 60, true, 0.3);
    activity_read(&slice, activity, NOON + 30, 1);
    assert_int_equal(slice.from, NOON);
    assert_int_equal(slice.requests, 2);
    assert_int_equal(slice.client_errors, 1);
    assert_int_equal(slice.server_errors, 0);
    assert_int_equal(slice.granted, 1);
    assert_int_equal(slice.refused, 0);
    activity_read(&slice, activity, NOON, 2);
    assert_int_equal(slice.requests, 3);
    assert_int_equal(slice.server_errors, 1);
    assert_true(fabs(slice.mean_probability - 0.2) < 1e-12);
    activity_read(&slice, activity, NOON + 120, 5);
    assert_int_equal(slice.requests, 0);
}

static void test_a_day_later_it_is_forgotten(void **state)
{
    struct activity *activity = *state;
    struct activity_slice slice;
    const time_t tomorrow = NOON + (time_t)ACTIVITY_MINUTES * 60;
    activity_request(activity, NOON, 200, 0.01);
    activity_read(&slice, activity, tomorrow, 1);
    assert_int_equal(slice.requests, 0);
    activity_request(activity, tomorrow, 200, 0.01);
    activity_read(&slice, activity, NOON, 1);
    assert_int_equal(slice.requests, 0);
    activity_read(&slice, activity, tomorrow - (ACTIVITY_MINUTES - 1) * 60, ACTIVITY_MINUTES);
    assert_int_equal(slice.requests, 1);
}

static void test_latencies_are_within_a_tenth(void **state)
{
    struct activity *activity = *state;
    struct activity_slice slice;
    for (int i = 1; i <= 1000; i++) /* 1 ms to 1 s */
        activity_request(activity, NOON, 200, i / 1000.0);
    activity_read(&slice, activity, NOON, 1);
    assert_true(fabs(slice.p50_s / 0.5 - 1) < 0.1);
    assert_true(fabs(slice.p95_s / 0.95 - 1) < 0.1);
    assert_true(fabs(slice.p99_s / 0.99 - 1) < 0.1);
}

static void test_odd_latencies_are_counted_too(void **state)
{
    struct activity *activity = *state;
    struct activity_slice slice;
    activity_request(activity, NOON, 200, 0);
    activity_request(activity, NOON, 200, 1e6);
    activity_read(&slice, activity, NOON, 1);
    assert_int_equal(slice.requests, 2);
    assert_true(slice.p50_s < 1e-4);
    assert_true(slice.p99_s > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_yet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_counts_lie_in_their_minute, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_day_later_it_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_latencies_are_within_a_tenth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_latencies_are_counted_too, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("activity", tests, NULL, NULL);
}
