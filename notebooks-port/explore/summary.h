/* What the application table holds, column by column, and which columns go together. */
#ifndef CLAIRSCORE_EXPLORE_SUMMARY_H
#define CLAIRSCORE_EXPLORE_SUMMARY_H

#include <stddef.h>

#include "shared/base/error.h"
#include "shared/data/home_credit.h"
#include "shared/data/table.h"

enum { SUMMARY_QUANTILES = 9 };

/* The probabilities of struct column_summary's quantiles: 0, 1, 5, 25, 50, 75, 95, 99, 100 %. */
extern const double SUMMARY_PROBABILITIES[SUMMARY_QUANTILES];
enum { SUMMARY_MINIMUM = 0, SUMMARY_MEDIAN = 4, SUMMARY_P99 = 7, SUMMARY_MAXIMUM = 8 };

struct column_summary {
    const struct column *column;
    double missing; /* share of rows */
    size_t distinct;
    double mean, deviation;              /* of a number; NaN for a category and a key */
    double quantiles[SUMMARY_QUANTILES]; /* of a number, linearly interpolated */
    double mode;                         /* the most frequent value, the smallest among equals */
    double mode_share;                   /* of rows */
};

struct summary {
    size_t rows;
    struct column_summary columns[APPLICATION_COLUMNS]; /* of the schema */
    size_t numeric[APPLICATION_COLUMNS]; /* columns of the correlation matrix: numbers and flags */
    size_t numeric_count;
    double *correlation; /* [numeric_count²], pairwise complete; DAYS_UNKNOWN counts as missing */
    double *pairs;       /* [numeric_count²] rows that know both */
};

/* Summarises `table`, all cores working. Release with summary_free, also after a failure. */
int summary_make(struct summary *out, const struct table *table, struct error *err);

void summary_free(struct summary *summary);

/* The place of an application column among `numeric`, or -1. */
int summary_numeric(const struct summary *summary, size_t column);

#endif
