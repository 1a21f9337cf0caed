/* Learning curves: what the subsets are, and that more rows help where there is something to learn. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/ml/learning_curve.h"
#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/ml/split.h"
#include "tests/support/drawn_scores.h"

enum { ROWS = 900, COLUMNS = 2, FOLDS = 3, SHARES = 4 };
static const double SHARE[SHARES] = {0.001, 0.25, 0.5, 1};

struct watch {
    size_t fits, fail_at;
    size_t rows[FOLDS][SHARES], positives[FOLDS][SHARES];
    bool seen[FOLDS][SHARES][ROWS];
    double spoil;
};

/* Column 0 names the row, column 1 scores it. */
static int watched_fit(void *context, const struct examples *train, const struct examples *test,
                       double *train_scores, double *test_scores, struct error *err)
{
    struct watch *watch = context;
    size_t fold = watch->fits / SHARES, share = watch->fits % SHARES;
    if (watch->fits++ == watch->fail_at)
        return error_set(err, ERROR_CONFLICT, "told by the fit");
    for (size_t r = 0; r < train->rows; r++) {
        watch->seen[fold][share][(size_t)train->values[r * COLUMNS]] = true;
        watch->positives[fold][share] += train->labels[r];
        train_scores[r] = (double)train->values[r * COLUMNS + 1] + watch->spoil;
    }
    watch->rows[fold][share] = train->rows;
    for (size_t r = 0; r < test->rows; r++) {
        assert_false(watch->seen[fold][share][(size_t)test->values[r * COLUMNS]]);
        test_scores[r] = (double)test->values[r * COLUMNS + 1] + watch->spoil;
    }
    return 0;
}

struct made {
    float values[ROWS * COLUMNS];
    double scores[ROWS];
    uint8_t labels[ROWS], fold[ROWS];
    struct examples data;
    struct watch watch;
    struct learning_curve_task task;
};

static void make(struct made *made)
{
    struct error err = {0};
    drawn_scores(made->scores, made->labels, ROWS, 0, 3);
    for (size_t r = 0; r < ROWS; r++) {
        made->values[r * COLUMNS] = (float)r;
        made->values[r * COLUMNS + 1] = (float)made->scores[r];
    }
    assert_int_equal(split_stratified(made->fold, made->labels, NULL, ROWS, FOLDS, 1, &err), 0);
    made->data = (struct examples){made->values, made->labels, ROWS, COLUMNS};
    memset(&made->watch, 0, sizeof made->watch);
    made->watch.fail_at = SIZE_MAX;
    made->task =
        (struct learning_curve_task){&made->data, made->fold, FOLDS, 7, watched_fit, &made->watch, false};
}

static void subsets_are_nested_and_stratified(void **state)
{
    (void)state;
    static struct made made;
    struct learning_point points[SHARES];
    struct error err = {0};
    make(&made);
    if (learning_curve_measure(points, SHARE, SHARES, &made.task, &err))
        fail_msg("%s", err.message);
    assert_int_equal(made.watch.fits, FOLDS * SHARES);
    for (size_t f = 0; f < FOLDS; f++) {
        size_t all = made.watch.rows[f][SHARES - 1], bad = made.watch.positives[f][SHARES - 1];
        assert_true(made.watch.positives[f][0] == 1 && made.watch.rows[f][0] == 2);
        for (size_t s = 1; s < SHARES; s++) {
            assert_int_equal(made.watch.positives[f][s], (size_t)round(SHARE[s] * (double)bad));
            assert_int_equal(made.watch.rows[f][s] - made.watch.positives[f][s],
                             (size_t)round(SHARE[s] * (double)(all - bad)));
            for (size_t r = 0; r < ROWS; r++)
                assert_true(!made.watch.seen[f][s - 1][r] || made.watch.seen[f][s][r]);
        }
        for (size_t r = 0; r < ROWS; r++)
            assert_int_equal(made.watch.seen[f][SHARES - 1][r], made.fold[r] != f);
    }
    double rows = 0;
    for (size_t f = 0; f < FOLDS; f++)
        rows += (double)made.watch.rows[f][2] / FOLDS;
    assert_true(points[2].share == 0.5 && fabs(points[2].rows - rows) < 1e-9);
}

/* The scores do not depend on what was learnt, so each fold's test AUC is that of its rows. */
static void means_and_spreads_over_folds(void **state)
{
    (void)state;
    static struct made made;
    struct learning_point points[SHARES];
    struct error err = {0};
    make(&made);
    assert_int_equal(learning_curve_measure(points, SHARE, SHARES, &made.task, &err), 0);
    double auc[FOLDS], mean = 0, square = 0;
    for (size_t f = 0; f < FOLDS; f++) {
        static double scores[ROWS];
        static uint8_t labels[ROWS];
        size_t count = 0;
        for (size_t r = 0; r < ROWS; r++)
            if (made.fold[r] == f) {
                scores[count] = (double)(float)made.scores[r];
                labels[count++] = made.labels[r];
            }
        struct ranking_metrics ranking;
        assert_int_equal(metrics_rank(&ranking, scores, labels, count), 0);
        auc[f] = ranking.auc;
        mean += auc[f] / FOLDS;
    }
    for (size_t f = 0; f < FOLDS; f++)
        square += (auc[f] - mean) * (auc[f] - mean);
    for (size_t s = 0; s < SHARES; s++) {
        assert_true(fabs(points[s].test_auc - mean) < 1e-12);
        assert_true(fabs(points[s].test_sd - sqrt(square / (FOLDS - 1))) < 1e-12);
    }
}

static void more_rows_help(void **state)
{
    (void)state;
    enum { MANY = 3000, WIDE = 6 };
    static float values[MANY * WIDE];
    static uint8_t labels[MANY], fold[MANY];
    unsigned seed = 4;
    for (size_t r = 0; r < MANY; r++) {
        double margin = -1.5;
        for (size_t c = 0; c < WIDE; c++) {
            values[r * WIDE + c] = (float)drawn_uniform(&seed);
            margin += ((double)values[r * WIDE + c] - 0.5) * (c < 4 ? 3 : 0);
        }
        labels[r] = drawn_uniform(&seed) < 1 / (1 + exp(-margin));
    }
    struct error err = {0};
    assert_int_equal(split_stratified(fold, labels, NULL, MANY, FOLDS, 2, &err), 0);
    json_t *parameters = json_pack("{s:s, s:s, s:i, s:f}", "objective", "binary:logistic", "tree_method",
                                   "hist", "max_depth", 3, "eta", 0.2);
    const struct examples data = {values, labels, MANY, WIDE};
    struct boosting_plan plan = {parameters, 1, 30};
    const struct learning_curve_task task = {&data, fold, FOLDS, 5, learning_curve_fit_boosting,
                                             &plan, false};
    struct learning_point points[3], again[3];
    const double shares[] = {0.05, 0.3, 1};
    assert_int_equal(learning_curve_measure(points, shares, 3, &task, &err), 0);
    assert_true(points[0].test_auc + 0.02 < points[1].test_auc && points[1].test_auc < points[2].test_auc);
    assert_true(points[0].train_auc > points[2].train_auc && points[2].train_auc > points[2].test_auc);
    assert_int_equal(learning_curve_measure(again, shares, 3, &task, &err), 0);
    assert_memory_equal(points, again, sizeof points);
    json_decref(parameters);
}

static void errors_come_through(void **state)
{
    (void)state;
    static struct made made;
    struct learning_point points[SHARES];
    for (size_t at = 0; at < FOLDS * SHARES; at += 5) {
        struct error err = {0};
        make(&made);
        made.watch.fail_at = at;
        assert_int_equal(learning_curve_measure(points, SHARE, SHARES, &made.task, &err), -1);
        assert_string_equal(err.message, "told by the fit");
        assert_int_equal(made.watch.fits, at + 1);
    }
    struct error err = {0};
    make(&made);
    made.watch.spoil = NAN;
    assert_int_equal(learning_curve_measure(points, SHARE, SHARES, &made.task, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    const double wrong[][2] = {{0, 1}, {0.5, 0.5}, {0.5, 1.5}, {NAN, 1}};
    for (size_t i = 0; i < 4; i++) {
        error_clear(&err);
        assert_int_equal(learning_curve_measure(points, wrong[i], 2, &made.task, &err), -1);
        assert_non_null(strstr(err.message, "shares must ascend"));
    }
    error_clear(&err);
    assert_int_equal(learning_curve_measure(points, SHARE, 0, &made.task, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    error_clear(&err);
    make(&made);
    for (size_t r = 0; r < ROWS; r++)
        made.labels[r] = made.labels[r] && made.fold[r] == 0;
    assert_int_equal(learning_curve_measure(points, SHARE, SHARES, &made.task, &err), -1);
    assert_string_equal(err.message, "without fold 0 there are no clients with label 1 to learn from");
}

/* A label that nobody has is no reason to fail. */
static void splits_of_one_class(void **state)
{
    (void)state;
    const uint8_t labels[] = {0, 0, 0, 0, 0};
    uint8_t fold[5];
    bool held[5];
    struct error err = {0};
    size_t first = 0, kept_out = 0;
    assert_int_equal(split_stratified(fold, labels, NULL, 5, 2, 1, &err), 0);
    assert_int_equal(split_hold_out(held, labels, 5, 0.4, 1, &err), 0);
    for (size_t i = 0; i < 5; i++) {
        first += fold[i] == 0;
        kept_out += held[i];
    }
    assert_int_equal(first, 3);
    assert_int_equal(kept_out, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subsets_are_nested_and_stratified),
        cmocka_unit_test(means_and_spreads_over_folds),
        cmocka_unit_test(more_rows_help),
        cmocka_unit_test(errors_come_through),
        cmocka_unit_test(splits_of_one_class),
    };
    return cmocka_run_group_tests_name("learning curve", tests, NULL, NULL);
}
