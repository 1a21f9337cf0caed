/* Preparation: medians, means and spreads by hand; what the training part says is all it uses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

#include "notebooks-port/ml/preparation.h"
#include "tests/support/drawn_examples.h"

enum { COLUMNS = 4 };

/* Odd and even numbers of known values, a constant column with a gap, a column without values. */
static const float TRAIN[] = {
    1,   10,  0.1F, NAN, /* row by row */
    2,   NAN, 0.1F, NAN, /* */
    9,   20,  NAN,  NAN, /* */
    NAN, 40,  0.1F, NAN, /* */
    NAN, 70,  0.1F, NAN,
};
static const uint8_t LABELS[] = {0, 1, 0, 1, 0};

static struct examples train_part(void)
{
    return (struct examples){TRAIN, LABELS, 5, COLUMNS};
}

static void learns_by_hand(void **state)
{
    (void)state;
    struct error err = {0};
    struct preparation preparation = {0};
    struct examples train = train_part();
    assert_int_equal(preparation_fit(&preparation, &train, &err), 0);
    assert_int_equal(preparation.columns, COLUMNS);
    assert_true(preparation.median[0] == 2 && preparation.median[1] == 30);
    assert_true(preparation.median[2] == 0.1F && preparation.median[3] == 0);
    assert_true(fabs(preparation.mean[0] - 3.2) < 1e-12 && fabs(preparation.mean[1] - 34) < 1e-12);
    /* 1 2 9 2 2 and 10 30 20 40 70, the gaps filled */
    assert_true(fabs(preparation.spread[0] - sqrt(8.56)) < 1e-12);
    assert_true(fabs(preparation.spread[1] - sqrt(424)) < 1e-12);
    assert_true(preparation.spread[2] == 0 && preparation.spread[3] == 0);
    preparation_free(&preparation);
    assert_int_equal(preparation.columns, 0);
}

static void takes_the_steps_asked_for(void **state)
{
    (void)state;
    struct error err = {0};
    struct preparation preparation = {0};
    struct examples train = train_part(), out = {0};
    assert_int_equal(preparation_fit(&preparation, &train, &err), 0);

    assert_int_equal(preparation_apply(&out, &preparation, &train, 0, &err), 0);
    assert_memory_equal(out.values, TRAIN, sizeof TRAIN);
    assert_true(out.values != TRAIN && out.labels != LABELS);
    examples_free(&out);

    assert_int_equal(preparation_apply(&out, &preparation, &train, PREPARATION_FILL, &err), 0);
    for (size_t i = 0; i < 5 * COLUMNS; i++)
        assert_true(out.values[i] == (isnan(TRAIN[i]) ? preparation.median[i % COLUMNS] : TRAIN[i]));
    assert_memory_equal(out.labels, LABELS, sizeof LABELS);
    examples_free(&out);

    assert_int_equal(preparation_apply(&out, &preparation, &train, PREPARATION_STANDARDISE, &err), 0);
    for (size_t i = 0; i < 5 * COLUMNS; i++)
        assert_int_equal(isnan(out.values[i]), isnan(TRAIN[i]));
    assert_true(out.values[2] == 0);
    examples_free(&out);
    preparation_free(&preparation);
}

static void standardised_columns_have_mean_0_and_spread_1(void **state)
{
    (void)state;
    enum { ROWS = 501, WIDE = 7 };
    static float values[ROWS * WIDE];
    static uint8_t labels[ROWS];
    struct error err = {0};
    struct preparation preparation = {0};
    struct examples out = {0}, train = drawn_examples(values, labels, ROWS, WIDE, 9, 3);
    for (size_t i = 0; i < ROWS * WIDE; i += 5)
        values[i] = NAN;
    for (size_t r = 0; r < ROWS; r++)
        values[r * WIDE + 1] *= 1e6F;
    assert_int_equal(preparation_fit(&preparation, &train, &err), 0);
    assert_int_equal(
        preparation_apply(&out, &preparation, &train, PREPARATION_FILL | PREPARATION_STANDARDISE, &err), 0);
    for (size_t c = 0; c < WIDE; c++) {
        double sum = 0, squares = 0;
        for (size_t r = 0; r < ROWS; r++) {
            double value = (double)out.values[r * WIDE + c];
            sum += value;
            squares += value * value;
        }
        assert_true(fabs(sum / ROWS) < 1e-6);
        assert_true(fabs(squares / ROWS - 1) < 1e-6);
    }
    examples_free(&out);
    preparation_free(&preparation);
}

static void a_test_part_is_prepared_by_the_training_part(void **state)
{
    (void)state;
    struct error err = {0};
    struct preparation preparation = {0};
    const float values[] = {NAN, 34 + 424, 0.3F, 5};
    struct examples train = train_part(), test = {values, NULL, 1, COLUMNS}, out = {0};
    assert_int_equal(preparation_fit(&preparation, &train, &err), 0);
    assert_int_equal(
        preparation_apply(&out, &preparation, &test, PREPARATION_FILL | PREPARATION_STANDARDISE, &err), 0);
    assert_true(fabs((double)out.values[0] - (2 - 3.2) / sqrt(8.56)) < 1e-6);
    assert_true(fabs((double)out.values[1] - sqrt(424)) < 1e-5);
    assert_true(out.values[2] == 0 && out.values[3] == 0);
    assert_null(out.labels);
    examples_free(&out);

    assert_int_equal(preparation_fit(&preparation, &test, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_true(preparation.median[0] == 2);
    preparation_free(&preparation);
}

static void same_figures_whatever_the_threads(void **state)
{
    (void)state;
    enum { ROWS = 400, WIDE = 33 };
    static float values[ROWS * WIDE];
    static uint8_t labels[ROWS];
    struct error err = {0};
    struct preparation one = {0}, many = {0};
    struct examples train = drawn_examples(values, labels, ROWS, WIDE, 9, 8);
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    assert_int_equal(preparation_fit(&one, &train, &err), 0);
    omp_set_num_threads(5);
    assert_int_equal(preparation_fit(&many, &train, &err), 0);
    omp_set_num_threads(threads);
    assert_memory_equal(one.median, many.median, WIDE * sizeof *one.median);
    assert_memory_equal(one.mean, many.mean, WIDE * sizeof *one.mean);
    assert_memory_equal(one.spread, many.spread, WIDE * sizeof *one.spread);
    preparation_free(&one);
    preparation_free(&many);
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct error err = {0};
    struct preparation preparation = {0};
    struct examples train = train_part(), out = {0}, none = {TRAIN, NULL, 0, COLUMNS};
    assert_int_equal(preparation_apply(&out, &preparation, &train, 0, &err), -1);
    assert_non_null(strstr(err.message, "not fitted"));
    error_clear(&err);
    assert_int_equal(preparation_fit(&preparation, &none, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    preparation_free(&preparation);
    error_clear(&err);
    const float infinite[] = {1, 2, -INFINITY, 3};
    struct examples wrong = {infinite, NULL, 2, 2};
    assert_int_equal(preparation_fit(&preparation, &wrong, &err), -1);
    assert_non_null(strstr(err.message, "column 1 has an infinite value"));
    preparation_free(&preparation);
    error_clear(&err);
    assert_int_equal(preparation_fit(&preparation, &train, &err), 0);
    assert_int_equal(preparation_apply(&out, &preparation, &wrong, PREPARATION_FILL, &err), -1);
    assert_non_null(strstr(err.message, "learnt 4 columns; 2 are"));
    examples_free(&out);
    preparation_free(&preparation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_by_hand),
        cmocka_unit_test(takes_the_steps_asked_for),
        cmocka_unit_test(standardised_columns_have_mean_0_and_spread_1),
        cmocka_unit_test(a_test_part_is_prepared_by_the_training_part),
        cmocka_unit_test(same_figures_whatever_the_threads),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests_name("preparation", tests, NULL, NULL);
}
