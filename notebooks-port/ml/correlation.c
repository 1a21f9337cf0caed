#include "notebooks-port/ml/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/panel.h"

/* Five sums over the rows that know both columns give a pairwise correlation; with missing values replaced by
 * 0 each sum is a matrix product. Rows are dealt in panels to a fixed number of lanes, which add up on their
 * own and are then summed in order: the threads only decide who works on which lane. */
enum { LANES = 8 };
/* A variance below this share of the mean square is rounding, not spread. */
static const double NOISE = 1e-14;

/* A row-major matrix of doubles or of floats. */
struct source {
    const double *doubles;
    const float *floats;
    size_t rows, size;
};

static inline double value_at(const struct source *source, size_t cell)
{
    return source->doubles ? source->doubles[cell] : (double)source->floats[cell];
}

/* Sums of one lane or of all: X'X, X'M, (X²)'M, M'M with M = 1 where known; padded × padded each. Without
 * missing values the first is enough. */
struct moments {
    double *product, *sum, *square, *count;
};

struct work {
    size_t size, padded; /* columns; the same rounded up to whole tiles */
    size_t panels;
    bool complete;   /* nothing is missing */
    double *centre;  /* [size] means */
    double *moments; /* [LANES][4 or 1][padded²] */
};

static struct moments lane_moments(const struct work *work, size_t lane)
{
    size_t cells = work->padded * work->padded;
    double *first = work->moments + lane * (work->complete ? 1 : 4) * cells;
    if (work->complete)
        return (struct moments){first, NULL, NULL, NULL};
    return (struct moments){first, first + cells, first + 2 * cells, first + 3 * cells};
}

/* Lays the rows of a panel out by column: values around their centre, their squares, 1 where known. */
static void fill_panel(double *x, double *squares, double *known, const struct work *work,
                       const struct source *source, size_t start)
{
    size_t here = source->rows - start < PANEL_ROWS ? source->rows - start : PANEL_ROWS;
    size_t bytes = work->padded * PANEL_ROWS * sizeof(double);
    if (here < PANEL_ROWS) {
        memset(x, 0, bytes);
        memset(squares, 0, bytes);
        memset(known, 0, bytes);
    }
    for (size_t r = 0; r < here; r++)
        for (size_t i = 0; i < work->size; i++) {
            double value = value_at(source, (start + r) * work->size + i) - work->centre[i];
            bool is_known = !isnan(value);
            value = is_known ? value : 0;
            x[i * PANEL_ROWS + r] = value;
            if (!work->complete) {
                squares[i * PANEL_ROWS + r] = value * value;
                known[i * PANEL_ROWS + r] = is_known;
            }
        }
}

/* Adds up the panels of a lane. False without memory. */
static bool run_lane(const struct work *work, const struct source *source, size_t lane)
{
    size_t cells = work->padded * PANEL_ROWS;
    double *x = aligned_alloc(PANEL_ALIGNMENT, 3 * cells * sizeof *x);
    if (!x)
        return false;
    double *squares = x + cells;
    double *known = squares + cells;
    memset(x, 0, 3 * cells * sizeof *x);
    struct moments moments = lane_moments(work, lane);
    for (size_t panel = lane; panel < work->panels; panel += LANES) {
        fill_panel(x, squares, known, work, source, panel * PANEL_ROWS);
        panel_multiply(moments.product, x, x, work->padded, true);
        if (work->complete)
            continue;
        panel_multiply(moments.sum, x, known, work->padded, false);
        panel_multiply(moments.square, squares, known, work->padded, false);
        panel_multiply(moments.count, known, known, work->padded, true);
    }
    free(x);
    return true;
}

/* Sums of squares of large numbers lose the digits that count; around the mean they do not. */
static bool measure_centres(struct work *work, const struct source *source)
{
    double *known = calloc(work->size, sizeof *known);
    if (!known)
        return false;
    for (size_t r = 0; r < source->rows; r++)
        for (size_t i = 0; i < work->size; i++) {
            double value = value_at(source, r * work->size + i);
            bool is_known = !isnan(value);
            work->centre[i] += is_known ? value : 0;
            known[i] += is_known;
        }
    work->complete = true;
    for (size_t i = 0; i < work->size; i++) {
        work->complete = work->complete && known[i] == (double)source->rows;
        work->centre[i] = known[i] > 0 ? work->centre[i] / known[i] : 0;
    }
    free(known);
    return true;
}

static double correlation_of(const struct moments *moments, size_t size, size_t i, size_t j)
{
    double n = moments->count[i * size + j];
    if (n < 2)
        return NAN;
    double mean_i = moments->sum[i * size + j] / n, mean_j = moments->sum[j * size + i] / n;
    double covariance = moments->product[i * size + j] / n - mean_i * mean_j;
    double square_i = moments->square[i * size + j] / n, square_j = moments->square[j * size + i] / n;
    double variance_i = square_i - mean_i * mean_i, variance_j = square_j - mean_j * mean_j;
    if (variance_i <= NOISE * square_i || variance_j <= NOISE * square_j)
        return NAN;
    return covariance / sqrt(variance_i * variance_j);
}

/* Without missing values the sums around the mean are zero but for rounding. */
static double complete_correlation(const struct moments *moments, const struct work *work, double rows,
                                   size_t i, size_t j)
{
    double square_i = moments->product[i * work->padded + i];
    double square_j = moments->product[j * work->padded + j];
    double scale_i = work->centre[i] * work->centre[i] * rows;
    double scale_j = work->centre[j] * work->centre[j] * rows;
    if (rows < 2 || square_i <= NOISE * (square_i + scale_i) || square_j <= NOISE * (square_j + scale_j))
        return NAN;
    return moments->product[i * work->padded + j] / sqrt(square_i * square_j);
}

static void sum_lanes(const struct work *work)
{
    size_t cells = (work->complete ? 1 : 4) * work->padded * work->padded;
    for (size_t lane = 1; lane < LANES; lane++)
        for (size_t i = 0; i < cells; i++)
            work->moments[i] += work->moments[lane * cells + i];
}

static void write_correlations(double *out, double *pairs, const struct work *work, size_t rows)
{
    struct moments moments = lane_moments(work, 0);
    for (size_t i = 0; i < work->size; i++)
        for (size_t j = i; j < work->size; j++) {
            double r = i == j           ? 1
                       : work->complete ? complete_correlation(&moments, work, (double)rows, i, j)
                                        : correlation_of(&moments, work->padded, i, j);
            out[i * work->size + j] = out[j * work->size + i] = r;
            if (pairs)
                pairs[i * work->size + j] = pairs[j * work->size + i] =
                    work->complete ? (double)rows : moments.count[i * work->padded + j];
        }
}

static int correlate(double *out, double *pairs, const struct source *source, struct error *err)
{
    struct work work = {.size = source->size,
                        .padded = panel_padded(source->size),
                        .panels = (source->rows + PANEL_ROWS - 1) / PANEL_ROWS};
    if (source->size == 0)
        return 0;
    bool done[LANES] = {false};
    bool all = (work.centre = calloc(work.size, sizeof *work.centre)) && measure_centres(&work, source);
    work.moments =
        all ? calloc((work.complete ? 1 : 4) * LANES, work.padded * work.padded * sizeof(double)) : NULL;
    all = work.moments != NULL;
    if (all) {
#pragma omp parallel for schedule(dynamic)
        for (size_t lane = 0; lane < LANES; lane++)
            done[lane] = run_lane(&work, source, lane);
        for (size_t lane = 0; lane < LANES; lane++)
            all = all && done[lane];
    }
    if (all) {
        sum_lanes(&work);
        write_correlations(out, pairs, &work, source->rows);
    }
    free(work.moments);
    free(work.centre);
    return all ? 0
               : error_set(err, ERROR_INTERNAL, "no memory for correlations of %zu columns", source->size);
}

int correlation_pairwise(double *out, double *pairs, const double *values, size_t rows, size_t size,
                         struct error *err)
{
    return correlate(out, pairs, &(struct source){values, NULL, rows, size}, err);
}

int correlation_of_examples(double *out, const struct examples *examples, struct error *err)
{
    return correlate(out, NULL, &(struct source){NULL, examples->values, examples->rows, examples->columns},
                     err);
}
