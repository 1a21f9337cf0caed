/* Penalised logistic regression on sparse rows, by Newton's method. */
#ifndef CLAIRSCORE_PORTFOLIO_LOGISTIC_H
#define CLAIRSCORE_PORTFOLIO_LOGISTIC_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

/* Writes the non-zero entries of one row: index[i] < size with weight[i]; returns how many (≤ most). */
typedef size_t (*logistic_row)(const void *context, size_t row, unsigned *index, double *weight);

struct logistic_problem {
    size_t rows, size, most; /* most: entries a row may have */
    logistic_row row;
    const void *context;
    const double *offset; /* added to the log-odds of every row, or NULL */
    const uint8_t *outcome;
    const uint8_t *fold; /* rows of fold `without` are left out; NULL: none is */
    unsigned without;
    const double *penalty; /* symmetric size × size: ½ βᵀPβ is added to the loss */
};

/* Fits beta[size] from a start at 0 until no coefficient moves by 1e-6, at most 50 steps. */
int logistic_fit(double *beta, const struct logistic_problem *problem, struct error *err);

#endif
