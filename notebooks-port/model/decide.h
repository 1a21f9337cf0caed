/* From scores to decisions: calibration, and the thresholds that F-beta and money choose. */
#ifndef CLAIRSCORE_MODEL_DECIDE_H
#define CLAIRSCORE_MODEL_DECIDE_H

#include "notebooks-port/model/study.h"

/* The betas of the original's business objective. */
enum { DECIDE_BETA_LEAST = 2, DECIDE_BETA_MOST = 6, DECIDE_BETAS = DECIDE_BETA_MOST - DECIDE_BETA_LEAST + 1 };

/* The section on calibration. */
int decide_calibrate(struct study *study, struct error *err);

/* The section on F-beta. */
int decide_f_beta(struct study *study, struct error *err);

/* The section on money: the model's threshold, into study->threshold, and the cheapest on these rows. */
int decide_money(struct study *study, struct error *err);

/* The section on ROC and precision-recall curves. */
int decide_curves(struct study *study, struct error *err);

/* The section on rows that no choice saw: a model of the others, with thresholds chosen on the others. */
int decide_hold_out(struct study *study, struct error *err);

#endif
