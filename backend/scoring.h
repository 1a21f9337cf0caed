/* From margins and contributions to what the API prints: rounded once, so that what is printed adds up. */
#ifndef CLAIRSCORE_BACKEND_SCORING_H
#define CLAIRSCORE_BACKEND_SCORING_H

#include <stdbool.h>

#include "shared/model/model.h"

/* Log-odds are given in units of 1e-9. */
#define SCORING_UNIT 1e-9
double scoring_round(double log_odds);

struct verdict {
    double margin; /* rounded */
    double probability, points;
    bool refused;
};

/* Everything that follows from a margin. */
struct verdict scoring_verdict(const struct model *model, double margin);

/* "granted" or "refused". */
const char *scoring_decision(const struct verdict *verdict);

/* Rounds base value and contributions such that their decimal digits add up to the rounded `margin` exactly:
 * each is rounded down, and the units then wanting go to those with the largest remainders (the method of
 * largest remainders that seats are allotted by). Contributions of 0 stay 0. What is given must add up to
 * `margin` but for the rounding of the arithmetic. */
void scoring_settle(double margin, double *base_value, double contributions[FEATURE_COUNT]);

#endif
