/* How far trainings of one method agree with each other. All functions take `count` trainings of `size`
 * figures each, one after the other: figures[count × size], and give means over all pairs of trainings. */
#ifndef CLAIRSCORE_ML_AGREEMENT_H
#define CLAIRSCORE_ML_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

/* The ranks of one training's importances into ranks[size]: 1 for the largest; equal ones in order of place.
 */
int agreement_ranks(size_t *ranks, const double *importances, size_t size, struct error *err);

/* The share of the `top` first that two trainings have in common, 0 to 1; `top` of at most `size`. */
double agreement_overlap(const size_t *ranks, size_t count, size_t size, size_t top);

/* Spearman's correlation of two trainings' ranks (Spearman 1904): 1 for the same order. NaN for one column.
 */
double agreement_correlation(const size_t *ranks, size_t count, size_t size);

/* Decisions are 0 or 1. Into *pair the share of clients whom two trainings decide differently about, into
 * *any the share about whom not all agree. */
void agreement_decisions(double *pair, double *any, const uint8_t *decisions, size_t count, size_t size);

#endif
