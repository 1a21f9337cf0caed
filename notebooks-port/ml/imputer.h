/* Fills gaps in a matrix from what the other columns say: chained equations (van Buuren &
 * Groothuis-Oudshoorn 2011) with Bayesian ridge regression.
 *
 * Gaps start as their column's mean. Then, round by round and beginning with the columns that lack the fewest
 * values, each column is regressed on all others over the rows that know it, and its gaps are predicted.
 * Rounds end when no row has moved (sum of absolute changes) by `tolerance` times the largest absolute known
 * value of the matrix, or when they are used up.
 *
 * The regression weighs its ridge penalty by the evidence (MacKay 1992; Tipping 2001), with the flat
 * hyperpriors of 1e-6, at most 300 iterations and tolerance 1e-3. This is the procedure, and these are the
 * defaults, of scikit-learn 1.2's IterativeImputer with BayesianRidge. */
#ifndef CLAIRSCORE_ML_IMPUTER_H
#define CLAIRSCORE_ML_IMPUTER_H

#include <stddef.h>

#include "shared/base/error.h"

enum { IMPUTER_COLUMNS = 1024, IMPUTER_ROUNDS = 1000 }; /* most */

struct imputer_options {
    unsigned rounds;  /* 0 (means alone) .. IMPUTER_ROUNDS */
    double tolerance; /* above or equal 0 */
};

/* 10 rounds, tolerance 1e-3. */
struct imputer_options imputer_defaults(void);

struct imputer;

/* Learns from the row-major `rows` × `columns` matrix (NaN missing) and fills its gaps in place; known values
 * stay as they are. The same to the last bit on any number of threads. ERROR_INVALID for an infinite value
 * and for a column without any known value; `values` is then as it was. The caller frees *out. */
int imputer_fit(struct imputer **out, double *values, size_t rows, size_t columns,
                const struct imputer_options *options, struct error *err);

/* Fills the gaps of other rows with the same columns, by the regressions of the training rows in the order in
 * which they were made. Errors as above; a row may lack every value. */
int imputer_apply(const struct imputer *imputer, double *values, size_t rows, struct error *err);

/* How many rounds were made. */
unsigned imputer_rounds(const struct imputer *imputer);

/* NULL is allowed. */
void imputer_free(struct imputer *imputer);

#endif
