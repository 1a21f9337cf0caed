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
    struct store_population stored;
    size_t count;
    int64_t *ids;
    int8_t *outcomes;
    double *margins;
    float *columns;                     /* feature after feature, `count` values each */
    struct distribution *distributions; /* FEATURE_COUNT */
    struct distribution points;
    struct population_figures figures;
    uint16_t by_importance[FEATURE_COUNT];
    struct metric_part metric[POPULATION_METRIC];
    size_t metric_count;
};

/* Orders the features and prepares the distance. Columns must be loaded. */
void population_prepare_metric(struct population *population, const struct model *model);

#endif
