#include "notebooks-port/ml/panel.h"

#include "notebooks-port/ml/processors.h"

enum { WIDTH = 8, TILE_ROWS = 4, TILE_COLUMNS = 2 };

typedef double vector __attribute__((vector_size(WIDTH * sizeof(double))));

_Static_assert(sizeof(vector) == PANEL_ALIGNMENT, "a panel starts with a whole vector");

size_t panel_padded(size_t columns)
{
    return (columns + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
}

FOR_EACH_PROCESSOR
void panel_multiply(double *restrict out, const double *restrict a, const double *restrict b, size_t padded,
                    bool upper)
{
    for (size_t i = 0; i < padded; i += TILE_ROWS)
        for (size_t j = upper ? i : 0; j < padded; j += TILE_COLUMNS) {
            vector sums[TILE_ROWS][TILE_COLUMNS] = {0};
            for (size_t r = 0; r < PANEL_ROWS; r += WIDTH)
                for (size_t k = 0; k < TILE_ROWS; k++) {
                    const vector *left = (const vector *)(a + (i + k) * PANEL_ROWS + r);
                    for (size_t l = 0; l < TILE_COLUMNS; l++)
                        sums[k][l] += *left * *(const vector *)(b + (j + l) * PANEL_ROWS + r);
                }
            for (size_t k = 0; k < TILE_ROWS; k++)
                for (size_t l = 0; l < TILE_COLUMNS; l++) {
                    double sum = 0;
                    for (size_t w = 0; w < WIDTH; w++)
                        sum += sums[k][l][w];
                    out[(i + k) * padded + j + l] += sum;
                }
        }
}
