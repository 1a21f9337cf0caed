/* The bootstrap: reproducible, stratified, and right where theory knows the answer. */
#include <gsl/gsl_cdf.h>
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

#include "notebooks-port/ml/bootstrap.h"
#include "tests/support/drawn_scores.h"

enum { ROWS = 900, REPLICATES = 400 };

struct sample {
    const double *values;
    const uint8_t *labels;
};

enum { MEAN, POSITIVES, DRAWN, WIDTH };

static int measure(const void *context, const uint32_t *times, double *out, struct error *err)
{
    (void)err;
    const struct sample *sample = context;
    memset(out, 0, WIDTH * sizeof *out);
    for (size_t i = 0; i < ROWS; i++) {
        out[MEAN] += times[i] * sample->values[i] / ROWS;
        out[POSITIVES] += times[i] * sample->labels[i];
        out[DRAWN] += times[i];
    }
    return 0;
}

static int refuse(const void *context, const uint32_t *times, double *out, struct error *err)
{
    (void)context;
    (void)times;
    out[0] = 0;
    return error_set(err, ERROR_CONFLICT, "told by the callback");
}

static void draw_sample(double *values, uint8_t *labels)
{
    unsigned seed = 5;
    for (size_t i = 0; i < ROWS; i++) {
        values[i] = gsl_cdf_ugaussian_Pinv(drawn_uniform(&seed));
        labels[i] = i % 9 == 0;
    }
}

static void replicates_keep_the_classes(void **state)
{
    (void)state;
    static double values[ROWS], figures[REPLICATES * WIDTH];
    static uint8_t labels[ROWS];
    struct error err = {0};
    draw_sample(values, labels);
    struct sample sample = {values, labels};
    assert_int_equal(bootstrap_run(figures, WIDTH, REPLICATES, labels, ROWS, 1, measure, &sample, &err), 0);
    for (size_t r = 0; r < REPLICATES; r++) {
        assert_int_equal((size_t)figures[r * WIDTH + POSITIVES], ROWS / 9);
        assert_true(figures[r * WIDTH + DRAWN] == ROWS);
    }
}

/* The standard error of a mean of normals is sd / √n. */
static void interval_of_a_mean(void **state)
{
    (void)state;
    static double values[ROWS], figures[4000 * WIDTH];
    static uint8_t labels[ROWS];
    struct error err = {0};
    draw_sample(values, labels);
    uint8_t one[ROWS] = {0};
    struct sample sample = {values, labels};
    double mean = 0, square = 0, low = 0, high = 0;
    for (size_t i = 0; i < ROWS; i++) {
        mean += values[i] / ROWS;
        square += values[i] * values[i] / ROWS;
    }
    double error = sqrt((square - mean * mean) / ROWS);
    assert_int_equal(bootstrap_run(figures, WIDTH, 4000, one, ROWS, 7, measure, &sample, &err), 0);
    assert_int_equal(bootstrap_interval(&low, &high, figures, WIDTH, 4000, MEAN, 0.95, &err), 0);
    assert_true(fabs(low - (mean - 1.96 * error)) < 0.15 * error);
    assert_true(fabs(high - (mean + 1.96 * error)) < 0.15 * error);
}

static void same_figures_whatever_the_threads(void **state)
{
    (void)state;
    static double values[ROWS], one[REPLICATES * WIDTH], many[REPLICATES * WIDTH], other[REPLICATES * WIDTH];
    static uint8_t labels[ROWS];
    struct error err = {0};
    draw_sample(values, labels);
    struct sample sample = {values, labels};
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    assert_int_equal(bootstrap_run(one, WIDTH, REPLICATES, labels, ROWS, 3, measure, &sample, &err), 0);
    omp_set_num_threads(5);
    assert_int_equal(bootstrap_run(many, WIDTH, REPLICATES, labels, ROWS, 3, measure, &sample, &err), 0);
    omp_set_num_threads(threads);
    assert_memory_equal(one, many, sizeof one);
    assert_int_equal(bootstrap_run(other, WIDTH, REPLICATES, labels, ROWS, 4, measure, &sample, &err), 0);
    assert_memory_not_equal(one, other, sizeof one);
}

static void intervals_by_hand(void **state)
{
    (void)state;
    struct error err = {0};
    double figures[101], low = 0, high = 0;
    for (int i = 0; i < 100; i++)
        figures[i] = (i * 37) % 100;
    figures[100] = NAN;
    assert_int_equal(bootstrap_interval(&low, &high, figures, 1, 101, 0, 0.9, &err), 0);
    assert_true(low == 5 && high == 94);
    const double infinite[] = {1, INFINITY, INFINITY};
    assert_int_equal(bootstrap_interval(&low, &high, infinite, 1, 3, 0, 0.95, &err), 0);
    assert_true(low == 1 && isinf(high));
    const double none[] = {NAN};
    assert_int_equal(bootstrap_interval(&low, &high, none, 1, 1, 0, 0.95, &err), 0);
    assert_true(isnan(low) && isnan(high));
}

static void errors_come_through(void **state)
{
    (void)state;
    struct error err = {0};
    double out[8];
    const uint8_t labels[] = {0, 1};
    assert_int_equal(bootstrap_run(out, 1, 8, labels, 2, 1, refuse, NULL, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_string_equal(err.message, "told by the callback");
    error_clear(&err);
    assert_int_equal(bootstrap_run(out, 1, 0, labels, 2, 1, refuse, NULL, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    error_clear(&err);
    assert_int_equal(bootstrap_run(out, 1, 8, labels, 0, 1, refuse, NULL, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replicates_keep_the_classes),
        cmocka_unit_test(interval_of_a_mean),
        cmocka_unit_test(same_figures_whatever_the_threads),
        cmocka_unit_test(intervals_by_hand),
        cmocka_unit_test(errors_come_through),
    };
    return cmocka_run_group_tests_name("bootstrap", tests, NULL, NULL);
}
