/* The nearest rows by Euclidean distance: exact, all pairs looked at.
 *
 * With more than some fifteen columns no index beats that (Beyer et al. 1999), and it vectorises. Floats only
 * rule rows out, by a bound on their rounding; what remains is measured and ranked in double precision, so
 * the answer is the same on any processor and any number of threads. */
#ifndef CLAIRSCORE_ML_NEIGHBOURS_H
#define CLAIRSCORE_ML_NEIGHBOURS_H

#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

enum { NEIGHBOURS_MOST = 1000 }; /* of one query */

/* The largest absolute value: a squared distance must fit a float. */
#define NEIGHBOURS_LARGEST 1e15f

/* ERROR_INVALID, naming the place, for a missing value or one beyond ±NEIGHBOURS_LARGEST. */
int neighbours_check(const struct examples *examples, struct error *err);

/* Finds the `count` (1..NEIGHBOURS_MOST) rows of `data` that are nearest to each row of `queries`, the
 * nearest first, of equally near ones the first row: rows[query × count + i] and, unless NULL,
 * distances[query × count + i], in the units of the columns. own[query] (NULL: none) is the row of `data`
 * that the query is itself, and is left out. ERROR_INVALID for what neighbours_check refuses, for different
 * columns and for fewer rows than neighbours; ERROR_LIMIT for a `count` out of range. Labels are not looked
 * at. */
int neighbours_find(uint32_t *rows, double *distances, const struct examples *data,
                    const struct examples *queries, const uint32_t *own, unsigned count, struct error *err);

#endif
