/* How a model did on rows it did not see, in the form that its artifact keeps: counts of many clients at a
 * time, from which ROC and precision-recall curves, confusion matrices, calibration and costs can be had for
 * any costs of errors. */
#ifndef CLAIRSCORE_ML_PERFORMANCE_H
#define CLAIRSCORE_ML_PERFORMANCE_H

#include <jansson.h>

#include "notebooks-port/ml/cuts.h"

enum {
    PERFORMANCE_CUTS = 500,      /* at most about so many thresholds */
    PERFORMANCE_STEP = 10,       /* clients at least between two of them */
    PERFORMANCE_COST_RATIO = 50, /* the optimum for a default that costs 1 to so many refusals is one */
    PERFORMANCE_CALIBRATION = 10 /* bins of the calibration */
};

/* A new object of calibrated probabilities' cuts: {"rows", "defaults", "thresholds", "refused",
 * "true_positives", "calibration": [{"clients", "defaults", "probability": mean}]}. The three lists go
 * together: at thresholds[i] and above, `refused` rows, among them `true_positives` defaults; descending.
 * `threshold`, the model's own, is one of them, so that its figures are exact; the others lie
 * PERFORMANCE_STEP clients apart or more. Calibration is by bins of equal numbers of rows. NULL without
 * memory. */
json_t *performance_describe(const struct cuts *cuts, double threshold);

#endif
