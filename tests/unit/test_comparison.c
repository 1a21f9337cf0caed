/* The model table: what is learnt from what, the figures against their definitions, and the winner. */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/ml/comparison.h"
#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/ml/preparation.h"
#include "notebooks-port/ml/seed.h"
#include "notebooks-port/ml/smote.h"
#include "notebooks-port/ml/split.h"
#include "tests/support/drawn_scores.h"

enum { ROWS = 1500, COLUMNS = 3, FOLDS = 3, ENTRIES = 6, UNUSED = 40 };

struct made {
    float values[ROWS * COLUMNS];
    uint8_t labels[ROWS], fold[ROWS];
    struct examples data;
    struct comparison_entry entries[ENTRIES];
    struct comparison_task task;
};

/* Few defaults; the second column is missing now and then; the last rows are in no fold. */
static void make(struct made *made)
{
    struct error err = {0};
    unsigned seed = 21;
    static bool use[ROWS];
    for (size_t r = 0; r < ROWS; r++) {
        float *values = made->values + r * COLUMNS;
        for (size_t c = 0; c < COLUMNS; c++)
            values[c] = (float)drawn_uniform(&seed);
        made->labels[r] =
            drawn_uniform(&seed) < 1 / (1 + exp(4.5 - 4 * (double)values[0] - 2 * (double)values[1]));
        if (drawn_uniform(&seed) < 0.1)
            values[1] = NAN;
        use[r] = r + UNUSED < ROWS;
    }
    assert_int_equal(split_stratified(made->fold, made->labels, use, ROWS, FOLDS, 3, &err), 0);
    made->data = (struct examples){made->values, made->labels, ROWS, COLUMNS};
    const struct comparison_entry entries[ENTRIES] = {
        {"dummy", CLASSIFIER_DUMMY, NULL, false, false},
        {"logistic", CLASSIFIER_LOGISTIC, json_pack("{s:f}", "C", 1.0), false, false},
        {"logistic_smote", CLASSIFIER_LOGISTIC, json_pack("{s:f}", "C", 1.0), true, false},
        {"logistic_scaled_smote", CLASSIFIER_LOGISTIC, json_pack("{s:f}", "C", 1.0), true, true},
        {"boosting_depth", CLASSIFIER_BOOSTING_DEPTH, json_pack("{s:i}", "rounds", 30), false, false},
        {"boosting_leaf_scaled", CLASSIFIER_BOOSTING_LEAF, json_pack("{s:i}", "rounds", 3), false, true},
    };
    memcpy(made->entries, entries, sizeof entries);
    made->task = (struct comparison_task){
        .data = &made->data, .fold = made->fold, .folds = FOLDS, .neighbours = SMOTE_NEIGHBOURS, .seed = 7};
}

static void unmake(struct made *made)
{
    comparison_release(made->entries, ENTRIES);
}

/* Step by step, the third entry on the second fold. */
static void smote_learns_from_the_training_part_alone(void **state)
{
    (void)state;
    static struct made made;
    struct comparison comparison;
    struct error err = {0};
    make(&made);
    if (comparison_run(&comparison, made.entries, ENTRIES, &made.task, &err))
        fail_msg("%s", err.message);

    const unsigned fold = 1;
    struct examples train, test, filled, resampled;
    struct preparation preparation = {0};
    struct classifier *classifier = NULL;
    const struct smote_plan plan = {SMOTE_NEIGHBOURS, 1, seed_of(7, fold)};
    static double scores[ROWS];
    assert_int_equal(examples_pick(&train, &made.data, made.fold, fold, true, &err), 0);
    assert_int_equal(examples_pick(&test, &made.data, made.fold, fold, false, &err), 0);
    assert_int_equal(preparation_fit(&preparation, &train, &err), 0);
    assert_int_equal(preparation_apply(&filled, &preparation, &train, PREPARATION_FILL, &err), 0);
    assert_int_equal(smote_sample(&resampled, &filled, &plan, &err), 0);
    examples_free(&train);
    examples_free(&filled);
    assert_int_equal(preparation_apply(&filled, &preparation, &test, PREPARATION_FILL, &err), 0);
    assert_int_equal(classifier_train(&classifier, CLASSIFIER_LOGISTIC, &resampled,
                                      made.entries[2].parameters, seed_of(7, fold), &err),
                     0);
    assert_int_equal(classifier_predict(classifier, &filled, scores, &err), 0);
    size_t at = 0;
    for (size_t r = 0; r < ROWS; r++)
        if (made.fold[r] == fold)
            assert_true(scores[at++] == comparison.table[2].scores[r]);
    assert_int_equal(at, test.rows);
    classifier_free(classifier);
    preparation_free(&preparation);
    examples_free(&test);
    examples_free(&filled);
    examples_free(&resampled);
    comparison_free(&comparison);
    unmake(&made);
}

static void figures_are_those_of_the_scores(void **state)
{
    (void)state;
    static struct made made;
    static double scores[ROWS];
    static uint8_t labels[ROWS];
    struct comparison comparison;
    struct error err = {0};
    make(&made);
    assert_int_equal(comparison_run(&comparison, made.entries, ENTRIES, &made.task, &err), 0);
    for (size_t i = 0; i < ENTRIES; i++) {
        const struct comparison_row *row = &comparison.table[i];
        double mean = 0, square = 0, f1 = 0;
        for (unsigned fold = 0; fold < FOLDS; fold++) {
            const struct comparison_metrics *metrics = &row->folds[fold];
            struct ranking_metrics ranking;
            size_t count = 0, right = 0, refused = 0, caught = 0, positives = 0;
            for (size_t r = 0; r < ROWS; r++)
                if (made.fold[r] == fold) {
                    scores[count] = row->scores[r];
                    labels[count] = made.labels[r];
                    right += (scores[count] >= 0.5) == labels[count];
                    refused += scores[count] >= 0.5;
                    caught += scores[count] >= 0.5 && labels[count];
                    positives += labels[count++];
                }
            assert_int_equal(metrics_rank(&ranking, scores, labels, count), 0);
            assert_true(metrics->auc == ranking.auc && metrics->ks == ranking.ks);
            assert_true(metrics->accuracy == (double)right / (double)count);
            assert_true(metrics->recall == (double)caught / (double)positives);
            assert_true(metrics->precision == (refused ? (double)caught / (double)refused : 0));
            assert_true(metrics->brier == metrics_brier(scores, labels, count));
            assert_true(metrics->seconds >= 0);
            mean += metrics->auc / FOLDS;
            f1 += (refused + positives ? 2 * (double)caught / (double)(refused + positives) : 0) / FOLDS;
        }
        for (unsigned fold = 0; fold < FOLDS; fold++)
            square += pow(row->folds[fold].auc - mean, 2);
        assert_true(fabs(row->mean.auc - mean) < 1e-12 && fabs(row->mean.f1 - f1) < 1e-12);
        assert_true(fabs(row->sd.auc - sqrt(square / (FOLDS - 1))) < 1e-12);
        for (size_t r = 0; r < ROWS; r++)
            assert_int_equal(isnan(row->scores[r]), made.fold[r] == UINT8_MAX);
    }
    assert_true(comparison.table[2].mean.recall > comparison.table[1].mean.recall + 0.2);
    assert_true(comparison.table[2].mean.brier > comparison.table[1].mean.brier);
    comparison_free(&comparison);
    unmake(&made);
}

static void the_best_wins(void **state)
{
    (void)state;
    static struct made made;
    struct comparison comparison;
    struct error err = {0};
    make(&made);
    assert_int_equal(comparison_run(&comparison, made.entries, ENTRIES, &made.task, &err), 0);
    for (size_t i = 0; i < ENTRIES; i++) {
        assert_true(comparison.table[comparison.best].mean.auc >= comparison.table[i].mean.auc);
        assert_int_equal(comparison.table[i].served, i == 4);
    }
    assert_true(comparison.table[comparison.best].mean.auc > 0.7);
    assert_int_equal(comparison.best_served, 4);
    json_t *described = comparison_describe(&comparison, made.entries);
    assert_non_null(described);
    json_t *rows = json_object_get(described, "rows");
    assert_int_equal(json_array_size(rows), ENTRIES);
    json_t *smote = json_array_get(rows, 2);
    assert_string_equal(json_string_value(json_object_get(smote, "kind")), "logistic");
    assert_true(json_is_true(json_object_get(smote, "smote")));
    assert_true(json_number_value(json_object_get(json_object_get(smote, "parameters"), "C")) == 1);
    assert_true(json_number_value(json_object_get(json_object_get(smote, "mean"), "auc")) ==
                comparison.table[2].mean.auc);
    assert_true(json_number_value(json_object_get(json_array_get(json_object_get(smote, "folds"), 2),
                                                  "brier")) == comparison.table[2].folds[2].brier);
    assert_string_equal(json_string_value(json_object_get(described, "best_served")), "boosting_depth");
    json_decref(described);
    comparison_free(&comparison);

    assert_int_equal(comparison_run(&comparison, made.entries, 4, &made.task, &err), 0);
    assert_int_equal(comparison.best_served, SIZE_MAX);
    described = comparison_describe(&comparison, made.entries);
    assert_true(json_is_null(json_object_get(described, "best_served")));
    json_decref(described);
    comparison_free(&comparison);
    unmake(&made);
}

/* Hundreds of trees would say no more than three. */
static void shorten(struct comparison_entry *entry)
{
    json_t *parameters = entry->parameters ? json_copy((json_t *)entry->parameters) : json_object();
    if (entry->kind == CLASSIFIER_FOREST)
        json_object_set_new(parameters, "trees", json_integer(3));
    if (entry->kind == CLASSIFIER_BOOSTING_DEPTH || entry->kind == CLASSIFIER_BOOSTING_LEAF)
        json_object_set_new(parameters, "rounds", json_integer(3));
    json_decref((json_t *)entry->parameters);
    entry->parameters = parameters;
}

/* Each kind on raw and SMOTE data; names differ; every row trains. */
static void the_original_table_is_whole(void **state)
{
    (void)state;
    static struct comparison_entry entries[COMPARISON_ENTRIES];
    bool seen[CLASSIFIER_KINDS][2] = {0};
    size_t count = comparison_original(entries, false);
    for (size_t i = 0; i < count; i++) {
        seen[entries[i].kind][entries[i].smote] = true;
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(entries[i].name, entries[j].name);
        const char *scaled = strstr(entries[i].name, "_scaled");
        assert_int_equal(scaled != NULL, entries[i].standardise);
    }
    for (int kind = 0; kind < CLASSIFIER_KINDS; kind++)
        assert_true(seen[kind][0] && seen[kind][1]);
    comparison_release(entries, count);

    size_t fewer = comparison_original(entries, true);
    assert_true(fewer < count);
    static struct made made;
    struct comparison comparison;
    struct error err = {0};
    make(&made);
    made.task.folds = 2;
    for (size_t r = 0; r < ROWS; r++) /* two small folds of what make has dealt into three */
        made.fold[r] = made.fold[r] == 2 || r > 500 ? UINT8_MAX : made.fold[r];
    for (size_t i = 0; i < fewer; i++)
        shorten(&entries[i]);
    if (comparison_run(&comparison, entries, fewer, &made.task, &err))
        fail_msg("%s", err.message);
    assert_int_equal(comparison.count, fewer);
    comparison_free(&comparison);
    comparison_release(entries, fewer);
    unmake(&made);
}

static void assert_refused(struct made *made, enum error_code code, const char *why)
{
    struct comparison comparison;
    struct error err = {0};
    assert_int_equal(comparison_run(&comparison, made->entries, ENTRIES, &made->task, &err), -1);
    assert_int_equal(err.code, code);
    if (!strstr(err.message, why))
        fail_msg("\"%s\" does not say \"%s\"", err.message, why);
    comparison_free(&comparison);
}

static void errors_name_classifier_and_fold(void **state)
{
    (void)state;
    static struct made made;
    make(&made);
    json_t *wrong = json_pack("{s:i}", "depth", 3);
    const json_t *right = made.entries[4].parameters;
    made.entries[4].parameters = wrong;
    assert_refused(&made, ERROR_INVALID, "boosting_depth, fold 0: boosting_depth: no parameter depth");
    made.entries[4].parameters = right;
    json_decref(wrong);
    made.entries[1].name = "dummy";
    assert_refused(&made, ERROR_INVALID, "two classifiers are called dummy");
    made.entries[1].name = "logistic";
    made.task.neighbours = 0;
    assert_refused(&made, ERROR_LIMIT, "neighbour");
    made.task.neighbours = SMOTE_NEIGHBOURS;
    made.task.folds = 1;
    assert_refused(&made, ERROR_LIMIT, "6 classifiers on 1 folds");
    made.task.folds = FOLDS;
    for (size_t r = 0; r < ROWS; r++)
        made.labels[r] = made.labels[r] && made.fold[r] != 2;
    assert_refused(&made, ERROR_INVALID, "fold 2 has clients of one class only");
    made.data.labels = NULL;
    assert_refused(&made, ERROR_INVALID, "rows without labels");
    unmake(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smote_learns_from_the_training_part_alone),
        cmocka_unit_test(figures_are_those_of_the_scores),
        cmocka_unit_test(the_best_wins),
        cmocka_unit_test(the_original_table_is_whole),
        cmocka_unit_test(errors_name_classifier_and_fold),
    };
    return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
