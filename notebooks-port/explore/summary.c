#include "notebooks-port/explore/summary.h"

#include <math.h>
#include <stdlib.h>

#include "notebooks-port/ml/correlation.h"
#include "notebooks-port/ml/psi.h"

enum { FEW_VALUES = 12 };

const double SUMMARY_PROBABILITIES[SUMMARY_QUANTILES] = {0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int compare_levels(const void *a, const void *b)
{
    const struct level_summary *x = a, *y = b;
    if (x->rows != y->rows)
        return x->rows > y->rows ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

static void fill_column(double *out, const struct table *table, size_t column)
{
    for (size_t row = 0; row < table_rows(table); row++)
        out[row] = table_value(table, row, column);
}

/* Linear interpolation between order statistics. */
static double quantile(const double *sorted, size_t count, double probability)
{
    double place = probability * (double)(count - 1);
    size_t below = (size_t)place;
    double above = below + 1 < count ? sorted[below + 1] : sorted[below];
    return sorted[below] + (place - (double)below) * (above - sorted[below]);
}

static void measure_levels(struct column_summary *out, const double *sorted, size_t known,
                           const double *values, const double *target, size_t rows)
{
    for (size_t i = 0, end; i < known; i = end) {
        for (end = i; end < known && sorted[end] == sorted[i]; end++)
            ;
        out->distinct++;
        if (out->level_count < SUMMARY_LEVELS)
            out->levels[out->level_count++] = (struct level_summary){sorted[i], end - i, NAN};
    }
    if (out->distinct > FEW_VALUES && out->column->kind != COLUMN_CATEGORY)
        out->level_count = 0;
    for (size_t level = 0; level < out->level_count && target != NULL; level++) {
        double defaults = 0;
        for (size_t row = 0; row < rows; row++)
            defaults += values[row] == out->levels[level].value && target[row] == 1;
        out->levels[level].default_rate = defaults / (double)out->levels[level].rows;
    }
    qsort(out->levels, out->level_count, sizeof *out->levels, compare_levels);
}

static int summarise(struct column_summary *out, const double *values, const double *target, size_t rows,
                     struct error *err)
{
    double *sorted = calloc(rows + 1, sizeof *sorted);
    if (sorted == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu values", rows);
    size_t known = 0;
    double sum = 0, squares = 0;
    for (size_t row = 0; row < rows; row++)
        if (!isnan(values[row])) {
            sorted[known++] = values[row];
            sum += values[row];
        }
    double mean = known ? sum / (double)known : NAN;
    for (size_t i = 0; i < known; i++)
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    qsort(sorted, known, sizeof *sorted, compare);
    out->missing = rows ? 1 - (double)known / (double)rows : NAN;
    bool number = out->column->kind != COLUMN_CATEGORY;
    out->mean = number ? mean : NAN;
    out->deviation = number && known > 1 ? sqrt(squares / (double)(known - 1)) : NAN;
    for (size_t q = 0; q < SUMMARY_QUANTILES; q++)
        out->quantiles[q] = number && known ? quantile(sorted, known, SUMMARY_PROBABILITIES[q]) : NAN;
    measure_levels(out, sorted, known, values, target, rows);
    free(sorted);
    return 0;
}

static int compare_columns(struct column_summary *out, const double *values, size_t rows,
                           const double *others, size_t other_rows, struct error *err)
{
    if (out->column->kind == COLUMN_CATEGORY)
        return psi_of_levels(&out->psi, &out->psi_bins, values, rows, others, other_rows,
                             out->column->category_count, err);
    return psi_of_numbers(&out->psi, &out->psi_bins, values, rows, others, other_rows, err);
}

static int measure_columns(struct summary *out, const struct table *table, const struct table *other,
                           struct error *err)
{
    const struct table_schema *schema = home_credit_schema(TABLE_APPLICATION);
    bool has_target = table_loaded_target(table),
         both = other != NULL && has_target && table_loaded_target(other);
    double *values = calloc(out->rows + 1, sizeof *values), *target = calloc(out->rows + 1, sizeof *target);
    double *others = calloc(out->other_rows + 1, sizeof *others);
    int failed = -1;
    if (!values || !target || !others) {
        error_set(err, ERROR_INTERNAL, "no memory for %zu rows", out->rows);
        goto done;
    }
    fill_column(target, table, APPLICATION_TARGET);
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        struct column_summary *column = &out->columns[c];
        *column = (struct column_summary){.column = &schema->columns[c], .psi = NAN};
        fill_column(values, table, c);
        if (summarise(column, values, has_target ? target : NULL, out->rows, err) < 0)
            goto done;
        if (other == NULL || column->column->kind == COLUMN_KEY || (c == APPLICATION_TARGET && !both))
            continue;
        fill_column(others, other, c);
        if (compare_columns(column, values, out->rows, others, out->other_rows, err) < 0)
            goto done;
    }
    out->default_rate = has_target ? out->columns[APPLICATION_TARGET].mean : NAN;
    failed = 0;
done:
    free(values);
    free(target);
    free(others);
    return failed;
}

static int correlate(double **out, const struct summary *summary, const struct table *table,
                     struct error *err)
{
    size_t size = summary->numeric_count, rows = table_rows(table);
    double *values = malloc((rows * size + 1) * sizeof *values);
    *out = malloc(size * size * sizeof **out);
    int failed = -1;
    if (values == NULL || *out == NULL) {
        error_set(err, ERROR_INTERNAL, "no memory for correlations of %zu columns", size);
    } else {
        for (size_t row = 0; row < rows; row++)
            for (size_t i = 0; i < size; i++)
                values[row * size + i] = table_value(table, row, summary->numeric[i]);
        failed = correlation_pairwise(*out, NULL, values, rows, size, err);
    }
    free(values);
    return failed;
}

static void compare_correlations(struct summary *out)
{
    double sum = 0;
    for (size_t i = 0; i < out->numeric_count; i++)
        for (size_t j = 0; j < i; j++) {
            double miss = out->correlation[i * out->numeric_count + j] -
                          out->other_correlation[i * out->numeric_count + j];
            if (isnan(miss))
                continue;
            sum += fabs(miss);
            out->correlation_pairs++;
        }
    out->correlation_error = out->correlation_pairs ? sum / (double)out->correlation_pairs : NAN;
}

int summary_make(struct summary *out, const struct table *table, const struct table *other, struct error *err)
{
    *out = (struct summary){
        .rows = table_rows(table), .other_rows = other ? table_rows(other) : 0, .correlation_error = NAN};
    if (measure_columns(out, table, other, err) < 0)
        return -1;
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        enum column_kind kind = out->columns[c].column->kind;
        if (kind != COLUMN_CATEGORY && kind != COLUMN_KEY)
            out->numeric[out->numeric_count++] = c;
    }
    if (correlate(&out->correlation, out, table, err) < 0)
        return -1;
    if (other == NULL)
        return 0;
    if (correlate(&out->other_correlation, out, other, err) < 0)
        return -1;
    compare_correlations(out);
    return 0;
}

void summary_free(struct summary *summary)
{
    free(summary->correlation);
    free(summary->other_correlation);
    *summary = (struct summary){0};
}
