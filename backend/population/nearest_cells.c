#include "backend/population/nearest_cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/population/order.h"

enum { SAMPLE = 2048 /* values of a column of floats that its cells are laid by */ };
static const double TAIL = 0.002; /* the share of values at either end whose distances say nothing */

/* ---- Numbers ---- */

/* Ascending values, and how much each weighs in the choice of cells. */
struct weighed {
    const float *values;
    double *weights;
    size_t count;
};

/* A cell is good when few rows are in it, and when it is narrow: each value weighs its share of the rows plus
 * its share of the way from the lowest to the highest, without the tails. Of one value at least. */
static void weigh(struct weighed *out, const uint32_t *rows)
{
    double known = 0, below = 0;
    size_t first = 0, last = 0;
    for (size_t i = 0; i < out->count; i++)
        known += rows ? rows[i] : 1;
    for (size_t i = 0; i < out->count; i++) {
        below += rows ? rows[i] : 1;
        first = below <= TAIL * known ? i + 1 : first;
        last = below <= (1 - TAIL) * known ? i + 1 : last;
    }
    last = last < out->count ? last : out->count - 1;
    const double way = (double)out->values[last] - (double)out->values[first];
    for (size_t i = 0; i < out->count; i++) {
        out->weights[i] = (rows ? rows[i] : 1) / known;
        if (i > first && i <= last && way > 0)
            out->weights[i] += ((double)out->values[i] - (double)out->values[i - 1]) / way;
    }
}

/* Cuts the values into at most CELL_MISSING cells of about the same weight: `starts` has the first of each.
 * One that weighs more than a cell has a cell of its own. */
static size_t cut(size_t starts[CELLS - 1], const struct weighed *weighed)
{
    double left = 0, wanted = 0, here = 0;
    size_t cells = 0;
    for (size_t i = 0; i < weighed->count; i++)
        left += weighed->weights[i];
    const bool each = weighed->count <= CELL_MISSING;
    for (size_t i = 0; i < weighed->count; i++) {
        const double weight = weighed->weights[i];
        if (cells == 0 || each || (cells < CELL_MISSING && here + weight / 2 > wanted)) {
            wanted = left / (double)(CELL_MISSING - cells);
            starts[cells++] = i;
            here = 0;
        }
        here += weight;
        left -= weight;
    }
    return cells;
}

/* Cells of a column that lists its values. */
static int lay_listed(struct cells *out, const struct packed *column, uint8_t *cell_of, struct error *err)
{
    struct weighed weighed = {column->values, malloc((column->distinct + 1) * sizeof(double)),
                              column->distinct};
    size_t starts[CELLS - 1];
    if (!weighed.weights)
        return error_set(err, ERROR_INTERNAL, "no memory to compare clients");
    if (weighed.count > 0)
        weigh(&weighed, column->rows);
    out->count = cut(starts, &weighed);
    free(weighed.weights);
    for (size_t cell = 0; cell < out->count; cell++) {
        size_t end = cell + 1 < out->count ? starts[cell + 1] : column->distinct;
        out->lowest[cell] = column->values[starts[cell]];
        out->highest[cell] = column->values[end - 1];
        memset(cell_of + starts[cell], (int)cell, end - starts[cell]);
    }
    return 0;
}

/* Cells of a column that does not, by a sample; returns their lower limits, the first below everything. */
static size_t lay_sampled(float limits[CELLS - 1], const float *values, size_t count)
{
    uint32_t keys[SAMPLE], room[SAMPLE];
    float sample[SAMPLE] = {0};
    double weights[SAMPLE];
    size_t starts[CELLS - 1], known = 0, step = count / SAMPLE + 1;
    for (size_t i = 0; i < count; i += step)
        if (!isnan(values[i]))
            keys[known++] = order_key(values[i]);
    const uint32_t *sorted = order_sort(keys, room, known);
    struct weighed weighed = {sample, weights, 0};
    for (size_t i = 0; i < known; i++)
        if (i == 0 || order_value(sorted[i]) != sample[weighed.count - 1])
            sample[weighed.count++] = order_value(sorted[i]);
    if (weighed.count == 0) {
        limits[0] = -INFINITY;
        return 1;
    }
    weigh(&weighed, NULL);
    size_t cells = cut(starts, &weighed);
    for (size_t cell = 0; cell < cells; cell++)
        limits[cell] = cell == 0 ? -INFINITY : sample[starts[cell]];
    return cells;
}

static void find_floats(struct cells *out, const struct packed *column, uint8_t *codes)
{
    const float *values = column->floats;
    float limits[CELLS - 1];
    out->count = lay_sampled(limits, values, column->count);
    memset(codes, 0, column->count);
    for (size_t cell = 1; cell < out->count; cell++)
        for (size_t row = 0; row < column->count; row++)
            codes[row] = (uint8_t)(codes[row] + (values[row] >= limits[cell]));
    for (size_t cell = 0; cell < out->count; cell++) {
        out->lowest[cell] = INFINITY;
        out->highest[cell] = -INFINITY;
    }
    for (size_t row = 0; row < column->count; row++) {
        const size_t cell = codes[row];
        if (isnan(values[row])) {
            codes[row] = CELL_MISSING;
            continue;
        }
        out->lowest[cell] = values[row] < out->lowest[cell] ? values[row] : out->lowest[cell];
        out->highest[cell] = values[row] > out->highest[cell] ? values[row] : out->highest[cell];
    }
}

/* ---- Categories ---- */

/* The most frequent ones have cells of their own. */
static void lay_categories(struct cells *out, const struct packed *column, uint8_t *cell_of)
{
    out->shared = column->distinct > CELL_MISSING;
    out->count = out->shared ? CELL_MISSING : column->distinct;
    const size_t own = out->shared ? out->count - 1 : out->count;
    memset(cell_of, (int)own, column->distinct);
    for (size_t cell = 0; cell < own; cell++) {
        size_t most = column->distinct;
        for (size_t i = 0; i < column->distinct; i++)
            if (cell_of[i] == own && (most == column->distinct || column->rows[i] > column->rows[most]))
                most = i;
        cell_of[most] = (uint8_t)cell;
        out->lowest[cell] = column->values[most];
    }
}

/* ---- Both ---- */

int cells_lay(struct cells *out, const struct nearest_part *part, uint8_t *codes, struct error *err)
{
    const struct packed *column = part->column;
    size_t rows[CELLS] = {0};
    memset(out, 0, sizeof *out);
    if (column->kind == PACKED_FLOATS) {
        find_floats(out, column, codes);
    } else {
        uint8_t *cell_of = malloc(column->distinct + 1);
        if (!cell_of)
            return error_set(err, ERROR_INTERNAL, "no memory to compare clients");
        int status = 0;
        if (part->categorical)
            lay_categories(out, column, cell_of);
        else
            status = lay_listed(out, column, cell_of, err);
        cell_of[column->distinct] = CELL_MISSING;
        for (size_t row = 0; status == 0 && row < column->count; row++)
            codes[row] = cell_of[column->kind == PACKED_BYTES ? column->bytes[row] : column->words[row]];
        free(cell_of);
        if (status)
            return status;
    }
    for (size_t row = 0; row < column->count; row++)
        rows[codes[row]]++;
    for (size_t cell = 0; cell < CELLS && column->count > 0; cell++)
        out->share[cell] = (float)rows[cell] / (float)column->count;
    return 0;
}

static void cost_of_category(double out[CELLS], const struct cells *cells, double mismatch, float own)
{
    const size_t single = cells->shared ? cells->count - 1 : cells->count;
    bool found = false;
    for (size_t cell = 0; cell < single; cell++) {
        const bool equal = cells->lowest[cell] == own;
        out[cell] = equal ? 0 : mismatch;
        found = found || equal;
    }
    if (cells->shared)
        out[single] = found ? mismatch : 0;
}

void cells_cost(double out[CELLS], const struct cells *cells, const struct nearest_part *part, float own)
{
    for (size_t cell = 0; cell < CELLS; cell++)
        out[cell] = 0;
    if (isnan(own)) {
        for (size_t cell = 0; cell < cells->count; cell++)
            out[cell] = part->mismatch;
        return;
    }
    out[CELL_MISSING] = part->mismatch;
    if (part->categorical) {
        cost_of_category(out, cells, part->mismatch, own);
        return;
    }
    for (size_t cell = 0; cell < cells->count; cell++) {
        double gap =
            fmax((double)cells->lowest[cell] - (double)own, (double)own - (double)cells->highest[cell]);
        out[cell] = gap > 0 ? gap * gap * part->weight : 0;
    }
}
