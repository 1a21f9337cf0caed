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

/* Cuts values `first` to `end - 1` into at most `most` pieces of about the same weight: `starts` has the
 * first of each. One that weighs more than a piece has one of its own. */
static size_t cut(size_t *starts, const struct weighed *weighed, size_t first, size_t end, size_t most)
{
    double left = 0, wanted = 0, here = 0;
    size_t pieces = 0;
    for (size_t i = first; i < end; i++)
        left += weighed->weights[i];
    const bool each = end - first <= most;
    for (size_t i = first; i < end; i++) {
        const double weight = weighed->weights[i];
        if (pieces == 0 || each || (pieces < most && here + weight / 2 > wanted)) {
            wanted = left / (double)(most - pieces);
            starts[pieces++] = i;
            here = 0;
        }
        here += weight;
        left -= weight;
    }
    return pieces;
}

/* Lays cells and their parts: `starts` has the first value of each code. */
static void lay(struct cells *out, size_t starts[CODES], const struct weighed *weighed)
{
    size_t cells[CELL_MISSING];
    out->count = cut(cells, weighed, 0, weighed->count, CELL_MISSING);
    for (size_t cell = 0; cell < out->count; cell++) {
        const size_t end = cell + 1 < out->count ? cells[cell + 1] : weighed->count;
        out->parts[cell] = (uint8_t)cut(starts + cell * FINE, weighed, cells[cell], end, FINE);
    }
}

/* The code after this one; CODES when it is the last. */
static size_t next_code(const struct cells *cells, size_t code)
{
    if (code % FINE + 1 < cells->parts[code / FINE])
        return code + 1;
    return code / FINE + 1 < cells->count ? (code / FINE + 1) * FINE : CODES;
}

/* Of a column that lists its values. */
static int lay_listed(struct cells *out, const struct packed *column, uint8_t *code_of, struct error *err)
{
    struct weighed weighed = {column->values, malloc((column->distinct + 1) * sizeof(double)),
                              column->distinct};
    size_t starts[CODES] = {0};
    if (!weighed.weights)
        return error_set(err, ERROR_INTERNAL, "no memory to compare clients");
    if (weighed.count > 0)
        weigh(&weighed, column->rows);
    lay(out, starts, &weighed);
    free(weighed.weights);
    for (size_t code = out->count > 0 ? 0 : CODES, next; code < CODES; code = next) {
        next = next_code(out, code);
        const size_t end = next < CODES ? starts[next] : column->distinct;
        out->lowest[code] = column->values[starts[code]];
        out->highest[code] = column->values[end - 1];
        memset(code_of + starts[code], (int)code, end - starts[code]);
    }
    return 0;
}

/* Codes and their lower limits, ascending; the first is below everything. */
struct ladder {
    float limits[CODES];
    uint8_t codes[CODES];
    size_t count;
};

/* Of a column that does not, by a sample. */
static void lay_sampled(struct cells *out, struct ladder *ladder, const float *values, size_t count)
{
    uint32_t keys[SAMPLE], room[SAMPLE];
    float sample[SAMPLE] = {0};
    double weights[SAMPLE];
    size_t starts[CODES] = {0}, known = 0, step = count / SAMPLE + 1;
    for (size_t i = 0; i < count; i += step)
        if (!isnan(values[i]))
            keys[known++] = order_key(values[i]);
    const uint32_t *sorted = order_sort(keys, room, known);
    struct weighed weighed = {sample, weights, 0};
    for (size_t i = 0; i < known; i++)
        if (i == 0 || order_value(sorted[i]) != sample[weighed.count - 1])
            sample[weighed.count++] = order_value(sorted[i]);
    if (weighed.count == 0)
        weighed.count = 1; /* whatever there is falls into one cell */
    weigh(&weighed, NULL);
    lay(out, starts, &weighed);
    ladder->count = 0;
    for (size_t code = 0; code < CODES; code = next_code(out, code)) {
        ladder->limits[ladder->count] = code == 0 ? -INFINITY : sample[starts[code]];
        ladder->codes[ladder->count++] = (uint8_t)code;
    }
}

static uint8_t climb(const struct ladder *ladder, float value)
{
    size_t at = 0;
    for (size_t left = ladder->count; left > 1;) {
        const size_t half = left / 2;
        at = value >= ladder->limits[at + half] ? at + half : at;
        left -= half;
    }
    return ladder->codes[at];
}

static void find_floats(struct cells *out, const struct packed *column, uint8_t *codes)
{
    const float *values = column->floats;
    struct ladder ladder;
    lay_sampled(out, &ladder, values, column->count);
    for (size_t code = 0; code < CODES; code++) {
        out->lowest[code] = INFINITY;
        out->highest[code] = -INFINITY;
    }
    for (size_t row = 0; row < column->count; row++) {
        if (isnan(values[row])) {
            codes[row] = CELL_MISSING * FINE;
            continue;
        }
        const uint8_t code = climb(&ladder, values[row]);
        codes[row] = code;
        out->lowest[code] = values[row] < out->lowest[code] ? values[row] : out->lowest[code];
        out->highest[code] = values[row] > out->highest[code] ? values[row] : out->highest[code];
    }
}

/* ---- Categories ---- */

/* The most frequent ones have cells of their own. */
static void lay_categories(struct cells *out, const struct packed *column, uint8_t *code_of)
{
    out->shared = column->distinct > CELL_MISSING;
    out->count = out->shared ? CELL_MISSING : column->distinct;
    const size_t own = out->shared ? out->count - 1 : out->count;
    memset(out->parts, 1, out->count);
    memset(code_of, (int)(own * FINE), column->distinct);
    for (size_t cell = 0; cell < own; cell++) {
        size_t most = column->distinct;
        for (size_t i = 0; i < column->distinct; i++)
            if (code_of[i] == own * FINE &&
                (most == column->distinct || column->rows[i] > column->rows[most]))
                most = i;
        code_of[most] = (uint8_t)(cell * FINE);
        out->lowest[cell * FINE] = column->values[most];
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
        uint8_t *code_of = malloc(column->distinct + 1);
        if (!code_of)
            return error_set(err, ERROR_INTERNAL, "no memory to compare clients");
        int status = 0;
        if (part->categorical)
            lay_categories(out, column, code_of);
        else
            status = lay_listed(out, column, code_of, err);
        code_of[column->distinct] = CELL_MISSING * FINE;
        for (size_t row = 0; status == 0 && row < column->count; row++)
            codes[row] = code_of[column->kind == PACKED_BYTES ? column->bytes[row] : column->words[row]];
        free(code_of);
        if (status)
            return status;
    }
    for (size_t row = 0; row < column->count; row++)
        rows[codes[row] / FINE]++;
    for (size_t cell = 0; cell < CELLS && column->count > 0; cell++)
        out->share[cell] = (float)rows[cell] / (float)column->count;
    return 0;
}

static void cost_of_category(double out[CELLS], const struct cells *cells, double mismatch, float own)
{
    const size_t single = cells->shared ? cells->count - 1 : cells->count;
    bool found = false;
    for (size_t cell = 0; cell < single; cell++) {
        const bool equal = cells->lowest[cell * FINE] == own;
        out[cell] = equal ? 0 : mismatch;
        found = found || equal;
    }
    if (cells->shared)
        out[single] = found ? mismatch : 0;
}

/* From `own` to the nearest value of the interval. */
static double cost_of_interval(const struct nearest_part *part, float own, float lowest, float highest)
{
    const double below = (double)lowest - (double)own, above = (double)own - (double)highest;
    const double gap = below > above ? below : above;
    return gap > 0 ? gap * gap * part->weight : 0;
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
    if (part->categorical)
        cost_of_category(out, cells, part->mismatch, own);
    for (size_t cell = 0; cell < cells->count && !part->categorical; cell++)
        out[cell] = cost_of_interval(part, own, cells->lowest[cell * FINE],
                                     cells->highest[cell * FINE + cells->parts[cell] - 1]);
}

void cells_cost_fine(double out[CODES], const struct cells *cells, const struct nearest_part *part, float own)
{
    double costs[CELLS];
    cells_cost(costs, cells, part, own);
    for (size_t code = 0; code < CODES; code++)
        out[code] = costs[code / FINE];
    if (isnan(own) || part->categorical)
        return;
    for (size_t cell = 0; cell < cells->count; cell++)
        for (size_t code = cell * FINE; code < cell * FINE + cells->parts[cell]; code++)
            out[code] = cost_of_interval(part, own, cells->lowest[code], cells->highest[code]);
}
