/* What an artifact keeps of its performance, against plain counting. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "notebooks-port/ml/performance.h"
#include "shared/model/decision.h"
#include "tests/support/drawn_scores.h"

enum { ROWS = 6000 };
static const double OWN = 0.0909;

struct fixture {
    double p[ROWS];
    uint8_t y[ROWS];
    struct cuts cuts;
    json_t *described;
};

static int describe(struct fixture *fixture, size_t rows, int grid)
{
    struct error err = {0};
    drawn_scores(fixture->p, fixture->y, rows, grid, 5);
    assert_int_equal(cuts_make(&fixture->cuts, fixture->p, fixture->y, rows, &err), 0);
    fixture->described = performance_describe(&fixture->cuts, OWN);
    assert_non_null(fixture->described);
    return 0;
}

static void forget(struct fixture *fixture)
{
    json_decref(fixture->described);
    cuts_free(&fixture->cuts);
}

static double at(const json_t *described, const char *name, size_t i)
{
    return json_number_value(json_array_get(json_object_get(described, name), i));
}

static size_t count_of(const json_t *described)
{
    return json_array_size(json_object_get(described, "thresholds"));
}

static void check_counts(const struct fixture *fixture, size_t rows)
{
    const json_t *described = fixture->described;
    for (size_t i = 0; i < count_of(described); i++) {
        size_t refused = 0, positives = 0;
        for (size_t row = 0; row < rows; row++) {
            refused += fixture->p[row] >= at(described, "thresholds", i);
            positives += fixture->p[row] >= at(described, "thresholds", i) && fixture->y[row];
        }
        assert_int_equal(at(described, "refused", i), refused);
        assert_int_equal(at(described, "true_positives", i), positives);
        if (i > 0) {
            assert_true(at(described, "thresholds", i) < at(described, "thresholds", i - 1));
            assert_true(at(described, "refused", i) - at(described, "refused", i - 1) >= PERFORMANCE_STEP);
        }
    }
    assert_int_equal(json_array_size(json_object_get(described, "refused")), count_of(described));
    assert_int_equal(json_array_size(json_object_get(described, "true_positives")), count_of(described));
}

/* True when a stored cut takes exactly the rows at or above the threshold. */
static bool is_exact(const struct fixture *fixture, size_t rows, double threshold)
{
    size_t refused = 0;
    for (size_t row = 0; row < rows; row++)
        refused += fixture->p[row] >= threshold;
    for (size_t i = 0; i < count_of(fixture->described); i++)
        if (at(fixture->described, "refused", i) == (double)refused)
            return true;
    return false;
}

static void test_counts_are_those_of_the_rows(void **state)
{
    struct fixture *fixture = *state;
    static const int grids[] = {0, 200, 20};
    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
        describe(fixture, ROWS, grids[i]);
        check_counts(fixture, ROWS);
        assert_int_equal(json_integer_value(json_object_get(fixture->described, "rows")), ROWS);
        assert_true(count_of(fixture->described) <= PERFORMANCE_CUTS + PERFORMANCE_COST_RATIO + 2);
        forget(fixture);
    }
}

static void test_the_models_threshold_and_round_costs_are_exact(void **state)
{
    struct fixture *fixture = *state;
    describe(fixture, ROWS, 0);
    assert_true(is_exact(fixture, ROWS, OWN));
    size_t exact = 0;
    for (int ratio = 2; ratio <= PERFORMANCE_COST_RATIO; ratio++)
        exact += is_exact(fixture, ROWS, decision_threshold(ratio, 1)) ? 1 : 0;
    assert_true(exact > PERFORMANCE_COST_RATIO - 5); /* but for those that lie too close to another */
    forget(fixture);
}

static void test_calibration_takes_every_row_once(void **state)
{
    struct fixture *fixture = *state;
    describe(fixture, ROWS, 0);
    const json_t *bins = json_object_get(fixture->described, "calibration");
    double clients = 0, defaults = 0, sum = 0, expected = 0, last = 0;
    const json_t *bin;
    size_t i;
    assert_int_equal(json_array_size(bins), PERFORMANCE_CALIBRATION);
    json_array_foreach(bins, i, bin)
    {
        double probability = json_number_value(json_object_get(bin, "probability"));
        double size = json_number_value(json_object_get(bin, "clients"));
        assert_true(size == (double)ROWS / PERFORMANCE_CALIBRATION);
        assert_true(probability >= last);
        last = probability;
        clients += size;
        defaults += json_number_value(json_object_get(bin, "defaults"));
        sum += probability * size;
    }
    for (size_t row = 0; row < ROWS; row++)
        expected += fixture->p[row];
    assert_true(clients == ROWS);
    assert_true(defaults == (double)fixture->cuts.positives);
    assert_true(fabs(sum - expected) < 1e-6);
    forget(fixture);
}

static void test_few_rows(void **state)
{
    struct fixture *fixture = *state;
    static const size_t sizes[] = {2, 9, 11, 40};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        describe(fixture, sizes[i], 0);
        check_counts(fixture, sizes[i]);
        assert_true(count_of(fixture->described) >= 1);
        forget(fixture);
    }
}

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_are_those_of_the_rows),
        cmocka_unit_test(test_the_models_threshold_and_round_costs_are_exact),
        cmocka_unit_test(test_calibration_takes_every_row_once),
        cmocka_unit_test(test_few_rows),
    };
    return cmocka_run_group_tests_name("performance", tests, set_up, tear_down);
}
