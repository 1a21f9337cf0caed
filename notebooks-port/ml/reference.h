/* What a model artifact keeps of its training population: aggregates for comparison and drift, never a
 * client. */
#ifndef CLAIRSCORE_ML_REFERENCE_H
#define CLAIRSCORE_ML_REFERENCE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/boosting.h"
#include "notebooks-port/ml/matrix.h"
#include "shared/base/error.h"
#include "shared/features/catalogue.h"
#include "shared/model/decision.h"

/* A new object {"features": {NAME: {"missing", "usual", "quantiles"[101], "histogram": {"edges","counts"},
 * "bins": {"atoms","edges","shares"} as psi.h cuts the values and what share of the rows each has}
 * or, for categories and flags, {"missing", "usual", "shares"}}, "importance": NAME → mean |contribution|}.
 * Quantiles end at the 0.5 % and 99.5 % points, so that no single client's extreme is kept. */
json_t *reference_describe(const struct matrix *matrix, struct error *err);

/* Adds "scores": the bins of `rows` probabilities by models that did not see them. */
int reference_add_scores(json_t *reference, const double *probabilities, size_t rows, struct error *err);

/* Adds "importance" to each feature: the mean |contribution| in calibrated log-odds over `sample` rows drawn
 * with `seed`. */
int reference_add_importance(json_t *reference, const struct boosting *boosting, const struct matrix *matrix,
                             struct calibration calibration, size_t sample, uint64_t seed, struct error *err);

/* Adds "golden": `count` vectors drawn feature by feature from the quantiles (so that they are nobody), with
 * margin, base value and contributions in the calibrated scale. */
int reference_add_golden(json_t *reference, const struct boosting *boosting, struct calibration calibration,
                         size_t count, uint64_t seed, struct error *err);

#endif
