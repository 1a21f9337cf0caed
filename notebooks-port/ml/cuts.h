/* Every way of cutting a ranking in two: what ROC, precision-recall, thresholds and costs are read from. */
#ifndef CLAIRSCORE_ML_CUTS_H
#define CLAIRSCORE_ML_CUTS_H

#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/metrics.h"
#include "shared/base/error.h"

/* Cut 0 takes nobody (threshold INFINITY); cut c takes the rows whose score is at least thresholds[c], the
 * c-th largest distinct score; the last cut takes everybody. */
struct cuts {
    size_t rows, positives, count; /* count: distinct scores + 1 */
    size_t *order;                 /* rows: from the highest score to the lowest, ties in order of row */
    uint8_t *labels;               /* rows: in that order */
    double *thresholds;            /* count: descending */
    size_t *ends;                  /* count: rows taken, the first so many of `order` */
    size_t *true_positives;        /* count: defaults among them */
};

/* Sorts `rows` scores with labels 0 or 1. ERROR_INVALID when a score is not a number. The caller releases
 * *out with cuts_free, also after a failure. */
int cuts_make(struct cuts *out, const double *scores, const uint8_t *labels, size_t rows, struct error *err);
void cuts_free(struct cuts *cuts);

/* The confusion matrix of a cut. */
struct confusion cuts_confusion(const struct cuts *cuts, size_t cut);

/* The cut that "score >= threshold" makes. */
size_t cuts_find(const struct cuts *cuts, double threshold);

#endif
