/* Which columns a matrix keeps, and what fills their gaps, learnt on one part and applied to any other: the
 * notebook's way from all it built to what it modelled.
 *
 * 1. Gaps of columns that say "nothing happened" when empty become 0.
 * 2. Of the others those filled in at least `least_filled` of the rows stay; their gaps become the median.
 * 3. Of two that correlate more than `largest_correlation` in absolute value the later one goes, unless the
 *    earlier one is gone already: the number of children stays, the number of family members goes. */
#ifndef CLAIRSCORE_ML_SELECTION_H
#define CLAIRSCORE_ML_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

struct selection_options {
    double least_filled;        /* share of rows, 0..1; the notebook's is 0.7 */
    double largest_correlation; /* 0..1; the notebook's is 0.7 */
    const bool *zero;           /* [columns] whether a gap means 0; NULL: none */
};

enum selection_fate { SELECTION_KEPT, SELECTION_SPARSE, SELECTION_CORRELATED };

/* What became of one column of the matrix that the selection learnt from. */
struct selection_column {
    enum selection_fate fate;
    double missing;     /* share of rows, before anything was filled */
    float fill;         /* what a gap becomes; NaN for a sparse column */
    size_t partner;     /* SELECTION_CORRELATED: the kept column it is told by */
    double correlation; /* with the partner; NaN otherwise */
};

struct selection {
    size_t count; /* of columns it was learnt from */
    struct selection_column *columns;
    size_t kept_count;
    size_t *kept; /* places of the kept columns, ascending */
};

/* Learns from `train`, whose labels are not looked at. ERROR_INVALID without rows. The same on any number of
 * threads. The caller releases with selection_free, also after a failure. */
int selection_fit(struct selection *out, const struct examples *train,
                  const struct selection_options *options, struct error *err);

/* Fills and copies the kept columns of `rows` × selection->count values into out[rows × kept_count]. `out`
 * may be `values`: the rows then move together. */
void selection_apply(const struct selection *selection, float *out, const float *values, size_t rows);

void selection_free(struct selection *selection);

#endif
