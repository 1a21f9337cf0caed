/* Nearest rows: against the reference, and against sorting all distances. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

#include "notebooks-port/ml/neighbours.h"
#include "notebooks-port/ml/preparation.h"
#include "tests/support/drawn_examples.h"
#include "tests/support/reference_neighbours.h"

enum { MOST_ROWS = 700, MOST_COLUMNS = 40 };

struct pair {
    double distance;
    uint32_t row;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return x->row < y->row ? -1 : 1;
}

/* All rows but `own`, the nearest first. */
static void sort_all(struct pair *out, const struct examples *data, const float *query, uint32_t own)
{
    size_t count = 0;
    for (uint32_t r = 0; r < data->rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < data->columns; c++) {
            double difference = (double)data->values[r * data->columns + c] - (double)query[c];
            sum += difference * difference;
        }
        if (r != own)
            out[count++] = (struct pair){sqrt(sum), r};
    }
    qsort(out, count, sizeof *out, compare_pairs);
}

static void check(const struct examples *data, const struct examples *queries, const uint32_t *own,
                  unsigned count)
{
    static uint32_t rows[MOST_ROWS * MOST_ROWS];
    static double distances[MOST_ROWS * MOST_ROWS];
    static struct pair pairs[MOST_ROWS];
    struct error err = {0};
    assert_int_equal(neighbours_find(rows, distances, data, queries, own, count, &err), 0);
    for (size_t q = 0; q < queries->rows; q++) {
        sort_all(pairs, data, queries->values + q * queries->columns, own ? own[q] : UINT32_MAX);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(rows[q * count + i], pairs[i].row);
            assert_true(fabs(distances[q * count + i] - pairs[i].distance) <= 1e-12 * pairs[i].distance);
        }
    }
}

static void as_sorting_all_distances(void **state)
{
    (void)state;
    static float values[MOST_ROWS * MOST_COLUMNS], others[MOST_ROWS * MOST_COLUMNS];
    static uint8_t labels[MOST_ROWS];
    static uint32_t own[MOST_ROWS];
    for (uint32_t i = 0; i < MOST_ROWS; i++)
        own[i] = i;
    /* Whole and broken tiles of rows, blocks of queries and lanes of columns. */
    static const size_t shapes[][3] = {{2, 1, 1},    {31, 3, 5},   {32, 8, 31},
                                       {65, 17, 64}, {333, 40, 7}, {MOST_ROWS, 31, 20}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t rows = shapes[i][0], columns = shapes[i][1];
        unsigned count = (unsigned)shapes[i][2];
        struct examples data = drawn_examples(values, labels, rows, columns, 5, 7);
        struct examples queries = drawn_examples(others, labels, rows / 2 + 1, columns, 5, 8);
        check(&data, &queries, NULL, count > rows ? (unsigned)rows : count);
        check(&data, &data, own, count < rows ? count : (unsigned)rows - 1);
    }
}

/* Whole numbers: many rows are as near as each other, and some are the query once more. */
static void equally_near_rows_by_their_place(void **state)
{
    (void)state;
    static float values[MOST_ROWS * 3];
    static uint32_t own[MOST_ROWS];
    unsigned seed = 4;
    for (size_t i = 0; i < MOST_ROWS * 3; i++)
        values[i] = (float)(int)(drawn_uniform(&seed) * 6);
    for (uint32_t i = 0; i < MOST_ROWS; i++)
        own[i] = i;
    struct examples data = {values, NULL, MOST_ROWS, 3};
    check(&data, &data, own, 25);
    check(&data, &data, NULL, 25);
}

/* Distances that floats cannot tell apart: the first column hides what the second adds. */
static void nearer_than_floats_can_tell(void **state)
{
    (void)state;
    static float values[200 * 2];
    for (size_t r = 0; r < 200; r++) {
        values[2 * r] = r == 0 ? 0 : 4096;
        values[2 * r + 1] = r == 0 ? 0 : (float)(200 - r) / 256;
    }
    struct examples data = {values, NULL, 200, 2}, query = {values, NULL, 1, 2};
    const uint32_t own[] = {0};
    float first = 4096.0F * 4096.0F, last = first + values[3] * values[3];
    assert_true(first + 0.5F == first && last == first);
    check(&data, &query, own, 50);
}

/* An outlier, beside which floats rule nothing out, and rows that all lie in one place. */
static void where_floats_rule_nothing_out(void **state)
{
    (void)state;
    static float values[MOST_ROWS * 5];
    static uint8_t labels[MOST_ROWS];
    static uint32_t own[MOST_ROWS];
    for (uint32_t i = 0; i < MOST_ROWS; i++)
        own[i] = i;
    struct examples data = drawn_examples(values, labels, MOST_ROWS, 5, 4, 12);
    for (size_t i = 0; i < MOST_ROWS * 5; i++)
        values[i] += 1e5F;
    check(&data, &data, own, 6);
    for (size_t tile = 0; tile < MOST_ROWS; tile += 20)
        values[tile * 5 + 1] = 1e12F;
    check(&data, &data, own, 6);
    for (size_t i = 0; i < MOST_ROWS * 5; i++)
        values[i] = 7;
    check(&data, &data, own, 6);
}

static void same_rows_whatever_the_threads(void **state)
{
    (void)state;
    enum { ROWS = 600, COUNT = 9 };
    static float values[ROWS * MOST_COLUMNS];
    static uint8_t labels[ROWS];
    static uint32_t one[ROWS * COUNT], many[ROWS * COUNT];
    static double near[ROWS * COUNT], nearer[ROWS * COUNT];
    struct error err = {0};
    struct examples data = drawn_examples(values, labels, ROWS, MOST_COLUMNS, 5, 2);
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    assert_int_equal(neighbours_find(one, near, &data, &data, NULL, COUNT, &err), 0);
    omp_set_num_threads(5);
    assert_int_equal(neighbours_find(many, nearer, &data, &data, NULL, COUNT, &err), 0);
    omp_set_num_threads(threads);
    assert_memory_equal(one, many, sizeof one);
    assert_memory_equal(near, nearer, sizeof near);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct error err = {0};
    uint32_t rows[8];
    const uint32_t own[] = {0, 1, 2};
    float values[] = {1, 2, 3, 4, 5, 6};
    struct examples data = {values, NULL, 3, 2}, narrow = {values, NULL, 6, 1};
    assert_int_equal(neighbours_find(rows, NULL, &data, &data, NULL, 0, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    error_clear(&err);
    assert_int_equal(neighbours_find(rows, NULL, &data, &data, own, 3, &err), -1);
    assert_non_null(strstr(err.message, "3 rows for 3 neighbours; 4 to"));
    error_clear(&err);
    assert_int_equal(neighbours_find(rows, NULL, &data, &narrow, NULL, 1, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    error_clear(&err);
    values[3] = NAN;
    assert_int_equal(neighbours_find(rows, NULL, &data, &data, own, 1, &err), -1);
    assert_non_null(strstr(err.message, "row 2, column 2 is missing"));
    error_clear(&err);
    values[3] = -2e15F;
    assert_int_equal(neighbours_find(rows, NULL, &data, &data, own, 1, &err), -1);
    assert_non_null(strstr(err.message, "row 2, column 2 is -2e+15"));
    error_clear(&err);
    values[3] = -1e15F;
    values[0] = 1e15F;
    assert_int_equal(neighbours_find(rows, NULL, &data, &data, own, 2, &err), 0);
    assert_int_equal(rows[0], 2);
}

/* ---- The reference ---- */

static void as_the_reference(void **state)
{
    (void)state;
    static struct reference_neighbours reference;
    if (!reference_neighbours_read(&reference))
        skip();
    static float asked[REFERENCE_ASKED * REFERENCE_COLUMNS];
    static double distances[REFERENCE_ASKED * REFERENCE_NEAREST];
    uint32_t rows[REFERENCE_ASKED * REFERENCE_NEAREST], own[REFERENCE_ASKED];
    struct error err = {0};
    struct preparation preparation = {0};
    struct examples raw = {reference.values, NULL, REFERENCE_CLIENTS, REFERENCE_COLUMNS}, data = {0};
    assert_int_equal(preparation_fit(&preparation, &raw, &err), 0);
    assert_int_equal(preparation_apply(&data, &preparation, &raw, PREPARATION_STANDARDISE, &err), 0);
    for (uint32_t i = 0; i < REFERENCE_ASKED; i++) {
        own[i] = i * REFERENCE_EACH;
        memcpy(asked + (size_t)i * REFERENCE_COLUMNS, data.values + (size_t)own[i] * REFERENCE_COLUMNS,
               REFERENCE_COLUMNS * sizeof *asked);
    }
    struct examples queries = {asked, NULL, REFERENCE_ASKED, REFERENCE_COLUMNS};
    assert_int_equal(neighbours_find(rows, distances, &data, &queries, own, REFERENCE_NEAREST, &err), 0);
    double largest = 0;
    for (size_t at = 0; at < REFERENCE_ASKED * REFERENCE_NEAREST; at++) {
        assert_true(reference.found[at].neighbour == reference.ids[rows[at]]);
        largest = fmax(largest, fabs(reference.found[at].distance - distances[at]));
    }
    printf("%d neighbours, largest difference %.2g\n", REFERENCE_ASKED * REFERENCE_NEAREST, largest);
    assert_true(largest < 1e-5);
    examples_free(&data);
    preparation_free(&preparation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_sorting_all_distances),
        cmocka_unit_test(equally_near_rows_by_their_place),
        cmocka_unit_test(nearer_than_floats_can_tell),
        cmocka_unit_test(where_floats_rule_nothing_out),
        cmocka_unit_test(same_rows_whatever_the_threads),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(as_the_reference),
    };
    return cmocka_run_group_tests_name("neighbours", tests, NULL, NULL);
}
