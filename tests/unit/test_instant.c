/* Instants as text: what is written reads back, what does not exist is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "shared/base/instant.h"

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t instant;
    } cases[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:00.000001z", 1},
        {"1970-01-01 01:00:00+01:00", 0},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"2026-11-25T09:30:00.123456Z", 1795599000123456},
        {"2026-11-25T10:30:00.1234569+01:00", 1795599000123456},
        {"2026-11-25T05:00:00.123456-04:30", 1795599000123456},
        {"2024-02-29", 1709164800000000},
        {"0001-01-01", INSTANT_FIRST},
        {"9999-12-31T23:59:59.999999Z", INSTANT_LAST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t instant = 7;
        assert_true(instant_read(&instant, cases[i].text));
        assert_true(instant == cases[i].instant);
    }
}

static void test_what_does_not_exist(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "x",
                                        "2026",
                                        "2026-11",
                                        "2026-11-",
                                        "2026-1-25",
                                        "2026-13-01",
                                        "2026-00-01",
                                        "2026-11-31",
                                        "2026-11-00",
                                        "2025-02-29",
                                        "1900-02-29",
                                        "0000-01-01",
                                        "-001-01-01",
                                        "10000-01-01",
                                        "2026-11-25T",
                                        "2026-11-25T09:30Z",
                                        "2026-11-25T09:30:00",
                                        "2026-11-25T24:00:00Z",
                                        "2026-11-25T09:60:00Z",
                                        "2026-11-25T23:59:60Z",
                                        "2026-11-25T09:30:00.Z",
                                        "2026-11-25T09:30:00+0100",
                                        "2026-11-25T09:30:00+24:00",
                                        "2026-11-25T09:30:00Z ",
                                        "2026-11-25x09:30:00Z",
                                        " 2026-11-25",
                                        "0001-01-01T00:00:00+00:01",
                                        "9999-12-31T23:59:59-00:01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t instant;
        if (instant_read(&instant, wrong[i]))
            fail_msg("%s was read", wrong[i]);
    }
}

static void test_written_reads_back(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < 20000; i++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        int64_t instant = INSTANT_FIRST + (int64_t)(random % (uint64_t)(INSTANT_LAST - INSTANT_FIRST)), read;
        char text[INSTANT_TEXT];
        instant_format(text, instant);
        assert_int_equal(strlen(text), INSTANT_TEXT - 1);
        assert_true(instant_read(&read, text));
        assert_true(read == instant);
    }
}

static void test_what_cannot_be_written(void **state)
{
    (void)state;
    char text[INSTANT_TEXT];
    instant_format(text, INT64_MAX);
    assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
    instant_format(text, INT64_MIN);
    assert_string_equal(text, "0001-01-01T00:00:00.000000Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_what_does_not_exist),
        cmocka_unit_test(test_written_reads_back),
        cmocka_unit_test(test_what_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
