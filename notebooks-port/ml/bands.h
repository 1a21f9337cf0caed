/* Curves read from a ranking, each point with its 95 % bootstrap interval: how far the curve would move on
 * another sample of clients. The intervals hold point by point, not for the curve as a whole. */
#ifndef CLAIRSCORE_ML_BANDS_H
#define CLAIRSCORE_ML_BANDS_H

#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/cuts.h"
#include "notebooks-port/ml/thresholds.h"
#include "shared/base/error.h"

enum bands_kind {
    BANDS_ROC,       /* x: false-positive rate, 0..1; y: true-positive rate, between cuts on a straight line
                        (Fawcett 2006, "An introduction to ROC analysis", vertical averaging) */
    BANDS_PRECISION, /* x: recall, above 0 to 1; y: precision of the first cut that reaches it */
    BANDS_COST,      /* x: threshold; y: what it costs, a client */
    BANDS_F_BETA,    /* x: threshold; y: F-beta there */
    BANDS_OBSERVED /* x is filled: mean score of each of `count` groups of equal size, ascending; y: share of
                      defaults in it */
};

struct bands_task {
    enum bands_kind kind;
    const struct cuts *cuts;
    const struct threshold_costs *costs; /* BANDS_COST; borrowed */
    double beta;                         /* BANDS_F_BETA */
    unsigned replicates;                 /* 0: no intervals, low and high are y */
    uint64_t seed;
};

/* Measures y, low and high at the `count` ascending x. ERROR_INVALID for x that do not ascend and for more
 * groups than rows. */
int bands_measure(double *x, double *y, double *low, double *high, size_t count,
                  const struct bands_task *task, struct error *err);

#endif
