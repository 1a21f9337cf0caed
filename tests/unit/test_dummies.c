/* Dummy columns: which there are, and what stands in them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/ml/dummies.h"
#include "shared/features/catalogue.h"

enum { ROWS = 3, COLUMNS = 3 };

static const struct column *contract(void)
{
    return catalogue_column((size_t)catalogue_find("NAME_CONTRACT_TYPE"));
}

/* An amount, a category, and a column that the catalogue does not know. */
static struct matrix make(float categories[ROWS])
{
    static char amount[] = "AMT_CREDIT", type[] = "NAME_CONTRACT_TYPE", own[] = "OWN_RATIO";
    static char *names[] = {amount, type, own};
    static int64_t ids[] = {100002, 100003, 100004};
    static uint8_t labels[] = {1, 0, 0};
    static float values[ROWS * COLUMNS];
    for (size_t r = 0; r < ROWS; r++) {
        values[r * COLUMNS] = (float)(1000 * (r + 1));
        values[r * COLUMNS + 1] = categories[r];
        values[r * COLUMNS + 2] = r == 1 ? NAN : 0.5F;
    }
    return (struct matrix){ROWS, COLUMNS, names, ids, labels, values, "abc"};
}

static void categories_become_columns(void **state)
{
    (void)state;
    struct error err = {0};
    size_t levels = contract()->category_count;
    struct matrix from = make((float[]){1, NAN, 0}), out;
    assert_int_equal(dummies_expand(&out, &from, &err), 0);
    assert_int_equal(out.rows, ROWS);
    assert_int_equal(out.columns, 2 + levels);
    assert_string_equal(out.names[0], "AMT_CREDIT");
    assert_string_equal(out.names[out.columns - 1], "OWN_RATIO");
    for (size_t k = 0; k < levels; k++) {
        assert_int_equal(strncmp(out.names[1 + k], "NAME_CONTRACT_TYPE=", 19), 0);
        assert_string_equal(out.names[1 + k] + 19, contract()->categories[k]);
        for (size_t r = 0; r < ROWS; r++)
            assert_true(out.values[r * out.columns + 1 + k] ==
                        (float)((r == 0 && k == 1) || (r == 2 && k == 0)));
    }
    for (size_t r = 0; r < ROWS; r++) {
        assert_true(out.values[r * out.columns] == (float)(1000 * (r + 1)));
        assert_int_equal(isnan(out.values[(r + 1) * out.columns - 1]), r == 1);
    }
    assert_memory_equal(out.client_ids, from.client_ids, sizeof(int64_t) * ROWS);
    assert_memory_equal(out.labels, from.labels, ROWS);
    assert_string_equal(out.data_hash, "abc");
    matrix_free(&out);
}

static void other_values_are_refused(void **state)
{
    (void)state;
    const float wrong[] = {-1, 0.5F, (float)contract()->category_count, INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = {0};
        struct matrix from = make((float[]){0, wrong[i], 0}), out;
        assert_int_equal(dummies_expand(&out, &from, &err), -1);
        assert_int_equal(err.code, ERROR_INVALID);
        assert_non_null(strstr(err.message, "row 2: NAME_CONTRACT_TYPE is "));
        matrix_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(categories_become_columns),
        cmocka_unit_test(other_values_are_refused),
    };
    return cmocka_run_group_tests_name("dummies", tests, NULL, NULL);
}
