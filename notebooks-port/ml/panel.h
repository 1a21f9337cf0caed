/* Products of panels, the inner loop of sums over the rows of a matrix: X'X and its like.
 *
 * A panel holds PANEL_ROWS rows laid out by column: cell (row r, column i) is panel[i × PANEL_ROWS + r]. Its
 * columns are padded with zeros to whole tiles, and so are the rows of the last panel. It stands at an
 * address that is a multiple of PANEL_ALIGNMENT. */
#ifndef CLAIRSCORE_ML_PANEL_H
#define CLAIRSCORE_ML_PANEL_H

#include <stdbool.h>
#include <stddef.h>

enum { PANEL_ROWS = 128, PANEL_ALIGNMENT = 64 };

/* How many columns a panel of `columns` columns has with its padding. */
size_t panel_padded(size_t columns);

/* out[i][j] += Σ a_i b_j over the rows of two panels of `padded` columns; out is padded × padded. With
 * `upper` only the tiles that reach the diagonal or lie above it. */
void panel_multiply(double *restrict out, const double *restrict a, const double *restrict b, size_t padded,
                    bool upper);

#endif
