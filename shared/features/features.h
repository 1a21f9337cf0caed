/* The one way from an application and its history to the model's feature vector: training, import and
 * serving all call features_build. */
#ifndef CLAIRSCORE_FEATURES_FEATURES_H
#define CLAIRSCORE_FEATURES_FEATURES_H

#include "shared/features/catalogue.h"
#include "shared/features/history.h"

/* Builds the vector of one client. `application` is a row of TABLE_APPLICATION in schema order
 * (APPLICATION_COLUMNS doubles, NaN missing; TARGET and SK_ID_CURR are not looked at), `history` may be NULL
 * = unknown. `out` receives FEATURE_COUNT floats in catalogue order, NaN where missing. Never fails; the same
 * input gives the same bits everywhere. Cleaning follows the sentinels of the data: 365243 days, "XNA", a
 * phone changed 0 days ago, and any division by zero or by missing give missing. */
void features_build(const double *application, const struct history *history, float *out);

#endif
