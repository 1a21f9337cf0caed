#include "notebooks-port/explore/summary.h"

#include <math.h>
#include <stdlib.h>

#include "notebooks-port/explore/applications.h"
#include "notebooks-port/ml/correlation.h"

const double SUMMARY_PROBABILITIES[SUMMARY_QUANTILES] = {0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear interpolation between order statistics. */
static double quantile(const double *sorted, size_t count, double probability)
{
    double place = probability * (double)(count - 1);
    size_t below = (size_t)place;
    double above = below + 1 < count ? sorted[below + 1] : sorted[below];
    return sorted[below] + (place - (double)below) * (above - sorted[below]);
}

static void measure_levels(struct column_summary *out, const double *sorted, size_t known, size_t rows)
{
    size_t most = 0;
    for (size_t i = 0, end; i < known; i = end) {
        for (end = i; end < known && sorted[end] == sorted[i]; end++)
            ;
        out->distinct++;
        if (end - i > most) {
            most = end - i;
            out->mode = sorted[i];
        }
    }
    out->mode_share = (double)most / (double)rows;
}

static int summarise(struct column_summary *out, const struct table *table, size_t column, struct error *err)
{
    size_t rows = table_rows(table);
    double *sorted = malloc((rows + 1) * sizeof *sorted);
    if (!sorted)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu values", rows);
    size_t known = 0;
    double sum = 0;
    double squares = 0;
    for (size_t row = 0; row < rows; row++) {
        double value = table_value(table, row, column);
        if (!isnan(value)) {
            sorted[known++] = value;
            sum += value;
        }
    }
    double mean = known ? sum / (double)known : (double)NAN;
    for (size_t i = 0; i < known; i++)
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    qsort(sorted, known, sizeof *sorted, compare);
    bool number = out->column->kind != COLUMN_CATEGORY && out->column->kind != COLUMN_KEY;
    out->missing = rows ? 1 - (double)known / (double)rows : (double)NAN;
    out->mean = number ? mean : (double)NAN;
    out->deviation = number && known > 1 ? sqrt(squares / (double)(known - 1)) : (double)NAN;
    out->mode = (double)NAN;
    for (size_t q = 0; q < SUMMARY_QUANTILES; q++)
        out->quantiles[q] = number && known ? quantile(sorted, known, SUMMARY_PROBABILITIES[q]) : (double)NAN;
    measure_levels(out, sorted, known, rows);
    free(sorted);
    return 0;
}

static int measure_columns(struct summary *out, const struct table *table, struct error *err)
{
    const struct table_schema *schema = home_credit_schema(TABLE_APPLICATION);
    int failed = 0;
#pragma omp parallel for schedule(dynamic)
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        struct error own = {0};
        out->columns[c] = (struct column_summary){.column = &schema->columns[c]};
        if (summarise(&out->columns[c], table, c, &own)) {
#pragma omp critical(summary_failed)
            {
                failed = -1;
                error_set(err, own.code, "%s", own.message);
            }
        }
    }
    return failed;
}

static int correlate(struct summary *out, const struct table *table, struct error *err)
{
    size_t size = out->numeric_count;
    size_t rows = out->rows;
    double *values = malloc((rows * size + 1) * sizeof *values);
    int status = -1;
    out->correlation = malloc(size * size * sizeof *out->correlation);
    out->pairs = malloc(size * size * sizeof *out->pairs);
    if (!values || !out->correlation || !out->pairs) {
        error_set(err, ERROR_INTERNAL, "no memory for correlations of %zu columns", size);
        goto done;
    }
#pragma omp parallel for
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < size; i++) {
            double value = table_value(table, row, out->numeric[i]);
            bool unknown = out->numeric[i] == APPLICATION_DAYS_EMPLOYED && value == DAYS_UNKNOWN;
            values[row * size + i] = unknown ? (double)NAN : value;
        }
    status = correlation_pairwise(out->correlation, out->pairs, values, rows, size, err);
done:
    free(values);
    return status;
}

int summary_make(struct summary *out, const struct table *table, struct error *err)
{
    *out = (struct summary){.rows = table_rows(table)};
    if (measure_columns(out, table, err))
        return -1;
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        enum column_kind kind = out->columns[c].column->kind;
        if (kind != COLUMN_CATEGORY && kind != COLUMN_KEY)
            out->numeric[out->numeric_count++] = c;
    }
    return correlate(out, table, err);
}

void summary_free(struct summary *summary)
{
    free(summary->correlation);
    free(summary->pairs);
    *summary = (struct summary){0};
}

int summary_numeric(const struct summary *summary, size_t column)
{
    for (size_t i = 0; i < summary->numeric_count; i++)
        if (summary->numeric[i] == column)
            return (int)i;
    return -1;
}
