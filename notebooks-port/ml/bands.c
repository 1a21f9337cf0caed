#include "notebooks-port/ml/bands.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "notebooks-port/ml/bootstrap.h"

static const double LEVEL = 0.95;

/* What all replicates share. */
struct measuring {
    const struct bands_task *task;
    const double *x;
    size_t count;
    const size_t *ends; /* count: rows above each threshold, or the end of each group; NULL for a rate */
};

static uint32_t times_of(const uint32_t *times, size_t row)
{
    return times ? times[row] : 1;
}

/* Walks the cuts and gives each rate x its y. The replicate has as many rows of each class as the sample. */
static void measure_rates(const struct measuring *measuring, const uint32_t *times, double *out)
{
    const struct cuts *cuts = measuring->task->cuts;
    const bool roc = measuring->task->kind == BANDS_ROC;
    const double positives = (double)cuts->positives;
    const double negatives = (double)(cuts->rows - cuts->positives);
    double taken[2] = {0, 0};
    double last_x = 0;
    double last_y = 0;
    size_t row = 0;
    size_t at = 0;
    for (size_t cut = 0; cut < cuts->count && at < measuring->count; cut++) {
        for (; row < cuts->ends[cut]; row++)
            taken[cuts->labels[row]] += times_of(times, row);
        double x = roc ? taken[0] / negatives : taken[1] / positives;
        double all = taken[0] + taken[1];
        double y = roc ? taken[1] / positives : all > 0 ? taken[1] / all : 1;
        for (; at < measuring->count && measuring->x[at] <= x + 1e-12; at++) {
            double wanted = measuring->x[at];
            /* A vertical step at this rate is climbed to its top. */
            if (roc && wanted >= x && cut + 1 < cuts->count)
                break;
            out[at] = roc && x > last_x ? last_y + (y - last_y) * (wanted - last_x) / (x - last_x) : y;
        }
        last_x = x;
        last_y = y;
    }
    for (; at < measuring->count; at++)
        out[at] = last_y;
}

/* Sums of what is taken at each threshold; x ascends, so the ends descend. */
static void measure_thresholds(const struct measuring *measuring, const uint32_t *times, double *out)
{
    const struct cuts *cuts = measuring->task->cuts;
    const struct threshold_costs *costs = measuring->task->costs;
    const bool money = measuring->task->kind == BANDS_COST;
    const double *amounts = money ? costs->amounts : NULL;
    double taken[2] = {0, 0};
    size_t row = 0;
    for (size_t at = measuring->count; at-- > 0;) {
        for (; row < measuring->ends[at]; row++)
            taken[cuts->labels[row]] += times_of(times, row) * (amounts ? amounts[cuts->order[row]] : 1);
        out[at] = taken[0];
        if (!money) {
            double square = measuring->task->beta * measuring->task->beta;
            double missed = (double)cuts->positives - taken[1];
            double below = (1 + square) * taken[1] + square * missed + taken[0];
            out[at] = below > 0 ? (1 + square) * taken[1] / below : 0;
        } else {
            out[at] = costs->refused * taken[0] - costs->missed * taken[1];
        }
    }
    for (; row < cuts->rows; row++)
        taken[cuts->labels[row]] += times_of(times, row) * (amounts ? amounts[cuts->order[row]] : 1);
    for (size_t at = 0; money && at < measuring->count; at++)
        out[at] = (out[at] + costs->missed * taken[1]) / (double)cuts->rows;
}

static void measure_observed(const struct measuring *measuring, const uint32_t *times, double *out)
{
    const struct cuts *cuts = measuring->task->cuts;
    for (size_t at = 0; at < measuring->count; at++) {
        double rows = 0;
        double defaults = 0;
        for (size_t row = measuring->ends[at + 1]; row < measuring->ends[at]; row++) {
            rows += times_of(times, row);
            defaults += times_of(times, row) * cuts->labels[row];
        }
        out[at] = rows > 0 ? defaults / rows : (double)NAN;
    }
}

static int measure(const void *context, const uint32_t *times, double *out, struct error *err)
{
    (void)err;
    const struct measuring *measuring = context;
    switch (measuring->task->kind) {
    case BANDS_ROC:
    case BANDS_PRECISION:
        measure_rates(measuring, times, out);
        break;
    case BANDS_COST:
    case BANDS_F_BETA:
        measure_thresholds(measuring, times, out);
        break;
    case BANDS_OBSERVED:
        measure_observed(measuring, times, out);
        break;
    }
    return 0;
}

/* Groups of equal size, the lowest scores first; ends[count] is 0, where the highest begin. */
static void cut_groups(size_t *ends, double *x, size_t count, const struct cuts *cuts)
{
    for (size_t at = 0; at <= count; at++)
        ends[at] = cuts->rows - cuts->rows * at / count;
    size_t cut = 1;
    for (size_t at = count; at-- > 0;) {
        double sum = 0;
        for (size_t row = ends[at + 1]; row < ends[at]; row++) {
            while (cuts->ends[cut] <= row)
                cut++;
            sum += cuts->thresholds[cut];
        }
        x[at] = sum / (double)(ends[at] - ends[at + 1]);
    }
}

static int find_ends(size_t *ends, double *x, size_t count, const struct bands_task *task, struct error *err)
{
    if (task->kind == BANDS_OBSERVED) {
        if (count > task->cuts->rows)
            return error_set(err, ERROR_INVALID, "%zu groups of %zu rows", count, task->cuts->rows);
        cut_groups(ends, x, count, task->cuts);
        return 0;
    }
    for (size_t at = 1; at < count; at++)
        if (!(x[at] > x[at - 1]))
            return error_set(err, ERROR_INVALID, "point %zu of the curve is %g after %g; they must ascend",
                             at + 1, x[at], x[at - 1]);
    for (size_t at = 0; at < count; at++)
        ends[at] = task->cuts->ends[cuts_find(task->cuts, x[at])];
    return 0;
}

int bands_measure(double *x, double *y, double *low, double *high, size_t count,
                  const struct bands_task *task, struct error *err)
{
    if (count == 0)
        return error_set(err, ERROR_INVALID, "a curve needs a point");
    size_t *ends = malloc((count + 1) * sizeof *ends);
    double *figures = malloc(count * (task->replicates + 1) * sizeof *figures);
    int status = ends && figures ? find_ends(ends, x, count, task, err)
                                 : error_set(err, ERROR_INTERNAL, "no memory for the bands of a curve");
    const struct measuring measuring = {task, x, count, ends};
    if (status == 0)
        status = measure(&measuring, NULL, y, err);
    if (status == 0 && task->replicates > 0)
        status = bootstrap_run(figures, count, task->replicates, task->cuts->labels, task->cuts->rows,
                               task->seed, measure, &measuring, err);
    for (size_t at = 0; status == 0 && at < count; at++) {
        low[at] = high[at] = y[at];
        if (task->replicates > 0)
            status =
                bootstrap_interval(&low[at], &high[at], figures, count, task->replicates, at, LEVEL, err);
    }
    free(ends);
    free(figures);
    return status;
}
