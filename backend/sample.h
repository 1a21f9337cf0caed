/* Clients drawn from the population and explained: how contributions to the score depend on values. */
#ifndef CLAIRSCORE_BACKEND_SAMPLE_H
#define CLAIRSCORE_BACKEND_SAMPLE_H

#include "backend/population/population.h"
#include "shared/model/model.h"

/* Nothing is told of clients whose values fewer than SAMPLE_LEAST_ALIKE of the population share. */
enum { SAMPLE_CLIENTS = 400, SAMPLE_LEAST_ALIKE = 5 };

struct sample {
    size_t count;
    size_t rows[SAMPLE_CLIENTS];                         /* of the population, ascending */
    double contributions[SAMPLE_CLIENTS][FEATURE_COUNT]; /* in calibrated log-odds */
};

/* Takes every so-manieth client, the same ones of the same population, and explains them, which takes some
 * hundredths of a second. The caller frees *out with free(). */
int sample_draw(struct sample **out, const struct population *population, const struct model *model,
                struct error *err);

/* A client's contribution as it may be told: rounded to hundredths, never -0. */
double sample_contribution(const struct sample *sample, size_t client, size_t feature);

#endif
