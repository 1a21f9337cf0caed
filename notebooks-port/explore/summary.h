/* What the application table holds, column by column, and how far another one is from it. */
#ifndef CLAIRSCORE_EXPLORE_SUMMARY_H
#define CLAIRSCORE_EXPLORE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/data/home_credit.h"
#include "shared/data/table.h"

enum { SUMMARY_QUANTILES = 9, SUMMARY_LEVELS = 64 };

/* The probabilities of struct column_summary's quantiles: 0, 1, 5, 25, 50, 75, 95, 99, 100 %. */
extern const double SUMMARY_PROBABILITIES[SUMMARY_QUANTILES];

struct level_summary {
    double value; /* code of a category, or the number */
    size_t rows;
    double default_rate; /* NaN without TARGET */
};

struct column_summary {
    const struct column *column;
    double missing; /* share of rows */
    size_t distinct;
    double mean, deviation;              /* of a number; NaN for a category */
    double quantiles[SUMMARY_QUANTILES]; /* of a number */
    struct level_summary levels[SUMMARY_LEVELS];
    size_t level_count; /* categories and numbers of at most twelve values, most frequent first */
    double psi;         /* against the other table; NaN without one */
    size_t psi_bins;    /* how many bins it compares */
};

struct summary {
    size_t rows, other_rows;
    double default_rate; /* NaN without TARGET */
    struct column_summary columns[APPLICATION_COLUMNS];
    size_t numeric[APPLICATION_COLUMNS]; /* columns of the correlation matrices */
    size_t numeric_count;
    double *correlation, *other_correlation; /* [numeric_count²]; the second NULL without another table */
    double correlation_error; /* mean absolute difference over the pairs that both know; NaN without */
    size_t correlation_pairs;
};

/* Summarises `table`; with `other` (or NULL) also compares. Release with summary_free. */
int summary_make(struct summary *out, const struct table *table, const struct table *other,
                 struct error *err);

void summary_free(struct summary *summary);

#endif
