/* All clients of the store in memory, column by column, for comparison: features, outcomes, scores. Immutable
 * once it has a model; any number of threads may use it. */
#ifndef CLAIRSCORE_BACKEND_POPULATION_H
#define CLAIRSCORE_BACKEND_POPULATION_H

#include "backend/population/distribution.h"
#include "backend/store/store.h"
#include "shared/model/model.h"

struct population;

/* Reads a population of the store, on two connections. ERROR_CONFLICT when its features are of another
 * catalogue: it must be imported again. The caller holds *out and releases it, and gives it a model before
 * anything else. */
int population_read(struct population **out, struct store *store, const struct store_population *stored,
                    struct error *err);

/* Gives a population that was read its model. When another one scored it, its clients are scored again. */
int population_take_model(struct population *population, const struct model *model, struct error *err);

/* Both. The caller holds *out and releases it. */
int population_load(struct population **out, struct store *store, const struct store_population *stored,
                    const struct model *model, struct error *err);

/* The same clients as `model` scores them: shares what does not depend on the model with `population`, which
 * it holds, and asks no store. The caller holds *out and releases it. */
int population_rescore(struct population **out, struct population *population, const struct model *model,
                       struct error *err);

/* One holder more; one less, the last of which frees it (NULL is allowed). */
void population_hold(struct population *population);
void population_release(struct population *population);

size_t population_count(const struct population *population);
const struct store_population *population_stored(const struct population *population);

/* The row of a client, or -1. Rows are in ascending order of id. */
int64_t population_find(const struct population *population, int64_t client_id);

/* The first row whose id is not below `client_id`; the count when there is none. */
size_t population_from(const struct population *population, int64_t client_id);

int64_t population_id(const struct population *population, size_t row);
int population_outcome(const struct population *population, size_t row); /* OUTCOME_… */
double population_margin(const struct population *population, size_t row);

/* One feature of one row; of `count` rows from `first` on; of the `count` listed rows; one client's
 * FEATURE_COUNT features. */
float population_value(const struct population *population, size_t feature, size_t row);
void population_read_values(const struct population *population, size_t feature, size_t first, size_t count,
                            float *out);
void population_gather(const struct population *population, size_t feature, const uint32_t *rows,
                       size_t count, float *out);
void population_vector(const struct population *population, size_t row, float *out);

/* What values a feature has, and how often: fewer to look at than rows. Belongs to the population. */
struct packed_values population_values(const struct population *population, size_t feature);

/* Distribution of a feature, and of the score points, over everybody. Belongs to the population. */
const struct distribution *population_distribution(const struct population *population, size_t feature);
const struct distribution *population_points(const struct population *population);

struct population_figures {
    size_t outcomes[CLASS_COUNT];
    size_t refused;
    double mean_income, mean_credit, mean_probability; /* NaN of nothing */
};
const struct population_figures *population_figures(const struct population *population);

/* Features in descending order of importance to the model: FEATURE_COUNT ids. */
const uint16_t *population_by_importance(const struct population *population);

/* The `k` rows nearest to `row` (itself left out), nearest first, with their distances (may be NULL);
 * `*found` is how many there are. Exact. The distance is Euclidean over the features that carry 95 % of the
 * model's importance, each divided by its standard deviation and weighted by its importance. Two missing
 * values are equal; one missing, or two different categories, count as two standard deviations squared, which
 * is what two clients drawn at random differ by. The outcome plays no part. */
int population_nearest(const struct population *population, size_t row, size_t k, uint32_t *rows,
                       float *distances, size_t *found, struct error *err);

/* Does now what is done otherwise when it is first asked for: what population_nearest needs, and the
 * distributions of all features. */
int population_prepare(const struct population *population, struct error *err);

#endif
