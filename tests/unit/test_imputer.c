/* Imputation: against the reference, where the answer is known, and what must hold for any matrix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/imputer.h"
#include "shared/data/table.h"
#include "tests/support/reference_rows.h"
#include "tests/support/shared_data.h"

enum { ROWS = 3000, COLUMNS = 7, REFERENCE_COLUMNS = 8 };

static double drawn(unsigned *seed)
{
    return (double)rand_r(seed) / RAND_MAX;
}

/* Columns of very different size that depend on two hidden numbers; column i lacks i times `missing`. */
static void draw(double *values, double *truth, double missing, unsigned seed)
{
    for (size_t r = 0; r < ROWS; r++) {
        double a = drawn(&seed), b = drawn(&seed);
        for (size_t i = 0; i < COLUMNS; i++) {
            double noise = drawn(&seed);
            double value = pow(10, (double)i - 1) * (5 + a * (double)(i + 1) + b * (double)(i % 3) + noise);
            truth[r * COLUMNS + i] = value;
            values[r * COLUMNS + i] = drawn(&seed) < missing * (double)i ? (double)NAN : value;
        }
    }
}

static struct imputer *fit(double *values, size_t rows, size_t columns)
{
    struct error err = {0};
    struct imputer *imputer = NULL;
    const struct imputer_options options = imputer_defaults();
    assert_int_equal(imputer_fit(&imputer, values, rows, columns, &options, &err), 0);
    assert_non_null(imputer);
    return imputer;
}

static void test_as_the_reference(void **state)
{
    (void)state;
    static const size_t wanted[REFERENCE_COLUMNS] = {
        APPLICATION_AMT_INCOME_TOTAL, APPLICATION_AMT_CREDIT,  APPLICATION_AMT_ANNUITY,
        APPLICATION_AMT_GOODS_PRICE,  APPLICATION_DAYS_BIRTH,  APPLICATION_EXT_SOURCE_1,
        APPLICATION_EXT_SOURCE_2,     APPLICATION_EXT_SOURCE_3};
    char path[PATH_MAX], expected_path[PATH_MAX];
    if (!shared_path(path, "data/home-credit/application_train.csv") ||
        !shared_path(expected_path, "oracles/imputed.csv"))
        skip();
    double *expected = reference_rows(expected_path, REFERENCE_COLUMNS + 1);
    assert_non_null(expected);
    struct error err = {0};
    struct table *table = NULL;
    static double values[REFERENCE_ROWS * REFERENCE_COLUMNS], given[REFERENCE_ROWS * REFERENCE_COLUMNS];
    assert_int_equal(table_load(&table, path, TABLE_APPLICATION, &err), 0);
    assert_true(table_rows(table) >= REFERENCE_ROWS);
    for (size_t r = 0; r < REFERENCE_ROWS; r++) {
        assert_true(table_value(table, r, APPLICATION_SK_ID_CURR) == expected[r * (REFERENCE_COLUMNS + 1)]);
        for (size_t i = 0; i < REFERENCE_COLUMNS; i++)
            values[r * REFERENCE_COLUMNS + i] = table_value(table, r, wanted[i]);
    }
    table_free(table);
    memcpy(given, values, sizeof given);
    struct imputer *imputer = fit(values, REFERENCE_ROWS, REFERENCE_COLUMNS);
    double worst = 0;
    size_t gaps = 0;
    for (size_t i = 0; i < REFERENCE_COLUMNS; i++) {
        double mean = 0, square = 0, farthest = 0;
        for (size_t r = 0; r < REFERENCE_ROWS; r++) {
            double wants = expected[r * (REFERENCE_COLUMNS + 1) + i + 1];
            mean += wants / REFERENCE_ROWS;
            square += wants * wants / REFERENCE_ROWS;
            farthest = fmax(farthest, fabs(values[r * REFERENCE_COLUMNS + i] - wants));
            gaps += isnan(given[r * REFERENCE_COLUMNS + i]) != 0;
        }
        worst = fmax(worst, farthest / sqrt(square - mean * mean));
    }
    printf("%zu gaps, %u rounds, largest difference %.2g standard deviations\n", gaps,
           imputer_rounds(imputer), worst);
    assert_true(gaps > 0);
    assert_true(worst < 1e-3);
    imputer_free(imputer);
    free(expected);
}

static void test_known_values_stay_and_gaps_are_filled(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS], given[ROWS * COLUMNS], truth[ROWS * COLUMNS];
    draw(values, truth, 0.1, 3);
    memcpy(given, values, sizeof given);
    struct imputer *imputer = fit(values, ROWS, COLUMNS);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        assert_true(isfinite(values[i]));
        if (!isnan(given[i]))
            assert_true(values[i] == given[i]);
    }
    imputer_free(imputer);
}

/* The point of it: nearer to what was there than the column's mean. */
static void test_nearer_than_the_mean(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS], given[ROWS * COLUMNS], truth[ROWS * COLUMNS];
    draw(values, truth, 0.08, 11);
    memcpy(given, values, sizeof given);
    imputer_free(fit(values, ROWS, COLUMNS));
    for (size_t i = 1; i < COLUMNS; i++) {
        double mean = 0, known = 0, by_mean = 0, by_imputer = 0;
        for (size_t r = 0; r < ROWS; r++)
            if (!isnan(given[r * COLUMNS + i])) {
                mean += given[r * COLUMNS + i];
                known++;
            }
        mean /= known;
        for (size_t r = 0; r < ROWS; r++)
            if (isnan(given[r * COLUMNS + i])) {
                by_mean += pow(truth[r * COLUMNS + i] - mean, 2);
                by_imputer += pow(truth[r * COLUMNS + i] - values[r * COLUMNS + i], 2);
            }
        assert_true(by_imputer < 0.6 * by_mean);
    }
}

/* Where a column is exactly a sum of others, so are its gaps; a copy and a constant beside it do no harm. */
static void test_exact_sum_with_a_copy_and_a_constant(void **state)
{
    (void)state;
    enum { SIZE = 5 };
    static double values[ROWS * SIZE], truth[ROWS];
    unsigned seed = 5;
    for (size_t r = 0; r < ROWS; r++) {
        double *row = values + r * SIZE;
        row[0] = 1000 * drawn(&seed);
        row[1] = drawn(&seed);
        row[2] = row[0];
        row[3] = 7;
        truth[r] = row[4] = 3 * row[0] - 200 * row[1] + 12;
        if (r % 3 == 0)
            row[4] = NAN;
    }
    imputer_free(fit(values, ROWS, SIZE));
    for (size_t r = 0; r < ROWS; r++)
        assert_true(fabs(values[r * SIZE + 4] - truth[r]) < 1e-3);
}

static void test_applies_to_the_same_rows_as_it_fitted(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS], other[ROWS * COLUMNS], truth[ROWS * COLUMNS];
    struct error err = {0};
    draw(values, truth, 0.1, 7);
    memcpy(other, values, sizeof other);
    struct imputer *imputer = fit(values, ROWS, COLUMNS);
    assert_int_equal(imputer_apply(imputer, other, ROWS, &err), 0);
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        assert_true(fabs(other[i] - values[i]) <= 1e-9 * fabs(values[i]));
    imputer_free(imputer);
}

/* A row alone is filled as among others, a gap in a column that had none is filled, an empty row gets the
 * mean of every column. */
static void test_applies_to_other_rows(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS], truth[ROWS * COLUMNS];
    struct error err = {0};
    draw(values, truth, 0.1, 8);
    double mean = 0;
    for (size_t r = 0; r < ROWS; r++)
        mean += values[r * COLUMNS] / ROWS;
    struct imputer *imputer = fit(values, ROWS, COLUMNS);
    double rows[3 * COLUMNS], alone[COLUMNS];
    memcpy(rows, truth, sizeof rows);
    rows[0] = NAN;
    rows[COLUMNS + 4] = rows[COLUMNS + 6] = NAN;
    for (size_t i = 0; i < COLUMNS; i++)
        rows[2 * COLUMNS + i] = NAN;
    memcpy(alone, rows + COLUMNS, sizeof alone);
    assert_int_equal(imputer_apply(imputer, rows, 3, &err), 0);
    assert_int_equal(imputer_apply(imputer, alone, 1, &err), 0);
    assert_memory_equal(alone, rows + COLUMNS, sizeof alone);
    assert_true(fabs(rows[0] - truth[0]) < fabs(mean - truth[0]) || fabs(rows[0] - truth[0]) < 0.1);
    assert_true(fabs(rows[2 * COLUMNS] - mean) < 0.02);
    imputer_free(imputer);
}

/* Large enough for every step to be shared out. */
static void test_same_on_any_number_of_threads(void **state)
{
    (void)state;
    enum { MANY = 100000, WIDE = 32, COMPLETE = 12 };
    double *values = malloc(sizeof(double[MANY][WIDE])), *other = malloc(sizeof(double[MANY][WIDE]));
    assert_true(values && other);
    unsigned seed = 9;
    for (size_t r = 0; r < MANY; r++) {
        double common = drawn(&seed);
        for (size_t i = 0; i < WIDE; i++)
            values[r * WIDE + i] = i >= COMPLETE && r % 4 ? (double)NAN : common * (double)i + drawn(&seed);
    }
    memcpy(other, values, sizeof(double[MANY][WIDE]));
    omp_set_num_threads(1);
    imputer_free(fit(values, MANY, WIDE));
    omp_set_num_threads(5);
    imputer_free(fit(other, MANY, WIDE));
    assert_memory_equal(values, other, sizeof(double[MANY][WIDE]));
    free(values);
    free(other);
}

static void test_one_column_gets_its_mean(void **state)
{
    (void)state;
    double values[] = {1, NAN, 3, 5};
    struct imputer *imputer = fit(values, 4, 1);
    assert_true(values[1] == 3);
    assert_int_equal(imputer_rounds(imputer), 0);
    imputer_free(imputer);
}

static void test_fewer_rows_than_columns(void **state)
{
    (void)state;
    double values[] = {1, 2, 3, 4, NAN, 6};
    imputer_free(fit(values, 2, 3));
    assert_true(isfinite(values[4]));
}

static void check_refused(double *values, size_t rows, size_t columns, const struct imputer_options *options,
                          const char *word)
{
    struct error err = {0};
    struct imputer *imputer = NULL;
    assert_int_equal(imputer_fit(&imputer, values, rows, columns, options, &err), -1);
    assert_null(imputer);
    assert_non_null(strstr(err.message, word));
}

static void test_what_cannot_be_imputed_is_refused(void **state)
{
    (void)state;
    const struct imputer_options options = imputer_defaults();
    double empty[] = {1, NAN, 2, NAN}, infinite[] = {1, 2, 3, (double)-INFINITY};
    check_refused(empty, 2, 2, &options, "column 2 has no known value");
    assert_true(isnan(empty[1]));
    check_refused(infinite, 2, 2, &options, "row 2, column 2 is infinite");
    check_refused(empty, 0, 2, &options, "0 rows");
    check_refused(empty, 2, 0, &options, "0 columns");
    check_refused(empty, 2, 2, &(struct imputer_options){IMPUTER_ROUNDS + 1, 0}, "rounds");
    check_refused(empty, 2, 2, &(struct imputer_options){1, (double)NAN}, "tolerance");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_reference),
        cmocka_unit_test(test_known_values_stay_and_gaps_are_filled),
        cmocka_unit_test(test_nearer_than_the_mean),
        cmocka_unit_test(test_exact_sum_with_a_copy_and_a_constant),
        cmocka_unit_test(test_applies_to_the_same_rows_as_it_fitted),
        cmocka_unit_test(test_applies_to_other_rows),
        cmocka_unit_test(test_same_on_any_number_of_threads),
        cmocka_unit_test(test_one_column_gets_its_mean),
        cmocka_unit_test(test_fewer_rows_than_columns),
        cmocka_unit_test(test_what_cannot_be_imputed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
