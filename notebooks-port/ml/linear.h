/* L2-penalised logistic regression, fitted to the end by liblinear's trust region Newton method (Fan, Chang,
 * Hsieh, Wang & Lin 2008, "LIBLINEAR: A Library for Large Linear Classification"), or for a number of steps
 * by L-BFGS (Nocedal 1980; liblbfgs).
 *
 * On columns of very different scales L-BFGS stops far from the minimum. That is what the original notebook's
 * baseline did, 100 steps from zero, so its figures need the same method. */
#ifndef CLAIRSCORE_ML_LINEAR_H
#define CLAIRSCORE_ML_LINEAR_H

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

struct linear {
    size_t columns;
    double *coefficients; /* columns */
    double intercept;
};

struct linear_options {
    double c;                /* inverse strength of the penalty, above 0 */
    double tolerance;        /* Newton: stop when the gradient is this share of the first one */
    unsigned iterations;     /* of L-BFGS, which stops before when it has converged; 0: Newton's method */
    double class_weights[2]; /* of a row of each label */
};

/* Minimises ½ |w|² + C Σ weight · log(1 + exp(−margin of the row's label)) over `data`, which has labels of
 * both classes and no missing value. The intercept is not penalised (L-BFGS) or hardly (Newton). The caller
 * releases *out with linear_free, also after a failure. */
int linear_train(struct linear *out, const struct examples *data, const struct linear_options *options,
                 struct error *err);

/* The probability of label 1 of each row. */
void linear_predict(const struct linear *linear, const struct examples *data, double *scores);

void linear_free(struct linear *linear);

#endif
