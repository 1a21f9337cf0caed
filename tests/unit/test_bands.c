/* Curves with their bands, against the cuts they are read from; agreement of trainings; shares. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

#include "notebooks-port/ml/agreement.h"
#include "notebooks-port/ml/bands.h"
#include "shared/model/proportion.h"
#include "tests/support/drawn_scores.h"

enum { ROWS = 600, POINTS = 21, REPLICATES = 100 };

static double scores[ROWS];
static uint8_t labels[ROWS];
static double amounts[ROWS];

static struct cuts make_cuts(int grid)
{
    struct cuts cuts;
    struct error err = {0};
    drawn_scores(scores, labels, ROWS, grid, 11);
    for (size_t i = 0; i < ROWS; i++)
        amounts[i] = 1 + (double)(i % 7);
    if (cuts_make(&cuts, scores, labels, ROWS, &err))
        fail_msg("%s", err.message);
    return cuts;
}

static void measure(double *x, double *y, double *low, double *high, struct bands_task task)
{
    struct error err = {0};
    if (bands_measure(x, y, low, high, POINTS, &task, &err))
        fail_msg("%s", err.message);
}

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-9))
        fail_msg("%.12g is not %.12g", got, wanted);
}

/* The area under the curve's points is the AUC when they are dense enough. */
static void roc_has_the_area_that_is_the_auc(void **state)
{
    (void)state;
    enum { DENSE = 5001 };
    static double x[DENSE], y[DENSE], low[DENSE], high[DENSE];
    struct error err = {0};
    for (int grid = 0; grid <= 12; grid += 12) {
        struct cuts cuts = make_cuts(grid);
        struct ranking_metrics ranking;
        double area = 0;
        for (size_t i = 0; i < DENSE; i++)
            x[i] = (double)i / (DENSE - 1);
        const struct bands_task task = {.kind = BANDS_ROC, .cuts = &cuts};
        assert_int_equal(bands_measure(x, y, low, high, DENSE, &task, &err), 0);
        for (size_t i = 1; i < DENSE; i++) {
            assert_true(y[i] >= y[i - 1]);
            area += (y[i] + y[i - 1]) / 2 * (x[i] - x[i - 1]);
        }
        assert_int_equal(metrics_rank(&ranking, scores, labels, ROWS), 0);
        assert_true(fabs(area - ranking.auc) < 2e-3);
        assert_true(y[DENSE - 1] == 1 && low[100] == y[100] && high[100] == y[100]);
        cuts_free(&cuts);
    }
}

static void points_are_those_of_the_confusions(void **state)
{
    (void)state;
    const struct threshold_costs costs = {10, 1, amounts};
    double x[POINTS], y[POINTS], low[POINTS], high[POINTS];
    struct cuts cuts = make_cuts(40);
    for (size_t i = 0; i < POINTS; i++)
        x[i] = (double)i / 40;
    measure(x, y, low, high, (struct bands_task){.kind = BANDS_F_BETA, .cuts = &cuts, .beta = 3});
    for (size_t i = 0; i < POINTS; i++)
        assert_near(y[i], metrics_f_beta(metrics_confusion(scores, labels, ROWS, x[i]), 3));
    measure(x, y, low, high, (struct bands_task){.kind = BANDS_COST, .cuts = &cuts, .costs = &costs});
    for (size_t i = 0; i < POINTS; i++) {
        struct threshold_choice choice;
        assert_int_equal(thresholds_at(&choice, &cuts, x[i], &costs, NULL), 0);
        assert_near(y[i], choice.cost / ROWS);
    }
    for (size_t i = 0; i < POINTS; i++)
        x[i] = (double)(i + 1) / POINTS;
    measure(x, y, low, high, (struct bands_task){.kind = BANDS_PRECISION, .cuts = &cuts});
    for (size_t i = 0; i < POINTS; i++) {
        size_t cut = 1;
        while ((double)cuts.true_positives[cut] / (double)cuts.positives < x[i] - 1e-12)
            cut++;
        assert_near(y[i], metrics_precision(cuts_confusion(&cuts, cut)));
    }
    cuts_free(&cuts);
}

static void groups_hold_everybody(void **state)
{
    (void)state;
    double x[POINTS], y[POINTS], low[POINTS], high[POINTS];
    struct cuts cuts = make_cuts(0);
    double defaults = 0, announced = 0, all = 0;
    measure(x, y, low, high,
            (struct bands_task){.kind = BANDS_OBSERVED, .cuts = &cuts, .replicates = REPLICATES});
    for (size_t i = 0; i < POINTS; i++) {
        size_t rows = (cuts.rows - cuts.rows * i / POINTS) - (cuts.rows - cuts.rows * (i + 1) / POINTS);
        defaults += y[i] * (double)rows;
        announced += x[i] * (double)rows;
        assert_true(i == 0 || x[i] >= x[i - 1]);
        assert_true(low[i] <= y[i] && y[i] <= high[i]);
    }
    for (size_t i = 0; i < ROWS; i++)
        all += scores[i];
    assert_near(defaults, (double)cuts.positives);
    assert_near(announced, all);
    cuts_free(&cuts);
}

/* Bands hold the curve, narrow with certainty, and do not depend on the number of threads. */
static void bands_are_the_same_on_any_number_of_threads(void **state)
{
    (void)state;
    const struct threshold_costs costs = {10, 1, NULL};
    static const enum bands_kind kinds[] = {BANDS_ROC, BANDS_PRECISION, BANDS_COST, BANDS_F_BETA,
                                            BANDS_OBSERVED};
    struct cuts cuts = make_cuts(0);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        double x[POINTS], y[POINTS], low[2][POINTS], high[2][POINTS];
        for (int run = 0; run < 2; run++) {
            for (size_t i = 0; i < POINTS; i++)
                x[i] = (double)(i + 1) / (POINTS + 1);
            omp_set_num_threads(run ? 3 : 1);
            measure(x, y, low[run], high[run],
                    (struct bands_task){kinds[k], &cuts, &costs, 2, REPLICATES, 5});
        }
        assert_memory_equal(low[0], low[1], sizeof low[0]);
        assert_memory_equal(high[0], high[1], sizeof high[0]);
        double widest = 0;
        for (size_t i = 0; i < POINTS; i++) {
            assert_true(low[0][i] <= high[0][i]);
            widest = fmax(widest, high[0][i] - low[0][i]);
        }
        assert_true(widest > 0 && widest < 1);
    }
    cuts_free(&cuts);
}

static void wrong_points_are_refused(void **state)
{
    (void)state;
    double x[] = {0.2, 0.1}, y[2], low[2], high[2];
    struct error err = {0};
    struct cuts cuts = make_cuts(0);
    struct bands_task task = {.kind = BANDS_ROC, .cuts = &cuts};
    assert_int_equal(bands_measure(x, y, low, high, 2, &task, &err), -1);
    assert_non_null(strstr(err.message, "ascend"));
    error_clear(&err);
    task.kind = BANDS_OBSERVED;
    assert_int_equal(bands_measure(x, y, low, high, ROWS + 1, &task, &err), -1);
    assert_non_null(strstr(err.message, "groups"));
    error_clear(&err);
    assert_int_equal(bands_measure(x, y, low, high, 0, &task, &err), -1);
    cuts_free(&cuts);
}

static void trainings_that_agree_are_told_from_those_that_do_not(void **state)
{
    (void)state;
    struct error err = {0};
    const double importances[] = {0.1, 0.5, 0.1, 0.3};
    size_t ranks[3][4];
    assert_int_equal(agreement_ranks(ranks[0], importances, 4, &err), 0);
    const size_t wanted[] = {3, 1, 4, 2};
    assert_memory_equal(ranks[0], wanted, sizeof wanted);
    memcpy(ranks[1], wanted, sizeof wanted);
    const size_t reversed[] = {2, 4, 1, 3};
    memcpy(ranks[2], reversed, sizeof reversed);
    assert_near(agreement_overlap(ranks[0], 2, 4, 2), 1);
    assert_near(agreement_correlation(ranks[0], 2, 4), 1);
    assert_near(agreement_correlation(ranks[1], 2, 4), -1);
    assert_near(agreement_overlap(ranks[1], 2, 4, 2), 0);
    assert_near(agreement_overlap(ranks[0], 3, 4, 2), 1.0 / 3);
    assert_true(isnan(agreement_correlation(ranks[0], 2, 1)));

    /* Clients: all grant, one of three refuses, two refuse, all refuse. */
    const uint8_t decisions[] = {0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1};
    double pair = 0, any = 0;
    agreement_decisions(&pair, &any, decisions, 3, 4);
    assert_near(pair, (2.0 / 3 + 2.0 / 3) / 4);
    assert_near(any, 0.5);
}

/* Figures of Wilson's interval from Newcombe 1998, table I, method 3. */
static void shares_have_wilson_intervals(void **state)
{
    (void)state;
    static const struct {
        double hits, rows, low, high;
    } known[] = {
        {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double low = 0, high = 0;
        proportion_interval(&low, &high, known[i].hits, known[i].rows);
        assert_true(fabs(low - known[i].low) < 5e-5 && fabs(high - known[i].high) < 5e-5);
        proportion_interval(&low, &high, known[i].rows - known[i].hits, known[i].rows);
        assert_true(fabs(1 - high - known[i].low) < 5e-5 && fabs(1 - low - known[i].high) < 5e-5);
    }
    double low = 0, high = 0;
    proportion_interval(&low, &high, 0, 0);
    assert_true(isnan(low) && isnan(high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roc_has_the_area_that_is_the_auc),
        cmocka_unit_test(points_are_those_of_the_confusions),
        cmocka_unit_test(groups_hold_everybody),
        cmocka_unit_test(bands_are_the_same_on_any_number_of_threads),
        cmocka_unit_test(wrong_points_are_refused),
        cmocka_unit_test(trainings_that_agree_are_told_from_those_that_do_not),
        cmocka_unit_test(shares_have_wilson_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
