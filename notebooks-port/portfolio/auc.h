/* Area under the ROC curve. */
#ifndef CLAIRSCORE_PORTFOLIO_AUC_H
#define CLAIRSCORE_PORTFOLIO_AUC_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

/* The probability that a random positive scores above a random negative, ties counting half
 * (Mann–Whitney). NaN when one of the classes is empty. */
int auc_of(double *out, const double *scores, const uint8_t *positive, size_t count, struct error *err);

#endif
