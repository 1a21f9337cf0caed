/* The feature vectors that were scored last, in memory, to see whether applications still look like those the
 * model learnt from. Thread-safe. */
#ifndef CLAIRSCORE_BACKEND_RECENT_H
#define CLAIRSCORE_BACKEND_RECENT_H

#include <stddef.h>

#include "shared/base/error.h"
#include "shared/features/catalogue.h"

enum { RECENT_VECTORS = 2000 };

struct recent;

int recent_new(struct recent **out, struct error *err);
void recent_free(struct recent *recent);

/* Remembers `count` vectors of FEATURE_COUNT floats in the place of the oldest. */
void recent_add(struct recent *recent, const float *vectors, size_t count);

/* Copies those there are into `vectors[RECENT_VECTORS][FEATURE_COUNT]`, in no particular order; returns how
 * many. */
size_t recent_copy(struct recent *recent, float *vectors);

#endif
