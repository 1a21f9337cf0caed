/* Correlations: against plain sums, with and without missing values, on any number of threads, and the pairs
 * of the real applications against the reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/correlation.h"
#include "shared/base/file.h"
#include "shared/data/table.h"
#include "tests/support/shared_data.h"

enum { ROWS = 1003, COLUMNS = 11 };

static double drawn(unsigned *seed)
{
    return (double)rand_r(seed) / RAND_MAX;
}

static void draw(double *values, double missing, unsigned seed)
{
    for (size_t r = 0; r < ROWS; r++) {
        double common = drawn(&seed);
        for (size_t i = 0; i < COLUMNS; i++) {
            double value = 1e6 * (double)i + common * (double)i + drawn(&seed);
            values[r * COLUMNS + i] = drawn(&seed) < missing ? (double)NAN : value;
        }
        values[r * COLUMNS + COLUMNS - 1] = 7; /* constant */
    }
}

/* Two passes over the rows that know both. */
static double plain_correlation(const double *values, size_t i, size_t j, double *count)
{
    double n = 0, mean_i = 0, mean_j = 0, product = 0, square_i = 0, square_j = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t r = 0; r < ROWS; r++) {
            double x = values[r * COLUMNS + i], y = values[r * COLUMNS + j];
            if (isnan(x) || isnan(y))
                continue;
            if (pass == 0) {
                n++;
                mean_i += x;
                mean_j += y;
            } else {
                product += (x - mean_i) * (y - mean_j);
                square_i += (x - mean_i) * (x - mean_i);
                square_j += (y - mean_j) * (y - mean_j);
            }
        }
        if (pass == 0) {
            mean_i /= n;
            mean_j /= n;
        }
    }
    *count = n;
    return product / sqrt(square_i * square_j);
}

static void check(double missing)
{
    static double values[ROWS * COLUMNS], out[COLUMNS * COLUMNS], pairs[COLUMNS * COLUMNS];
    struct error err = {0};
    draw(values, missing, 3);
    assert_int_equal(correlation_pairwise(out, pairs, values, ROWS, COLUMNS, &err), 0);
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t j = 0; j < COLUMNS; j++) {
            double count = 0, expected = plain_correlation(values, i, j, &count);
            assert_true(out[i * COLUMNS + j] == out[j * COLUMNS + i] || i == COLUMNS - 1 || j == COLUMNS - 1);
            assert_true(pairs[i * COLUMNS + j] == count);
            if (i == j)
                assert_true(out[i * COLUMNS + j] == 1);
            else if (i == COLUMNS - 1 || j == COLUMNS - 1)
                assert_true(isnan(out[i * COLUMNS + j]));
            else
                assert_true(fabs(out[i * COLUMNS + j] - expected) < 1e-9);
        }
}

static void test_as_plain_sums(void **state)
{
    (void)state;
    check(0);
    check(0.3);
}

static void test_floats_as_doubles(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS], out[COLUMNS * COLUMNS], other[COLUMNS * COLUMNS];
    static float floats[ROWS * COLUMNS];
    struct error err = {0};
    draw(values, 0.1, 5);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) {
        floats[i] = (float)values[i];
        values[i] = (double)floats[i];
    }
    const struct examples examples = {floats, NULL, ROWS, COLUMNS};
    assert_int_equal(correlation_pairwise(out, NULL, values, ROWS, COLUMNS, &err), 0);
    assert_int_equal(correlation_of_examples(other, &examples, &err), 0);
    assert_memory_equal(out, other, sizeof out);
}

static void test_same_on_any_number_of_threads(void **state)
{
    (void)state;
    static double values[ROWS * COLUMNS], out[COLUMNS * COLUMNS], other[COLUMNS * COLUMNS];
    struct error err = {0};
    draw(values, 0.2, 9);
    omp_set_num_threads(1);
    assert_int_equal(correlation_pairwise(out, NULL, values, ROWS, COLUMNS, &err), 0);
    omp_set_num_threads(5);
    assert_int_equal(correlation_pairwise(other, NULL, values, ROWS, COLUMNS, &err), 0);
    assert_memory_equal(out, other, sizeof out);
}

static bool is_correlated(enum column_kind kind)
{
    return kind != COLUMN_CATEGORY && kind != COLUMN_KEY;
}

/* The value of a pair in the reference, or NaN. */
static double reference(const json_t *pairs, const char *a, const char *b)
{
    size_t i;
    const json_t *pair;
    json_array_foreach(pairs, i, pair)
    {
        const char *first = json_string_value(json_array_get(pair, 0));
        const char *second = json_string_value(json_array_get(pair, 1));
        if ((strcmp(first, a) == 0 && strcmp(second, b) == 0) ||
            (strcmp(first, b) == 0 && strcmp(second, a) == 0))
            return json_real_value(json_array_get(pair, 2));
    }
    return NAN;
}

static void test_pairs_of_the_reference(void **state)
{
    (void)state;
    char path[PATH_MAX], pairs_path[PATH_MAX];
    if (!shared_path(path, "data/home-credit/application_train.csv") ||
        !shared_path(pairs_path, "oracles/correlated_pairs.json"))
        skip();
    struct error err = {0};
    struct table *table = NULL;
    const struct table_schema *schema = home_credit_schema(TABLE_APPLICATION);
    size_t columns[APPLICATION_COLUMNS], size = 0;
    json_t *expected = json_load_file(pairs_path, 0, NULL);
    assert_non_null(expected);
    assert_int_equal(table_load(&table, path, TABLE_APPLICATION, &err), 0);
    for (size_t c = 0; c < schema->column_count; c++)
        if (is_correlated(schema->columns[c].kind) && c != APPLICATION_TARGET)
            columns[size++] = c;
    size_t rows = table_rows(table);
    double *values = malloc(rows * size * sizeof *values), *out = malloc(size * size * sizeof *out);
    assert_true(values && out);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < size; i++)
            values[r * size + i] = table_value(table, r, columns[i]);
    assert_int_equal(correlation_pairwise(out, NULL, values, rows, size, &err), 0);
    size_t found = 0;
    double largest = 0;
    for (size_t i = 0; i < size; i++)
        for (size_t j = i + 1; j < size; j++) {
            double r = out[i * size + j];
            double expects =
                reference(expected, schema->columns[columns[i]].name, schema->columns[columns[j]].name);
            assert_int_equal(fabs(r) > 0.7, !isnan(expects));
            if (isnan(expects))
                continue;
            found++;
            largest = fmax(largest, fabs(r - expects));
        }
    printf("%zu pairs, largest difference %.2g\n", found, largest);
    assert_int_equal(found, json_array_size(expected));
    assert_true(largest < 1e-6);
    free(values);
    free(out);
    table_free(table);
    json_decref(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_plain_sums),
        cmocka_unit_test(test_floats_as_doubles),
        cmocka_unit_test(test_same_on_any_number_of_threads),
        cmocka_unit_test(test_pairs_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
