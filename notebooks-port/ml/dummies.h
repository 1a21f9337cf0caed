/* Categories as columns of 0 and 1, for the methods that take a number for a quantity. */
#ifndef CLAIRSCORE_ML_DUMMIES_H
#define CLAIRSCORE_ML_DUMMIES_H

#include "notebooks-port/ml/matrix.h"
#include "shared/base/error.h"

/* Copies `from` with every column that the catalogue knows as a category (by its name) replaced, in place, by
 * one column a category, named COLUMN=text, in the schema's order: 1 where the client has that category, else
 * 0; all 0 where it is missing. All categories of the schema get one, whether they occur or not, so that
 * every matrix of the same features gets the same columns. Client ids, labels and hash are copied.
 *
 * ERROR_INVALID for a value that is no position of its column's list. The caller releases *out with
 * matrix_free, also after a failure. */
int dummies_expand(struct matrix *out, const struct matrix *from, struct error *err);

#endif
