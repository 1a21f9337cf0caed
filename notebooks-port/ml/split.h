/* Splits that keep the classes' shares. */
#ifndef CLAIRSCORE_ML_SPLIT_H
#define CLAIRSCORE_ML_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

/* Deals the rows with use[row] true (all when NULL) into `folds` (2..254) parts whose numbers of each label
 * differ by one at most, at random from `seed`: fold[row] is 0..folds-1, UINT8_MAX for rows not used. */
int split_stratified(uint8_t *fold, const uint8_t *labels, const bool *use, size_t rows, unsigned folds,
                     uint64_t seed, struct error *err);

/* Marks round(share × n) rows of each label, drawn from `seed`: held[row] true. `share` lies in 0..1. */
int split_hold_out(bool *held, const uint8_t *labels, size_t rows, double share, uint64_t seed,
                   struct error *err);

#endif
