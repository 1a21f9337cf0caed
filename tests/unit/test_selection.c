/* Which columns are kept, what fills their gaps, and that only the training rows decide. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/ml/selection.h"

enum { ROWS = 1000, COLUMNS = 7 };
enum { BASE, SPARSE, COPY, LOOSE, EVENTS, HALF_KNOWN, EMPTY };

static double uniform(unsigned *seed)
{
    return (double)rand_r(seed) / RAND_MAX;
}

/* BASE: uniform, a fifth missing. COPY: nearly BASE. LOOSE: follows both, but not closely. EVENTS:
 * mostly missing, which means 0. */
static float *draw(unsigned seed)
{
    float *values = malloc(ROWS * COLUMNS * sizeof *values);
    for (size_t i = 0; i < ROWS; i++) {
        float *row = values + i * COLUMNS;
        double base = uniform(&seed);
        double copy = base + 0.25 * (uniform(&seed) - 0.5);
        row[BASE] = i % 5 == 0 ? NAN : (float)base;
        row[SPARSE] = i % 10 < 4 ? NAN : (float)uniform(&seed);
        row[COPY] = (float)-copy;
        row[LOOSE] = (float)(copy + 1.2 * (uniform(&seed) - 0.5));
        row[EVENTS] = i % 10 == 3 ? (float)(1 + uniform(&seed)) : NAN;
        row[HALF_KNOWN] = i % 10 < 3 ? NAN : (float)(i % 10);
        row[EMPTY] = NAN;
    }
    return values;
}

static const bool ZERO[COLUMNS] = {[EVENTS] = true};
static const struct selection_options OPTIONS = {0.7, 0.7, ZERO};

static void columns_meet_their_fate(void **state)
{
    (void)state;
    struct error err = {0};
    struct selection selection;
    float *values = draw(1);
    const struct examples train = {values, NULL, ROWS, COLUMNS};
    assert_int_equal(selection_fit(&selection, &train, &OPTIONS, &err), 0);
    static const enum selection_fate fates[COLUMNS] = {
        [BASE] = SELECTION_KEPT,   [SPARSE] = SELECTION_SPARSE,   [COPY] = SELECTION_CORRELATED,
        [EVENTS] = SELECTION_KEPT, [HALF_KNOWN] = SELECTION_KEPT, [EMPTY] = SELECTION_SPARSE,
        [LOOSE] = SELECTION_KEPT};
    for (size_t i = 0; i < COLUMNS; i++)
        assert_int_equal(selection.columns[i].fate, fates[i]);
    assert_int_equal(selection.columns[COPY].partner, BASE);
    assert_true(selection.columns[COPY].correlation < -0.7);
    assert_int_equal(selection.kept_count, 4);
    assert_float_equal(selection.columns[SPARSE].missing, 0.4, 1e-12);
    assert_float_equal(selection.columns[EVENTS].missing, 0.9, 1e-12);
    assert_true(selection.columns[EVENTS].fill == 0);
    assert_true(selection.columns[HALF_KNOWN].fill == 6); /* the middle of 3..9 */
    assert_true(isnan(selection.columns[SPARSE].fill));

    float *out = malloc(ROWS * COLUMNS * sizeof *out);
    selection_apply(&selection, out, values, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < selection.kept_count; j++) {
            size_t column = selection.kept[j];
            float before = values[i * COLUMNS + column];
            float after = out[i * selection.kept_count + j];
            assert_true(isnan(before) ? after == selection.columns[column].fill : after == before);
        }
    selection_apply(&selection, values, values, ROWS); /* within one array */
    assert_memory_equal(out, values, ROWS * selection.kept_count * sizeof *out);
    free(out);
    free(values);
    selection_free(&selection);
}

/* The second follows the first and goes; the third follows the second alone, so it stays: its only partner is
 * gone. */
static void one_of_each_pair_stays(void **state)
{
    (void)state;
    enum { LONG_ROWS = 4000 };
    struct error err = {0};
    struct selection selection;
    float *values = malloc(LONG_ROWS * 3 * sizeof *values);
    unsigned seed = 2;
    for (size_t i = 0; i < LONG_ROWS; i++) {
        double first = uniform(&seed) - 0.5;
        double second = first + 0.7 * (uniform(&seed) - 0.5);
        values[i * 3] = (float)first;
        values[i * 3 + 1] = (float)second;
        values[i * 3 + 2] = (float)(second - first);
    }
    const struct examples train = {values, NULL, LONG_ROWS, 3};
    const struct selection_options half = {0.7, 0.5, NULL};
    assert_int_equal(selection_fit(&selection, &train, &half, &err), 0);
    assert_int_equal(selection.columns[1].fate, SELECTION_CORRELATED);
    assert_int_equal(selection.columns[2].fate,
                     SELECTION_KEPT); /* r with column 1 is 0.57, with column 0 is 0 */
    selection_free(&selection);
    free(values);
}

static void medians_are_those_of_the_known_values(void **state)
{
    (void)state;
    struct error err = {0};
    for (unsigned known = 1; known <= 60; known++) {
        struct selection selection;
        float values[64];
        float sorted[64];
        unsigned seed = known;
        for (size_t i = 0; i < known; i++)
            values[i] = (float)(rand_r(&seed) % 9);
        values[known] = NAN;
        memcpy(sorted, values, sizeof sorted);
        for (size_t i = 1; i < known; i++)
            for (size_t j = i; j > 0 && sorted[j] < sorted[j - 1]; j--) {
                float swapped = sorted[j];
                sorted[j] = sorted[j - 1];
                sorted[j - 1] = swapped;
            }
        const struct examples train = {values, NULL, known + 1, 1};
        const struct selection_options options = {0.5, 0.7, NULL};
        assert_int_equal(selection_fit(&selection, &train, &options, &err), 0);
        assert_true(selection.columns[0].fill == (sorted[(known - 1) / 2] + sorted[known / 2]) / 2);
        selection_free(&selection);
    }
}

static void other_rows_get_what_was_learnt(void **state)
{
    (void)state;
    struct error err = {0};
    struct selection selection;
    float *values = draw(3);
    const struct examples train = {values, NULL, ROWS, COLUMNS};
    assert_int_equal(selection_fit(&selection, &train, &OPTIONS, &err), 0);
    float other[COLUMNS];
    float out[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        other[i] = NAN;
    selection_apply(&selection, out, other, 1);
    for (size_t i = 0; i < selection.kept_count; i++)
        assert_true(out[i] == selection.columns[selection.kept[i]].fill);
    selection_free(&selection);
    free(values);
}

static void no_rows_are_an_error(void **state)
{
    (void)state;
    struct error err = {0};
    struct selection selection;
    const struct examples nothing = {NULL, NULL, 0, COLUMNS};
    assert_int_equal(selection_fit(&selection, &nothing, &OPTIONS, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    selection_free(&selection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_meet_their_fate),
        cmocka_unit_test(one_of_each_pair_stays),
        cmocka_unit_test(medians_are_those_of_the_known_values),
        cmocka_unit_test(other_rows_get_what_was_learnt),
        cmocka_unit_test(no_rows_are_an_error),
    };
    return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
