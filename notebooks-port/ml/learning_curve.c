#include "notebooks-port/ml/learning_curve.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/ml/seed.h"
#include "shared/base/progress.h"

enum { LEFT_OUT = 1 }; /* a mark beside 0 (taken) and UINT8_MAX (of another fold) */

/* The rows of one label in a fold's training part, in the order in which they join. */
struct queue {
    size_t *rows;
    size_t count;
};

static int queue_rows(struct queue queues[2], const struct learning_curve_task *task, unsigned fold,
                      struct error *err)
{
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    if (!generator)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    gsl_rng_set(generator, seed_of(task->seed, fold));
    for (int label = 0; label <= 1; label++) {
        struct queue *queue = &queues[label];
        queue->count = 0;
        for (size_t i = 0; i < task->data->rows; i++)
            if (task->fold[i] != UINT8_MAX && task->fold[i] != fold && task->data->labels[i] == label)
                queue->rows[queue->count++] = i;
        if (queue->count > 0) /* GSL's loop does not end for none */
            gsl_ran_shuffle(generator, queue->rows, queue->count, sizeof *queue->rows);
    }
    gsl_rng_free(generator);
    if (queues[0].count && queues[1].count)
        return 0;
    return error_set(err, ERROR_INVALID, "without fold %u there are no clients with label %d to learn from",
                     fold, queues[0].count ? 1 : 0);
}

/* Marks the first of each queue. */
static void mark(uint8_t *marks, const struct queue queues[2], size_t rows, double share)
{
    memset(marks, UINT8_MAX, rows);
    for (int label = 0; label <= 1; label++) {
        size_t wanted = (size_t)fmax(1, round(share * (double)queues[label].count));
        for (size_t i = 0; i < queues[label].count; i++)
            marks[queues[label].rows[i]] = i < wanted ? 0 : LEFT_OUT;
    }
}

static int measure_auc(double *out, const double *scores, const struct examples *examples, struct error *err)
{
    struct ranking_metrics ranking;
    if (metrics_rank(&ranking, scores, examples->labels, examples->rows))
        return error_set(err, ERROR_INVALID, "a score is not a number, or memory is out");
    *out = ranking.auc;
    return 0;
}

/* What a fold at a share measures. */
struct measured {
    double rows, train_auc, test_auc;
};

static int measure(struct measured *out, const struct learning_curve_task *task, const uint8_t *marks,
                   const struct examples *test, struct error *err)
{
    struct examples train = {0};
    double *train_scores = NULL, *test_scores = malloc((test->rows + 1) * sizeof *test_scores);
    int status = examples_pick(&train, task->data, marks, 0, false, err);
    if (status == 0 && (!test_scores || !(train_scores = malloc((train.rows + 1) * sizeof *train_scores))))
        status = error_set(err, ERROR_INTERNAL, "out of memory for %zu scores", train.rows);
    if (status == 0)
        status = task->fit(task->context, &train, test, train_scores, test_scores, err);
    if (status == 0)
        status = measure_auc(&out->train_auc, train_scores, &train, err);
    if (status == 0)
        status = measure_auc(&out->test_auc, test_scores, test, err);
    out->rows = (double)train.rows;
    free(train_scores);
    free(test_scores);
    examples_free(&train);
    return status;
}

/* All shares of one fold into measured[share × folds + fold]. */
static int measure_fold(struct measured *measured, const double *shares, size_t count,
                        const struct learning_curve_task *task, unsigned fold, struct progress *progress,
                        struct error *err)
{
    size_t rows = task->data->rows, positives = 0;
    struct queue queues[2] = {{malloc(rows * sizeof(size_t)), 0}, {malloc(rows * sizeof(size_t)), 0}};
    uint8_t *marks = malloc(rows);
    struct examples test = {0};
    int status = queues[0].rows && queues[1].rows && marks
                     ? queue_rows(queues, task, fold, err)
                     : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    if (status == 0)
        status = examples_pick(&test, task->data, task->fold, fold, false, err);
    for (size_t i = 0; i < test.rows; i++)
        positives += test.labels[i];
    if (status == 0 && (positives == 0 || positives == test.rows))
        status = error_set(err, ERROR_INVALID, "fold %u has clients of one class only", fold);
    for (size_t s = 0; status == 0 && s < count; s++) {
        mark(marks, queues, rows, shares[s]);
        status = measure(&measured[s * task->folds + fold], task, marks, &test, err);
        if (task->show_progress)
            progress_update(progress, fold * count + s + 1);
    }
    examples_free(&test);
    free(marks);
    free(queues[0].rows);
    free(queues[1].rows);
    return status;
}

static struct learning_point summarise(double share, const struct measured *measured, size_t folds)
{
    const size_t stride = sizeof *measured / sizeof(double);
    return (struct learning_point){.share = share,
                                   .rows = gsl_stats_mean(&measured->rows, stride, folds),
                                   .train_auc = gsl_stats_mean(&measured->train_auc, stride, folds),
                                   .test_auc = gsl_stats_mean(&measured->test_auc, stride, folds),
                                   .train_sd = gsl_stats_sd(&measured->train_auc, stride, folds),
                                   .test_sd = gsl_stats_sd(&measured->test_auc, stride, folds)};
}

int learning_curve_measure(struct learning_point *out, const double *shares, size_t count,
                           const struct learning_curve_task *task, struct error *err)
{
    if (count == 0 || count > LEARNING_POINTS || task->folds < 2 || task->folds >= UINT8_MAX)
        return error_set(err, ERROR_LIMIT, "%zu shares and %u folds; 1 to %d and 2 to 254 are possible",
                         count, task->folds, LEARNING_POINTS);
    for (size_t s = 0; s < count; s++)
        if (!(shares[s] > (s ? shares[s - 1] : 0) && shares[s] <= 1))
            return error_set(err, ERROR_INVALID, "share %zu is %g; shares must ascend, above 0 and at most 1",
                             s + 1, shares[s]);
    struct measured *measured = calloc(count * task->folds, sizeof *measured);
    if (!measured)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    struct progress progress = {0};
    uint64_t fits = (uint64_t)count * task->folds;
    if (task->show_progress)
        progress = progress_start("learning curve", fits);
    int status = 0;
    for (unsigned fold = 0; status == 0 && fold < task->folds; fold++)
        status = measure_fold(measured, shares, count, task, fold, &progress, err);
    if (status == 0 && task->show_progress)
        progress_end(&progress, fits);
    for (size_t s = 0; status == 0 && s < count; s++)
        out[s] = summarise(shares[s], &measured[s * task->folds], task->folds);
    free(measured);
    return status;
}

int learning_curve_fit_boosting(void *context, const struct examples *train, const struct examples *test,
                                double *train_scores, double *test_scores, struct error *err)
{
    const struct boosting_plan *plan = context;
    struct boosting *boosting = NULL;
    int status = boosting_train(&boosting, train, plan->parameters, plan->seed, plan->rounds, err);
    if (status == 0)
        status = boosting_predict(boosting, train, train_scores, err);
    if (status == 0)
        status = boosting_predict(boosting, test, test_scores, err);
    boosting_free(boosting);
    return status;
}
