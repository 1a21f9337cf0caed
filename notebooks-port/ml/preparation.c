#include "notebooks-port/ml/preparation.h"

#include <gsl/gsl_sort_float.h>
#include <gsl/gsl_statistics_float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The known values of a column, in the order of the rows; SIZE_MAX when one is infinite. */
static size_t gather(float *known, const struct examples *data, size_t column)
{
    size_t count = 0;
    for (size_t r = 0; r < data->rows; r++) {
        float value = data->values[r * data->columns + column];
        if (isinf(value))
            return SIZE_MAX;
        if (!isnan(value))
            known[count++] = value;
    }
    return count;
}

/* Mean and spread of `count` sorted values and, behind them, of the `gaps` that the median fills. */
static void measure(struct preparation *out, size_t column, const float *sorted, size_t count, size_t gaps)
{
    double median = count ? gsl_stats_float_median_from_sorted_data(sorted, 1, count) : 0;
    out->median[column] = (float)median;
    double fill = (double)out->median[column], n = (double)(count + gaps), sum = fill * (double)gaps;
    for (size_t i = 0; i < count; i++)
        sum += (double)sorted[i];
    double mean = sum / n, squares = (fill - mean) * (fill - mean) * (double)gaps;
    for (size_t i = 0; i < count; i++)
        squares += ((double)sorted[i] - mean) * ((double)sorted[i] - mean);
    /* By its ends: the squares around a rounded mean need not be exactly 0. */
    bool is_constant = count == 0 || sorted[0] == sorted[count - 1];
    out->mean[column] = mean;
    out->spread[column] = is_constant ? 0 : sqrt(squares / n);
}

int preparation_fit(struct preparation *out, const struct examples *train, struct error *err)
{
    if (out->columns)
        return error_set(
            err, ERROR_CONFLICT,
            "the preparation is fitted already; apply it, or fit another one on a training part");
    if (train->rows == 0 || train->columns == 0)
        return error_set(err, ERROR_INVALID,
                         "a preparation of %zu rows and %zu columns; at least one of each "
                         "is needed",
                         train->rows, train->columns);
    size_t columns = train->columns;
    out->median = calloc(columns, sizeof *out->median);
    out->mean = calloc(columns, sizeof *out->mean);
    out->spread = calloc(columns, sizeof *out->spread);
    bool has_memory = out->median && out->mean && out->spread;
    size_t infinite = SIZE_MAX;
    if (has_memory) {
#pragma omp parallel reduction(&& : has_memory) reduction(min : infinite)
        {
            float *known = malloc(train->rows * sizeof *known);
            has_memory = known != NULL;
#pragma omp for schedule(dynamic)
            for (size_t column = 0; column < columns; column++) {
                size_t count = known ? gather(known, train, column) : 0;
                if (count == SIZE_MAX) {
                    infinite = infinite < column ? infinite : column;
                } else if (known) {
                    gsl_sort_float(known, 1, count);
                    measure(out, column, known, count, train->rows - count);
                }
            }
            free(known);
        }
    }
    if (!has_memory)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows of %zu columns", train->rows,
                         columns);
    if (infinite != SIZE_MAX)
        return error_set(err, ERROR_INVALID,
                         "column %zu has an infinite value; numbers and missing values are possible",
                         infinite + 1);
    out->columns = columns;
    return 0;
}

static float prepared(const struct preparation *preparation, size_t column, float value, unsigned steps)
{
    if ((steps & PREPARATION_FILL) && isnan(value))
        value = preparation->median[column];
    if (!(steps & PREPARATION_STANDARDISE) || isnan(value))
        return value;
    double spread = preparation->spread[column];
    return spread > 0 ? (float)(((double)value - preparation->mean[column]) / spread) : 0;
}

int preparation_apply(struct examples *out, const struct preparation *preparation,
                      const struct examples *data, unsigned steps, struct error *err)
{
    *out = (struct examples){0};
    if (preparation->columns == 0)
        return error_set(err, ERROR_INVALID,
                         "the preparation is not fitted; fit it on the training part first");
    if (preparation->columns != data->columns)
        return error_set(err, ERROR_INVALID, "the preparation learnt %zu columns; %zu are to be prepared",
                         preparation->columns, data->columns);
    size_t rows = data->rows, columns = data->columns;
    float *values = examples_allocate(rows, columns);
    uint8_t *labels = data->labels ? malloc(rows ? rows : 1) : NULL;
    *out = (struct examples){values, labels, rows, columns};
    if (!values || (data->labels && !labels))
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows of %zu columns", rows, columns);
#pragma omp parallel for
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            values[r * columns + c] = prepared(preparation, c, data->values[r * columns + c], steps);
    if (labels)
        memcpy(labels, data->labels, rows);
    return 0;
}

void preparation_free(struct preparation *preparation)
{
    free(preparation->median);
    free(preparation->mean);
    free(preparation->spread);
    *preparation = (struct preparation){0};
}
