/* Whether clients still look like those the model learnt from: the population stability index (psi.h) of each
 * feature and of the score, against the shares that the artifact keeps. */
#ifndef CLAIRSCORE_BACKEND_DRIFT_H
#define CLAIRSCORE_BACKEND_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/model/model.h"
#include "shared/model/psi.h"

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

enum {
    DRIFT_LEVELS = 64, /* the most categories of a feature */
    DRIFT_BINS = DRIFT_LEVELS + 1 > PSI_BINS ? DRIFT_LEVELS + 1 : PSI_BINS
};

enum drift_bin_kind { DRIFT_MISSING, DRIFT_VALUE, DRIFT_RANGE, DRIFT_LEVEL };

/* A bin of the index: the share of clients that fell into it then, and that does now. */
struct drift_bin {
    enum drift_bin_kind kind;
    double low, high; /* of a range: low <= value < high, infinite at the ends; both the value or the level */
    double then, now;
};

/* The bins of one feature, or of DRIFT_SCORE (probabilities), as the index sorts values into them; ranges do
 * not hold the values that have bins of their own. Missing comes last, the others ascend. Fills `out` and
 * `*drift`, returns how many; 0 without clients, or when the artifact keeps no shares. */
size_t drift_look(struct drift_bin out[DRIFT_BINS], struct drift *drift, const struct model *model,
                  const struct drift_clients *clients, int feature);

/* The clients that the artifact's shares are of; 0 when it does not say. */
size_t drift_trained_on(const struct model *model);

#endif
