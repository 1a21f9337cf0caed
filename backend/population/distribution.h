/* How the values of one feature are distributed over a set of clients: histogram by outcome, quantiles. */
#ifndef CLAIRSCORE_BACKEND_DISTRIBUTION_H
#define CLAIRSCORE_BACKEND_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/features/catalogue.h"

enum {
    DISTRIBUTION_BINS = 64,  /* at most; the longest list of categories has 58 */
    DISTRIBUTION_TENTHS = 9, /* inner limits of ten equal parts */
    DISTRIBUTION_QUANTILES = 5
};

enum outcome_class { CLASS_REPAID, CLASS_DEFAULTED, CLASS_UNKNOWN, CLASS_COUNT };

struct distribution {
    size_t known, missing; /* clients */
    bool categorical;      /* a bin for each category or flag value, and no edges, quantiles or tenths */
    size_t bins;
    double edges[DISTRIBUTION_BINS + 1]; /* ascending, round numbers; the outer bins take what lies beyond */
    uint32_t counts[CLASS_COUNT][DISTRIBUTION_BINS];
    double quantiles[DISTRIBUTION_QUANTILES]; /* 0.05, 0.25, 0.5, 0.75, 0.95, interpolated (type 7 of Hyndman
                                                 and Fan 1996); meaningless when nothing is known */
    float tenths[DISTRIBUTION_TENTHS];
    double bulk[2]; /* 1st and 99th percentile; lowest and highest value where those are equal */
};

enum { DISTRIBUTION_NUMBER = -1 };

/* Distribution of `count` values (NaN missing) with their outcomes (-1 unknown, 0, 1): of a catalogue
 * feature, or of plain numbers with DISTRIBUTION_NUMBER. `scratch` has room for 2 * count words. */
void distribution_compute(struct distribution *out, int feature, const float *values, const int8_t *outcomes,
                          size_t count, uint32_t *scratch);

/* The bin of a value, or -1 when it is missing. */
int distribution_bin(const struct distribution *distribution, double value);

/* Which tenth (0..9) a known value lies in; equal values always lie in the same one. */
int distribution_tenth(const struct distribution *distribution, float value);

/* Which share of the known values, 0..1, lies below `value`, as the histogram tells it: evenly inside a bin,
 * and inside the outer ones from the bulk on. Rises with `value`. For numbers. */
double distribution_share(const struct distribution *distribution, double value);

/* The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is not below `step` (above 0); a whole number
 * at least 1 when `whole`. */
double distribution_round_step(double step, bool whole);

/* Where a value stands among others, in percent of the known ones; NaN when it or all others are missing. */
struct rank {
    double percent; /* those below it and half of those equal to it */
    double equal;   /* those equal to it */
};
struct rank distribution_rank(const float *values, size_t count, float value);

/* Share of defaults among the known values whose outcome is known; NaN without any. */
double distribution_default_rate(const struct distribution *distribution);

#endif
