/* How good a probability of default is. Labels are 0 (repaid) or 1 (defaulted); higher scores mean more risk.
 * Every function needs at least one row of each class. */
#ifndef CLAIRSCORE_ML_METRICS_H
#define CLAIRSCORE_ML_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct ranking_metrics {
    double auc;               /* area under the ROC curve, ties counted half (Hanley & McNeil 1982) */
    double auc_low, auc_high; /* its 95 % interval (DeLong, DeLong & Clarke-Pearson 1988) */
    double gini;              /* 2 auc − 1 */
    double ks;                /* largest distance of the two classes' distribution functions */
    double average_precision; /* Σ (recall_i − recall_{i−1}) precision_i over distinct scores */
};

/* Metrics of the order alone. Returns 0, or -1 without memory or when a score is NaN. */
int metrics_rank(struct ranking_metrics *out, const double *scores, const uint8_t *labels, size_t rows);

/* Mean squared error of probabilities (Brier 1950). */
double metrics_brier(const double *probabilities, const uint8_t *labels, size_t rows);

/* Mean negative log-likelihood; probabilities are kept 1e-15 away from 0 and 1. */
double metrics_log_loss(const double *probabilities, const uint8_t *labels, size_t rows);

struct confusion {
    size_t true_negatives, false_positives, false_negatives, true_positives;
};

/* Counts with "probability >= threshold" as the positive answer. */
struct confusion metrics_confusion(const double *probabilities, const uint8_t *labels, size_t rows,
                                   double threshold);

/* From a confusion matrix; 0 where the quotient is 0 / 0. */
double metrics_precision(struct confusion confusion);
double metrics_recall(struct confusion confusion);
double metrics_f_beta(struct confusion confusion, double beta); /* van Rijsbergen 1979 */

/* missed × false negatives + refused × false positives. */
double metrics_cost(struct confusion confusion, double missed, double refused);

/* The score, of those that occur, whose use as the threshold costs least (the lowest of several), and that
 * cost in `*cost`. INFINITY when refusing nobody is cheapest. NAN without memory or when one is NaN. */
double metrics_cheapest_threshold(double *cost, const double *probabilities, const uint8_t *labels,
                                  size_t rows, double missed, double refused);

#endif
