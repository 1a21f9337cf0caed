#include "notebooks-port/ml/elimination.h"

#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/metrics.h"
#include "shared/base/progress.h"

/* The columns that are left, in copies of the examples that shrink in place. */
struct survivors {
    struct examples train, test; /* `test` without rows when all are learnt from */
    size_t *columns;             /* places among all columns, ascending */
    double *importances;
    struct column *sorted;
};

struct column {
    double importance;
    size_t at; /* among the survivors */
};

/* Most important first; of equals the first. */
static int by_importance(const void *a, const void *b)
{
    const struct column *x = a, *y = b;
    if (x->importance != y->importance)
        return x->importance < y->importance ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

static int survivors_start(struct survivors *out, const struct elimination_task *task, unsigned fold,
                           struct error *err)
{
    size_t columns = task->data->columns;
    *out = (struct survivors){.columns = malloc(columns * sizeof *out->columns),
                              .importances = malloc(columns * sizeof *out->importances),
                              .sorted = malloc(columns * sizeof *out->sorted)};
    if (!out->columns || !out->importances || !out->sorted)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu columns", columns);
    for (size_t i = 0; i < columns; i++)
        out->columns[i] = i;
    if (fold == task->folds) /* all rows */
        return examples_pick(&out->train, task->data, task->fold, UINT8_MAX, true, err);
    if (examples_pick(&out->train, task->data, task->fold, fold, true, err))
        return -1;
    return examples_pick(&out->test, task->data, task->fold, fold, false, err);
}

static void survivors_free(struct survivors *survivors)
{
    examples_free(&survivors->train);
    examples_free(&survivors->test);
    free(survivors->columns);
    free(survivors->importances);
    free(survivors->sorted);
}

/* Keeps the columns kept[0..count), ascending places among the survivors. A row's new place is never beyond
 * its old one, so rows can be moved one after the other. */
static void shrink(struct examples *examples, const size_t *kept, size_t count)
{
    float *values = (float *)examples->values;
    for (size_t r = 0; r < examples->rows; r++)
        for (size_t c = 0; c < count; c++)
            values[r * count + c] = values[r * examples->columns + kept[c]];
    examples->columns = count;
}

static int by_place(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Sorts the survivors by importance, tells them in `order` (may be NULL) and keeps the first `count`. */
static int keep(struct survivors *survivors, size_t count, size_t *order, struct error *err)
{
    size_t now = survivors->train.columns;
    for (size_t i = 0; i < now; i++) {
        if (isnan(survivors->importances[i]))
            return error_set(err, ERROR_INVALID, "the importance of column %zu is not a number",
                             survivors->columns[i]);
        survivors->sorted[i] = (struct column){survivors->importances[i], i};
    }
    qsort(survivors->sorted, now, sizeof *survivors->sorted, by_importance);
    for (size_t i = 0; order && i < now; i++)
        order[i] = survivors->columns[survivors->sorted[i].at];
    if (count == now)
        return 0;
    size_t *kept = malloc(count * sizeof *kept);
    if (!kept)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu columns", count);
    for (size_t i = 0; i < count; i++)
        kept[i] = survivors->sorted[i].at;
    qsort(kept, count, sizeof *kept, by_place);
    shrink(&survivors->train, kept, count);
    shrink(&survivors->test, kept, count);
    for (size_t i = 0; i < count; i++)
        survivors->columns[i] = survivors->columns[kept[i]];
    free(kept);
    return 0;
}

/* One elimination, of a fold or (fold = folds) of all rows, from all columns to the fewest. */
static int eliminate(struct elimination *out, const struct elimination_task *task, unsigned fold,
                     struct progress *progress, struct error *err)
{
    struct survivors survivors;
    bool all = fold == task->folds;
    int status = survivors_start(&survivors, task, fold, err);
    if (status == 0 && (survivors.train.rows == 0 || (!all && survivors.test.rows == 0)))
        status = error_set(err, ERROR_INVALID, "fold %u has no rows to %s", fold,
                           survivors.train.rows ? "test on" : "learn from");
    for (size_t i = out->count; status == 0 && i-- > 0;) {
        double score = 0;
        status = task->fit(task->context, &survivors.train, all ? NULL : &survivors.test, survivors.columns,
                           survivors.importances, all ? NULL : &score, err);
        if (status == 0 && isnan(score))
            status = error_set(err, ERROR_INVALID, "the score with %zu columns in fold %u is not a number",
                               out->numbers[i], fold);
        if (status == 0 && !all)
            out->scores[i * task->folds + fold] = score;
        if (status == 0)
            status = keep(&survivors, out->numbers[i ? i - 1 : 0], all ? out->order : NULL, err);
        if (task->show_progress)
            progress_update(progress, fold * out->count + (out->count - i));
    }
    survivors_free(&survivors);
    return status;
}

static int plan_numbers(struct elimination *out, const struct elimination_task *task, struct error *err)
{
    size_t columns = task->data->columns, count = 1 + (columns - task->least + task->step - 1) / task->step;
    *out = (struct elimination){.count = count,
                                .columns = columns,
                                .numbers = malloc(count * sizeof *out->numbers),
                                .mean = calloc(count, sizeof *out->mean),
                                .sd = calloc(count, sizeof *out->sd),
                                .scores = calloc(count * task->folds, sizeof *out->scores),
                                .order = calloc(columns, sizeof *out->order),
                                .ranking = calloc(columns, sizeof *out->ranking)};
    if (!out->numbers || !out->mean || !out->sd || !out->scores || !out->order || !out->ranking)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu columns", columns);
    for (size_t i = 0; i < count; i++)
        out->numbers[count - 1 - i] =
            columns - task->least > i * task->step ? columns - i * task->step : task->least;
    return 0;
}

static void choose(struct elimination *out, unsigned folds)
{
    size_t best = 0, frugal = 0;
    for (size_t i = 0; i < out->count; i++) {
        out->mean[i] = gsl_stats_mean(out->scores + i * folds, 1, folds);
        out->sd[i] = gsl_stats_sd(out->scores + i * folds, 1, folds);
        if (out->mean[i] > out->mean[best])
            best = i;
    }
    while (out->mean[frugal] < out->mean[best] - out->sd[best] / sqrt(folds))
        frugal++;
    out->best = out->numbers[best];
    out->frugal = out->numbers[frugal];
}

static void rank(struct elimination *out)
{
    for (size_t place = 0; place < out->columns; place++) {
        size_t rank = 1;
        for (size_t i = 0; i < out->count; i++)
            rank += out->numbers[i] >= out->best && out->numbers[i] <= place;
        out->ranking[out->order[place]] = rank;
    }
}

int elimination_run(struct elimination *out, const struct elimination_task *task, struct error *err)
{
    *out = (struct elimination){.count = 0};
    if (task->folds < 2 || task->folds >= UINT8_MAX)
        return error_set(err, ERROR_LIMIT, "%u folds; 2 to 254 are possible", task->folds);
    if (task->step == 0 || task->least == 0 || task->least > task->data->columns)
        return error_set(
            err, ERROR_INVALID,
            "eliminating %zu columns a time down to %zu of %zu: both must be 1 or more, and there must be "
            "that many columns",
            task->step, task->least, task->data->columns);
    int status = plan_numbers(out, task, err);
    struct progress progress = {0};
    uint64_t fits = (uint64_t)out->count * (task->folds + 1);
    if (task->show_progress)
        progress = progress_start("feature elimination", fits);
    for (unsigned fold = 0; status == 0 && fold <= task->folds; fold++)
        status = eliminate(out, task, fold, &progress, err);
    if (status)
        return -1;
    if (task->show_progress)
        progress_end(&progress, fits);
    choose(out, task->folds);
    rank(out);
    return 0;
}

void elimination_free(struct elimination *elimination)
{
    free(elimination->numbers);
    free(elimination->mean);
    free(elimination->sd);
    free(elimination->scores);
    free(elimination->order);
    free(elimination->ranking);
    *elimination = (struct elimination){.count = 0};
}

void elimination_columns(const struct elimination *elimination, size_t number, size_t *columns)
{
    memcpy(columns, elimination->order, number * sizeof *columns);
    qsort(columns, number, sizeof *columns, by_place);
}

int elimination_fit_boosting(void *context, const struct examples *train, const struct examples *test,
                             const size_t *columns, double *importances, double *score, struct error *err)
{
    (void)columns;
    const struct boosting_plan *plan = context;
    struct boosting *boosting = NULL;
    double *margins = NULL;
    int status = boosting_train(&boosting, train, plan->parameters, plan->seed, plan->rounds, err);
    if (status == 0)
        status = boosting_gains(boosting, importances, train->columns, err);
    if (status == 0 && test) {
        struct ranking_metrics ranking = {0};
        margins = malloc((test->rows + 1) * sizeof *margins);
        status = margins ? boosting_predict(boosting, test, margins, err)
                         : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", test->rows);
        if (status == 0 && metrics_rank(&ranking, margins, test->labels, test->rows))
            status = error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", test->rows);
        *score = ranking.auc;
    }
    free(margins);
    boosting_free(boosting);
    return status;
}
