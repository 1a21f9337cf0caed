/* Isolation forest (Liu, Ting & Zhou, ICDM 2008; ACM TKDD 6, 2012): which rows are unlike the others.
 *
 * A tree parts a small sample of the rows by random columns at random thresholds until each stands alone, or
 * the tree is as deep as a balanced one would be. What is unlike the rest is alone after few partings.
 *
 * Scores are turned as scikit-learn's score_samples: −2^(−E(h) / c), with E(h) the mean length of the row's
 * path and c that of an unsuccessful search among as many rows as a tree has seen. They lie in [−1, 0): the
 * LOWER, the more unlike the others; an ordinary row has about −0.5 or more. */
#ifndef CLAIRSCORE_ML_ISOLATION_FOREST_H
#define CLAIRSCORE_ML_ISOLATION_FOREST_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

enum {
    ISOLATION_TREES = 10000,  /* most */
    ISOLATION_SAMPLES = 4096, /* most rows of a tree: the paper finds that 256 are plenty */
    ISOLATION_COLUMNS = 4096
};

struct isolation_options {
    unsigned trees;       /* 1 .. ISOLATION_TREES */
    unsigned samples;     /* rows that a tree sees, drawn without replacement; all when there are fewer */
    double contamination; /* the share of rows that is to count as outliers, above 0 and at most 0.5 */
    uint64_t seed;
};

/* 100 trees of 100 rows, a tenth of the rows outliers, seed 0. */
struct isolation_options isolation_forest_defaults(void);

struct isolation_forest;

/* Grows the forest on the row-major `rows` × `columns` matrix, which must be complete (ml/imputer.h), and
 * chooses the offset. scores[rows] receives the scores of these very rows; NULL is allowed. The same forest
 * and scores on any number of threads: each tree has a generator of its own. ERROR_INVALID for a value that
 * is not finite. The caller frees *out. */
int isolation_forest_fit(struct isolation_forest **out, double *scores, const double *values, size_t rows,
                         size_t columns, const struct isolation_options *options, struct error *err);

/* Scores other rows with the same columns into scores[rows]. */
int isolation_forest_score(double *scores, const struct isolation_forest *forest, const double *values,
                           size_t rows, struct error *err);

/* The quantile `contamination` of the training rows' scores, between neighbours interpolated: rows below it
 * are outliers. */
double isolation_forest_offset(const struct isolation_forest *forest);

/* Marks (1) the rows whose score is below the offset, and the others with 0; how many outliers there are. */
size_t isolation_forest_mark(uint8_t *outliers, const struct isolation_forest *forest, const double *scores,
                             size_t rows);

/* NULL is allowed. */
void isolation_forest_free(struct isolation_forest *forest);

#endif
