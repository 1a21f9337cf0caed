/* How nearest.h approximates a column: cells of values, and the least that each costs. Inner part of nearest.
 */
#ifndef CLAIRSCORE_BACKEND_NEAREST_CELLS_H
#define CLAIRSCORE_BACKEND_NEAREST_CELLS_H

#include "backend/population/nearest.h"

enum { CELLS = 16, CELL_MISSING = CELLS - 1 };

/* The cells of a column. The last is for missing values; of categories the one before may be shared by the
 * rarer ones. */
struct cells {
    size_t count;            /* of known values, at most CELL_MISSING */
    float lowest[CELLS - 1]; /* ascending intervals, from a value of the column to a value of it */
    float highest[CELLS - 1];
    bool shared; /* of categories, which stand in `lowest`: the last cell has all that are in no other */
    float share[CELLS]; /* of the rows */
};

/* Lays cells over a part's column and finds that of each row into `codes`. ERROR_INTERNAL without memory. */
int cells_lay(struct cells *out, const struct nearest_part *part, uint8_t *codes, struct error *err);

/* The least that a value of each cell costs beside `own`. */
void cells_cost(double out[CELLS], const struct cells *cells, const struct nearest_part *part, float own);

#endif
