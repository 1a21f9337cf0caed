#include "notebooks-port/explore/outliers.h"

#include <math.h>
#include <stdlib.h>

#include "notebooks-port/explore/applications.h"
#include "notebooks-port/ml/imputer.h"
#include "notebooks-port/ml/isolation_forest.h"

static void choose_columns(struct outliers *out, const struct summary *summary)
{
    for (size_t i = 0; i < summary->numeric_count; i++)
        if (summary->columns[summary->numeric[i]].distinct > OUTLIERS_DISTINCT)
            out->columns[out->column_count++] = summary->numeric[i];
}

static void fill(double *values, const struct outliers *out, const struct table *table)
{
#pragma omp parallel for
    for (size_t row = 0; row < out->rows; row++)
        for (size_t i = 0; i < out->column_count; i++) {
            double value = table_value(table, row, out->columns[i]);
            bool unknown = out->columns[i] == APPLICATION_DAYS_EMPLOYED && value == DAYS_UNKNOWN;
            values[row * out->column_count + i] = unknown ? (double)NAN : value;
        }
}

static int isolate(struct outliers *out, const double *values, uint64_t seed, struct error *err)
{
    struct isolation_options options = isolation_forest_defaults();
    struct isolation_forest *forest = NULL;
    uint8_t *marks = malloc(out->rows + 1);
    int status = -1;
    options.seed = seed;
    out->scores = malloc((out->rows + 1) * sizeof *out->scores);
    out->marks = malloc((out->rows + 1) * sizeof *out->marks);
    if (!marks || !out->scores || !out->marks)
        error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", out->rows);
    else
        status =
            isolation_forest_fit(&forest, out->scores, values, out->rows, out->column_count, &options, err);
    if (status == 0) {
        out->offset = isolation_forest_offset(forest);
        isolation_forest_mark(marks, forest, out->scores, out->rows);
        for (size_t row = 0; row < out->rows; row++)
            out->marks[row] = marks[row];
    }
    isolation_forest_free(forest);
    free(marks);
    return status;
}

/* What sets the outliers apart, and whether they default more often. */
static void describe(struct outliers *out, const double *values, const struct table *table)
{
    size_t clients[2] = {0};
    size_t defaults[2] = {0};
    for (size_t row = 0; row < out->rows; row++) {
        clients[out->marks[row]]++;
        defaults[out->marks[row]] += table_value(table, row, APPLICATION_TARGET) == 1;
    }
    out->others = rate_of(0, clients[0], defaults[0]);
    out->outliers = rate_of(1, clients[1], defaults[1]);
    for (size_t i = 0; i < out->column_count; i++) {
        double sum[2] = {0};
        double squares = 0;
        for (size_t row = 0; row < out->rows; row++)
            sum[out->marks[row]] += values[row * out->column_count + i];
        double mean = (sum[0] + sum[1]) / (double)out->rows;
        for (size_t row = 0; row < out->rows; row++) {
            double miss = values[row * out->column_count + i] - mean;
            squares += miss * miss;
        }
        out->shift[i] =
            (sum[1] / (double)clients[1] - sum[0] / (double)clients[0]) / sqrt(squares / (double)out->rows);
    }
}

int outliers_find(struct outliers *out, const struct table *table, const struct summary *summary,
                  uint64_t seed, struct error *err)
{
    *out = (struct outliers){.rows = table_rows(table)};
    choose_columns(out, summary);
    if (out->column_count == 0)
        return 0;
    const struct imputer_options options = imputer_defaults();
    struct imputer *imputer = NULL;
    double *values = malloc((out->rows * out->column_count + 1) * sizeof *values);
    int status = -1;
    if (!values) {
        error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", out->rows);
        goto done;
    }
    fill(values, out, table);
    if (imputer_fit(&imputer, values, out->rows, out->column_count, &options, err))
        goto done;
    out->rounds = imputer_rounds(imputer);
    status = isolate(out, values, seed, err);
    if (status == 0)
        describe(out, values, table);
done:
    imputer_free(imputer);
    free(values);
    return status;
}

void outliers_free(struct outliers *outliers)
{
    free(outliers->scores);
    free(outliers->marks);
    *outliers = (struct outliers){0};
}
