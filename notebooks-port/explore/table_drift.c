#include "notebooks-port/explore/table_drift.h"

#include <math.h>
#include <stdlib.h>

#include "notebooks-port/explore/applications.h"
#include "shared/model/psi.h"

static int compare_column(struct column_drift *out, const struct table *expected, const struct table *actual,
                          struct error *err)
{
    const struct column *column = &home_credit_schema(TABLE_APPLICATION)->columns[out->column];
    size_t expected_rows = table_rows(expected);
    size_t actual_rows = table_rows(actual);
    double *before = malloc((expected_rows + 1) * sizeof *before);
    double *after = malloc((actual_rows + 1) * sizeof *after);
    int status = -1;
    if (!before || !after) {
        error_set(err, ERROR_INTERNAL, "no memory for %zu and %zu values", expected_rows, actual_rows);
        goto done;
    }
    applications_column(before, expected, out->column);
    applications_column(after, actual, out->column);
    status = column->kind == COLUMN_CATEGORY
                 ? psi_of_levels(&out->psi, &out->bins, before, expected_rows, after, actual_rows,
                                 column->category_count, err)
                 : psi_of_numbers(&out->psi, &out->bins, before, expected_rows, after, actual_rows, err);
    out->chance = psi_chance(expected_rows, actual_rows, out->bins);
done:
    free(before);
    free(after);
    return status;
}

static int compare(const void *a, const void *b)
{
    const struct column_drift *x = a;
    const struct column_drift *y = b;
    if (x->psi != y->psi)
        return x->psi > y->psi ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

int table_drift_measure(struct table_drift *out, const struct table *expected, const struct table *actual,
                        struct error *err)
{
    *out = (struct table_drift){.expected_rows = table_rows(expected), .actual_rows = table_rows(actual)};
    bool both = table_loaded_target(expected) && table_loaded_target(actual);
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++)
        if (home_credit_schema(TABLE_APPLICATION)->columns[c].kind != COLUMN_KEY &&
            (both || c != APPLICATION_TARGET))
            out->columns[out->count++].column = c;
    int failed = 0;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < out->count; i++) {
        struct error own = {0};
        if (compare_column(&out->columns[i], expected, actual, &own)) {
#pragma omp critical(drift_failed)
            {
                failed = -1;
                error_set(err, own.code, "%s", own.message);
            }
        }
    }
    qsort(out->columns, out->count, sizeof *out->columns, compare);
    return failed;
}

double table_drift_of_correlations(size_t *pairs, const struct summary *expected,
                                   const struct summary *actual)
{
    double sum = 0;
    *pairs = 0;
    for (size_t i = 0; i < expected->numeric_count; i++)
        for (size_t j = 0; j < i; j++) {
            size_t at = i * expected->numeric_count + j;
            double miss = expected->correlation[at] - actual->correlation[at];
            if (isnan(miss))
                continue;
            sum += fabs(miss);
            ++*pairs;
        }
    return *pairs ? sum / (double)*pairs : (double)NAN;
}
