#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/population/population_private.h"

static const double COVERED_IMPORTANCE = 0.95;
enum { BLOCK = 2048 }; /* distances of one block stay in the first-level cache */

/* ---- The metric ---- */

static void order_features(struct population *population, const double importance[FEATURE_COUNT])
{
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        size_t at = i;
        for (; at > 0 && importance[population->by_importance[at - 1]] < importance[i]; at--)
            population->by_importance[at] = population->by_importance[at - 1];
        population->by_importance[at] = (uint16_t)i;
    }
}

static double variance(const float *values, size_t count)
{
    double sum = 0, squares = 0, known = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        known++;
        double delta = values[i] - sum; /* Welford: `sum` is the running mean */
        sum += delta / known;
        squares += delta * (values[i] - sum);
    }
    return known > 1 ? squares / known : 0;
}

void population_prepare_metric(struct population *population, const struct model *model)
{
    double importance[FEATURE_COUNT], total = 0, covered = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        importance[i] = model_importance(model, i);
    order_features(population, importance);
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        total += importance[i];
    for (size_t i = 0; i < FEATURE_COUNT && population->metric_count < POPULATION_METRIC; i++) {
        size_t feature = population->by_importance[i];
        double weight = importance[feature];
        if (weight <= 0 || covered >= COVERED_IMPORTANCE * total)
            break;
        covered += weight;
        bool categorical = catalogue_feature(feature)->unit == UNIT_CATEGORY;
        double spread = variance(population_column(population, feature), population->count);
        if (spread <= 0)
            continue;
        population->metric[population->metric_count++] = (struct metric_part){
            (uint16_t)feature, categorical, categorical ? 0 : (float)(weight / total / spread),
            (float)(2 * weight / total)};
    }
}

/* ---- The search ---- */

static void add_part(float *restrict distances, const float *restrict values, size_t count, float own,
                     const struct metric_part *part)
{
    const float weight = part->weight, mismatch = part->mismatch;
    if (isnan(own)) {
        for (size_t i = 0; i < count; i++)
            distances[i] += values[i] == values[i] ? mismatch : 0;
    } else if (part->categorical) {
        for (size_t i = 0; i < count; i++)
            distances[i] += values[i] == own ? 0 : mismatch;
    } else {
        for (size_t i = 0; i < count; i++) {
            float difference = values[i] - own;
            float cost = difference * difference * weight;
            distances[i] += cost == cost ? cost : mismatch;
        }
    }
}

struct near {
    float distance;
    uint32_t row;
};

/* Nearer, or as near with the smaller row: a total order, so that the same question has one answer. */
static int is_nearer(struct near a, struct near b)
{
    return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
}

/* Puts `item` in place of the farthest, at the root of a heap whose parents are farther than their children.
 */
static void replace_farthest(struct near *heap, size_t count, struct near item)
{
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && is_nearer(heap[child], heap[child + 1]))
            child++;
        if (!is_nearer(item, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

static int compare_near(const void *a, const void *b)
{
    return is_nearer(*(const struct near *)a, *(const struct near *)b) ? -1 : 1;
}

size_t population_nearest(const struct population *population, size_t row, size_t k, uint32_t *rows,
                          float *distances)
{
    if (k > population->count - 1)
        k = population->count - 1;
    struct near *heap = malloc((k + 1) * sizeof *heap);
    if (!heap || k == 0) {
        free(heap);
        return 0;
    }
    for (size_t i = 0; i < k; i++)
        heap[i] = (struct near){INFINITY, UINT32_MAX};

    for (size_t start = 0; start < population->count; start += BLOCK) {
        size_t count = population->count - start < BLOCK ? population->count - start : BLOCK;
        float block[BLOCK] = {0};
        for (size_t i = 0; i < population->metric_count; i++) {
            const float *column = population_column(population, population->metric[i].feature);
            add_part(block, column + start, count, column[row], &population->metric[i]);
        }
        for (size_t i = 0; i < count; i++) {
            struct near item = {block[i], (uint32_t)(start + i)};
            if (start + i != row && is_nearer(item, heap[0]))
                replace_farthest(heap, k, item);
        }
    }
    qsort(heap, k, sizeof *heap, compare_near);
    for (size_t i = 0; i < k; i++) {
        rows[i] = heap[i].row;
        if (distances)
            distances[i] = sqrtf(heap[i].distance);
    }
    free(heap);
    return k;
}
