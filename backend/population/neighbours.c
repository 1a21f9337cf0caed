#include <math.h>

#include "backend/population/population_private.h"

static const double COVERED_IMPORTANCE = 0.95;
enum { THREADS = 2 /* that prepare the search, once a model */ };

void population_order_features(struct population *population, const struct model *model)
{
    double *importance = population->importance;
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        size_t at = i;
        importance[i] = model_importance(model, i);
        for (; at > 0 && importance[population->by_importance[at - 1]] < importance[i]; at--)
            population->by_importance[at] = population->by_importance[at - 1];
        population->by_importance[at] = (uint16_t)i;
    }
}

static double variance(const struct packed_values *values)
{
    double known = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < values->count; i++) {
        const double value = (double)values->values[i], rows = values->rows ? values->rows[i] : 1;
        if (isnan(value))
            continue;
        known += rows;
        sum += rows * value;
    }
    const double mean = sum / known;
    for (size_t i = 0; i < values->count; i++) {
        const double delta = (double)values->values[i] - mean, rows = values->rows ? values->rows[i] : 1;
        squares += isnan(delta) ? 0 : rows * delta * delta;
    }
    return known > 1 ? squares / known : 0;
}

/* The columns of the distance; how many. */
static size_t choose_parts(struct nearest_part parts[FEATURE_COUNT], const struct population *population)
{
    double total = 0, covered = 0;
    size_t count = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        total += population->importance[i];
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const size_t feature = population->by_importance[i];
        const double weight = population->importance[feature];
        if (weight <= 0 || covered >= COVERED_IMPORTANCE * total)
            break;
        covered += weight;
        const struct packed_values values = population_values(population, feature);
        const double spread = variance(&values);
        if (spread > 0)
            parts[count++] =
                (struct nearest_part){.column = &population->columns[feature],
                                      .categorical = catalogue_feature(feature)->unit == UNIT_CATEGORY,
                                      .weight = weight / total / spread,
                                      .mismatch = 2 * weight / total};
    }
    return count;
}

static int prepare_nearest(const struct population *population, struct error *err)
{
    struct similarity *similarity = population->similarity;
    struct nearest_part parts[FEATURE_COUNT];
    int status = 0;
    pthread_mutex_lock(&similarity->lock);
    if (!similarity->nearest)
        status = nearest_new(&similarity->nearest, parts, choose_parts(parts, population), population->count,
                             THREADS, err);
    pthread_mutex_unlock(&similarity->lock);
    return status;
}

int population_nearest(const struct population *population, size_t row, size_t k, uint32_t *rows,
                       float *distances, size_t *found, struct error *err)
{
    if (prepare_nearest(population, err))
        return -1;
    return nearest_find(population->similarity->nearest, row, k, rows, distances, found, err);
}

int population_prepare(const struct population *population, struct error *err)
{
    const int status = prepare_nearest(population, err);
    for (size_t feature = 0; feature < FEATURE_COUNT; feature++)
        population_distribution(population, feature);
    return status;
}
