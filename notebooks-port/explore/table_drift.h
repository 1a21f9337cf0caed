/* How far another application table is from the one that is expected: column by column, and in how columns go
 * together. */
#ifndef CLAIRSCORE_EXPLORE_TABLE_DRIFT_H
#define CLAIRSCORE_EXPLORE_TABLE_DRIFT_H

#include <stddef.h>

#include "notebooks-port/explore/summary.h"
#include "shared/base/error.h"
#include "shared/data/table.h"

struct column_drift {
    size_t column; /* of the application table */
    double psi;
    size_t bins;   /* how many it compares */
    double chance; /* what the index exceeds once in twenty times when both are the same population */
};

struct table_drift {
    size_t expected_rows, actual_rows;
    struct column_drift columns[APPLICATION_COLUMNS]; /* by falling index */
    size_t count;
};

/* Compares the columns; keys are left out, and TARGET unless both tables have it. */
int table_drift_measure(struct table_drift *out, const struct table *expected, const struct table *actual,
                        struct error *err);

/* Mean absolute difference of the correlations that both summaries know, and how many there are; NaN and 0
 * when there is none. */
double table_drift_of_correlations(size_t *pairs, const struct summary *expected,
                                   const struct summary *actual);

#endif
