/* Cuts and the thresholds chosen among them, against brute force and the reference results. */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/ml/thresholds.h"
#include "tests/support/drawn_scores.h"
#include "tests/support/reference_scores.h"
#include "tests/support/shared_data.h"

static const struct threshold_costs TEN_TO_ONE = {10, 1, NULL};

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9 * fmax(1, fabs(wanted))))
        fail_msg("%.12g is not %.12g", got, wanted);
}

static struct cuts make_cuts(const double *p, const uint8_t *y, size_t rows)
{
    struct cuts cuts;
    struct error err = {0};
    if (cuts_make(&cuts, p, y, rows, &err))
        fail_msg("%s", err.message);
    return cuts;
}

static void cuts_are_confusions(void **state)
{
    (void)state;
    enum { ROWS = 500 };
    static double p[ROWS];
    static uint8_t y[ROWS];
    drawn_scores(p, y, ROWS, 50, 1);
    struct cuts cuts = make_cuts(p, y, ROWS);
    assert_true(cuts.count < 40 && isinf(cuts.thresholds[0]));
    for (size_t c = 0; c < cuts.count; c++) {
        struct confusion got = cuts_confusion(&cuts, c);
        struct confusion wanted = metrics_confusion(p, y, ROWS, cuts.thresholds[c]);
        assert_memory_equal(&got, &wanted, sizeof got);
        assert_int_equal(cuts_find(&cuts, cuts.thresholds[c]), c);
        if (c > 0) {
            assert_true(cuts.thresholds[c] < cuts.thresholds[c - 1]);
            assert_int_equal(cuts_find(&cuts, nextafter(cuts.thresholds[c], INFINITY)), c - 1);
        }
    }
    assert_int_equal(cuts_find(&cuts, -1), cuts.count - 1);
    cuts_free(&cuts);

    struct error err = {0};
    p[3] = NAN;
    assert_int_equal(cuts_make(&cuts, p, y, ROWS, &err), -1);
    assert_non_null(strstr(err.message, "row 3"));
    cuts_free(&cuts);
}

/* Every score, a threshold above all and one between: nothing beats the choice. */
static void f_beta_is_the_best_there_is(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    static double p[ROWS];
    static uint8_t y[ROWS];
    for (unsigned seed = 1; seed <= 6; seed++) {
        drawn_scores(p, y, ROWS, seed % 2 ? 30 : 0, seed);
        struct cuts cuts = make_cuts(p, y, ROWS);
        for (int beta = 1; beta <= 6; beta++) {
            struct threshold_choice choice;
            struct error err = {0};
            assert_int_equal(thresholds_by_f_beta(&choice, &cuts, beta, &TEN_TO_ONE, &err), 0);
            double best = 0, lowest = INFINITY;
            for (size_t i = 0; i < ROWS; i++) {
                double f = metrics_f_beta(metrics_confusion(p, y, ROWS, p[i]), beta);
                if (f > best || (f == best && p[i] < lowest)) {
                    best = f;
                    lowest = p[i];
                }
            }
            assert_true(choice.goal == best && choice.f_beta == best && choice.threshold == lowest);
        }
        cuts_free(&cuts);
    }
}

static double brute_cost(const double *p, const uint8_t *y, size_t rows, double threshold,
                         const struct threshold_costs *costs)
{
    double cost = 0;
    for (size_t i = 0; i < rows; i++) {
        bool refused = p[i] >= threshold;
        if (refused == (y[i] == 1))
            continue;
        cost += (y[i] ? costs->missed : costs->refused) * (costs->amounts ? costs->amounts[i] : 1);
    }
    return cost;
}

static void money_is_the_least_there_is(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    static double p[ROWS], amounts[ROWS];
    static uint8_t y[ROWS];
    for (unsigned seed = 1; seed <= 6; seed++) {
        drawn_scores(p, y, ROWS, seed % 2 ? 30 : 0, seed);
        unsigned own = seed;
        for (size_t i = 0; i < ROWS; i++)
            amounts[i] = 1000 + floor(900000 * drawn_uniform(&own));
        struct cuts cuts = make_cuts(p, y, ROWS);
        const struct threshold_costs all[] = {{10, 1, NULL}, {1, 10, NULL}, {0.45, 0.05, amounts}};
        for (int k = 0; k < 3; k++) {
            struct threshold_choice choice;
            struct error err = {0};
            assert_int_equal(thresholds_by_cost(&choice, &cuts, &all[k], &err), 0);
            double least = brute_cost(p, y, ROWS, INFINITY, &all[k]);
            assert_near(choice.cost_of_granting_all, least);
            for (size_t i = 0; i < ROWS; i++)
                least = fmin(least, brute_cost(p, y, ROWS, p[i], &all[k]));
            assert_near(choice.cost, least);
            assert_near(brute_cost(p, y, ROWS, choice.threshold, &all[k]), least);
            assert_near(choice.savings, choice.cost_of_granting_all - least);
            double cost = 0;
            if (!all[k].amounts) {
                double same = metrics_cheapest_threshold(&cost, p, y, ROWS, all[k].missed, all[k].refused);
                assert_true(choice.threshold == same);
            }
        }
        cuts_free(&cuts);
    }
}

/* Large amounts of one class move the threshold the way money says. */
static void amounts_matter(void **state)
{
    (void)state;
    const double p[] = {0.2, 0.4, 0.6, 0.8}, amounts[] = {1, 100, 1, 1};
    const uint8_t y[] = {0, 1, 0, 1};
    struct error err = {0};
    struct threshold_choice choice;
    struct cuts cuts = make_cuts(p, y, 4);
    assert_int_equal(thresholds_by_cost(&choice, &cuts, &(struct threshold_costs){1, 10, NULL}, &err), 0);
    assert_near(choice.threshold, 0.8);
    assert_int_equal(thresholds_by_cost(&choice, &cuts, &(struct threshold_costs){1, 10, amounts}, &err), 0);
    assert_near(choice.threshold, 0.4);
    assert_near(choice.cost, 10);
    assert_near(choice.savings, 91);
    assert_int_equal(choice.confusion.false_positives, 1);
    assert_near(choice.false_positive_share, 0.25);
    assert_true(isinf(choice.false_ratio));
    cuts_free(&cuts);
}

static void given_thresholds_are_described(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    static double p[ROWS];
    static uint8_t y[ROWS];
    drawn_scores(p, y, ROWS, 0, 9);
    struct cuts cuts = make_cuts(p, y, ROWS);
    const double thresholds[] = {-1, 0.05, 0.090909, 0.5, 2, INFINITY};
    for (int i = 0; i < 6; i++) {
        struct threshold_choice choice;
        struct error err = {0};
        assert_int_equal(thresholds_at(&choice, &cuts, thresholds[i], &TEN_TO_ONE, &err), 0);
        struct confusion wanted = metrics_confusion(p, y, ROWS, thresholds[i]);
        assert_memory_equal(&choice.confusion, &wanted, sizeof wanted);
        assert_true(choice.threshold == thresholds[i] && isnan(choice.beta) && isnan(choice.f_beta));
        assert_near(choice.cost, metrics_cost(wanted, 10, 1));
        assert_near(choice.recall, metrics_recall(wanted));
        assert_near(choice.precision, metrics_precision(wanted));
        assert_near(choice.f1, metrics_f_beta(wanted, 1));
    }
    cuts_free(&cuts);
}

static void intervals_hold_the_choice(void **state)
{
    (void)state;
    enum { ROWS = 4000 };
    static double p[ROWS];
    static uint8_t y[ROWS];
    drawn_scores(p, y, ROWS, 200, 4);
    struct error err = {0};
    struct cuts cuts = make_cuts(p, y, ROWS);
    struct threshold_choice choice, again;
    assert_int_equal(thresholds_by_cost(&choice, &cuts, &TEN_TO_ONE, &err), 0);
    assert_true(isnan(choice.threshold_low));
    again = choice;
    assert_int_equal(thresholds_interval(&choice, &cuts, &TEN_TO_ONE, 400, 11, &err), 0);
    assert_int_equal(thresholds_interval(&again, &cuts, &TEN_TO_ONE, 400, 11, &err), 0);
    assert_memory_equal(&choice, &again, sizeof choice);
    assert_true(choice.threshold_low <= choice.threshold && choice.threshold <= choice.threshold_high);
    assert_true(choice.goal_low < choice.goal && choice.goal < choice.goal_high);
    /* The scores are calibrated: 1 / 11 is the optimum the interval should hold. */
    assert_true(choice.threshold_low <= 1 / 11.0 + 0.005 && 1 / 11.0 - 0.005 <= choice.threshold_high);

    assert_int_equal(thresholds_by_f_beta(&choice, &cuts, 3, &TEN_TO_ONE, &err), 0);
    assert_int_equal(thresholds_interval(&choice, &cuts, &TEN_TO_ONE, 400, 11, &err), 0);
    assert_true(choice.goal_low < choice.f_beta && choice.f_beta < choice.goal_high);
    assert_true(choice.threshold_low <= choice.threshold && choice.threshold <= choice.threshold_high);

    assert_int_equal(thresholds_at(&choice, &cuts, 0.2, &TEN_TO_ONE, &err), 0);
    assert_int_equal(thresholds_interval(&choice, &cuts, &TEN_TO_ONE, 400, 11, &err), 0);
    assert_true(choice.threshold_low == 0.2 && choice.threshold_high == 0.2);
    assert_true(choice.goal_low < choice.cost && choice.cost < choice.goal_high);
    cuts_free(&cuts);
}

static void what_cannot_be_is_told(void **state)
{
    (void)state;
    const double p[] = {0.1, 0.2}, amounts[] = {5, NAN};
    const uint8_t good[] = {0, 0}, both[] = {0, 1};
    struct threshold_choice choice;
    struct error err = {0};
    struct cuts cuts = make_cuts(p, good, 2);
    assert_int_equal(thresholds_by_cost(&choice, &cuts, &TEN_TO_ONE, &err), -1);
    assert_non_null(strstr(err.message, "both classes"));
    cuts_free(&cuts);
    cuts = make_cuts(p, both, 2);
    error_clear(&err);
    assert_int_equal(thresholds_by_cost(&choice, &cuts, &(struct threshold_costs){1, 1, amounts}, &err), -1);
    assert_non_null(strstr(err.message, "row 1"));
    error_clear(&err);
    assert_int_equal(thresholds_by_cost(&choice, &cuts, &(struct threshold_costs){-1, 1, NULL}, &err), -1);
    error_clear(&err);
    assert_int_equal(thresholds_by_f_beta(&choice, &cuts, 0, &TEN_TO_ONE, &err), -1);
    assert_non_null(strstr(err.message, "beta"));
    cuts_free(&cuts);
}

/* The chosen thresholds are at least as good as all the reference lists, whose figures are met exactly. */
static void agree_with_the_reference(void **state)
{
    (void)state;
    static double p[REFERENCE_SCORES];
    static uint8_t y[REFERENCE_SCORES];
    char scores[PATH_MAX], metrics[PATH_MAX];
    if (!shared_path(scores, "oracles/scores.csv") || !shared_path(metrics, "oracles/metrics.json"))
        skip();
    reference_scores_read(p, y, scores);
    json_t *reference = json_load_file(metrics, 0, NULL);
    struct cuts cuts = make_cuts(p, y, REFERENCE_SCORES);
    struct error err = {0};
    const char *name = NULL;
    json_t *wanted = NULL;
    size_t thresholds = 0;
    json_object_foreach(json_object_get(reference, "thresholds"), name, wanted)
    {
        struct threshold_choice given, best;
        assert_int_equal(thresholds_at(&given, &cuts, strtod(name, NULL), &TEN_TO_ONE, &err), 0);
        assert_int_equal(given.confusion.true_positives, json_integer_value(json_object_get(wanted, "tp")));
        assert_int_equal(given.confusion.false_positives, json_integer_value(json_object_get(wanted, "fp")));
        assert_near(given.cost, json_number_value(json_object_get(wanted, "cost_10_1")));
        assert_near(given.f1, json_number_value(json_object_get(wanted, "f1")));
        for (int beta = 2; beta <= 6; beta++) {
            char key[16];
            snprintf(key, sizeof key, "f%d", beta);
            double listed = json_number_value(json_object_get(wanted, key));
            assert_near(metrics_f_beta(given.confusion, beta), listed);
            assert_int_equal(thresholds_by_f_beta(&best, &cuts, beta, &TEN_TO_ONE, &err), 0);
            assert_true(best.f_beta >= listed - 1e-12);
        }
        thresholds++;
    }
    assert_true(thresholds > 0);
    struct threshold_choice cheapest;
    const json_t *listed = json_object_get(reference, "cheapest_10_1");
    assert_int_equal(thresholds_by_cost(&cheapest, &cuts, &TEN_TO_ONE, &err), 0);
    assert_near(cheapest.threshold, json_number_value(json_object_get(listed, "threshold")));
    assert_near(cheapest.cost, json_number_value(json_object_get(listed, "cost")));
    cuts_free(&cuts);
    json_decref(reference);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_are_confusions),
        cmocka_unit_test(f_beta_is_the_best_there_is),
        cmocka_unit_test(money_is_the_least_there_is),
        cmocka_unit_test(amounts_matter),
        cmocka_unit_test(given_thresholds_are_described),
        cmocka_unit_test(intervals_hold_the_choice),
        cmocka_unit_test(what_cannot_be_is_told),
        cmocka_unit_test(agree_with_the_reference),
    };
    return cmocka_run_group_tests_name("thresholds", tests, NULL, NULL);
}
