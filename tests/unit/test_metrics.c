/* Metrics against the reference results and against what can be worked out by hand. */
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/ml/platt.h"
#include "shared/base/number.h"
#include "tests/support/reference_scores.h"
#include "tests/support/shared_data.h"

static const double TOLERANCE = 1e-9;

static void assert_near(double got, double wanted, const char *what)
{
    if (!(fabs(got - wanted) <= TOLERANCE))
        fail_msg("%s is %.12g, not %.12g", what, got, wanted);
}

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_number(value))
        fail_msg("the reference has no %s", name);
    return json_number_value(value);
}

static void agree_with_the_reference(void **state)
{
    (void)state;
    enum { ROWS = REFERENCE_SCORES };
    static double p[ROWS];
    static uint8_t y[ROWS];
    char scores[PATH_MAX];
    char metrics[PATH_MAX];
    if (!shared_path(scores, "oracles/scores.csv") || !shared_path(metrics, "oracles/metrics.json"))
        skip();
    reference_scores_read(p, y, scores);

    json_t *reference = json_load_file(metrics, 0, NULL);
    struct ranking_metrics ranking;
    assert_int_equal(metrics_rank(&ranking, p, y, ROWS), 0);
    assert_near(ranking.auc, number(reference, "auc"), "AUC");
    assert_near(ranking.gini, number(reference, "gini"), "Gini");
    assert_near(ranking.ks, number(reference, "ks"), "KS");
    assert_near(ranking.average_precision, number(reference, "average_precision"), "average precision");
    assert_near(metrics_brier(p, y, ROWS), number(reference, "brier"), "Brier");
    assert_near(metrics_log_loss(p, y, ROWS), number(reference, "log_loss"), "log loss");
    assert_true(ranking.auc_low < ranking.auc && ranking.auc < ranking.auc_high);

    const char *name = NULL;
    json_t *wanted = NULL;
    size_t thresholds = 0;
    json_object_foreach(json_object_get(reference, "thresholds"), name, wanted)
    {
        double threshold = 0;
        number_read(&threshold, name, strlen(name));
        struct confusion c = metrics_confusion(p, y, ROWS, threshold);
        assert_int_equal(c.true_negatives, (size_t)number(wanted, "tn"));
        assert_int_equal(c.false_positives, (size_t)number(wanted, "fp"));
        assert_int_equal(c.false_negatives, (size_t)number(wanted, "fn"));
        assert_int_equal(c.true_positives, (size_t)number(wanted, "tp"));
        assert_near(metrics_precision(c), number(wanted, "precision"), "precision");
        assert_near(metrics_recall(c), number(wanted, "recall"), "recall");
        assert_near(metrics_cost(c, 10, 1), number(wanted, "cost_10_1"), "cost");
        for (int beta = 1; beta <= 6; beta++) {
            char key[16];
            snprintf(key, sizeof key, "f%d", beta);
            assert_near(metrics_f_beta(c, beta), number(wanted, key), key);
        }
        thresholds++;
    }
    assert_true(thresholds > 0);
    const json_t *cheapest = json_object_get(reference, "cheapest_10_1");
    double cost = 0;
    double best = metrics_cheapest_threshold(&cost, p, y, ROWS, 10, 1);
    assert_near(best, number(cheapest, "threshold"), "cheapest threshold");
    assert_near(cost, number(cheapest, "cost"), "least cost");
    assert_near(metrics_cost(metrics_confusion(p, y, ROWS, best), 10, 1), cost,
                "cost at the cheapest threshold");
    json_decref(reference);
}

static void rank_by_hand(void **state)
{
    (void)state;
    const double scores[] = {0.1, 0.4, 0.35, 0.8};
    const uint8_t labels[] = {0, 0, 1, 1};
    struct ranking_metrics ranking;
    assert_int_equal(metrics_rank(&ranking, scores, labels, 4), 0);
    assert_near(ranking.auc, 0.75, "AUC");
    assert_near(ranking.ks, 0.5, "KS");
    assert_near(ranking.average_precision, 0.5 + 0.5 * 2 / 3, "average precision");

    const double same[] = {0.5, 0.5, 0.5, 0.5};
    assert_int_equal(metrics_rank(&ranking, same, labels, 4), 0);
    assert_near(ranking.auc, 0.5, "AUC of ties");
    assert_near(ranking.ks, 0, "KS of ties");
}

static void cheapest_threshold_by_hand(void **state)
{
    (void)state;
    const double p[] = {0.1, 0.2, 0.3, 0.9};
    const uint8_t y[] = {0, 1, 0, 1};
    double cost = 0;
    assert_near(metrics_cheapest_threshold(&cost, p, y, 4, 10, 1), 0.2, "threshold");
    assert_near(cost, 1, "cost");
    assert_near(metrics_cheapest_threshold(&cost, p, y, 4, 1, 10), 0.9, "threshold");
    assert_near(cost, 1, "cost");
    const uint8_t good[] = {0, 0, 0, 0};
    assert_true(isinf(metrics_cheapest_threshold(&cost, p, good, 4, 10, 1)));
    assert_near(cost, 0, "cost of refusing nobody");
}

static void refuse_scores_that_are_not_numbers(void **state)
{
    (void)state;
    const double p[] = {0.1, NAN};
    const uint8_t y[] = {0, 1};
    struct ranking_metrics ranking;
    double cost = 0;
    assert_int_equal(metrics_rank(&ranking, p, y, 2), -1);
    assert_true(isnan(metrics_cheapest_threshold(&cost, p, y, 2, 10, 1)));
}

static void empty_quotients_are_zero(void **state)
{
    (void)state;
    struct confusion nobody = {.true_negatives = 5};
    assert_near(metrics_precision(nobody), 0, "precision");
    assert_near(metrics_recall(nobody), 0, "recall");
    assert_near(metrics_f_beta(nobody, 2), 0, "F2");
}

/* Labels drawn with the probability that an affine map of the margin gives: the map is found again. */
static void platt_finds_the_map(void **state)
{
    (void)state;
    enum { ROWS = 200000 };
    static double margins[ROWS];
    static uint8_t labels[ROWS];
    const struct calibration truth = {0.8, -0.5};
    unsigned seed = 3;
    for (int i = 0; i < ROWS; i++) {
        margins[i] = -4 + 8.0 * (double)rand_r(&seed) / RAND_MAX;
        labels[i] =
            (double)rand_r(&seed) / RAND_MAX < decision_probability(decision_calibrate(truth, margins[i]));
    }
    struct calibration found = platt_fit(margins, labels, ROWS);
    assert_true(fabs(found.slope - truth.slope) < 0.02);
    assert_true(fabs(found.intercept - truth.intercept) < 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agree_with_the_reference),           cmocka_unit_test(rank_by_hand),
        cmocka_unit_test(cheapest_threshold_by_hand),         cmocka_unit_test(empty_quotients_are_zero),
        cmocka_unit_test(refuse_scores_that_are_not_numbers), cmocka_unit_test(platt_finds_the_map),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
