/* What millions of values of one column look like, in bounded memory: how many, how large, how spread.
 *
 * Whole numbers and categories of a bounded range are counted one by one, so their quantiles are exact. Other
 * numbers fall into bins whose width grows with the value, 128 to each doubling (the idea of DDSketch:
 * Masson, Rim & Lee 2019, VLDB 12(12); of HdrHistogram the layout), so a quantile is within 0.4 % of a value
 * that has that rank. */
#ifndef CLAIRSCORE_EXPLORE_SKETCH_H
#define CLAIRSCORE_EXPLORE_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/data/home_credit.h"

struct sketch {
    bool exact;       /* every value has a counter of its own */
    double lowest;    /* of an exact sketch: the value of counts[0] */
    uint64_t *counts; /* how many values fell into each bin */
    size_t bins;      /* 0 for a key, whose values are only counted */
    uint64_t known, missing;
    double minimum, maximum; /* NaN without a value */
    double mean, squares;    /* running mean and sum of squared deviations (Welford 1962) */
};

/* Starts the sketch of a column. Release with sketch_free. */
int sketch_init(struct sketch *out, const struct column *column, struct error *err);

/* Adds one value of the column's range, NaN when missing. */
void sketch_add(struct sketch *sketch, double value);

/* The smallest value that at least the share `probability` (0..1) of the known values do not exceed; NaN
 * without values and for a key. */
double sketch_quantile(const struct sketch *sketch, double probability);

/* Standard deviation of a sample; NaN with fewer than two values. */
double sketch_deviation(const struct sketch *sketch);

/* How often exactly `value` came; 0 unless the sketch is exact. */
uint64_t sketch_count(const struct sketch *sketch, double value);

/* The most frequent value of an exact sketch, the first among equals; NaN without one. */
double sketch_mode(const struct sketch *sketch);

void sketch_free(struct sketch *sketch);

#endif
