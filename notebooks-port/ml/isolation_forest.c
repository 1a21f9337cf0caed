#include "notebooks-port/ml/isolation_forest.h"

#include <gsl/gsl_math.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/processors.h"
#include "notebooks-port/ml/seed.h"

/* BLOCK_ROWS rows go down a tree side by side, so that the processor need not wait for one row's threshold
 * before it looks up another's. */
enum { BLOCK_ROWS = 16, LEAST_ROWS = 2 };

/* Trees are complete: slot s has the children 2s and 2s + 1, the root is slot 1, and paths end in the slots
 * from `leaves` on. Where the sample was parted sooner, nothing is above the threshold, and the way leads
 * left to the end: every row takes `depth` steps without a branch to guess. */
struct isolation_forest {
    unsigned trees, depth;
    uint32_t leaves; /* 2^depth: also the slots before them */
    size_t columns;
    double usual;       /* mean path length of a search among as many rows as a tree has seen */
    double offset;      /* of scores: lower is an outlier */
    double *thresholds; /* [trees][leaves] */
    uint32_t *features; /* [trees][leaves] */
    double *lengths;    /* [trees][leaves] of the paths that end in a leaf */
};

struct isolation_options isolation_forest_defaults(void)
{
    return (struct isolation_options){.trees = 100, .samples = 100, .contamination = 0.1, .seed = 0};
}

/* Mean path length of an unsuccessful search in a binary tree of `rows` (Liu, Ting & Zhou 2008, eq. 1). */
static double path_length(size_t rows)
{
    if (rows <= 2)
        return rows == 2;
    double n = (double)rows;
    return 2 * (log(n - 1) + M_EULER) - 2 * (n - 1) / n;
}

/* One thread's room to grow trees. */
struct nursery {
    const double *values;
    size_t rows, columns;
    uint32_t size;      /* of a sample */
    double *sample;     /* [size][columns] */
    uint64_t *is_drawn; /* a bit a row of the matrix */
    size_t *drawn;      /* [size] */
    uint32_t *order;    /* [size] rows of the sample; those of a slot stand together */
    uint32_t *untried;  /* [columns] */
    gsl_rng *generator;
};

static bool nursery_open(struct nursery *nursery)
{
    nursery->sample = malloc(nursery->size * nursery->columns * sizeof *nursery->sample);
    nursery->is_drawn = calloc(nursery->rows / 64 + 1, sizeof *nursery->is_drawn);
    nursery->drawn = malloc(nursery->size * sizeof *nursery->drawn);
    nursery->order = malloc(nursery->size * sizeof *nursery->order);
    nursery->untried = malloc(nursery->columns * sizeof *nursery->untried);
    nursery->generator = gsl_rng_alloc(gsl_rng_mt19937);
    return nursery->sample && nursery->is_drawn && nursery->drawn && nursery->order && nursery->untried &&
           nursery->generator;
}

static void nursery_close(struct nursery *nursery)
{
    free(nursery->sample);
    free(nursery->is_drawn);
    free(nursery->drawn);
    free(nursery->order);
    free(nursery->untried);
    if (nursery->generator)
        gsl_rng_free(nursery->generator);
}

/* Draws the sample without replacement, by Floyd's algorithm (Bentley & Floyd 1987). */
static void draw_sample(struct nursery *nursery)
{
    for (uint32_t i = 0; i < nursery->size; i++) {
        size_t last = nursery->rows - nursery->size + i;
        size_t row = gsl_rng_uniform_int(nursery->generator, last + 1);
        if (nursery->is_drawn[row / 64] >> (row % 64) & 1)
            row = last;
        nursery->is_drawn[row / 64] |= UINT64_C(1) << (row % 64);
        nursery->drawn[i] = row;
        nursery->order[i] = i;
        memcpy(nursery->sample + i * nursery->columns, nursery->values + row * nursery->columns,
               nursery->columns * sizeof *nursery->sample);
    }
    for (uint32_t i = 0; i < nursery->size; i++)
        nursery->is_drawn[nursery->drawn[i] / 64] = 0;
}

/* A random column in which the rows of a slot differ, and its range; false when there is none. */
static bool draw_column(struct nursery *nursery, uint32_t start, uint32_t end, uint32_t *column, double *low,
                        double *high)
{
    for (size_t left = nursery->columns; left > 0; left--) {
        size_t place = gsl_rng_uniform_int(nursery->generator, left);
        *column = nursery->untried[place];
        nursery->untried[place] = nursery->untried[left - 1];
        nursery->untried[left - 1] = *column;
        *low = *high = nursery->sample[nursery->order[start] * nursery->columns + *column];
        for (uint32_t i = start + 1; i < end; i++) {
            double value = nursery->sample[nursery->order[i] * nursery->columns + *column];
            *low = fmin(*low, value);
            *high = fmax(*high, value);
        }
        if (*high > *low)
            return true;
    }
    return false;
}

/* Puts the rows that are not above the threshold first; where the others start. */
static uint32_t part(struct nursery *nursery, uint32_t start, uint32_t end, uint32_t column, double threshold)
{
    uint32_t middle = start;
    for (uint32_t i = start; i < end; i++) {
        uint32_t row = nursery->order[i];
        if (nursery->sample[row * nursery->columns + column] > threshold)
            continue;
        nursery->order[i] = nursery->order[middle];
        nursery->order[middle++] = row;
    }
    return middle;
}

/* Parts the rows order[start] .. order[end − 1] that have come to `slot` after `steps` steps. */
static void grow(struct isolation_forest *forest, unsigned tree, struct nursery *nursery, uint32_t slot,
                 unsigned steps, uint32_t start, uint32_t end)
{
    size_t first = (size_t)tree * forest->leaves;
    uint32_t column;
    double low, high;
    if (steps == forest->depth || end - start < 2 ||
        !draw_column(nursery, start, end, &column, &low, &high)) {
        forest->lengths[first + (slot << (forest->depth - steps)) - forest->leaves] =
            steps + path_length(end - start);
        return;
    }
    /* The difference of the largest doubles would be infinite; so they are weighed. */
    double share = gsl_rng_uniform(nursery->generator);
    double threshold = low * (1 - share) + high * share;
    if (!(threshold >= low && threshold < high))
        threshold = low;
    forest->thresholds[first + slot] = threshold;
    forest->features[first + slot] = column;
    uint32_t middle = part(nursery, start, end, column, threshold);
    grow(forest, tree, nursery, 2 * slot, steps + 1, start, middle);
    grow(forest, tree, nursery, 2 * slot + 1, steps + 1, middle, end);
}

static int grow_trees(struct isolation_forest *forest, const double *values, size_t rows, uint32_t size,
                      uint64_t seed, struct error *err)
{
    bool is_short = false;
#pragma omp parallel reduction(|| : is_short)
    {
        struct nursery nursery = {.values = values, .rows = rows, .columns = forest->columns, .size = size};
        is_short = !nursery_open(&nursery);
#pragma omp for schedule(dynamic)
        for (unsigned tree = 0; tree < forest->trees; tree++) {
            if (is_short)
                continue;
            gsl_rng_set(nursery.generator, seed_of(seed, tree));
            for (size_t i = 0; i < nursery.columns; i++)
                nursery.untried[i] = (uint32_t)i;
            draw_sample(&nursery);
            grow(forest, tree, &nursery, 1, 0, 0, size);
        }
        nursery_close(&nursery);
    }
    return is_short ? error_set(err, ERROR_INTERNAL, "out of memory to grow a tree") : 0;
}

/* Adds the lengths of the paths of BLOCK_ROWS rows, tree after tree, to totals. */
FOR_EACH_PROCESSOR
static void walk_block(double *restrict totals, const struct isolation_forest *forest,
                       const double *restrict values)
{
    size_t columns = forest->columns;
    for (unsigned tree = 0; tree < forest->trees; tree++) {
        const double *thresholds = forest->thresholds + (size_t)tree * forest->leaves;
        const uint32_t *features = forest->features + (size_t)tree * forest->leaves;
        const double *lengths = forest->lengths + (size_t)tree * forest->leaves;
        uint32_t slots[BLOCK_ROWS];
        for (size_t r = 0; r < BLOCK_ROWS; r++)
            slots[r] = 1;
        for (unsigned step = 0; step < forest->depth; step++)
            for (size_t r = 0; r < BLOCK_ROWS; r++) {
                uint32_t slot = slots[r];
                slots[r] = 2 * slot + (values[r * columns + features[slot]] > thresholds[slot]);
            }
        for (size_t r = 0; r < BLOCK_ROWS; r++)
            totals[r] += lengths[slots[r] - forest->leaves];
    }
}

/* Scores up to BLOCK_ROWS rows; `spare` has room for a whole block. */
static void score_block(double *scores, const struct isolation_forest *forest, const double *values,
                        size_t rows, double *spare)
{
    double totals[BLOCK_ROWS] = {0};
    if (rows < BLOCK_ROWS) {
        memcpy(spare, values, rows * forest->columns * sizeof *spare);
        values = spare;
    }
    walk_block(totals, forest, values);
    for (size_t r = 0; r < rows; r++)
        scores[r] = -exp2(-totals[r] / forest->trees / forest->usual);
}

static int check_values(const double *values, size_t rows, size_t columns, struct error *err)
{
    size_t cells = rows * columns;
    for (size_t i = 0; i < cells; i++)
        if (!isfinite(values[i]))
            return error_set(
                err, ERROR_INVALID,
                "isolation forest: row %zu, column %zu is %s; every value must be a finite number",
                i / columns + 1, i % columns + 1, isnan(values[i]) ? "missing" : "infinite");
    return 0;
}

static int score_checked(double *scores, const struct isolation_forest *forest, const double *values,
                         size_t rows, struct error *err)
{
    double *spare = calloc(BLOCK_ROWS * forest->columns, sizeof *spare);
    if (!spare)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu columns", forest->columns);
#pragma omp parallel for schedule(static)
    for (size_t start = 0; start < rows; start += BLOCK_ROWS)
        score_block(scores + start, forest, values + start * forest->columns,
                    rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS, spare); /* the last block alone */
    free(spare);
    return 0;
}

int isolation_forest_score(double *scores, const struct isolation_forest *forest, const double *values,
                           size_t rows, struct error *err)
{
    return check_values(values, rows, forest->columns, err)
               ? -1
               : score_checked(scores, forest, values, rows, err);
}

static int choose_offset(struct isolation_forest *forest, const double *scores, size_t rows,
                         double contamination, struct error *err)
{
    double *sorted = malloc(rows * sizeof *sorted);
    if (!sorted)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    memcpy(sorted, scores, rows * sizeof *sorted);
    gsl_sort(sorted, 1, rows);
    forest->offset = gsl_stats_quantile_from_sorted_data(sorted, 1, rows, contamination);
    free(sorted);
    return 0;
}

static int check_task(size_t rows, size_t columns, const struct isolation_options *options, struct error *err)
{
    if (rows < LEAST_ROWS || rows >= UINT32_MAX)
        return error_set(err, ERROR_INVALID, "isolation forest: %zu rows; %d to 4294967294 are possible",
                         rows, LEAST_ROWS);
    if (columns == 0 || columns > ISOLATION_COLUMNS)
        return error_set(err, ERROR_LIMIT, "isolation forest: %zu columns; 1 to %d are possible", columns,
                         ISOLATION_COLUMNS);
    if (options->trees == 0 || options->trees > ISOLATION_TREES)
        return error_set(err, ERROR_LIMIT, "isolation forest: %u trees; 1 to %d are possible", options->trees,
                         ISOLATION_TREES);
    if (options->samples < LEAST_ROWS || options->samples > ISOLATION_SAMPLES)
        return error_set(err, ERROR_LIMIT, "isolation forest: %u rows a tree; %d to %d are possible",
                         options->samples, LEAST_ROWS, ISOLATION_SAMPLES);
    if (!(options->contamination > 0 && options->contamination <= 0.5))
        return error_set(err, ERROR_INVALID,
                         "isolation forest: a share of %g outliers; it must be above 0 and at most 0.5",
                         options->contamination);
    return 0;
}

/* A forest of trees that nobody has parted yet: every way leads left. */
static struct isolation_forest *forest_alloc(size_t columns, unsigned trees, uint32_t size)
{
    struct isolation_forest *forest = calloc(1, sizeof *forest);
    if (!forest)
        return NULL;
    forest->trees = trees;
    forest->columns = columns;
    while (1u << forest->depth < size)
        forest->depth++;
    forest->leaves = 1u << forest->depth;
    forest->usual = path_length(size);
    size_t slots = (size_t)trees * forest->leaves;
    forest->thresholds = malloc(slots * sizeof *forest->thresholds);
    forest->features = calloc(slots, sizeof *forest->features);
    forest->lengths = calloc(slots, sizeof *forest->lengths);
    if (!forest->thresholds || !forest->features || !forest->lengths) {
        isolation_forest_free(forest);
        return NULL;
    }
    for (size_t i = 0; i < slots; i++)
        forest->thresholds[i] = INFINITY;
    return forest;
}

int isolation_forest_fit(struct isolation_forest **out, double *scores, const double *values, size_t rows,
                         size_t columns, const struct isolation_options *options, struct error *err)
{
    *out = NULL;
    if (check_task(rows, columns, options, err) || check_values(values, rows, columns, err))
        return -1;
    uint32_t size = options->samples < rows ? options->samples : (uint32_t)rows;
    struct isolation_forest *forest = forest_alloc(columns, options->trees, size);
    double *own = scores ? NULL : malloc(rows * sizeof *own);
    double *filled = scores ? scores : own;
    int status = forest && filled ? 0 : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    if (status == 0)
        status = grow_trees(forest, values, rows, size, options->seed, err);
    if (status == 0)
        status = score_checked(filled, forest, values, rows, err);
    if (status == 0)
        status = choose_offset(forest, filled, rows, options->contamination, err);
    free(own);
    if (status) {
        isolation_forest_free(forest);
        return -1;
    }
    *out = forest;
    return 0;
}

double isolation_forest_offset(const struct isolation_forest *forest)
{
    return forest->offset;
}

size_t isolation_forest_mark(uint8_t *outliers, const struct isolation_forest *forest, const double *scores,
                             size_t rows)
{
    size_t count = 0;
    for (size_t i = 0; i < rows; i++)
        count += outliers[i] = scores[i] < forest->offset;
    return count;
}

void isolation_forest_free(struct isolation_forest *forest)
{
    if (!forest)
        return;
    free(forest->thresholds);
    free(forest->features);
    free(forest->lengths);
    free(forest);
}
