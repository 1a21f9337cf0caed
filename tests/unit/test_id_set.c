/* Sets of ids: close together, scattered, and turning from one into the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shared/base/id_set.h"

enum { IDS = 60000 };

/* Adds `step` · i + first twice; the second time each is there. */
static void expect_set(int64_t first, int64_t step)
{
    struct id_set set = {0};
    struct error err = {0};
    for (int64_t i = 0; i < IDS; i++)
        assert_int_equal(id_set_add(&set, first + i * step, &err), 0);
    for (int64_t i = IDS - 1; i >= 0; i--)
        assert_int_equal(id_set_add(&set, first + i * step, &err), 1);
    assert_int_equal(id_set_add(&set, first - 1, &err), 0);
    id_set_free(&set);
    assert_int_equal(id_set_add(&set, first, &err), 0);
    id_set_free(&set);
}

static void ids_are_new_once(void **state)
{
    (void)state;
    expect_set(1, 1);
    expect_set(5000001, 2);
    expect_set(7, 70001);                        /* scattered: up to 2^32 */
    expect_set(((int64_t)1 << 32) - IDS / 2, 1); /* across 2^32 */
    expect_set((int64_t)1 << 40, 12345);         /* all above */
    expect_set(-IDS / 2, 1);                     /* below zero too */
}

/* Scattered ids take the map, so that memory follows their number. */
static void scattered_ids_leave_the_pages(void **state)
{
    (void)state;
    struct id_set set = {0};
    struct error err = {0};
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(id_set_add(&set, i, &err), 0);
    assert_non_null(set.pages);
    for (int64_t i = 1; i < IDS; i++)
        assert_int_equal(id_set_add(&set, i * 65536, &err), 0);
    assert_null(set.pages);
    assert_int_equal(set.scattered.count, 1000 + IDS - 1);
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(id_set_add(&set, i, &err), 1);
    id_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_new_once),
        cmocka_unit_test(scattered_ids_leave_the_pages),
    };
    return cmocka_run_group_tests_name("id_set", tests, NULL, NULL);
}
