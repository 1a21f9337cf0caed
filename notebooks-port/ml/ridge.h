/* Bayesian ridge regression from sums of products: no row is looked at, so that many regressions share the
 * sums of one matrix. */
#ifndef CLAIRSCORE_ML_RIDGE_H
#define CLAIRSCORE_ML_RIDGE_H

#include <stddef.h>

#include "shared/base/error.h"

/* What a regression must know of its rows: how many there are, and the sums of products of `columns` columns
 * (2 or more) around their means, row-major with `stride` doubles a row. */
struct ridge_sums {
    const double *products;
    size_t columns, stride, rows;
};

/* Regresses column `target` on all others, into weights[columns] (that of the target is 0). The precisions of
 * noise and weights are those of greatest evidence (MacKay 1992; Tipping 2001) under Gamma(1e-6, 1e-6)
 * hyperpriors, found in at most 300 steps or until a step moves the weights by less than 1e-3 in all: the
 * procedure of scikit-learn 1.2's BayesianRidge. Regressors that are constant get 0, those that depend on
 * others share what they explain. Several threads may call it at once; GSL's error handler must be off. */
int ridge_fit(double *weights, const struct ridge_sums *sums, size_t target, struct error *err);

#endif
