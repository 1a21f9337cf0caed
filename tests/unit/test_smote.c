/* SMOTE: how many rows, where they lie, and that the seed alone decides. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

#include "notebooks-port/ml/smote.h"
#include "tests/support/drawn_examples.h"

enum { ROWS = 3000, COLUMNS = 6, EACH = 12, RARE = ROWS / EACH, OTHER = ROWS - RARE };

struct sample {
    float values[ROWS * COLUMNS];
    uint8_t labels[ROWS];
    struct examples data;
};

static struct sample *draw(void)
{
    static struct sample sample;
    sample.data = drawn_examples(sample.values, sample.labels, ROWS, COLUMNS, EACH, 21);
    return &sample;
}

/* How far `point` is from the segment, and how far along it lies. */
static double distance_from_segment(const float *point, const float *from, const float *to, double *along)
{
    double length = 0, dot = 0, squares = 0;
    for (size_t c = 0; c < COLUMNS; c++) {
        double way = (double)to[c] - (double)from[c];
        length += way * way;
        dot += way * ((double)point[c] - (double)from[c]);
    }
    *along = length > 0 ? dot / length : 0;
    for (size_t c = 0; c < COLUMNS; c++) {
        double off = (double)point[c] - (double)from[c] - *along * ((double)to[c] - (double)from[c]);
        squares += off * off;
    }
    return sqrt(squares);
}

/* The row of `rare` that a segment through `point` starts at; SIZE_MAX when no segment to one of the nearest
 * passes there. */
static size_t find_start(double *along, const struct examples *rare, const uint32_t *nearest, unsigned k,
                         const float *point)
{
    for (size_t i = 0; i < rare->rows; i++)
        for (unsigned n = 0; n < k; n++) {
            const float *to = rare->values + (size_t)nearest[i * k + n] * COLUMNS;
            double off = distance_from_segment(point, rare->values + i * COLUMNS, to, along);
            if (off < 1e-6 && *along > -1e-6 && *along < 1 + 1e-6)
                return i;
        }
    return SIZE_MAX;
}

static void new_rows_lie_between_neighbours(void **state)
{
    (void)state;
    struct error err = {0};
    struct sample *sample = draw();
    struct examples out = {0}, rare = {0};
    const struct smote_plan plan = {SMOTE_NEIGHBOURS, 0.5, 1};
    static uint32_t own[RARE], nearest[RARE * SMOTE_NEIGHBOURS];
    static unsigned starts[RARE];
    for (uint32_t i = 0; i < RARE; i++)
        own[i] = i;
    assert_int_equal(examples_pick(&rare, &sample->data, sample->labels, 1, false, &err), 0);
    assert_int_equal(neighbours_find(nearest, NULL, &rare, &rare, own, SMOTE_NEIGHBOURS, &err), 0);
    assert_int_equal(smote_sample(&out, &sample->data, &plan, &err), 0);
    size_t added = OTHER / 2 - RARE;
    assert_int_equal(out.rows, ROWS + added);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < added; i++) {
        double along = 0;
        size_t start =
            find_start(&along, &rare, nearest, SMOTE_NEIGHBOURS, out.values + (ROWS + i) * COLUMNS);
        assert_true(start < RARE);
        starts[start]++;
        sum += along;
        squares += along * along;
        assert_int_equal(out.labels[ROWS + i], 1);
    }
    /* Uniform along the segment: mean 1/2 and mean square 1/3, whichever end is called the start; five of
     * their standard errors. */
    double n = (double)added;
    assert_true(fabs(sum / n - 0.5) < 5 * sqrt(1.0 / 12 / n));
    assert_true(fabs(squares / n - 1.0 / 3) < 5 * sqrt(4.0 / 45 / n));
    size_t unused = 0;
    for (size_t i = 0; i < RARE; i++)
        unused += starts[i] == 0;
    assert_true(unused < RARE / 10); /* a few, as mutual neighbours share a segment */
    examples_free(&rare);
    examples_free(&out);
}

static void no_value_leaves_the_range_of_its_class(void **state)
{
    (void)state;
    struct error err = {0};
    struct sample *sample = draw();
    struct examples out = {0};
    const struct smote_plan plan = {SMOTE_NEIGHBOURS, 1, 3};
    assert_int_equal(smote_sample(&out, &sample->data, &plan, &err), 0);
    for (size_t c = 0; c < COLUMNS; c++) {
        float low = INFINITY, high = -INFINITY;
        for (size_t r = 0; r < ROWS; r += EACH) {
            low = fminf(low, sample->values[r * COLUMNS + c]);
            high = fmaxf(high, sample->values[r * COLUMNS + c]);
        }
        for (size_t r = ROWS; r < out.rows; r++)
            assert_true(out.values[r * COLUMNS + c] >= low && out.values[r * COLUMNS + c] <= high);
    }
    examples_free(&out);
}

static void counts_are_exact(void **state)
{
    (void)state;
    struct error err = {0};
    struct sample *sample = draw();
    static const double ratios[] = {1, 0.5, 0.1234, (double)RARE / OTHER};
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++) {
        struct examples out = {0};
        const struct smote_plan plan = {SMOTE_NEIGHBOURS, ratios[i], 9};
        assert_int_equal(smote_sample(&out, &sample->data, &plan, &err), 0);
        assert_memory_equal(out.values, sample->values, sizeof sample->values);
        assert_memory_equal(out.labels, sample->labels, sizeof sample->labels);
        size_t counts[2] = {0};
        for (size_t r = 0; r < out.rows; r++)
            counts[out.labels[r]]++;
        assert_int_equal(counts[0], OTHER);
        assert_int_equal(counts[1], (size_t)round(ratios[i] * OTHER));
        assert_int_equal(out.columns, COLUMNS);
        examples_free(&out);
    }
}

/* Where defaults are the rule, the repaid are the rarer class. */
static void either_class_may_be_the_rarer(void **state)
{
    (void)state;
    struct error err = {0};
    struct sample *sample = draw();
    struct examples out = {0};
    const struct smote_plan plan = {SMOTE_NEIGHBOURS, 1, 9};
    for (size_t r = 0; r < ROWS; r++)
        sample->labels[r] = !sample->labels[r];
    assert_int_equal(smote_sample(&out, &sample->data, &plan, &err), 0);
    assert_int_equal(out.rows, 2 * OTHER);
    for (size_t r = ROWS; r < out.rows; r++)
        assert_int_equal(out.labels[r], 0);
    examples_free(&out);
}

static void the_seed_alone_decides(void **state)
{
    (void)state;
    struct error err = {0};
    struct sample *sample = draw();
    struct examples one = {0}, many = {0}, other = {0};
    const struct smote_plan plan = {SMOTE_NEIGHBOURS, 1, 5}, reseeded = {SMOTE_NEIGHBOURS, 1, 6};
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    assert_int_equal(smote_sample(&one, &sample->data, &plan, &err), 0);
    omp_set_num_threads(5);
    assert_int_equal(smote_sample(&many, &sample->data, &plan, &err), 0);
    omp_set_num_threads(threads);
    assert_int_equal(smote_sample(&other, &sample->data, &reseeded, &err), 0);
    size_t added = (one.rows - ROWS) * COLUMNS, differ = 0;
    assert_int_equal(one.rows, 2 * OTHER);
    assert_memory_equal(one.values, many.values, one.rows * COLUMNS * sizeof *one.values);
    for (size_t i = ROWS * COLUMNS; i < ROWS * COLUMNS + added; i++)
        differ += one.values[i] != other.values[i];
    assert_true(differ > added * 9 / 10);
    examples_free(&one);
    examples_free(&many);
    examples_free(&other);
}

static void refuse(const struct examples *data, const struct smote_plan *plan, enum error_code code,
                   const char *text)
{
    struct error err = {0};
    struct examples out = {0};
    assert_int_equal(smote_sample(&out, data, plan, &err), -1);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.message, text));
    examples_free(&out);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct sample *sample = draw();
    struct examples data = sample->data;
    const struct smote_plan plan = {SMOTE_NEIGHBOURS, 1, 0};
    refuse(&data, &(struct smote_plan){0, 1, 0}, ERROR_LIMIT, "0 neighbours; 1 to");
    refuse(&data, &(struct smote_plan){5, 0, 0}, ERROR_INVALID, "ratio of 0;");
    refuse(&data, &(struct smote_plan){5, NAN, 0}, ERROR_INVALID, "ratio of");
    refuse(&data, &(struct smote_plan){5, 1.5, 0}, ERROR_INVALID, "ratio of 1.5;");
    refuse(&data, &(struct smote_plan){5, 0.01, 0}, ERROR_INVALID, "250 rows to 2750 already");
    refuse(&data, &(struct smote_plan){RARE, 1, 0}, ERROR_INVALID, "needs at least 251");
    data.rows = 5 * EACH; /* five defaults */
    refuse(&data, &plan, ERROR_INVALID,
           "5 rows of the rarer class; SMOTE with 5 neighbours needs at least 6");
    data.rows = 0;
    refuse(&data, &plan, ERROR_INVALID, "one class");
    data = (struct examples){sample->values, NULL, ROWS, COLUMNS};
    refuse(&data, &plan, ERROR_INVALID, "needs labels");
    sample->labels[7] = 2;
    refuse(&sample->data, &plan, ERROR_INVALID, "the label of row 8 is 2");
    memset(sample->labels, 0, sizeof sample->labels);
    refuse(&sample->data, &plan, ERROR_INVALID, "all 3000 rows are of one class");
    sample = draw();
    sample->values[EACH * COLUMNS + 2] = NAN;
    refuse(&sample->data, &plan, ERROR_INVALID, "row 13, column 3 is missing");
    sample->values[COLUMNS] = NAN; /* of the other class */
    refuse(&sample->data, &plan, ERROR_INVALID, "row 2, column 1 is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_rows_lie_between_neighbours),
        cmocka_unit_test(no_value_leaves_the_range_of_its_class),
        cmocka_unit_test(counts_are_exact),
        cmocka_unit_test(either_class_may_be_the_rarer),
        cmocka_unit_test(the_seed_alone_decides),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests_name("smote", tests, NULL, NULL);
}
