/* SMOTE (Chawla, Bowyer, Hall & Kegelmeyer 2002): more rows of the rarer class, each at a random place on the
 * segment from one of its rows to one of that row's nearest rows of the same class. */
#ifndef CLAIRSCORE_ML_SMOTE_H
#define CLAIRSCORE_ML_SMOTE_H

#include <stdint.h>

#include "notebooks-port/ml/examples.h"
#include "notebooks-port/ml/neighbours.h"
#include "shared/base/error.h"

enum { SMOTE_NEIGHBOURS = 5 }; /* the paper's choice */

struct smote_plan {
    unsigned neighbours; /* 1..NEIGHBOURS_MOST; mostly SMOTE_NEIGHBOURS */
    double ratio;        /* of the rarer class to the other one, afterwards: above 0, at most 1 */
    uint64_t seed;
};

/* Copies the rows of `data` and puts behind them so many new rows of the rarer class that it counts
 * round(ratio × rows of the other class). Every row of the rarer class starts as many segments as any other,
 * but for one more where the numbers do not divide. Distances are taken as the columns are: standardise them
 * first (preparation.h). The same rows on any number of threads.
 *
 * ERROR_INVALID without labels, with missing or huge values (neighbours.h), with one class only, with no more
 * rows of the rarer class than neighbours, or when it exceeds `ratio` already. The caller releases *out with
 * examples_free, also after a failure. */
int smote_sample(struct examples *out, const struct examples *data, const struct smote_plan *plan,
                 struct error *err);

#endif
