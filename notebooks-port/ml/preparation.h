/* Filling gaps and standardising, as a linear method, a network or a distance asks for.
 *
 * What it takes to do so is learnt from the training part alone and then applied to any part: a fitted
 * preparation cannot be fitted again, and applying one learns nothing, so that no figure of a test part leaks
 * into what it is measured with. */
#ifndef CLAIRSCORE_ML_PREPARATION_H
#define CLAIRSCORE_ML_PREPARATION_H

#include <stddef.h>

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

/* Of each column. Starts as {0}. */
struct preparation {
    size_t columns;
    float *median;  /* of the known values; 0 for a column without any */
    double *mean;   /* with the gaps filled by the median */
    double *spread; /* population standard deviation of the same; 0 for a constant column */
};

enum preparation_step {
    PREPARATION_FILL = 1,       /* a missing value becomes the median */
    PREPARATION_STANDARDISE = 2 /* (value − mean) / spread, 0 in a constant column; missing stays missing */
};

/* Learns from the rows of `train`, whose labels are not looked at. ERROR_CONFLICT when *out is fitted
 * already, ERROR_INVALID without rows or with an infinite value. The caller releases with preparation_free,
 * also after a failure. */
int preparation_fit(struct preparation *out, const struct examples *train, struct error *err);

/* Copies `data` and takes the `steps` (of enum preparation_step, or'ed) on the copy; labels are copied too.
 * ERROR_INVALID when `preparation` is not fitted or learnt other columns. The caller releases *out with
 * examples_free, also after a failure. */
int preparation_apply(struct examples *out, const struct preparation *preparation,
                      const struct examples *data, unsigned steps, struct error *err);

/* Back to {0}. */
void preparation_free(struct preparation *preparation);

#endif
