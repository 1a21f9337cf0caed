/* How nearest.h approximates a column: cells of values, and the least that each costs. Inner part of nearest.
 */
#ifndef CLAIRSCORE_BACKEND_NEAREST_CELLS_H
#define CLAIRSCORE_BACKEND_NEAREST_CELLS_H

#include "backend/population/nearest.h"

enum {
    CELLS = 16,
    CELL_MISSING = CELLS - 1,
    FINE = 16, /* parts of a cell */
    CODES = CELLS * FINE
};

/* The cells of a column, and the parts they are cut into: a code is the cell's number times FINE plus the
 * part's. The last cell is for missing values. Of numbers, each part is an interval from a value of the
 * column to a value of it. Of categories each cell is one, which stands in `lowest`, but for the last of
 * them, which the rarer ones may share. */
struct cells {
    size_t count;         /* of known values, at most CELL_MISSING */
    uint8_t parts[CELLS]; /* of each */
    float lowest[CODES];  /* of each code */
    float highest[CODES];
    bool shared;
    float share[CELLS]; /* of the rows */
};

/* Lays cells over a part's column and finds the code of each row. ERROR_INTERNAL without memory. */
int cells_lay(struct cells *out, const struct nearest_part *part, uint8_t *codes, struct error *err);

/* The least that a value of each cell costs beside `own`, and of each code. */
void cells_cost(double out[CELLS], const struct cells *cells, const struct nearest_part *part, float own);
void cells_cost_fine(double out[CODES], const struct cells *cells, const struct nearest_part *part,
                     float own);

#endif
