/* Feature vectors between the quantiles of a model's reference: plausible, and nobody. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_DRAWN_VECTORS_H
#define CLAIRSCORE_TESTS_SUPPORT_DRAWN_VECTORS_H

#include <math.h>
#include <stdlib.h>

#include "shared/model/model.h"

/* `rows` vectors of FEATURE_COUNT, a quarter of it missing; the caller frees them. */
static inline float *drawn_vectors(const struct model *model, size_t rows, unsigned seed)
{
    float *vectors = malloc(rows * FEATURE_COUNT * sizeof *vectors);
    const json_t *features = json_object_get(model_reference(model), "features");
    for (size_t i = 0; i < rows * FEATURE_COUNT; i++) {
        const json_t *feature = json_object_get(features, catalogue_feature(i % FEATURE_COUNT)->name);
        const json_t *quantiles = json_object_get(feature, "quantiles");
        const json_t *shares = json_object_get(feature, "shares");
        vectors[i] = NAN;
        if (rand_r(&seed) % 4 == 0)
            continue;
        if (quantiles)
            vectors[i] = (float)json_number_value(json_array_get(quantiles, (size_t)(rand_r(&seed) % 101)));
        else if (shares)
            vectors[i] = (float)((unsigned)rand_r(&seed) % json_array_size(shares));
    }
    return vectors;
}

#endif
