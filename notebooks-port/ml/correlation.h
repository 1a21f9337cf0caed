/* Pearson correlations of the columns of a matrix with missing values. */
#ifndef CLAIRSCORE_ML_CORRELATION_H
#define CLAIRSCORE_ML_CORRELATION_H

#include <stddef.h>

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

/* Pairwise-complete correlations of the `size` columns of a row-major `rows` × `size` matrix (NaN =
 * missing) into the symmetric out[size × size]; pairs[size × size] (may be NULL) receives how many rows
 * knew both. NaN for a pair with fewer than two rows or a constant column, 1 on the diagonal. The same to
 * the last bit on any number of threads. */
int correlation_pairwise(double *out, double *pairs, const double *values, size_t rows, size_t size,
                         struct error *err);

/* The same of the columns of examples, whose labels are not looked at: out[columns × columns]. */
int correlation_of_examples(double *out, const struct examples *examples, struct error *err);

#endif
