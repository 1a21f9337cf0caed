#include "notebooks-port/model/validate.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/platt.h"
#include "notebooks-port/ml/split.h"
#include "shared/base/number.h"
#include "shared/base/progress.h"

enum {
    INNER_FOLDS = VALIDATE_LEAST_OF_CLASS, /* one of which stops the training early */
    ROUNDS_LIMIT = 4000,
    QUICK_ROUNDS_LIMIT = 300,
    PATIENCE = 100,
    QUICK_PATIENCE = 30
};

/* What a run works on. */
struct task {
    const struct study *study;
    const uint8_t *fold;
    const json_t *parameters;
};

static int find_rounds(const struct task *task, unsigned fold, unsigned *rounds, struct error *err)
{
    const struct matrix *matrix = &task->study->matrix;
    const struct options *options = &task->study->options;
    const struct examples all = matrix_examples(matrix);
    struct examples train = {0};
    struct examples watched = {0};
    uint8_t *inner = malloc(matrix->rows);
    bool *use = malloc(matrix->rows * sizeof *use);
    int status = inner && use ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; status == 0 && i < matrix->rows; i++)
        use[i] = task->fold[i] != fold && task->fold[i] != UINT8_MAX;
    if (status == 0)
        status = split_stratified(inner, matrix->labels, use, matrix->rows, INNER_FOLDS, options->seed + fold,
                                  err);
    if (status == 0)
        status = examples_pick(&watched, &all, inner, 0, false, err);
    if (status == 0)
        status = examples_pick(&train, &all, inner, 0, true, err);
    if (status == 0)
        status = boosting_find_rounds(rounds, &train, &watched, task->parameters, options->seed,
                                      options->quick ? QUICK_ROUNDS_LIMIT : ROUNDS_LIMIT,
                                      options->quick ? QUICK_PATIENCE : PATIENCE, err);
    /* More rows carry more rounds: the part that watched learns too, now. */
    *rounds = *rounds * INNER_FOLDS / (INNER_FOLDS - 1);
    examples_free(&train);
    examples_free(&watched);
    free(inner);
    free(use);
    return status;
}

static int predict_fold(struct validation *out, const struct task *task, unsigned fold, struct error *err)
{
    const struct matrix *matrix = &task->study->matrix;
    const struct examples all = matrix_examples(matrix);
    struct examples train = {0};
    struct examples test = {0};
    struct boosting *boosting = NULL;
    double *margins = NULL;
    int status = examples_pick(&train, &all, task->fold, fold, true, err);
    if (status == 0)
        status = examples_pick(&test, &all, task->fold, fold, false, err);
    if (status == 0 && !(margins = malloc((test.rows + 1) * sizeof *margins)))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = boosting_train(&boosting, &train, task->parameters, task->study->options.seed,
                                out->rounds[fold], err);
    if (status == 0)
        status = boosting_predict(boosting, &test, margins, err);
    size_t at = 0;
    for (size_t i = 0; status == 0 && i < matrix->rows; i++)
        if (task->fold[i] == fold)
            out->margins[i] = margins[at++];
    struct ranking_metrics ranking = {0};
    if (status == 0 && metrics_rank(&ranking, margins, test.labels, test.rows))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    out->auc[fold] = ranking.auc;
    boosting_free(boosting);
    examples_free(&train);
    examples_free(&test);
    free(margins);
    return status;
}

/* Calibrates on the rows that were predicted. */
static int calibrate(struct validation *out, const struct matrix *matrix, struct error *err)
{
    double *margins = malloc(matrix->rows * sizeof *margins);
    uint8_t *labels = malloc(matrix->rows);
    size_t rows = 0;
    for (size_t i = 0; margins && labels && i < matrix->rows; i++) {
        if (isnan(out->margins[i]))
            continue;
        margins[rows] = out->margins[i];
        labels[rows++] = matrix->labels[i];
    }
    if (rows > 0)
        out->calibration = platt_fit(margins, labels, rows);
    free(margins);
    free(labels);
    return rows > 0 ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
}

int validate_run(struct validation *out, const struct study *study, const uint8_t *fold,
                 const json_t *parameters, const char *label, struct error *err)
{
    const struct task task = {study, fold, parameters};
    memset(out, 0, sizeof *out);
    out->margins = malloc(study->matrix.rows * sizeof *out->margins);
    if (!out->margins)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < study->matrix.rows; i++)
        out->margins[i] = (double)NAN;
    struct progress progress = progress_start(label, study->folds);
    unsigned long rounds = 0;
    for (unsigned i = 0; i < study->folds; i++) {
        if (find_rounds(&task, i, &out->rounds[i], err) || predict_fold(out, &task, i, err))
            return -1;
        rounds += out->rounds[i];
        progress_update(&progress, i + 1);
    }
    progress_end(&progress, study->folds);
    out->mean_auc = gsl_stats_mean(out->auc, 1, study->folds);
    out->sd_auc = gsl_stats_sd(out->auc, 1, study->folds);
    /* A model of all rows learns from one fold more than these did. */
    out->final_rounds = (unsigned)(rounds / (study->folds - 1));
    return calibrate(out, &study->matrix, err);
}

int validate_all(struct study *study, struct error *err)
{
    struct validation *validation = &study->validation;
    const struct matrix *matrix = &study->matrix;
    report_section(study->report, "validation");
    if (validate_run(validation, study, study->fold, study->parameters, "cross-validation", err))
        return -1;
    study_probabilities(study->probabilities, validation->margins, matrix->rows, validation->calibration);
    if (metrics_rank(&study->ranking, study->probabilities, matrix->labels, matrix->rows))
        return error_set(err, ERROR_INTERNAL, "out of memory");
    if (cuts_make(&study->cuts, study->probabilities, matrix->labels, matrix->rows, err))
        return -1;

    struct report *report = study->report;
    report_figure(report, "auc_mean", validation->mean_auc, REPORT_NUMBER, 4);
    report_figure(report, "auc_sd", validation->sd_auc, REPORT_NUMBER, 4);
    report_figure(report, "auc", study->ranking.auc, REPORT_NUMBER, 4);
    report_figure(report, "auc_low", study->ranking.auc_low, REPORT_NUMBER, 4);
    report_figure(report, "auc_high", study->ranking.auc_high, REPORT_NUMBER, 4);
    report_figure(report, "gini", study->ranking.gini, REPORT_NUMBER, 3);
    report_figure(report, "ks", study->ranking.ks, REPORT_NUMBER, 3);
    report_figure(report, "average_precision", study->ranking.average_precision, REPORT_NUMBER, 3);
    json_t *rows = json_array();
    for (unsigned i = 0; i < study->folds; i++) {
        char number[NUMBER_TEXT];
        number_format(number, i, 0, study->options.language);
        json_array_append_new(rows,
                              json_pack("[s, f, i]", number, validation->auc[i], (int)validation->rounds[i]));
    }
    const struct report_column columns[] = {
        {"fold", REPORT_TEXT, 0}, {"fold_auc", REPORT_NUMBER, 4}, {"rounds", REPORT_COUNT, 0}};
    report_table(report, "folds", columns, 3, rows);
    return 0;
}
