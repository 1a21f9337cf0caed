/* Inside of shared/features: what the files that add up histories and derive features share. */
#ifndef CLAIRSCORE_FEATURES_DERIVE_H
#define CLAIRSCORE_FEATURES_DERIVE_H

#include <math.h>
#include <stddef.h>

#include "shared/features/feature_ids.h"
#include "shared/features/history.h"

/* NaN when the divisor is zero or anything is missing. */
static inline double derive_ratio(double dividend, double divisor)
{
    return divisor == 0 ? (double)NAN : dividend / divisor;
}

/* Stores a value; what is no finite float (missing, or beyond its range) is stored as NaN. */
static inline void derive_set(float *out, size_t feature, double value)
{
    float stored = (float)value;
    out[feature] = isfinite(stored) ? stored : NAN;
}

/* Fills the history features. `application` is cleaned; `history` may be NULL. */
void derive_history(const double *application, const struct history *history, float *out);

/* Where a table's sums lie in struct history; bytes 0 for the application. */
struct history_part {
    size_t offset, bytes;
};
struct history_part history_part(enum home_credit_table table);

/* Adds one row to a client's sums of its table alone, a struct bureau_sums, …. */
void history_add_to_part(void *sums, enum home_credit_table table, const double *row);

#endif
