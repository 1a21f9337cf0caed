#include "backend/population/grid.h"

#include <math.h>
#include <string.h>

static const double SKEWED = 2; /* upper half of the bulk over its lower half */

/* Three-digit numbers of the Renard series R20 (ISO 3:1973); every second is R10, every fourth R5. */
static const double renard[] = {1,    1.12, 1.25, 1.4, 1.6, 1.8, 2,   2.24, 2.5, 2.8,
                                3.15, 3.55, 4,    4.5, 5,   5.6, 6.3, 7.1,  8,   9};
enum { RENARD = sizeof renard / sizeof *renard };

enum { BLOCK = 1024 /* values whose cells are found together */ };
static const uint32_t NOWHERE = UINT32_MAX; /* the cell of a missing value */

/* ---- Axes ---- */

/* Number `i` of the series that begins at 1. */
static double renard_number(long i)
{
    long decade = i >= 0 ? i / RENARD : -((-i + RENARD - 1) / RENARD);
    return renard[i - decade * RENARD] * pow(10, (double)decade);
}

/* Edges from the last number not above `low` to the first above `high`, `stride` apart; false when they are
 * too many. */
static bool lay_renard(struct grid_axis *axis, double low, double high, long stride, size_t most)
{
    long first = (long)floor(log10(low) * RENARD);
    first = first >= 0 ? first / stride * stride : -((-first + stride - 1) / stride) * stride;
    while (renard_number(first) > low)
        first -= stride;
    while (renard_number(first + stride) <= low)
        first += stride;
    size_t cells = 0;
    axis->edges[0] = (float)renard_number(first);
    while ((double)axis->edges[cells] <= high) {
        if (cells == most)
            return false;
        cells++;
        axis->edges[cells] = (float)renard_number(first + (long)cells * stride);
    }
    axis->cells = cells;
    return true;
}

static bool is_skewed(const struct distribution *distribution)
{
    double low = distribution->bulk[0], high = distribution->bulk[1], median = distribution->quantiles[2];
    return low > 0 && high - median > SKEWED * (median - low);
}

static void lay_numbers(struct grid_axis *axis, const struct distribution *distribution, size_t most)
{
    static const long strides[] = {1, 2, 4, RENARD / 2, RENARD};
    axis->scale = AXIS_LOGARITHMIC;
    for (size_t i = 0; is_skewed(distribution) && i < sizeof strides / sizeof *strides; i++)
        if (lay_renard(axis, distribution->bulk[0], distribution->bulk[1], strides[i], most))
            return;
    axis->scale = AXIS_LINEAR;
    /* A histogram with more bins than fit keeps every second or later edge, and its last. */
    size_t stride = (distribution->bins + most - 1) / most;
    for (size_t bin = 0; bin < distribution->bins; bin += stride)
        axis->edges[axis->cells++] = (float)distribution->edges[bin];
    axis->edges[axis->cells] = (float)distribution->edges[distribution->bins];
}

static size_t frequency(const struct distribution *distribution, size_t bin)
{
    size_t sum = 0;
    for (size_t class = 0; class < CLASS_COUNT; class ++)
        sum += distribution->counts[class][bin];
    return sum;
}

/* How many categories are more frequent than this one, or as frequent and before it. */
static size_t place_of(const struct distribution *distribution, size_t bin)
{
    size_t place = 0;
    for (size_t other = 0; other < distribution->bins; other++) {
        size_t here = frequency(distribution, bin), there = frequency(distribution, other);
        place += there > here || (there == here && other < bin);
    }
    return place;
}

static void lay_categories(struct grid_axis *axis, const struct distribution *distribution, size_t most)
{
    bool all_fit = distribution->bins <= most;
    axis->scale = AXIS_CATEGORIES;
    for (size_t bin = 0; bin < distribution->bins; bin++) {
        axis->cell_of[bin] = (uint8_t)(most - 1);
        if (!all_fit && place_of(distribution, bin) >= most - 1)
            continue;
        axis->cell_of[bin] = (uint8_t)axis->cells;
        axis->categories[axis->cells++] = (int)bin;
    }
    if (!all_fit)
        axis->categories[axis->cells++] = GRID_OTHERS;
}

void grid_axis_lay(struct grid_axis *out, const struct population *population, size_t feature, size_t most)
{
    const struct distribution *distribution = population_distribution(population, feature);
    memset(out, 0, sizeof *out);
    out->feature = feature;
    if (distribution->categorical)
        lay_categories(out, distribution, most);
    else if (distribution->known > 0)
        lay_numbers(out, distribution, most);
}

size_t grid_cells_for(size_t count, size_t each)
{
    double along = sqrt((double)count / (double)each);
    return along <= GRID_FEWEST ? GRID_FEWEST : along >= GRID_CELLS ? GRID_CELLS : (size_t)along;
}

/* The cells of `count` values, at most BLOCK; NOWHERE when missing. Counting the edges that a value is not
 * below takes more compares than a binary search, but many values at once and no branch. */
static void find_cells(const struct grid_axis *axis, const float *values, size_t count, uint32_t *cells)
{
    for (size_t i = 0; i < count; i++)
        cells[i] = 0;
    if (axis->scale == AXIS_CATEGORIES) {
        for (size_t i = 0; i < count; i++)
            cells[i] =
                values[i] >= 0 && values[i] < DISTRIBUTION_BINS ? axis->cell_of[(size_t)values[i]] : NOWHERE;
        return;
    }
    for (size_t edge = 1; edge < axis->cells; edge++) {
        const float limit = axis->edges[edge];
        for (size_t i = 0; i < count; i++)
            cells[i] += values[i] >= limit;
    }
    for (size_t i = 0; i < count; i++)
        if (isnan(values[i]) || axis->cells == 0)
            cells[i] = NOWHERE;
}

int grid_axis_cell(const struct grid_axis *axis, float value)
{
    uint32_t cell;
    find_cells(axis, &value, 1, &cell);
    return cell == NOWHERE ? -1 : (int)cell;
}

/* ---- Cells ---- */

/* The values of rows `first` to `first + count - 1` of the list, or of everybody. */
static void gather(float *out, const struct population *population, size_t feature, const uint32_t *rows,
                   size_t first, size_t count)
{
    if (rows)
        population_gather(population, feature, rows + first, count, out);
    else
        population_read_values(population, feature, first, count, out);
}

static void count_client(struct grid *grid, uint32_t x, uint32_t y, int outcome)
{
    if (x == NOWHERE || y == NOWHERE) {
        grid->missing++;
        return;
    }
    struct grid_cell *cell = &grid->cells[y][x];
    cell->count++;
    cell->known += outcome != OUTCOME_UNKNOWN;
    cell->defaulted += outcome == OUTCOME_DEFAULTED;
}

void grid_fill(struct grid *out, const struct population *population, const uint32_t *rows, size_t count)
{
    float values[BLOCK];
    uint32_t xs[BLOCK], ys[BLOCK];
    memset(out->cells, 0, sizeof out->cells);
    out->missing = 0;
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t some = count - first < BLOCK ? count - first : BLOCK;
        gather(values, population, out->x.feature, rows, first, some);
        find_cells(&out->x, values, some, xs);
        gather(values, population, out->y.feature, rows, first, some);
        find_cells(&out->y, values, some, ys);
        for (size_t i = 0; i < some; i++)
            count_client(out, xs[i], ys[i],
                         population_outcome(population, rows ? rows[first + i] : first + i));
    }
}

double grid_default_rate(const struct grid_cell *cell)
{
    return cell->known < GRID_LEAST ? NAN : (double)cell->defaulted / (double)cell->known;
}
