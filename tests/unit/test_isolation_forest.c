/* Isolation forest: against the reference, and what must hold for any cloud of points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_statistics.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/isolation_forest.h"
#include "tests/support/reference_rows.h"
#include "tests/support/shared_data.h"

enum { ROWS = 1000, COLUMNS = 3, REFERENCE_COLUMNS = 8 };

/* A cloud around the origin: sums of uniform numbers, nearly normal. */
static void draw(double *values, size_t rows, unsigned seed)
{
    for (size_t i = 0; i < rows * COLUMNS; i++) {
        values[i] = -6;
        for (int k = 0; k < 12; k++)
            values[i] += (double)rand_r(&seed) / RAND_MAX;
    }
}

static struct isolation_forest *fit(double *scores, const double *values, size_t rows, size_t columns,
                                    uint64_t seed)
{
    struct error err = {0};
    struct isolation_forest *forest = NULL;
    struct isolation_options options = isolation_forest_defaults();
    options.seed = seed;
    assert_int_equal(isolation_forest_fit(&forest, scores, values, rows, columns, &options, &err), 0);
    assert_non_null(forest);
    return forest;
}

/* Each of several seeds ranks the rows nearly as the mean of twenty does. */
static void test_as_the_reference(void **state)
{
    (void)state;
    char imputed_path[PATH_MAX], path[PATH_MAX];
    if (!shared_path(imputed_path, "oracles/imputed.csv") || !shared_path(path, "oracles/isolation.csv"))
        skip();
    double *imputed = reference_rows(imputed_path, REFERENCE_COLUMNS + 1);
    double *expected = reference_rows(path, 2);
    assert_non_null(imputed);
    assert_non_null(expected);
    static double values[REFERENCE_ROWS * REFERENCE_COLUMNS], scores[REFERENCE_ROWS],
        work[2 * REFERENCE_ROWS];
    for (size_t r = 0; r < REFERENCE_ROWS; r++) {
        assert_true(imputed[r * (REFERENCE_COLUMNS + 1)] == expected[2 * r]);
        memcpy(values + r * REFERENCE_COLUMNS, imputed + r * (REFERENCE_COLUMNS + 1) + 1,
               REFERENCE_COLUMNS * sizeof *values);
    }
    double least = 1, farthest = 0;
    for (uint64_t seed = 0; seed < 5; seed++) {
        isolation_forest_free(fit(scores, values, REFERENCE_ROWS, REFERENCE_COLUMNS, seed));
        least = fmin(least, gsl_stats_spearman(scores, 1, expected + 1, 2, REFERENCE_ROWS, work));
        double off =
            gsl_stats_mean(scores, 1, REFERENCE_ROWS) - gsl_stats_mean(expected + 1, 2, REFERENCE_ROWS);
        farthest = fmax(farthest, fabs(off));
    }
    printf("Spearman of five seeds at least %.4f, mean score off by at most %.4f\n", least, farthest);
    assert_true(least >= 0.93);
    assert_true(farthest < 0.01);
    free(imputed);
    free(expected);
}

static void test_falls_with_the_distance(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS];
    struct error err = {0};
    draw(values, ROWS, 1);
    struct isolation_forest *forest = fit(NULL, values, ROWS, COLUMNS, 0);
    enum { STEPS = 5 };
    double along[STEPS * COLUMNS], scores[STEPS];
    for (size_t step = 0; step < STEPS; step++)
        for (size_t i = 0; i < COLUMNS; i++)
            along[step * COLUMNS + i] = (double)step * 0.8; /* the last is 5.5 away, where nobody is */
    assert_int_equal(isolation_forest_score(scores, forest, along, STEPS, &err), 0);
    for (size_t step = 1; step < STEPS; step++)
        assert_true(scores[step] < scores[step - 1]);
    assert_true(scores[0] > -0.5 && scores[STEPS - 1] < isolation_forest_offset(forest));
    assert_true(scores[STEPS - 1] >= -1);
    isolation_forest_free(forest);
}

static void test_marks_the_share_that_was_asked_for(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS], scores[ROWS];
    static uint8_t outliers[ROWS];
    draw(values, ROWS, 2);
    struct isolation_forest *forest = fit(scores, values, ROWS, COLUMNS, 3);
    assert_int_equal(isolation_forest_mark(outliers, forest, scores, ROWS), ROWS / 10);
    double highest_out = -1, lowest_in = 0;
    for (size_t r = 0; r < ROWS; r++)
        if (outliers[r])
            highest_out = fmax(highest_out, scores[r]);
        else
            lowest_in = fmin(lowest_in, scores[r]);
    assert_true(highest_out < lowest_in);
    isolation_forest_free(forest);
}

/* Rows planted far outside are found, a plain cloud's are not among them. */
static void test_finds_planted_outliers(void **state)
{
    (void)state;
    enum { PLANTED = 20 };
    static double values[ROWS * COLUMNS], scores[ROWS];
    draw(values, ROWS, 4);
    for (size_t r = 0; r < PLANTED; r++)
        for (size_t i = 0; i < COLUMNS; i++)
            values[r * COLUMNS + i] = ((r >> i) & 1 ? 20 : -20) + (double)r;
    isolation_forest_free(fit(scores, values, ROWS, COLUMNS, 5));
    double planted = -1, lowest = 0;
    for (size_t r = 0; r < PLANTED; r++)
        planted = fmax(planted, scores[r]);
    for (size_t r = PLANTED; r < ROWS; r++)
        lowest = fmin(lowest, scores[r]);
    assert_true(planted < lowest);
}

/* A constant column parts nothing, and equal rows have equal scores; nothing but equal rows is possible. */
static void test_constants_and_duplicates(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS], scores[ROWS];
    draw(values, ROWS, 6);
    for (size_t r = 0; r < ROWS; r++) {
        values[r * COLUMNS + 1] = 7;
        if (r >= ROWS / 2)
            memcpy(values + r * COLUMNS, values + (r - ROWS / 2) * COLUMNS, COLUMNS * sizeof *values);
    }
    isolation_forest_free(fit(scores, values, ROWS, COLUMNS, 7));
    for (size_t r = ROWS / 2; r < ROWS; r++)
        assert_true(scores[r] == scores[r - ROWS / 2]);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        values[i] = 3;
    struct isolation_forest *forest = fit(scores, values, ROWS, COLUMNS, 7);
    static uint8_t outliers[ROWS];
    for (size_t r = 0; r < ROWS; r++)
        assert_true(scores[r] == scores[0]);
    assert_true(fabs(scores[0] + 0.5) < 1e-12);
    assert_int_equal(isolation_forest_mark(outliers, forest, scores, ROWS), 0);
    isolation_forest_free(forest);
}

/* Thresholds lie between two rows even where their difference is more than a double holds. */
static void test_largest_numbers(void **state)
{
    (void)state;
    enum { FEW = 5 };
    const double values[FEW] = {-1.7e308, -1.6e308, 0, 1.6e308, 1.7e308};
    double scores[FEW];
    isolation_forest_free(fit(scores, values, FEW, 1, 1));
    for (size_t r = 0; r < FEW; r++)
        assert_true(scores[r] < 0 && scores[r] >= -1);
    assert_true(scores[0] != scores[2]);
}

static void test_same_on_any_number_of_threads(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS], scores[ROWS], again[ROWS], other[ROWS];
    draw(values, ROWS, 8);
    omp_set_num_threads(1);
    isolation_forest_free(fit(scores, values, ROWS, COLUMNS, 9));
    omp_set_num_threads(5);
    struct isolation_forest *forest = fit(again, values, ROWS, COLUMNS, 9);
    assert_memory_equal(scores, again, sizeof scores);
    struct error err = {0};
    for (size_t r = 0; r < ROWS; r++) /* alone or among others */
        assert_int_equal(isolation_forest_score(again + r, forest, values + r * COLUMNS, 1, &err), 0);
    assert_memory_equal(scores, again, sizeof scores);
    isolation_forest_free(forest);
    isolation_forest_free(fit(other, values, ROWS, COLUMNS, 10));
    assert_memory_not_equal(scores, other, sizeof scores);
}

static void check_refused(const double *values, size_t rows, size_t columns,
                          const struct isolation_options *options, const char *word)
{
    struct error err = {0};
    struct isolation_forest *forest = NULL;
    assert_int_equal(isolation_forest_fit(&forest, NULL, values, rows, columns, options, &err), -1);
    assert_null(forest);
    assert_non_null(strstr(err.message, word));
}

static void test_what_cannot_be_learnt_from_is_refused(void **state)
{
    (void)state;
    const struct isolation_options usual = isolation_forest_defaults();
    struct isolation_options options = usual;
    const double missing[] = {1, 2, 3, (double)NAN}, infinite[] = {1, (double)INFINITY, 3, 4},
                 good[] = {1, 2, 3, 4};
    check_refused(missing, 2, 2, &usual, "row 2, column 2 is missing");
    check_refused(infinite, 2, 2, &usual, "row 1, column 2 is infinite");
    check_refused(good, 1, 2, &usual, "1 rows");
    check_refused(good, 2, 0, &usual, "0 columns");
    options.trees = 0;
    check_refused(good, 2, 2, &options, "0 trees");
    options = usual;
    options.samples = ISOLATION_SAMPLES + 1;
    check_refused(good, 2, 2, &options, "rows a tree");
    options = usual;
    options.contamination = 0.6;
    check_refused(good, 2, 2, &options, "share of 0.6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_reference),
        cmocka_unit_test(test_falls_with_the_distance),
        cmocka_unit_test(test_marks_the_share_that_was_asked_for),
        cmocka_unit_test(test_finds_planted_outliers),
        cmocka_unit_test(test_constants_and_duplicates),
        cmocka_unit_test(test_largest_numbers),
        cmocka_unit_test(test_same_on_any_number_of_threads),
        cmocka_unit_test(test_what_cannot_be_learnt_from_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
