#include "notebooks-port/ml/comparison.h"

#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/ml/preparation.h"
#include "notebooks-port/ml/seed.h"
#include "notebooks-port/ml/smote.h"
#include "shared/base/progress.h"

static const double THRESHOLD = 0.5;

/* struct comparison_metrics seen as numbers. */
enum { FIGURES = sizeof(struct comparison_metrics) / sizeof(double) };
static const char *const figure_names[FIGURES] = {"auc",    "ks", "accuracy", "precision",
                                                  "recall", "f1", "brier",    "seconds"};

/* ---- One fold ---- */

/* A fold's rows as one group of entries learns from them. */
struct fold_data {
    struct examples train, test;
};

static void free_fold_data(struct fold_data *data)
{
    examples_free(&data->train);
    examples_free(&data->test);
}

static int pick_fold(struct fold_data *out, const struct comparison_task *task, unsigned fold,
                     struct error *err)
{
    size_t positives = 0;
    if (examples_pick(&out->train, task->data, task->fold, fold, true, err) ||
        examples_pick(&out->test, task->data, task->fold, fold, false, err))
        return -1;
    for (size_t r = 0; r < out->test.rows; r++)
        positives += out->test.labels[r];
    return positives > 0 && positives < out->test.rows
               ? 0
               : error_set(err, ERROR_INVALID, "fold %u has clients of one class only", fold);
}

/* Prepares as the training part says; synthetic clients join that part alone. */
static int prepare(struct fold_data *out, const struct fold_data *picked, bool smote, bool standardise,
                   const struct comparison_task *task, unsigned fold, struct error *err)
{
    struct preparation preparation = {0};
    struct examples train = {0};
    const struct smote_plan plan = {
        .neighbours = task->neighbours, .ratio = 1, .seed = seed_of(task->seed, fold)};
    unsigned steps = (smote ? PREPARATION_FILL : 0U) | (standardise ? PREPARATION_STANDARDISE : 0U);
    int status = preparation_fit(&preparation, &picked->train, err);
    if (status == 0)
        status = preparation_apply(&out->test, &preparation, &picked->test, steps, err);
    if (status == 0)
        status = preparation_apply(&train, &preparation, &picked->train, steps, err);
    if (status == 0 && smote) {
        status = smote_sample(&out->train, &train, &plan, err);
        examples_free(&train);
    } else {
        out->train = train;
    }
    preparation_free(&preparation);
    return status;
}

static int measure(struct comparison_metrics *out, const double *scores, const struct examples *test,
                   struct error *err)
{
    struct ranking_metrics ranking;
    if (metrics_rank(&ranking, scores, test->labels, test->rows))
        return error_set(err, ERROR_INTERNAL, "a score is not a number, or memory is out");
    struct confusion confusion = metrics_confusion(scores, test->labels, test->rows, THRESHOLD);
    out->auc = ranking.auc;
    out->ks = ranking.ks;
    out->accuracy = (double)(confusion.true_negatives + confusion.true_positives) / (double)test->rows;
    out->precision = metrics_precision(confusion);
    out->recall = metrics_recall(confusion);
    out->f1 = metrics_f_beta(confusion, 1);
    out->brier = metrics_brier(scores, test->labels, test->rows);
    return 0;
}

/* Trains one entry on one fold, measures it and keeps its scores. */
static int try_entry(struct comparison_row *row, const struct comparison_entry *entry,
                     const struct fold_data *data, const struct comparison_task *task, unsigned fold,
                     struct error *err)
{
    struct classifier *classifier = NULL;
    struct comparison_metrics *metrics = &row->folds[fold];
    double *scores = malloc((data->test.rows + 1) * sizeof *scores);
    double started = progress_clock_s();
    int status = scores ? classifier_train(&classifier, entry->kind, &data->train, entry->parameters,
                                           seed_of(task->seed, fold), err)
                        : error_set(err, ERROR_INTERNAL, "out of memory");
    metrics->seconds = progress_clock_s() - started;
    if (status == 0)
        status = classifier_predict(classifier, &data->test, scores, err);
    if (status == 0)
        status = measure(metrics, scores, &data->test, err);
    size_t at = 0;
    for (size_t r = 0; status == 0 && r < task->data->rows; r++)
        if (task->fold[r] == fold)
            row->scores[r] = scores[at++];
    classifier_free(classifier);
    free(scores);
    return status;
}

/* ---- All folds ---- */

struct run {
    struct comparison *out;
    const struct comparison_entry *entries;
    const struct comparison_task *task;
    struct progress progress;
    uint64_t done;
};

static int try_entries(struct run *run, const struct fold_data *data, unsigned fold, bool smote,
                       bool standardise, struct error *err)
{
    for (size_t i = 0; i < run->out->count; i++) {
        const struct comparison_entry *entry = &run->entries[i];
        struct error cause = {0};
        if (entry->smote != smote || entry->standardise != standardise)
            continue;
        if (try_entry(&run->out->table[i], entry, data, run->task, fold, &cause))
            return error_set(err, cause.code, "%s, fold %u: %s", entry->name, fold, cause.message);
        run->done++;
        if (run->task->show_progress)
            progress_update(&run->progress, run->done);
    }
    return 0;
}

static bool is_wanted(const struct run *run, bool smote, bool standardise)
{
    for (size_t i = 0; i < run->out->count; i++)
        if (run->entries[i].smote == smote && run->entries[i].standardise == standardise)
            return true;
    return false;
}

/* One preparation after the other, so that no more than one stands in memory beside the rows themselves. */
static int run_fold(struct run *run, unsigned fold, struct error *err)
{
    struct fold_data picked = {0};
    int status = pick_fold(&picked, run->task, fold, err);
    for (unsigned group = 0; status == 0 && group < 4; group++) {
        bool smote = group & 1U, standardise = group & 2U;
        struct fold_data prepared = {0};
        if (!is_wanted(run, smote, standardise))
            continue;
        if (group > 0)
            status = prepare(&prepared, &picked, smote, standardise, run->task, fold, err);
        if (status == 0)
            status = try_entries(run, group > 0 ? &prepared : &picked, fold, smote, standardise, err);
        free_fold_data(&prepared);
    }
    free_fold_data(&picked);
    return status;
}

static void summarise(struct comparison *out)
{
    const size_t stride = FIGURES;
    out->best = 0;
    out->best_served = SIZE_MAX;
    for (size_t i = 0; i < out->count; i++) {
        struct comparison_row *row = &out->table[i];
        const double *figures = (const double *)row->folds;
        for (size_t f = 0; f < FIGURES; f++) {
            ((double *)&row->mean)[f] = gsl_stats_mean(figures + f, stride, out->folds);
            ((double *)&row->sd)[f] = gsl_stats_sd(figures + f, stride, out->folds);
        }
        if (row->mean.auc > out->table[out->best].mean.auc)
            out->best = i;
        if (row->served &&
            (out->best_served == SIZE_MAX || row->mean.auc > out->table[out->best_served].mean.auc))
            out->best_served = i;
    }
}

static int check_task(const struct comparison_entry *entries, size_t count,
                      const struct comparison_task *task, struct error *err)
{
    if (count == 0 || count > COMPARISON_ENTRIES || task->folds < 2 || task->folds >= UINT8_MAX)
        return error_set(err, ERROR_LIMIT, "%zu classifiers on %u folds; 1 to %d on 2 to 254 are possible",
                         count, task->folds, COMPARISON_ENTRIES);
    if (!task->data->labels)
        return error_set(err, ERROR_INVALID, "rows without labels: classifiers are compared by outcomes");
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(entries[i].name, entries[j].name) == 0)
                return error_set(err, ERROR_INVALID, "two classifiers are called %s", entries[i].name);
    return 0;
}

static int make_table(struct comparison *out, const struct comparison_entry *entries, struct error *err)
{
    out->table = calloc(out->count, sizeof *out->table);
    if (!out->table)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < out->count; i++) {
        struct comparison_row *row = &out->table[i];
        row->folds = calloc(out->folds, sizeof *row->folds);
        row->scores = malloc((out->rows + 1) * sizeof *row->scores);
        if (!row->folds || !row->scores)
            return error_set(err, ERROR_INTERNAL, "out of memory for %zu scores", out->rows);
        for (size_t r = 0; r < out->rows; r++)
            row->scores[r] = NAN;
        row->served = !entries[i].smote && !entries[i].standardise &&
                      classifier_served(entries[i].kind, entries[i].parameters);
    }
    return 0;
}

int comparison_run(struct comparison *out, const struct comparison_entry *entries, size_t count,
                   const struct comparison_task *task, struct error *err)
{
    *out = (struct comparison){.folds = task->folds, .rows = task->data->rows};
    if (check_task(entries, count, task, err))
        return -1;
    out->count = count;
    struct run run = {.out = out, .entries = entries, .task = task};
    uint64_t trainings = (uint64_t)count * task->folds;
    int status = make_table(out, entries, err);
    if (task->show_progress)
        run.progress = progress_start("classifiers", trainings);
    for (unsigned fold = 0; status == 0 && fold < task->folds; fold++)
        status = run_fold(&run, fold, err);
    if (status == 0 && task->show_progress)
        progress_end(&run.progress, trainings);
    if (status == 0)
        summarise(out);
    return status;
}

void comparison_free(struct comparison *comparison)
{
    for (size_t i = 0; comparison->table && i < comparison->count; i++) {
        free(comparison->table[i].folds);
        free(comparison->table[i].scores);
    }
    free(comparison->table);
    *comparison = (struct comparison){0};
}

/* ---- The original's table ---- */

/* Two rows of the table: one on the data as they are, one on SMOTE data. */
struct original_row {
    const char *raw, *smote; /* names; NULL: not that one */
    enum classifier_kind kind;
    bool standardise;
    const char *parameters; /* JSON; NULL: the defaults */
};

static const char AS_IT_WAS[] = "{\"C\": 0.0001, \"iterations\": 100, \"standardise\": false}";
static const char BALANCED[] = "{\"weights\": \"balanced\"}";

static const struct original_row original_rows[] = {
    {"dummy", "dummy_smote", CLASSIFIER_DUMMY, false, NULL},
    {"logistic_original", "logistic_original_smote", CLASSIFIER_LOGISTIC, false, AS_IT_WAS},
    {"logistic", "logistic_smote", CLASSIFIER_LOGISTIC, false, NULL},
    {"adaboost", "adaboost_smote", CLASSIFIER_ADABOOST, false, NULL},
    {"forest", "forest_smote", CLASSIFIER_FOREST, false, NULL},
    {"boosting_depth", "boosting_depth_smote", CLASSIFIER_BOOSTING_DEPTH, false, NULL},
    {"boosting_leaf", "boosting_leaf_smote", CLASSIFIER_BOOSTING_LEAF, false, NULL},
    {"network", "network_smote", CLASSIFIER_NETWORK, false, NULL},
    {"logistic_balanced", NULL, CLASSIFIER_LOGISTIC, false, BALANCED},
    {"boosting_depth_balanced", NULL, CLASSIFIER_BOOSTING_DEPTH, false, BALANCED},
    {"boosting_leaf_balanced", NULL, CLASSIFIER_BOOSTING_LEAF, false, BALANCED},
    {"network_balanced", NULL, CLASSIFIER_NETWORK, false, BALANCED},
    {"logistic_original_scaled", "logistic_original_scaled_smote", CLASSIFIER_LOGISTIC, true, AS_IT_WAS},
    {"adaboost_scaled", "adaboost_scaled_smote", CLASSIFIER_ADABOOST, true, NULL},
    {"forest_scaled", "forest_scaled_smote", CLASSIFIER_FOREST, true, NULL},
    {"boosting_depth_scaled", "boosting_depth_scaled_smote", CLASSIFIER_BOOSTING_DEPTH, true, NULL},
    {"boosting_leaf_scaled", "boosting_leaf_scaled_smote", CLASSIFIER_BOOSTING_LEAF, true, NULL},
};

size_t comparison_original(struct comparison_entry *entries, bool quick)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof original_rows / sizeof *original_rows; i++) {
        const struct original_row *row = &original_rows[i];
        if (quick && row->standardise)
            continue;
        for (int smote = 0; smote <= 1; smote++) {
            const char *name = smote ? row->smote : row->raw;
            if (name)
                entries[count++] = (struct comparison_entry){
                    .name = name,
                    .kind = row->kind,
                    .parameters = row->parameters ? json_loads(row->parameters, 0, NULL) : NULL,
                    .smote = smote,
                    .standardise = row->standardise};
        }
    }
    return count;
}

void comparison_release(struct comparison_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_decref((json_t *)entries[i].parameters);
}

/* ---- For machines ---- */

static json_t *describe_metrics(const struct comparison_metrics *metrics)
{
    json_t *out = json_object();
    for (size_t f = 0; f < FIGURES; f++)
        json_object_set_new(out, figure_names[f], json_real(((const double *)metrics)[f]));
    return out;
}

json_t *comparison_describe(const struct comparison *comparison, const struct comparison_entry *entries)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < comparison->count; i++) {
        const struct comparison_row *row = &comparison->table[i];
        json_t *parameters = classifier_defaults(entries[i].kind);
        json_t *folds = json_array();
        json_object_update(parameters, (json_t *)entries[i].parameters);
        for (unsigned f = 0; f < comparison->folds; f++)
            json_array_append_new(folds, describe_metrics(&row->folds[f]));
        json_array_append_new(rows, json_pack("{s:s, s:s, s:o, s:b, s:b, s:b, s:o, s:o, s:o}", "name",
                                              entries[i].name, "kind", classifier_name(entries[i].kind),
                                              "parameters", parameters, "smote", entries[i].smote,
                                              "standardise", entries[i].standardise, "served", row->served,
                                              "mean", describe_metrics(&row->mean), "sd",
                                              describe_metrics(&row->sd), "folds", folds));
    }
    size_t served = comparison->best_served;
    return json_pack("{s:o, s:s, s:s?}", "rows", rows, "best", entries[comparison->best].name, "best_served",
                     served == SIZE_MAX ? NULL : entries[served].name);
}
