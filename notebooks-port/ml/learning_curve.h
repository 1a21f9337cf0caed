/* Whether more clients would help: scores on clients seen and not seen, as the training part grows. */
#ifndef CLAIRSCORE_ML_LEARNING_CURVE_H
#define CLAIRSCORE_ML_LEARNING_CURVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/boosting.h"
#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

enum { LEARNING_POINTS = 50 }; /* most */

/* Learns from `train` and scores both (a higher score is a higher risk). Its error ends the measurement. */
typedef int learning_curve_fit(void *context, const struct examples *train, const struct examples *test,
                               double *train_scores, double *test_scores, struct error *err);

struct learning_curve_task {
    const struct examples *data;
    const uint8_t *fold; /* of each row: 0..folds − 1; UINT8_MAX for a row that is not used */
    unsigned folds;      /* 2..254 */
    uint64_t seed;
    learning_curve_fit *fit;
    void *context;
    bool show_progress;
};

struct learning_point {
    double share;               /* of each fold's training part */
    double rows;                /* learnt from, mean over folds */
    double train_auc, test_auc; /* mean over folds */
    double train_sd, test_sd;   /* over folds */
};

/* Measures out[count] at the ascending `shares` (above 0, at most 1). Subsets keep the classes' shares (at
 * least one row of each) and are nested: what a smaller one has a larger one has too, so that the curve shows
 * the number of rows and not their luck. */
int learning_curve_measure(struct learning_point *out, const double *shares, size_t count,
                           const struct learning_curve_task *task, struct error *err);

/* The fit with XGBoost. `context` is a struct boosting_plan. */
int learning_curve_fit_boosting(void *context, const struct examples *train, const struct examples *test,
                                double *train_scores, double *test_scores, struct error *err);

#endif
