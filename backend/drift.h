/* Whether clients still look like those the model learnt from: the population stability index (psi.h) of each
 * feature and of the score, against the shares that the artifact keeps. */
#ifndef CLAIRSCORE_BACKEND_DRIFT_H
#define CLAIRSCORE_BACKEND_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/model/model.h"

enum { DRIFT_SCORE = -1 };

struct drift {
    int feature; /* catalogue id, or DRIFT_SCORE */
    double psi;
    double chance; /* what chance alone exceeds once in twenty times with so many clients and bins */
    double missing_then, missing_now; /* shares; 0 for the score */
};

/* The values of a column, NaN missing, and how many clients have each (NULL: one). */
struct drift_values {
    const float *values;
    const uint32_t *clients;
    size_t count;
};

/* The clients to look at: `count` of them, column by column. */
struct drift_clients {
    size_t count;
    struct drift_values (*column)(const void *context, size_t feature);
    double (*margin)(const void *context, size_t row); /* calibrated log-odds */
    const void *context;
};

/* Fills `out[FEATURE_COUNT + 1]` with what the model looks at and, where the artifact knows its distribution,
 * the score, the largest index first; returns how many. A feature of which the artifact keeps no shares is
 * left out. Nothing without clients. */
size_t drift_measure(struct drift *out, const struct model *model, const struct drift_clients *clients);

/* The clients that the artifact's shares are of; 0 when it does not say. */
size_t drift_trained_on(const struct model *model);

#endif
