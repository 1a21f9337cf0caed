#include "notebooks-port/ml/selection.h"

#include <gsl/gsl_statistics_float.h>
#include <math.h>
#include <stdlib.h>

#include "notebooks-port/ml/correlation.h"

/* Whether a column stays and what fills it, correlations aside. `known` has room for all rows; the median of
 * an even number is the mean of the middle two. */
static void judge_gaps(struct selection_column *out, float *known, const struct examples *train,
                       size_t column, const struct selection_options *options)
{
    size_t count = 0;
    for (size_t row = 0; row < train->rows; row++) {
        float value = train->values[row * train->columns + column];
        if (!isnan(value))
            known[count++] = value;
    }
    bool zero = options->zero && options->zero[column];
    double filled = (double)count / (double)train->rows;
    bool kept = zero || (count > 0 && filled >= options->least_filled);
    *out = (struct selection_column){.fate = kept ? SELECTION_KEPT : SELECTION_SPARSE,
                                     .missing = 1 - filled,
                                     .fill = zero   ? 0
                                             : kept ? (float)gsl_stats_float_median(known, 1, count)
                                                    : NAN,
                                     .correlation = NAN};
}

static int judge_all_gaps(struct selection *out, const struct examples *train,
                          const struct selection_options *options, struct error *err)
{
    bool short_of_memory = false;
#pragma omp parallel
    {
        float *known = malloc((train->rows + 1) * sizeof *known);
#pragma omp for schedule(dynamic)
        for (size_t i = 0; i < out->count; i++)
            if (known)
                judge_gaps(&out->columns[i], known, train, i, options);
        if (!known) {
#pragma omp atomic write
            short_of_memory = true;
        }
        free(known);
    }
    return short_of_memory ? error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", train->rows) : 0;
}

static void list_kept(struct selection *selection)
{
    selection->kept_count = 0;
    for (size_t i = 0; i < selection->count; i++)
        if (selection->columns[i].fate == SELECTION_KEPT)
            selection->kept[selection->kept_count++] = i;
}

/* Of two that correlate the later one goes; `r` is over the columns kept so far, in their order. */
static void drop_correlated(struct selection *selection, const double *r, double largest)
{
    for (size_t i = 1; i < selection->kept_count; i++) {
        struct selection_column *column = &selection->columns[selection->kept[i]];
        for (size_t j = 0; j < i && column->fate == SELECTION_KEPT; j++) {
            double correlation = r[i * selection->kept_count + j];
            if (selection->columns[selection->kept[j]].fate != SELECTION_KEPT ||
                !(fabs(correlation) > largest))
                continue;
            column->fate = SELECTION_CORRELATED;
            column->partner = selection->kept[j];
            column->correlation = correlation;
        }
    }
    list_kept(selection);
}

int selection_fit(struct selection *out, const struct examples *train,
                  const struct selection_options *options, struct error *err)
{
    *out = (struct selection){.count = train->columns};
    float *filled = NULL;
    double *r = NULL;
    int status = -1;
    if (train->rows == 0)
        return error_set(err, ERROR_INVALID, "there are no rows to select columns by");
    out->columns = calloc(train->columns + 1, sizeof *out->columns);
    out->kept = calloc(train->columns + 1, sizeof *out->kept);
    if (!out->columns || !out->kept) {
        error_set(err, ERROR_INTERNAL, "out of memory for %zu columns", train->columns);
        goto done;
    }
    if (judge_all_gaps(out, train, options, err))
        goto done;
    list_kept(out);
    filled = malloc((train->rows * out->kept_count + 1) * sizeof *filled);
    r = malloc((out->kept_count * out->kept_count + 1) * sizeof *r);
    if (!filled || !r) {
        error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", train->rows);
        goto done;
    }
    selection_apply(out, filled, train->values, train->rows);
    const struct examples kept = {filled, NULL, train->rows, out->kept_count};
    if (correlation_of_examples(r, &kept, err))
        goto done;
    drop_correlated(out, r, options->largest_correlation);
    status = 0;
done:
    free(filled);
    free(r);
    return status;
}

/* Every kept column stands at or behind its new place, so that rows may move within one array. */
void selection_apply(const struct selection *selection, float *out, const float *values, size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        const float *from = values + row * selection->count;
        float *to = out + row * selection->kept_count;
        for (size_t i = 0; i < selection->kept_count; i++) {
            float value = from[selection->kept[i]];
            to[i] = isnan(value) ? selection->columns[selection->kept[i]].fill : value;
        }
    }
}

void selection_free(struct selection *selection)
{
    free(selection->columns);
    free(selection->kept);
    *selection = (struct selection){0};
}
