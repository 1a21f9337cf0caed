/* What is written straight is what jansson writes of the same values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "shared/base/json_writer.h"

enum { DRAWN = 200000, LIMIT = 1 << 16 };

static void check_number(double value)
{
    struct error err = {0};
    struct buffer out = buffer_new(LIMIT);
    struct json_writer writer = json_writer_start(&out, &err);
    json_writer_open(&writer, '[');
    json_writer_number(&writer, value);
    json_writer_close(&writer, ']');
    assert_int_equal(json_writer_end(&writer), 0);
    json_t *array = json_array();
    json_array_append_new(array, isfinite(value) ? json_real(value) : json_null());
    char *wanted = json_dumps(array, JSON_COMPACT | JSON_REAL_PRECISION(15));
    assert_string_equal(out.data, wanted);
    free(wanted);
    json_decref(array);
    buffer_free(&out);
}

static void numbers_are_janssons(void **state)
{
    static const double some[] = {0,          -0.0,
                                  1,          -1,
                                  0.5,        1e-9,
                                  -1e-9,      1e-5,
                                  1e-4,       0.0001,
                                  99999e-9,   1e5,
                                  1e15,       1e16,
                                  1e-16,      1e300,
                                  123e-30,    1e22,
                                  999999.5,   406597.5,
                                  0.1 + 0.2,  1.0 / 3,
                                  1e6 - 1e-9, 999999.999999999,
                                  5e-324,     1.7976931348623157e308,
                                  NAN,        INFINITY};
    uint64_t seed = 5;
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        check_number(some[i]);
    for (int i = 0; i < DRAWN; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        double value = (double)((int64_t)seed >> (seed % 60));
        check_number(i % 3 == 0 ? value * 1e-9 : i % 3 == 1 ? value : nearbyint(value) / 1e9);
        /* Around powers of ten, and decimals that end in a half behind the last digit. */
        double power = pow(10, (double)(seed >> 32 & 31) - 12);
        check_number(nextafter(power, i % 2 ? 0 : INFINITY));
        check_number(((double)(seed % 1000000) + 0.5) * power);
    }
}

static void values_are_parted_and_escaped(void **state)
{
    struct error err = {0};
    struct buffer out = buffer_new(LIMIT);
    struct json_writer writer = json_writer_start(&out, &err);
    (void)state;
    json_writer_open(&writer, '{');
    json_writer_key(&writer, "a");
    json_writer_open(&writer, '[');
    json_writer_integer(&writer, INT64_MIN);
    json_writer_integer(&writer, 0);
    json_writer_text(&writer, "é \"\\/\b\f\n\r\t\x01\x1f");
    json_writer_open(&writer, '{');
    json_writer_close(&writer, '}');
    json_t *tree = json_pack("[i, {s:f}]", 1, "b", 0.25);
    json_writer_tree(&writer, tree);
    json_decref(tree);
    json_writer_raw(&writer, "[2]", 3);
    json_writer_close(&writer, ']');
    json_writer_key(&writer, "b");
    json_writer_text(&writer, NULL);
    json_writer_key(&writer, "c");
    json_writer_text(&writer, "");
    json_writer_close(&writer, '}');
    assert_int_equal(json_writer_end(&writer), 0);
    assert_string_equal(out.data, "{\"a\":[-9223372036854775808,0,\"é "
                                  "\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\",{},[1,{\"b\":0.25}],[2]],"
                                  "\"b\":null,\"c\":\"\"}");
    json_t *read = json_loads(out.data, 0, NULL);
    assert_non_null(read);
    json_decref(read);
    buffer_free(&out);
}

static void a_full_buffer_is_told(void **state)
{
    struct error err = {0};
    struct buffer out = buffer_new(4);
    struct json_writer writer = json_writer_start(&out, &err);
    (void)state;
    json_writer_text(&writer, "too long");
    json_writer_integer(&writer, 1);
    assert_int_equal(json_writer_end(&writer), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_janssons),
        cmocka_unit_test(values_are_parted_and_escaped),
        cmocka_unit_test(a_full_buffer_is_told),
    };
    return cmocka_run_group_tests_name("json_writer", tests, NULL, NULL);
}
