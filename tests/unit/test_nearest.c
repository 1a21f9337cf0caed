/* The nearest rows against measuring all of them, with every kind of processor. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/population/nearest.h"
#include "tests/support/drawn_scores.h"
#include "tests/support/reference_neighbours.h"

/* ---- Tables ---- */

enum kind {
    CONTINUOUS, /* nearly all different */
    SKEWED,     /* amounts: a few are far out */
    WHOLE,      /* many rows are as near as each other */
    CATEGORY,
    MANY_CATEGORIES, /* more than cells */
    FLAG,
    GAPS, /* mostly missing */
    EMPTY,
    CONSTANT,
    TINY, /* differences that a float hardly tells */
    FAR,  /* whose squares no float holds */
    KINDS
};

struct table {
    size_t rows, columns;
    struct packed *packed;
    struct nearest_part *parts;
    struct nearest *nearest;
};

static float draw(enum kind kind, unsigned *seed)
{
    const double drawn = drawn_uniform(seed);
    switch (kind) {
    case CONTINUOUS:
        return (float)(drawn + drawn_uniform(seed) + drawn_uniform(seed));
    case SKEWED:
        return drawn < 0.1 ? NAN : drawn < 0.102 ? 1e9F : (float)exp(4 * drawn_uniform(seed)) * 1000;
    case WHOLE:
        return drawn < 0.2 ? NAN : (float)floor(drawn * drawn * 30) - 4;
    case CATEGORY:
        return drawn < 0.1 ? NAN : (float)floor(drawn * 7);
    case MANY_CATEGORIES:
        return drawn < 0.1 ? NAN : (float)floor(drawn * drawn * 58);
    case FLAG:
        return drawn < 0.02;
    case GAPS:
        return drawn < 0.97 ? NAN : (float)drawn_uniform(seed);
    case EMPTY:
        return NAN;
    case TINY:
        return 1 + (float)floor(drawn * 50) * 1.2e-7F;
    case FAR:
        return (float)(drawn - 0.5) * 1e30F;
    case CONSTANT:
    case KINDS:
    default:
        return 42;
    }
}

static struct packed pack(const float *values, size_t rows)
{
    struct packer *packer = NULL;
    struct packed packed;
    struct error err = {0};
    assert_int_equal(packer_new(&packer, rows, &err), 0);
    assert_int_equal(packer_add(packer, 0, values, rows, &err), 0);
    assert_int_equal(packer_finish(packer, &packed, &err), 0);
    packer_free(packer);
    return packed;
}

static struct table new_table(size_t rows, size_t columns)
{
    return (struct table){.rows = rows,
                          .columns = columns,
                          .packed = calloc(columns + 1, sizeof(struct packed)),
                          .parts = calloc(columns + 1, sizeof(struct nearest_part))};
}

static void prepare(struct table *table)
{
    struct error err = {0};
    if (nearest_new(&table->nearest, table->parts, table->columns, table->rows, 2, &err))
        fail_msg("%s", err.message);
}

/* Columns of the kinds in turn from `first` on (`kinds` of them); every row once more when `twice`. */
static struct table make_table(size_t rows, size_t columns, int first, int kinds, bool twice, unsigned seed)
{
    struct table table = new_table(rows, columns);
    float *values = malloc((rows + 1) * sizeof *values);
    for (size_t column = 0; column < columns; column++) {
        const enum kind kind = (enum kind)(first + (int)column % kinds);
        for (size_t row = 0; row < rows; row++)
            values[row] = twice && row >= rows / 2 ? values[row - rows / 2] : draw(kind, &seed);
        table.packed[column] = pack(values, rows);
        const double weight = 0.05 + drawn_uniform(&seed) * drawn_uniform(&seed);
        table.parts[column] =
            (struct nearest_part){.column = &table.packed[column],
                                  .categorical = kind == CATEGORY || kind == MANY_CATEGORIES,
                                  .weight = kind == SKEWED ? weight * 1e-9 : weight,
                                  .mismatch = 2 * weight};
    }
    free(values);
    prepare(&table);
    return table;
}

static void free_table(struct table *table)
{
    nearest_free(table->nearest);
    for (size_t column = 0; column < table->columns; column++)
        packed_release(&table->packed[column]);
    free(table->packed);
    free(table->parts);
}

/* ---- All measured ---- */

struct near {
    double distance;
    uint32_t row;
};

static int compare_near(const void *a, const void *b)
{
    const struct near *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return x->row < y->row ? -1 : 1;
}

/* Squared, as nearest.h says. */
static double measure(const struct table *table, size_t a, size_t b)
{
    double sum = 0;
    for (size_t column = 0; column < table->columns; column++) {
        const struct nearest_part *part = &table->parts[column];
        const float x = packed_value(part->column, a), y = packed_value(part->column, b);
        const double difference = (double)y - (double)x;
        if (isnan(x) && isnan(y))
            continue;
        if (isnan(x) || isnan(y) || part->categorical)
            sum += x == y ? 0 : part->mismatch;
        else
            sum += difference * difference * part->weight;
    }
    return sum;
}

static void check_row(const struct table *table, size_t row, const size_t *ks, size_t count)
{
    struct near *all = malloc(table->rows * sizeof *all);
    uint32_t *rows = malloc(table->rows * sizeof *rows);
    float *distances = malloc(table->rows * sizeof *distances);
    struct error err = {0};
    size_t others = 0, found = 0;
    for (size_t other = 0; other < table->rows; other++)
        if (other != row) {
            const double wanted = measure(table, row, other),
                         distance = nearest_square(table->nearest, row, other);
            assert_true(fabs(distance - wanted) <= 1e-12 * wanted);
            all[others++] = (struct near){distance, (uint32_t)other};
        }
    qsort(all, others, sizeof *all, compare_near);
    for (size_t i = 0; i < count; i++) {
        const size_t wanted = ks[i] < others ? ks[i] : others;
        assert_int_equal(nearest_find(table->nearest, row, ks[i], rows, distances, &found, &err), 0);
        assert_int_equal(found, wanted);
        for (size_t place = 0; place < wanted; place++) {
            if (rows[place] != all[place].row)
                fail_msg("row %zu, place %zu of %zu: %u, not %u at %.17g", row, place, wanted, rows[place],
                         all[place].row, sqrt(all[place].distance));
            assert_true(distances[place] == (float)sqrt(all[place].distance));
        }
    }
    free(all);
    free(rows);
    free(distances);
}

/* Some rows with every kind of processor. */
static void check_table(struct table *table, size_t queries)
{
    static const size_t ks[] = {1, 10, 100, 100000};
    for (int processor = PROCESSOR_PLAIN; processor <= (int)processor_best(); processor++) {
        assert_int_equal(nearest_use_processor(table->nearest, (enum processor)processor), 0);
        for (size_t i = 0; i < queries && i < table->rows; i++)
            check_row(table, i * table->rows / queries, ks, sizeof ks / sizeof *ks);
        check_row(table, table->rows - 1, ks, sizeof ks / sizeof *ks);
    }
    free_table(table);
}

/* ---- Tests ---- */

/* Whole and broken blocks of rows and strides of columns, columns of one kind and of all together. */
static void as_measuring_all(void **state)
{
    (void)state;
    static const size_t shapes[][2] = {{1, 3},    {2, 1},     {127, 17},  {128, 16},   {129, 40},
                                       {1000, 0}, {3000, 96}, {5000, 30}, {2500, 110}, {300, 256}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct table table =
            make_table(shapes[i][0], shapes[i][1], CONTINUOUS, KINDS, false, 10 + (unsigned)i);
        check_table(&table, 3);
    }
    for (int kind = 0; kind < KINDS; kind++) {
        struct table one = make_table(2600, 1, kind, 1, false, 30 + (unsigned)kind);
        check_table(&one, 3);
        struct table several = make_table(2600, 20, kind, 1, false, 50 + (unsigned)kind);
        check_table(&several, 3);
    }
}

static void of_equally_near_rows_the_smaller_first(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        struct table table = make_table(1200, 4, kind, KINDS - kind, true, 70 + (unsigned)kind);
        check_table(&table, 4);
    }
    struct table alike = make_table(4000, 12, CONSTANT, 1, false, 90);
    check_table(&alike, 2);
}

/* Rows of a few dense places: the approximation hardly tells those of one apart. */
static void where_bounds_rule_little_out(void **state)
{
    (void)state;
    enum { ROWS = 4000, COLUMNS = 6 };
    static float values[ROWS];
    struct table table = new_table(ROWS, COLUMNS);
    unsigned seed = 5;
    for (size_t column = 0; column < COLUMNS; column++) {
        for (size_t row = 0; row < ROWS; row++)
            values[row] = (float)(row * 7 % 5) * 1e6F + (float)drawn_uniform(&seed);
        table.packed[column] = pack(values, ROWS);
        table.parts[column] = (struct nearest_part){&table.packed[column], false, 1, 1};
    }
    prepare(&table);
    check_table(&table, 4);
}

/* A few columns outweigh the others, as importances do, and distances span many powers of ten. */
static void with_very_different_weights(void **state)
{
    (void)state;
    struct table table = make_table(2000, 40, CONTINUOUS, KINDS, false, 8);
    nearest_free(table.nearest);
    for (size_t column = 0; column < table.columns; column++) {
        table.parts[column].weight *= pow(10, (double)(column % 13) - 9);
        table.parts[column].mismatch *= pow(10, (double)(column % 13) - 9);
    }
    prepare(&table);
    check_table(&table, 6);
}

static void as_the_reference(void **state)
{
    (void)state;
    static struct reference_neighbours reference;
    static float values[REFERENCE_CLIENTS];
    if (!reference_neighbours_read(&reference))
        skip();
    struct table table = new_table(REFERENCE_CLIENTS, REFERENCE_COLUMNS);
    for (size_t column = 0; column < REFERENCE_COLUMNS; column++) {
        double sum = 0, squares = 0;
        for (size_t row = 0; row < REFERENCE_CLIENTS; row++) {
            values[row] = reference.values[row * REFERENCE_COLUMNS + column];
            sum += (double)values[row];
        }
        for (size_t row = 0; row < REFERENCE_CLIENTS; row++)
            squares += pow((double)values[row] - sum / REFERENCE_CLIENTS, 2);
        table.packed[column] = pack(values, REFERENCE_CLIENTS);
        table.parts[column] =
            (struct nearest_part){&table.packed[column], false, REFERENCE_CLIENTS / squares, 0};
    }
    prepare(&table);
    double largest = 0;
    for (size_t i = 0; i < REFERENCE_ASKED; i++) {
        uint32_t rows[REFERENCE_NEAREST];
        float distances[REFERENCE_NEAREST];
        size_t found = 0;
        struct error err = {0};
        assert_int_equal(
            nearest_find(table.nearest, i * REFERENCE_EACH, REFERENCE_NEAREST, rows, distances, &found, &err),
            0);
        assert_int_equal(found, REFERENCE_NEAREST);
        for (size_t place = 0; place < REFERENCE_NEAREST; place++) {
            const size_t at = i * REFERENCE_NEAREST + place;
            assert_true(reference.found[at].neighbour == reference.ids[rows[place]]);
            largest = fmax(largest, fabs(reference.found[at].distance - (double)distances[place]));
        }
    }
    printf("%d neighbours, largest difference %.2g\n", REFERENCE_ASKED * REFERENCE_NEAREST, largest);
    assert_true(largest < 1e-5);
    free_table(&table);
}

static void the_same_approximation_whatever_the_threads(void **state)
{
    (void)state;
    struct table table = make_table(3000, 50, CONTINUOUS, KINDS, false, 4);
    struct error err = {0};
    uint32_t one[20], many[20];
    float near[20], nearer[20];
    size_t found;
    assert_int_equal(nearest_find(table.nearest, 7, 20, one, near, &found, &err), 0);
    for (unsigned threads = 1; threads <= 7; threads += 3) {
        nearest_free(table.nearest);
        assert_int_equal(nearest_new(&table.nearest, table.parts, 50, 3000, threads, &err), 0);
        assert_int_equal(nearest_find(table.nearest, 7, 20, many, nearer, &found, &err), 0);
        assert_memory_equal(one, many, sizeof one);
        assert_memory_equal(near, nearer, sizeof near);
    }
    assert_in_range(nearest_bytes(table.nearest), 3000 * 50 * 3 / 2, 3000 * 50 * 2 + 50 * 4096);
    free_table(&table);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct table table = make_table(5000, 2, CONTINUOUS, 1, false, 4);
    static struct nearest_part many[NEAREST_PARTS + 1];
    struct nearest *nearest = NULL;
    struct error err = {0};
    for (size_t i = 0; i <= NEAREST_PARTS; i++)
        many[i] = table.parts[0];
    assert_int_equal(nearest_new(&nearest, many, NEAREST_PARTS + 1, 5000, 1, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    error_clear(&err);
    assert_int_equal(nearest_new(&nearest, many, 3, 4999, 1, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    assert_non_null(strstr(err.message, "column 0"));
    error_clear(&err);
    many[1].categorical = true; /* of thousands of categories */
    assert_int_equal(nearest_new(&nearest, many, 3, 5000, 1, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    assert_non_null(strstr(err.message, "column 1"));
    assert_null(nearest);
    if (processor_best() < PROCESSOR_AVX512)
        assert_int_equal(nearest_use_processor(table.nearest, PROCESSOR_AVX512), -1);
    free_table(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_measuring_all),
        cmocka_unit_test(of_equally_near_rows_the_smaller_first),
        cmocka_unit_test(where_bounds_rule_little_out),
        cmocka_unit_test(with_very_different_weights),
        cmocka_unit_test(as_the_reference),
        cmocka_unit_test(the_same_approximation_whatever_the_threads),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
