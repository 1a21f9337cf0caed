/* The sweeps of tree_shap, once. Each tree_shap_PROCESSOR.c includes this with its instructions switched on
 * and SHAP_EXPLAIN_ROW and SHAP_EXPLAIN_ROWS defined as the names of its two functions. Inner part of
 * tree_shap.
 *
 * No operation may be contracted into another (the Makefile sees to it): then all of them give the same bits.
 */
#ifndef CLAIRSCORE_MODEL_TREE_SHAP_KERNEL_H
#define CLAIRSCORE_MODEL_TREE_SHAP_KERNEL_H

#ifdef __AVX512F__
#include <immintrin.h>
#endif
#include <math.h>
#include <string.h>

#include "shared/model/tree_shap_tables.h"

#define SHAP_INLINE static inline __attribute__((always_inline))

SHAP_INLINE lanes shap_and(masks mask, lanes values)
{
    return (lanes)(mask & (masks)values);
}

SHAP_INLINE lanes shap_choose(masks mask, lanes yes, lanes no)
{
    return (lanes)((mask & (masks)yes) | (~mask & (masks)no));
}

SHAP_INLINE lanes shap_all(float value)
{
    return value - (lanes){0};
}

/* Element `at` of an array by slot: `lanes` values, or one for all rows. */
SHAP_INLINE lanes shap_load(const float *values, size_t at, const bool by_tree)
{
    if (by_tree)
        return ((const lanes *)(const void *)values)[at];
    return shap_all(values[at]);
}

/* row[places] */
SHAP_INLINE lanes shap_gather(const float *row, masks places)
{
#ifdef __AVX512F__
    return (lanes)_mm512_i32gather_ps((__m512i)places, row, sizeof *row);
#else
    lanes out = {0};
    for (uint32_t lane = 0; lane < SHAP_LANES; lane++)
        out[lane] = row[places[lane]];
    return out;
#endif
}

/* The values of the row that a slot compares, and its flags as masks. */
SHAP_INLINE lanes shap_fetch(const struct shap_program *program, size_t slot, const float *row,
                             const lanes *values, masks *missing_left, masks *missing_lost,
                             const bool by_tree)
{
    if (!by_tree) {
        int32_t place = (int32_t)program->places[slot];
        *missing_left = (masks){0} - (place < 0);
        *missing_lost = (masks){0} - (place >> SHAP_MISSING_LOST & 1);
        return values[place & SHAP_FEATURE_MASK];
    }
    masks flags = ((const masks *)(const void *)program->places)[slot];
    *missing_left = flags < 0;
    *missing_lost = (flags & (1 << SHAP_MISSING_LOST)) != 0;
    return shap_gather(row, flags & SHAP_FEATURE_MASK);
}

/* The share f of the product that goes left at a slot and by how much it moves the sum for each point.
 * Returns where the row goes left. */
SHAP_INLINE masks shap_weigh(const struct shap_tables *tables, const struct shap_program *program,
                             size_t slot, const float *row, const lanes *values, lanes *shares, lanes *slopes,
                             const uint32_t points, const bool by_tree)
{
    masks missing_left;
    masks missing_lost;
    lanes value = shap_fetch(program, slot, row, values, &missing_left, &missing_lost, by_tree);
    masks missing = ~(value <= shap_all(INFINITY));
    masks left = (value < shap_load(program->thresholds, slot, by_tree)) | (missing & missing_left);
    lanes ratio = shap_load(program->ratios, slot, by_tree);
    lanes slope = shap_and(left, shap_all(1)) - ratio;
    int32_t repeat = program->repeats[slot];
    for (uint32_t q = 0; q < points; q++)
        shares[q] = ratio * tables->points.rest[q] + shap_and(left, shap_all(tables->points.at[q]));
    if (repeat < 0) {
        for (uint32_t q = 0; q < points; q++)
            slopes[q] = slope * tables->points.weight[q];
        return left;
    }
    size_t at = (size_t)repeat * (SHAP_REPEAT_SCALES + points);
    masks lost = (value < shap_load(program->repeat_values, at + SHAP_REPEAT_LOW, by_tree)) |
                 (value >= shap_load(program->repeat_values, at + SHAP_REPEAT_HIGH, by_tree)) |
                 (missing & missing_lost);
    lanes alone = shap_load(program->repeat_values, at + SHAP_REPEAT_RATIO, by_tree);
    lanes shrink = shap_load(program->repeat_values, at + SHAP_REPEAT_SHRINK, by_tree);
    for (uint32_t q = 0; q < points; q++) {
        lanes scale = shap_load(program->repeat_values, at + SHAP_REPEAT_SCALES + q, by_tree);
        lanes share = shares[q] * scale;
        slopes[q] = shap_and(~lost, (slope - shrink * share) * scale * tables->points.weight[q]);
        shares[q] = shap_choose(lost, alone, share);
    }
    return left;
}

/* Both sweeps over one shape. Contributions of its splits go to scratch->adds or onto scratch->totals.
 * Returns the values of the leaves that the row comes to. */
SHAP_INLINE lanes shap_sweep(const struct shap_tables *tables, const struct shap_program *program,
                             const struct shap_shape *shape, const float *row, struct shap_scratch *scratch,
                             const uint32_t points, const bool by_tree)
{
    lanes *restrict shares = scratch->shares;
    lanes *restrict effects = scratch->effects;
    lanes *restrict sums = scratch->sums;
    lanes *restrict reached = scratch->reached;
    const int32_t(*children)[2] = (const int32_t(*)[2])program->children + shape->first_slot;
    if (shape->slots == 0)
        return shap_load(program->leaf_values, shape->first_leaf, by_tree);
    for (uint32_t slot = shape->slots; slot-- > 0;) {
        lanes slopes[SHAP_POINT_LIMIT];
        lanes *share = shares + (size_t)slot * points;
        masks goes_left = shap_weigh(tables, program, shape->first_slot + slot, row, scratch->values, share,
                                     slopes, points, by_tree);
        int32_t left = children[slot][0];
        int32_t right = children[slot][1];
        lanes left_leaf = {0};
        lanes right_leaf = {0};
        if (left < 0)
            left_leaf = shap_load(program->leaf_values, shape->first_leaf + (size_t)~left, by_tree);
        if (right < 0)
            right_leaf = shap_load(program->leaf_values, shape->first_leaf + (size_t)~right, by_tree);
        reached[slot] = shap_choose(goes_left, left < 0 ? left_leaf : reached[left],
                                    right < 0 ? right_leaf : reached[right]);
        for (uint32_t q = 0; q < points; q++) {
            lanes left_sum = left < 0 ? left_leaf : sums[(size_t)left * points + q];
            lanes right_sum = right < 0 ? right_leaf : sums[(size_t)right * points + q];
            lanes difference = left_sum - right_sum;
            sums[(size_t)slot * points + q] = right_sum + share[q] * difference;
            effects[(size_t)slot * points + q] = slopes[q] * difference;
        }
    }
    for (uint32_t q = 0; q < points; q++)
        sums[q] = shap_all(1);
    for (uint32_t slot = 0; slot < shape->slots; slot++) {
        const lanes *products = sums + (size_t)slot * points;
        lanes total = effects[(size_t)slot * points] * products[0];
        for (uint32_t q = 1; q < points; q++)
            total += effects[(size_t)slot * points + q] * products[q];
        if (by_tree)
            scratch->adds[slot] = total;
        else
            scratch->totals[program->places[shape->first_slot + slot] & SHAP_FEATURE_MASK] += total;
        int32_t left = children[slot][0];
        int32_t right = children[slot][1];
        for (uint32_t q = 0; q < points; q++) {
            lanes product = products[q];
            lanes goes_left = product * shares[(size_t)slot * points + q];
            if (left >= 0)
                sums[(size_t)left * points + q] = goes_left;
            if (right >= 0)
                sums[(size_t)right * points + q] = product - goes_left;
        }
    }
    return reached[0];
}

/* One row: sixteen trees at once. `contributions[columns + 1]`, and the margin, added tree after tree. */
SHAP_INLINE void shap_explain_row(const struct shap_tables *tables, const float *row,
                                  struct shap_scratch *scratch, float *contributions, float *margin,
                                  const uint32_t points)
{
    const struct shap_program *program = &tables->by_tree;
    size_t trees = tables->trees->count;
    *margin = tables->trees->base;
    memset(contributions, 0, tables->trees->columns * sizeof *contributions);
    for (size_t i = 0; i < program->shape_count; i++) {
        const struct shap_shape *shape = &program->shapes[i];
        const lanes leaves = shap_sweep(tables, program, shape, row, scratch, points, true);
        for (size_t lane = 0; lane < SHAP_LANES && i * SHAP_LANES + lane < trees; lane++)
            *margin += leaves[lane];
        const float *totals = (const float *)scratch->adds;
        const struct shap_add *adds = program->adds + shape->first_add;
        for (size_t j = 0; j < shape->adds; j++)
            contributions[adds[j].feature] += totals[adds[j].from];
    }
    contributions[tables->trees->columns] = tables->bias;
}

/* Up to sixteen rows at once, and their margins. */
SHAP_INLINE void shap_explain_rows(const struct shap_tables *tables, const float *rows, size_t count,
                                   struct shap_scratch *scratch, float *contributions, float *margins,
                                   const uint32_t points)
{
    const struct shap_program *program = &tables->by_row;
    lanes sums = shap_all(tables->trees->base);
    size_t columns = tables->trees->columns;
    float *values = (float *)scratch->values;
    const float *totals = (const float *)scratch->totals;
    for (uint32_t i = 0; i < tables->used_count; i++)
        for (size_t lane = 0; lane < SHAP_LANES; lane++)
            values[i * SHAP_LANES + lane] = rows[(lane < count ? lane : 0) * columns + tables->used[i]];
    memset(scratch->totals, 0, tables->used_count * sizeof *scratch->totals);
    for (size_t i = 0; i < program->shape_count; i++)
        sums += shap_sweep(tables, program, &program->shapes[i], NULL, scratch, points, false);
    memset(contributions, 0, count * (columns + 1) * sizeof *contributions);
    for (size_t lane = 0; lane < count; lane++) {
        float *out = contributions + lane * (columns + 1);
        for (uint32_t i = 0; i < tables->used_count; i++)
            out[tables->used[i]] = totals[i * SHAP_LANES + lane];
        out[columns] = tables->bias;
        margins[lane] = sums[lane];
    }
}

#define SHAP_FOR_POINTS(count, call)                                                                         \
    switch (count) {                                                                                         \
    case 1:                                                                                                  \
        call(1);                                                                                             \
        break;                                                                                               \
    case 2:                                                                                                  \
        call(2);                                                                                             \
        break;                                                                                               \
    case 3:                                                                                                  \
        call(3);                                                                                             \
        break;                                                                                               \
    case 4:                                                                                                  \
        call(4);                                                                                             \
        break;                                                                                               \
    default:                                                                                                 \
        call(count);                                                                                         \
    }

/* The number of points is a constant where that pays. */
void SHAP_EXPLAIN_ROW(const struct shap_tables *tables, const float *row, struct shap_scratch *scratch,
                      float *contributions, float *margin)
{
#define SHAP_CALL(points) shap_explain_row(tables, row, scratch, contributions, margin, points)
    SHAP_FOR_POINTS(tables->points.count, SHAP_CALL)
#undef SHAP_CALL
}

void SHAP_EXPLAIN_ROWS(const struct shap_tables *tables, const float *rows, size_t count,
                       struct shap_scratch *scratch, float *contributions, float *margins)
{
#define SHAP_CALL(points) shap_explain_rows(tables, rows, count, scratch, contributions, margins, points)
    SHAP_FOR_POINTS(tables->points.count, SHAP_CALL)
#undef SHAP_CALL
}

#endif
