/* Platt scaling: the affine map in log-odds that makes margins calibrated. */
#ifndef CLAIRSCORE_ML_PLATT_H
#define CLAIRSCORE_ML_PLATT_H

#include <stddef.h>
#include <stdint.h>

#include "shared/model/decision.h"

/* Fits slope and intercept by maximum likelihood with Newton's method on Platt's smoothed targets (Platt
 * 1999; Lin, Lin & Weng 2007). Margins should come from models that did not see the rows. */
struct calibration platt_fit(const double *margins, const uint8_t *labels, size_t rows);

#endif
