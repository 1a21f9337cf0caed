/* Two features of a set of clients against each other: a grid with a count and the outcomes of each cell. */
#ifndef CLAIRSCORE_BACKEND_GRID_H
#define CLAIRSCORE_BACKEND_GRID_H

#include "backend/population/population.h"

enum {
    GRID_CELLS = 40, /* along an axis, at most */
    GRID_FEWEST = 4, /* the same for the smallest groups */
    GRID_LEAST = 10  /* clients with a known outcome from which on a cell has a default rate */
};

enum axis_scale { AXIS_LINEAR, AXIS_LOGARITHMIC, AXIS_CATEGORIES };

/* How the values of a feature are laid into cells. */
struct grid_axis {
    size_t feature;
    enum axis_scale scale;
    size_t cells;
    float edges[GRID_CELLS + 1]; /* of numbers: ascending; the outer cells take what lies beyond */
    int categories[GRID_CELLS];  /* of categories: the one of each cell; GRID_OTHERS in the last when there
                                    are more than fit */
    uint8_t cell_of[DISTRIBUTION_BINS]; /* of categories: the cell of each */
};
enum { GRID_OTHERS = -1 };

/* Lays an axis of at most `most` cells (2 to GRID_CELLS) over the population. A category or flag value has a
 * cell of its own, in the catalogue's order; of more than `most` the most frequent have, and the last cell
 * takes the others. Numbers get steps of equal width, the round ones of the feature's histogram; where the
 * upper half of the bulk is more than twice as wide as the lower half and all of it above 0, as with all
 * amounts of money, steps that grow by equal ratios: the preferred numbers of ISO 3 (Renard series), 20, 10,
 * 5, 2 or 1 a decade, so that half of the clients are not pressed into a few cells. */
void grid_axis_lay(struct grid_axis *out, const struct population *population, size_t feature, size_t most);

/* How many cells along each axis, so that one of `count` clients' grid holds `each` (above 0) on average: at
 * least GRID_FEWEST, at most GRID_CELLS. */
size_t grid_cells_for(size_t count, size_t each);

/* The cell of a value, or -1 when it is missing. */
int grid_axis_cell(const struct grid_axis *axis, float value);

struct grid_cell {
    uint32_t count, known, defaulted; /* clients; of known outcome; of these */
};

struct grid {
    struct grid_axis x, y;
    struct grid_cell cells[GRID_CELLS][GRID_CELLS]; /* [y][x] */
    size_t missing;                                 /* clients without a value of either */
};

/* Counts the `count` clients in `rows` (NULL: everybody) into the grid, whose axes are laid. */
void grid_fill(struct grid *out, const struct population *population, const uint32_t *rows, size_t count);

/* Share of defaults of a cell, NaN with fewer than GRID_LEAST known outcomes: a rate of a handful says
 * nothing, and would tell how single clients ended. */
double grid_default_rate(const struct grid_cell *cell);

#endif
