/* Where the dots of a beeswarm lie. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/view/swarm.h"

enum { DOTS = 400 };

static void test_dots_stay_in_their_row(void **state)
{
    (void)state;
    double x[DOTS], y[DOTS];
    for (int alike = 0; alike < 2; alike++) {
        for (size_t i = 0; i < DOTS; i++)
            x[i] = alike ? 0.5 : (double)i / DOTS;
        swarm_spread(y, x, DOTS, 3, 0, 1);
        for (size_t i = 0; i < DOTS; i++)
            assert_true(fabs(y[i] - 3) < 0.5);
    }
}

static void test_dots_that_are_alike_do_not_hide_each_other(void **state)
{
    (void)state;
    double x[DOTS], y[DOTS], sum = 0;
    for (size_t i = 0; i < DOTS; i++)
        x[i] = 7;
    swarm_spread(y, x, DOTS, 0, 7, 7);
    for (size_t i = 0; i < DOTS; i++) {
        sum += y[i];
        for (size_t j = 0; j < i; j++)
            assert_true(y[i] != y[j]);
    }
    assert_true(fabs(sum / DOTS) < 0.01);
}

static void test_lone_dots_lie_on_the_line(void **state)
{
    (void)state;
    const double x[] = {-4, 0, 9};
    double y[3];
    swarm_spread(y, x, 3, 1, -4, 9);
    for (size_t i = 0; i < 3; i++)
        assert_true(y[i] == 1);
}

/* Each quarter of the room gets its share, alone and both ways together. */
static void test_places_fill_the_room(void **state)
{
    (void)state;
    int along[4] = {0}, both[4][4] = {{0}};
    for (size_t k = 0; k < DOTS; k++) {
        double place = swarm_place(k), across = swarm_place_across(k);
        assert_true(place >= -0.5 && place < 0.5 && across >= -0.5 && across < 0.5);
        along[(int)(4 * (place + 0.5))]++;
        both[(int)(4 * (place + 0.5))][(int)(4 * (across + 0.5))]++;
    }
    for (int i = 0; i < 4; i++) {
        assert_in_range(along[i], DOTS / 4 - 4, DOTS / 4 + 4);
        for (int j = 0; j < 4; j++)
            assert_in_range(both[i][j], DOTS / 16 - 12, DOTS / 16 + 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dots_stay_in_their_row),
        cmocka_unit_test(test_dots_that_are_alike_do_not_hide_each_other),
        cmocka_unit_test(test_lone_dots_lie_on_the_line),
        cmocka_unit_test(test_places_fill_the_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
