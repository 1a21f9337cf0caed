/* Numbers are written as printf rounds them, and ranked as a stable sort ranks them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shared/base/number.h"
#include "shared/base/rank.h"

enum { DRAWN = 100000, TEXT = 512 };
static const double TWO_TO_53 = 9007199254740992;

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 11;
}

static void check_scaled(double size, int places)
{
    char wanted[TEXT], got[TEXT];
    uint64_t scaled;
    if (!number_scale(&scaled, size, places)) {
        assert_true(size * pow(10, places) >= TWO_TO_53);
        return;
    }
    snprintf(wanted, sizeof wanted, "%.*f", places, size);
    char *end = got + sizeof got - 1;
    *end = '\0';
    char *begin = number_digits(end, scaled);
    while (end - begin < places + 1)
        *--begin = '0';
    char *point = strchr(wanted, '.');
    if (point)
        memmove(point, point + 1, strlen(point));
    assert_string_equal(begin, wanted);
}

static void scaling_rounds_as_printf(void **state)
{
    static const double some[] = {0,     0.5,    1.5,   2.5,   0.05,  0.15,   0.25,   0.125,
                                  1e-9,  5e-324, 999.5, 0.045, 1e15,  4.5e15, 9e15,   1e16,
                                  1e300, 0.285,  1.05,  1.005, 2.675, 1e22,   8.5e-5, 4503599627370497.5};
    uint64_t seed = 3;
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        for (int places = 0; places <= NUMBER_PLACES; places++)
            check_scaled(some[i], places);
    for (int i = 0; i < DRAWN; i++) {
        int places = (int)(next(&seed) % 10);
        double half = ((double)(next(&seed) >> next(&seed) % 50) + 0.5) / pow(10, places);
        check_scaled(half, places);
        check_scaled(nextafter(half, 0), places);
        check_scaled((double)next(&seed) / (double)(1 + next(&seed) % 1000000), places);
    }
}

static void what_is_shown_as_zero_has_no_sign(void **state)
{
    char text[NUMBER_TEXT];
    (void)state;
    number_format_signed(text, 0.5, 0, LANGUAGE_EN); /* halves go to the even digit */
    assert_string_equal(text, "0");
    number_format_signed(text, -0.5000001, 0, LANGUAGE_EN);
    assert_string_equal(text, "\u22121");
    number_format(text, 1234567.5, 9, LANGUAGE_EN);
    assert_string_equal(text, "1,234,567.500000000");
}

static void ranks_are_stable(void **state)
{
    static struct ranked ranks[RANK_LIMIT];
    uint64_t seed = 9;
    (void)state;
    for (size_t count = 0; count <= RANK_LIMIT; count = count < 40 ? count + 1 : count * 2) {
        for (size_t i = 0; i < count; i++)
            ranks[i] = (struct ranked){(double)(next(&seed) % (count / 2 + 1)), i};
        rank_sort(ranks, count);
        bool seen[RANK_LIMIT] = {false};
        for (size_t i = 0; i < count; i++) {
            assert_false(seen[ranks[i].item]);
            seen[ranks[i].item] = true;
            if (i > 0)
                assert_true(ranks[i - 1].size > ranks[i].size ||
                            (ranks[i - 1].size == ranks[i].size && ranks[i - 1].item < ranks[i].item));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaling_rounds_as_printf),
        cmocka_unit_test(what_is_shown_as_zero_has_no_sign),
        cmocka_unit_test(ranks_are_stable),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
