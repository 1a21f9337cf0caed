/* The population's inside. Only backend/population includes this. */
#ifndef CLAIRSCORE_BACKEND_POPULATION_PRIVATE_H
#define CLAIRSCORE_BACKEND_POPULATION_PRIVATE_H

#include <stdatomic.h>

#include "backend/population/population.h"

/* One feature of the distance between clients. */
struct metric_part {
    uint16_t feature;
    bool categorical;
    float weight;   /* of the squared difference */
    float mismatch; /* cost of one missing value or of different categories */
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
    float *columns;                     /* feature after feature, `count` values each */
    struct distribution *distributions; /* FEATURE_COUNT */
    /* What does. */
    struct distribution points;
    struct population_figures figures;
    uint16_t by_importance[FEATURE_COUNT];
    struct metric_part metric[POPULATION_METRIC];
    size_t metric_count;
};

/* Orders the features and prepares the distance. Columns must be loaded. */
void population_prepare_metric(struct population *population, const struct model *model);

#endif
