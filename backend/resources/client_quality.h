/* What to look at twice in a client's data before trusting the score. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_CLIENT_QUALITY_H
#define CLAIRSCORE_BACKEND_RESOURCES_CLIENT_QUALITY_H

#include <jansson.h>

#include "backend/population/population.h"
#include "shared/base/language.h"

/* {"impossible", "unusual"} of a client's FEATURE_COUNT features, each with the features that weigh most with
 * the model first:
 * - impossible: what `application` (raw, by name) holds but cleaning set aside, such as 365,243 days in a
 * job;
 * - unusual: numbers below the population's 1st or above its 99th percentile, with those two.
 * A new object. */
json_t *client_quality_render(const struct population *population, const float *vector,
                              const json_t *application, enum language language);

#endif
