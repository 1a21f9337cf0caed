/* Cross-validation with early stopping inside each training part. */
#ifndef CLAIRSCORE_MODEL_VALIDATE_H
#define CLAIRSCORE_MODEL_VALIDATE_H

#include "notebooks-port/model/study.h"

enum { VALIDATE_LEAST_OF_CLASS = 8 }; /* of each class in a training part: one eighth of it watches */

/* Predicts the rows of each fold by a model of XGBoost's `parameters` that learnt from the others; rows
 * marked UINT8_MAX in `fold` are left out. A part of each training part tells how many rounds, then the whole
 * part learns. Calibrates the predictions. The caller frees out->margins, also after a failure. `label` names
 * the step for progress. */
int validate_run(struct validation *out, const struct study *study, const uint8_t *fold,
                 const json_t *parameters, const char *label, struct error *err);

/* The section: the chosen parameters on all rows, and what their predictions are worth. */
int validate_all(struct study *study, struct error *err);

#endif
