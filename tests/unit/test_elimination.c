/* Feature elimination against a plain second implementation, and with XGBoost on columns known to matter. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/ml/elimination.h"
#include "notebooks-port/ml/split.h"
#include "tests/support/drawn_scores.h"

enum { ROWS = 60, COLUMNS = 23, FOLDS = 4 };

/* A cell tells where it came from. */
static float cell(size_t row, size_t column)
{
    return (float)(row * 1000 + column);
}

/* Made-up importances, other ones in each fold (known by the first row of the test part) and for each number
 * of columns left, with many equal ones. */
static double importance_of(size_t fold, size_t column, size_t left)
{
    return (double)((column * 7 + fold * 5 + left * 3) % 11);
}

/* Rises while the columns 0..5 stay and others leave. */
static double score_of(size_t fold, const size_t *columns, size_t count)
{
    double score = 0.5 + 0.001 * (double)fold;
    for (size_t i = 0; i < count; i++)
        score += columns[i] < 6 ? 0.05 : -0.004 * (double)(columns[i] % 3);
    return score;
}

struct watch {
    size_t fits, fail_at;
    double spoil; /* added to every score and importance */
};

static int fit(void *context, const struct examples *train, const struct examples *test,
               const size_t *columns, double *importances, double *score, struct error *err)
{
    struct watch *watch = context;
    if (watch->fits++ == watch->fail_at)
        return error_set(err, ERROR_CONFLICT, "told by the fit");
    assert_int_equal(train->rows + (test ? test->rows : 0), ROWS - 1); /* one is not used */
    for (size_t r = 0; r < train->rows; r++)
        for (size_t c = 0; c < train->columns; c++) {
            size_t row = (size_t)train->values[r * train->columns] / 1000;
            assert_true(train->values[r * train->columns + c] == cell(row, columns[c]));
            assert_true(row != ROWS - 1 && train->labels[r] == row % 2);
        }
    size_t fold = test ? (size_t)test->values[0] / 1000 : FOLDS;
    for (size_t c = 0; c < train->columns; c++) {
        importances[c] = importance_of(fold, columns[c], train->columns) + watch->spoil;
        assert_true(!test || test->values[c] == cell(fold, columns[c]));
    }
    assert_true((test == NULL) == (score == NULL));
    if (score)
        *score = score_of(fold, columns, train->columns) + watch->spoil;
    return 0;
}

struct made {
    float values[ROWS * COLUMNS];
    uint8_t labels[ROWS], fold[ROWS];
    struct examples data;
    struct watch watch;
    struct elimination_task task;
};

static void make(struct made *made, size_t step, size_t least)
{
    for (size_t r = 0; r < ROWS; r++) {
        made->labels[r] = r % 2;
        made->fold[r] = (uint8_t)(r % FOLDS);
        for (size_t c = 0; c < COLUMNS; c++)
            made->values[r * COLUMNS + c] = cell(r, c);
    }
    made->fold[ROWS - 1] = UINT8_MAX;
    made->data = (struct examples){made->values, made->labels, ROWS, COLUMNS};
    made->watch = (struct watch){0, SIZE_MAX, 0};
    made->task =
        (struct elimination_task){&made->data, made->fold, FOLDS, step, least, fit, &made->watch, false};
}

/* The columns one elimination keeps at each number, worked out from sets of flags. */
static void plain_elimination(size_t fold, size_t step, size_t least, double *scores,
                              bool kept_at[COLUMNS + 1][COLUMNS])
{
    bool kept[COLUMNS];
    size_t left = COLUMNS, columns[COLUMNS];
    for (size_t c = 0; c < COLUMNS; c++)
        kept[c] = true;
    for (;;) {
        size_t count = 0;
        for (size_t c = 0; c < COLUMNS; c++)
            if (kept[c])
                columns[count++] = c;
        scores[left] = score_of(fold, columns, left);
        memcpy(kept_at[left], kept, sizeof kept);
        if (left == least)
            return;
        size_t before = left, drop = left - least < step ? left - least : step;
        for (; drop > 0; drop--, left--) {
            size_t worst = COLUMNS;
            for (size_t c = 0; c < COLUMNS; c++)
                if (kept[c] && (worst == COLUMNS ||
                                importance_of(fold, c, before) <= importance_of(fold, worst, before)))
                    worst = c;
            kept[worst] = false;
        }
    }
}

static void agrees_with_a_plain_implementation(void **state)
{
    (void)state;
    static const size_t plans[][2] = {{1, 1}, {5, 1}, {4, 3}, {22, 1}, {100, 2}, {3, COLUMNS}};
    for (size_t plan = 0; plan < sizeof plans / sizeof *plans; plan++) {
        static struct made made;
        struct elimination found;
        struct error err = {0};
        make(&made, plans[plan][0], plans[plan][1]);
        if (elimination_run(&found, &made.task, &err))
            fail_msg("%s", err.message);
        assert_int_equal(made.watch.fits, found.count * (FOLDS + 1));
        assert_int_equal(found.numbers[0], plans[plan][1]);
        assert_int_equal(found.numbers[found.count - 1], COLUMNS);
        double best = 0;
        size_t best_number = 0;
        static bool kept_at[COLUMNS + 1][COLUMNS];
        double scores[FOLDS + 1][COLUMNS + 1];
        for (size_t fold = 0; fold <= FOLDS; fold++)
            plain_elimination(fold, plans[plan][0], plans[plan][1], scores[fold], kept_at);
        for (size_t i = 0; i < found.count; i++) {
            size_t number = found.numbers[i], columns[COLUMNS];
            double mean = 0;
            for (size_t fold = 0; fold < FOLDS; fold++) {
                assert_true(fabs(found.scores[i * FOLDS + fold] - scores[fold][number]) < 1e-12);
                mean += scores[fold][number] / FOLDS;
            }
            assert_true(fabs(found.mean[i] - mean) < 1e-12);
            if (mean > best + 1e-12) {
                best = mean;
                best_number = number;
            }
            elimination_columns(&found, number, columns);
            for (size_t c = 0; c < number; c++)
                assert_true(kept_at[number][columns[c]] && (c == 0 || columns[c] > columns[c - 1]));
        }
        assert_int_equal(found.best, best_number);
        assert_true(found.frugal <= found.best);
        size_t kept = 0;
        for (size_t c = 0; c < COLUMNS; c++)
            kept += found.ranking[c] == 1;
        assert_int_equal(kept, found.best);
        elimination_free(&found);
    }
}

static void ranks_follow_the_order_of_leaving(void **state)
{
    (void)state;
    static struct made made;
    struct elimination found;
    struct error err = {0};
    make(&made, 5, 1);
    assert_int_equal(elimination_run(&found, &made.task, &err), 0);
    for (size_t place = 1; place < COLUMNS; place++) {
        size_t before = found.ranking[found.order[place - 1]], here = found.ranking[found.order[place]];
        bool leaves_earlier = false;
        for (size_t i = 0; i < found.count; i++)
            leaves_earlier = leaves_earlier || (found.numbers[i] == place && place >= found.best);
        assert_int_equal(here, before + leaves_earlier);
    }
    elimination_free(&found);
}

static void errors_come_through(void **state)
{
    (void)state;
    static struct made made;
    struct elimination found;
    for (size_t at = 0; at < 30; at += 4) {
        struct error err = {0};
        make(&made, 4, 1);
        made.watch.fail_at = at;
        assert_int_equal(elimination_run(&found, &made.task, &err), -1);
        assert_int_equal(err.code, ERROR_CONFLICT);
        assert_string_equal(err.message, "told by the fit");
        elimination_free(&found);
    }
    struct error err = {0};
    make(&made, 4, 1);
    made.watch.spoil = NAN;
    assert_int_equal(elimination_run(&found, &made.task, &err), -1);
    assert_non_null(strstr(err.message, "not a number"));
    elimination_free(&found);
    const struct elimination_task fine = made.task;
    struct elimination_task wrong[] = {fine, fine, fine, fine};
    wrong[0].step = 0;
    wrong[1].least = 0;
    wrong[2].least = COLUMNS + 1;
    wrong[3].folds = 1;
    for (size_t i = 0; i < 4; i++) {
        error_clear(&err);
        assert_int_equal(elimination_run(&found, &wrong[i], &err), -1);
        assert_int_equal(err.code, i < 3 ? ERROR_INVALID : ERROR_LIMIT);
        elimination_free(&found);
    }
    error_clear(&err);
    make(&made, 4, 1);
    for (size_t r = 0; r < ROWS; r++)
        made.fold[r] = UINT8_MAX;
    assert_int_equal(elimination_run(&found, &made.task, &err), -1);
    assert_non_null(strstr(err.message, "fold 0 has no rows to learn from"));
    elimination_free(&found);
}

/* Columns 2, 5 and 8 of 10 decide the outcome; the others are noise. */
static void draw_learnable(float *values, uint8_t *labels, size_t rows)
{
    unsigned seed = 12;
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < 10; c++)
            values[r * 10 + c] = (float)drawn_uniform(&seed);
        const float *row = values + r * 10;
        double margin = 4 * (double)row[2] + 3 * (double)row[5] - 3 * (double)row[8] - 3;
        labels[r] = drawn_uniform(&seed) < 1 / (1 + exp(-margin));
    }
}

static void xgboost_keeps_what_matters(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    static float values[MANY * 10];
    static uint8_t labels[MANY], fold[MANY];
    struct error err = {0};
    draw_learnable(values, labels, MANY);
    assert_int_equal(split_stratified(fold, labels, NULL, MANY, 3, 1, &err), 0);
    json_t *parameters = json_pack("{s:s, s:s, s:i, s:f}", "objective", "binary:logistic", "tree_method",
                                   "hist", "max_depth", 3, "eta", 0.2);
    const struct examples data = {values, labels, MANY, 10};
    struct boosting_plan plan = {parameters, 1, 20};
    struct elimination found, again;
    const struct elimination_task task = {&data, fold, 3, 2, 1, elimination_fit_boosting, &plan, false};
    if (elimination_run(&found, &task, &err))
        fail_msg("%s", err.message);
    size_t three[10];
    elimination_columns(&found, 4, three);
    size_t told = 0;
    for (size_t i = 0; i < 4; i++)
        told += three[i] == 2 || three[i] == 5 || three[i] == 8;
    assert_int_equal(told, 3);
    assert_true(found.best >= 4 && found.mean[0] < found.mean[1] - 0.02);
    assert_int_equal(elimination_run(&again, &task, &err), 0);
    assert_memory_equal(found.scores, again.scores, found.count * 3 * sizeof *found.scores);
    assert_memory_equal(found.order, again.order, 10 * sizeof *found.order);
    elimination_free(&found);
    elimination_free(&again);
    json_decref(parameters);
}

static void gains_tell_the_columns_apart(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static float values[MANY * 10];
    static uint8_t labels[MANY];
    struct error err = {0};
    draw_learnable(values, labels, MANY);
    for (size_t r = 0; r < MANY; r++)
        values[r * 10 + 7] = 1; /* nothing to split on */
    json_t *parameters =
        json_pack("{s:s, s:s, s:i}", "objective", "binary:logistic", "tree_method", "hist", "max_depth", 2);
    const struct examples data = {values, labels, MANY, 10};
    struct boosting *boosting = NULL;
    double gains[10];
    assert_int_equal(boosting_train(&boosting, &data, parameters, 1, 10, &err), 0);
    assert_int_equal(boosting_gains(boosting, gains, 10, &err), 0);
    assert_true(gains[7] == 0);
    for (size_t c = 0; c < 10; c++)
        assert_true(c == 2 || c == 5 || c == 8 || gains[c] < fmin(gains[2], fmin(gains[5], gains[8])));
    assert_int_equal(boosting_gains(boosting, gains, 2, &err), -1);
    boosting_free(boosting);
    json_decref(parameters);
}

static void columns_are_picked(void **state)
{
    (void)state;
    const float values[] = {1, 2, 3, 4, 5, 6};
    const uint8_t labels[] = {0, 1};
    const struct examples data = {values, labels, 2, 3};
    const size_t columns[] = {2, 0};
    struct examples picked;
    struct error err = {0};
    assert_int_equal(examples_pick_columns(&picked, &data, columns, 2, &err), 0);
    const float wanted[] = {3, 1, 6, 4};
    assert_memory_equal(picked.values, wanted, sizeof wanted);
    assert_memory_equal(picked.labels, labels, 2);
    examples_free(&picked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_plain_implementation),
        cmocka_unit_test(ranks_follow_the_order_of_leaving),
        cmocka_unit_test(errors_come_through),
        cmocka_unit_test(xgboost_keeps_what_matters),
        cmocka_unit_test(gains_tell_the_columns_apart),
        cmocka_unit_test(columns_are_picked),
    };
    return cmocka_run_group_tests_name("elimination", tests, NULL, NULL);
}
