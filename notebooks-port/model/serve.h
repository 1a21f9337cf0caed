/* The model itself: trained on all rows, told, tried elsewhere, written. */
#ifndef CLAIRSCORE_MODEL_SERVE_H
#define CLAIRSCORE_MODEL_SERVE_H

#include "notebooks-port/model/study.h"

/* The section on the final model and what it looks at. */
int serve_train(struct study *study, struct error *err);

/* The section on who would be granted, by gender and age. */
int serve_fairness(struct study *study, struct error *err);

/* The section on other rows, when the options name some. */
int serve_try_elsewhere(struct study *study, struct error *err);

/* The section on what was written, and the artifact with it, when there is to be one. */
int serve_write(struct study *study, struct error *err);

#endif
