/* Scores of clients whose default follows them: p uniform on a square-root scale, so that most are low. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_DRAWN_SCORES_H
#define CLAIRSCORE_TESTS_SUPPORT_DRAWN_SCORES_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static inline double drawn_uniform(unsigned *seed)
{
    return ((double)rand_r(seed) + 0.5) / ((double)RAND_MAX + 1);
}

/* Fills `p` with calibrated probabilities, rounded to 1/grid when grid > 0 so that ties occur, and `y` with
 * outcomes drawn by them (each class is there from some ten rows on). */
static inline void drawn_scores(double *p, uint8_t *y, size_t rows, int grid, unsigned seed)
{
    for (size_t i = 0; i < rows; i++) {
        double u = drawn_uniform(&seed);
        p[i] = 0.6 * u * u;
        y[i] = drawn_uniform(&seed) < p[i];
        if (grid > 0)
            p[i] = (double)(int)(p[i] * grid + 0.5) / grid;
    }
    y[0] = 0;
    y[rows - 1] = 1;
}

#endif
