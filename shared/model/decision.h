/* From log-odds to what the bank decides: probability, points, threshold. */
#ifndef CLAIRSCORE_MODEL_DECISION_H
#define CLAIRSCORE_MODEL_DECISION_H

/* The bank's scale: 600 points at odds 1:19 (bad:good), 50 more double the odds (facts of the trade; Siddiqi
 * 2006, "Credit Risk Scorecards", ch. 6). */
#include <stddef.h>

#define DECISION_POINTS_AT_ODDS 600.0
#define DECISION_ODDS 19.0
#define DECISION_POINTS_TO_DOUBLE 50.0

/* Platt's calibration (Platt 1999): affine in log-odds, so that explanations scale with it and stay exact. */
struct calibration {
    double slope, intercept;
};

/* The calibrated log-odds of the booster's margin. */
double decision_calibrate(struct calibration calibration, double margin);

/* 1 / (1 + exp(-margin)), in 0..1. */
double decision_probability(double margin);

/* The log-odds of a probability strictly between 0 and 1. */
double decision_margin(double probability);

/* Score points of calibrated log-odds of default: higher is safer. */
double decision_points(double margin);

/* What a contribution in log-odds is worth in points: above 0 speaks for the client. */
double decision_contribution_points(double contribution);

/* The probability of default from which refusing costs less than granting, when a missed default costs
 * `missed` and a refused good client `refused` (both above 0): refused / (refused + missed). With calibrated
 * probabilities this is the optimum (Elkan 2001, "The Foundations of Cost-Sensitive Learning"). */
double decision_threshold(double missed, double refused);

/* Makes contributions add up: XGBoost adds floats, so base value and `count` contributions miss the margin by
 * about a millionth of it, more with many trees. The largest contribution takes the difference: then what is
 * shown adds up to what was predicted, and the base value is the same for everybody. */
void decision_settle(double *contributions, size_t count, double base_value, double margin);

#endif
