/* The population's inside. Only backend/population includes this. */
#ifndef CLAIRSCORE_BACKEND_POPULATION_PRIVATE_H
#define CLAIRSCORE_BACKEND_POPULATION_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/population/nearest.h"
#include "backend/population/packed.h"
#include "backend/population/population.h"

/* What a search of similar clients needs, once one has been asked for. */
struct similarity {
    pthread_mutex_t lock;
    struct nearest *nearest; /* NULL until then */
};

/* The distributions of the features, each computed when it is first asked for: a start need not wait for all.
 */
struct summaries {
    atomic_bool ready[FEATURE_COUNT];
    struct distribution distributions[FEATURE_COUNT];
    pthread_mutex_t lock; /* of what follows, and of computing */
    size_t computed;
    uint32_t *scratch; /* NULL once all are computed */
};

struct population {
    atomic_uint holders;
    struct population *clients; /* the one whose arrays these are; NULL when they are its own */
    char scored_by[STORE_HASH]; /* hash of the model of the margins */
    struct store_population stored;
    size_t count;
    double *margins;
    /* What does not depend on a model. */
    int64_t *ids;
    int8_t *outcomes;
    struct packed *columns; /* FEATURE_COUNT */
    struct summaries *summaries;
    /* What does. */
    struct distribution points;
    struct population_figures figures;
    double importance[FEATURE_COUNT];
    uint16_t by_importance[FEATURE_COUNT];
    struct similarity *similarity;
};

/* A population without clients, of which the caller is the holder. */
int population_new(struct population **out, const struct store_population *stored, struct error *err);

/* Orders the features by their importance to the model. */
void population_order_features(struct population *population, const struct model *model);

#endif
