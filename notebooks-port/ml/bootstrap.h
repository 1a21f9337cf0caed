/* The bootstrap (Efron 1979): how much a figure would differ on another sample of clients.
 *
 * Stratified: each replicate draws as many rows of each label, with replacement, as there are, so that no
 * replicate lacks defaults. A replicate is told as the number of times each row was drawn: what is sorted
 * once stays sorted. */
#ifndef CLAIRSCORE_ML_BOOTSTRAP_H
#define CLAIRSCORE_ML_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

enum { BOOTSTRAP_REPLICATES = 100000 }; /* most */

/* Computes the figures of one replicate into `out`; times[row] is how often the row was drawn. Called by
 * several threads at once: it may write to `out` only. Its error is the bootstrap's. */
typedef int bootstrap_measure(const void *context, const uint32_t *times, double *out, struct error *err);

/* Measures `replicates` samples of `rows` rows, stratified by label (any bytes): row r of
 * out[replicates × width] holds replicate r's figures. The generator of each replicate is seeded from `seed`
 * and its number, so the figures do not depend on the number of threads. */
int bootstrap_run(double *out, size_t width, unsigned replicates, const uint8_t *labels, size_t rows,
                  uint64_t seed, bootstrap_measure *measure, const void *context, struct error *err);

/* The percentile interval of figure `column` that holds the share `level` (0.95) of its replicates (Efron &
 * Tibshirani 1993, ch. 13), by nearest rank, so that infinite figures keep their place. Replicates whose
 * figure is NaN are left out; NaN when none remains. */
int bootstrap_interval(double *low, double *high, const double *figures, size_t width, unsigned replicates,
                       size_t column, double level, struct error *err);

#endif
