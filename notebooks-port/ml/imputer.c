#include "notebooks-port/ml/imputer.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/panel.h"
#include "notebooks-port/ml/ridge.h"

/* Sums over rows are made by a fixed number of lanes and added in order: threads only decide who works on
 * which. BLOCK_ROWS rows are predicted or transposed at a time. */
enum { LANES = 8, BLOCK_ROWS = 256 };
/* Threads wait for each other after every step, so one alone is sooner done with fewer multiplications than
 * this. A regression makes about CUBES times the cube of its columns. */
static const double WORTH_THREADS = 3e7, CUBES = 64;

/* One column's regression in one round: what it predicts around the columns' means. */
struct equation {
    double constant;
    double *weights; /* [columns] */
};

struct imputer {
    size_t columns;
    unsigned rounds;
    double *means;              /* [columns] of the known values */
    size_t *order;              /* [columns] ascending by gaps */
    double *weights;            /* of the equations */
    struct equation *equations; /* [rounds][columns], in order */
};

/* The matrix at work, by columns. */
struct work {
    size_t rows, columns;
    double *cells;    /* [columns][rows] around the means */
    uint32_t *places; /* [columns][rows]: the rows that know the column, then those that do not */
    size_t *known;    /* [columns] how many do */
    double *moves;    /* [rows] what this round changed */
    double *panels;   /* [LANES][padded][PANEL_ROWS] */
    double *sums;     /* [LANES][padded][padded] products of columns and of a column of ones */
    size_t padded;
};

struct imputer_options imputer_defaults(void)
{
    return (struct imputer_options){.rounds = 10, .tolerance = 1e-3};
}

static int check_values(const double *values, size_t rows, size_t columns, struct error *err)
{
    for (size_t i = 0; i < rows * columns; i++)
        if (isinf(values[i]))
            return error_set(err, ERROR_INVALID,
                             "imputation: row %zu, column %zu is infinite; a value must be a "
                             "finite number or missing",
                             i / columns + 1, i % columns + 1);
    return 0;
}

static int check_task(size_t rows, size_t columns, const struct imputer_options *options, struct error *err)
{
    if (rows == 0 || rows >= UINT32_MAX)
        return error_set(err, ERROR_INVALID, "imputation: %zu rows; 1 to 4294967294 are possible", rows);
    if (columns == 0 || columns > IMPUTER_COLUMNS)
        return error_set(err, ERROR_LIMIT, "imputation: %zu columns; 1 to %d are possible", columns,
                         IMPUTER_COLUMNS);
    if (options->rounds > IMPUTER_ROUNDS)
        return error_set(err, ERROR_LIMIT, "imputation: %u rounds; at most %d are possible", options->rounds,
                         IMPUTER_ROUNDS);
    if (!(options->tolerance >= 0))
        return error_set(err, ERROR_INVALID, "imputation: a tolerance of %g; it must be 0 or more",
                         options->tolerance);
    return 0;
}

static struct imputer *imputer_alloc(size_t columns, unsigned rounds)
{
    struct imputer *imputer = calloc(1, sizeof *imputer);
    if (!imputer)
        return NULL;
    imputer->columns = columns;
    imputer->means = calloc(columns, sizeof *imputer->means);
    imputer->order = calloc(columns, sizeof *imputer->order);
    imputer->weights = calloc(rounds * columns * columns + 1, sizeof *imputer->weights);
    imputer->equations = calloc(rounds * columns + 1, sizeof *imputer->equations);
    if (imputer->means && imputer->order && imputer->weights && imputer->equations) {
        for (size_t i = 0; i < rounds * columns; i++)
            imputer->equations[i].weights = imputer->weights + i * columns;
        return imputer;
    }
    imputer_free(imputer);
    return NULL;
}

static int work_open(struct work *work, size_t rows, size_t columns, struct error *err)
{
    *work = (struct work){.rows = rows, .columns = columns, .padded = panel_padded(columns + 1)};
    size_t panels = LANES * work->padded * PANEL_ROWS * sizeof *work->panels;
    work->cells = malloc(columns * rows * sizeof *work->cells);
    work->places = malloc(columns * rows * sizeof *work->places);
    work->known = calloc(columns, sizeof *work->known);
    work->moves = malloc(rows * sizeof *work->moves);
    work->panels = aligned_alloc(PANEL_ALIGNMENT, panels);
    work->sums = calloc(LANES * work->padded, work->padded * sizeof *work->sums);
    if (!work->cells || !work->places || !work->known || !work->moves || !work->panels || !work->sums)
        return error_set(err, ERROR_INTERNAL, "out of memory to impute %zu rows of %zu columns", rows,
                         columns);
    memset(work->panels, 0, panels);
    return 0;
}

static void work_close(struct work *work)
{
    free(work->cells);
    free(work->places);
    free(work->known);
    free(work->moves);
    free(work->panels);
    free(work->sums);
}

/* Lays a block of rows out by columns. */
static void take_block(struct work *work, const double *values, size_t start)
{
    size_t end = work->rows - start < BLOCK_ROWS ? work->rows : start + BLOCK_ROWS;
    for (size_t i = 0; i < work->columns; i++)
        for (size_t r = start; r < end; r++)
            work->cells[i * work->rows + r] = values[r * work->columns + i];
}

/* Lists a column's known values and its gaps, and puts its mean, which becomes 0, into the gaps; the largest
 * absolute value. */
static double take_column(struct work *work, double *mean, size_t column)
{
    double *cells = work->cells + column * work->rows;
    uint32_t *places = work->places + column * work->rows;
    size_t known = 0, gap = 0;
    double sum = 0, largest = 0;
    for (size_t r = 0; r < work->rows; r++)
        known += isnan(cells[r]) == 0;
    work->known[column] = known;
    uint32_t *gaps = places + known;
    known = 0;
    for (size_t r = 0; r < work->rows; r++) {
        if (isnan(cells[r])) {
            gaps[gap++] = (uint32_t)r;
            continue;
        }
        places[known++] = (uint32_t)r;
        sum += cells[r];
        largest = fmax(largest, fabs(cells[r]));
    }
    *mean = known ? sum / (double)known : 0;
    for (size_t r = 0; r < work->rows; r++)
        cells[r] = isnan(cells[r]) ? 0 : cells[r] - *mean;
    return largest;
}

/* Takes the matrix over and puts the columns in order; what a round may move, at most, to be the last. */
static int take_matrix(struct work *work, struct imputer *imputer, double *still, const double *values,
                       double tolerance, struct error *err)
{
    double largest = 0;
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (size_t start = 0; start < work->rows; start += BLOCK_ROWS)
            take_block(work, values, start);
#pragma omp for schedule(dynamic) reduction(max : largest)
        for (size_t column = 0; column < work->columns; column++)
            largest = fmax(largest, take_column(work, imputer->means + column, column));
    }
    *still = tolerance * largest;
    for (size_t column = 0; column < work->columns; column++) {
        if (work->known[column] == 0)
            return error_set(err, ERROR_INVALID,
                             "imputation: column %zu has no known value; leave it out, nothing can be learnt",
                             column + 1);
        size_t place = column;
        for (; place > 0 && work->known[imputer->order[place - 1]] < work->known[column]; place--)
            imputer->order[place] = imputer->order[place - 1];
        imputer->order[place] = column;
    }
    return 0;
}

/* Adds up the panels of a lane of the rows in `places`. */
static void run_lane(struct work *work, const uint32_t *places, size_t count, size_t lane)
{
    double *panel = work->panels + lane * work->padded * PANEL_ROWS;
    double *sums = work->sums + lane * work->padded * work->padded;
    double *ones = panel + work->columns * PANEL_ROWS;
    memset(sums, 0, work->padded * work->padded * sizeof *sums);
    for (size_t start = lane * PANEL_ROWS; start < count; start += LANES * PANEL_ROWS) {
        size_t here = count - start < PANEL_ROWS ? count - start : PANEL_ROWS;
        for (size_t i = 0; i < work->columns; i++) {
            const double *cells = work->cells + i * work->rows;
            for (size_t r = 0; r < here; r++)
                panel[i * PANEL_ROWS + r] = cells[places[start + r]];
            for (size_t r = here; r < PANEL_ROWS; r++)
                panel[i * PANEL_ROWS + r] = 0;
        }
        for (size_t r = 0; r < PANEL_ROWS; r++)
            ones[r] = r < here;
        panel_multiply(sums, panel, panel, work->padded, true);
    }
}

/* The products of all columns around their means over the rows that know `column`, into the first lane's
 * sums, and the means into the sums' last row (that of the ones). */
static void measure(struct work *work, size_t column)
{
    const uint32_t *places = work->places + column * work->rows;
    size_t count = work->known[column], padded = work->padded, ones = work->columns;
#pragma omp parallel for schedule(dynamic) if ((double)count * (double)(padded * padded) > 2 * WORTH_THREADS)
    for (size_t lane = 0; lane < LANES; lane++)
        run_lane(work, places, count, lane);
    double *sums = work->sums;
    for (size_t lane = 1; lane < LANES; lane++)
        for (size_t i = 0; i < padded * padded; i++)
            sums[i] += sums[lane * padded * padded + i];
    for (size_t i = 0; i < ones; i++)
        sums[ones * padded + i] = sums[i * padded + ones] / (double)count;
    for (size_t i = 0; i < ones; i++)
        for (size_t j = i; j < ones; j++)
            sums[i * padded + j] = sums[j * padded + i] =
                sums[i * padded + j] - sums[ones * padded + i] * sums[j * padded + ones];
}

/* How many of the columns from order[first] on are known to the same rows: their regressions share the sums,
 * which filling each other's gaps does not change. */
static size_t count_alike(const struct work *work, const size_t *order, size_t first)
{
    size_t end = first + 1;
    const uint32_t *places = work->places + order[first] * work->rows;
    while (end < work->columns && work->known[order[end]] == work->known[order[first]] &&
           memcmp(places, work->places + order[end] * work->rows, work->rows * sizeof *places) == 0)
        end++;
    return end - first;
}

static int regress(struct equation *equation, const struct work *work, size_t column, struct error *err)
{
    const double *means = work->sums + work->columns * work->padded;
    const struct ridge_sums sums = {work->sums, work->columns, work->padded, work->known[column]};
    if (ridge_fit(equation->weights, &sums, column, err))
        return -1;
    equation->constant = means[column];
    for (size_t i = 0; i < work->columns; i++)
        equation->constant -= equation->weights[i] * means[i];
    return 0;
}

/* Predictions of an equation for `count` rows of a matrix by columns of `rows` each. */
static void predict(double *restrict out, const struct equation *equation, const double *cells, size_t rows,
                    size_t columns, const uint32_t *places, size_t count)
{
    for (size_t r = 0; r < count; r++)
        out[r] = equation->constant;
    for (size_t i = 0; i < columns; i++) {
        double weight = equation->weights[i];
        for (size_t r = 0; r < count; r++)
            out[r] += weight * cells[i * rows + places[r]];
    }
}

/* Predicts the gaps of `count` columns that the same rows lack, one column after the other. */
static void fill_gaps(struct work *work, const struct equation *equations, const size_t *order, size_t count)
{
    const uint32_t *gaps = work->places + order[0] * work->rows + work->known[order[0]];
    size_t rows = work->rows - work->known[order[0]];
#pragma omp parallel for schedule(static) if ((double)rows * (double)(count * work->columns) > WORTH_THREADS)
    for (size_t start = 0; start < rows; start += BLOCK_ROWS) {
        const uint32_t *places = gaps + start;
        size_t here = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS;
        for (size_t i = 0; i < count; i++) {
            double predicted[BLOCK_ROWS];
            double *cells = work->cells + order[i] * work->rows;
            predict(predicted, equations + i, work->cells, work->rows, work->columns, places, here);
            for (size_t r = 0; r < here; r++) {
                work->moves[places[r]] += fabs(predicted[r] - cells[places[r]]);
                cells[places[r]] = predicted[r];
            }
        }
    }
}

/* Regresses and fills `count` columns that the same rows know. */
static int run_alike(struct work *work, struct equation *equations, const size_t *order, size_t count,
                     struct error *err)
{
    int status = 0;
    measure(work, order[0]);
#pragma omp parallel for schedule(dynamic) if ((double)count * CUBES * pow((double)work->columns, 3) >       \
                                               WORTH_THREADS)
    for (size_t i = 0; i < count; i++) {
        struct error error = {0};
        if (regress(equations + i, work, order[i], &error) == 0)
            continue;
#pragma omp critical(imputer_failure)
        status = error_set(err, error.code, "imputation: %s", error.message);
    }
    if (status == 0)
        fill_gaps(work, equations, order, count);
    return status;
}

/* One round over all columns; the farthest that a row moved. */
static int run_round(struct work *work, struct imputer *imputer, double *farthest, struct error *err)
{
    struct equation *equations = imputer->equations + imputer->rounds * imputer->columns;
    memset(work->moves, 0, work->rows * sizeof *work->moves);
    for (size_t first = 0, count; first < work->columns; first += count) {
        count = count_alike(work, imputer->order, first);
        if (run_alike(work, equations + first, imputer->order + first, count, err))
            return -1;
    }
    *farthest = 0;
    for (size_t r = 0; r < work->rows; r++)
        *farthest = fmax(*farthest, work->moves[r]);
    imputer->rounds++;
    return 0;
}

static void give_back(const struct work *work, const double *means, double *values)
{
#pragma omp parallel for schedule(static)
    for (size_t start = 0; start < work->rows; start += BLOCK_ROWS) {
        size_t end = work->rows - start < BLOCK_ROWS ? work->rows : start + BLOCK_ROWS;
        for (size_t i = 0; i < work->columns; i++)
            for (size_t r = start; r < end; r++)
                if (isnan(values[r * work->columns + i]))
                    values[r * work->columns + i] = work->cells[i * work->rows + r] + means[i];
    }
}

int imputer_fit(struct imputer **out, double *values, size_t rows, size_t columns,
                const struct imputer_options *options, struct error *err)
{
    *out = NULL;
    if (check_task(rows, columns, options, err) || check_values(values, rows, columns, err))
        return -1;
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    struct work work;
    double still = 0, farthest = INFINITY;
    unsigned rounds = columns > 1 ? options->rounds : 0; /* one column has no other to learn from */
    struct imputer *imputer = imputer_alloc(columns, rounds);
    int status = work_open(&work, rows, columns, err);
    if (status == 0 && !imputer)
        status =
            error_set(err, ERROR_INTERNAL, "out of memory for %u rounds of %zu columns", rounds, columns);
    if (status == 0)
        status = take_matrix(&work, imputer, &still, values, options->tolerance, err);
    while (status == 0 && imputer->rounds < rounds && farthest >= still)
        status = run_round(&work, imputer, &farthest, err);
    gsl_set_error_handler(before);
    if (status == 0)
        give_back(&work, imputer->means, values);
    work_close(&work);
    if (status) {
        imputer_free(imputer);
        return -1;
    }
    *out = imputer;
    return 0;
}

/* Fills the gaps of up to BLOCK_ROWS rows. `cells` and `gaps` have room for them. */
static void apply_block(const struct imputer *imputer, double *values, size_t rows, double *cells,
                        uint32_t *gaps, size_t *counts)
{
    size_t columns = imputer->columns;
    for (size_t i = 0; i < columns; i++) {
        counts[i] = 0;
        for (size_t r = 0; r < rows; r++) {
            double value = values[r * columns + i];
            cells[i * BLOCK_ROWS + r] = isnan(value) ? 0 : value - imputer->means[i];
            if (isnan(value))
                gaps[i * BLOCK_ROWS + counts[i]++] = (uint32_t)r;
        }
    }
    const struct equation *equation = imputer->equations;
    for (unsigned round = 0; round < imputer->rounds; round++)
        for (size_t i = 0; i < columns; i++, equation++) {
            double predicted[BLOCK_ROWS];
            size_t column = imputer->order[i];
            const uint32_t *places = gaps + column * BLOCK_ROWS;
            predict(predicted, equation, cells, BLOCK_ROWS, columns, places, counts[column]);
            for (size_t r = 0; r < counts[column]; r++)
                cells[column * BLOCK_ROWS + places[r]] = predicted[r];
        }
    for (size_t i = 0; i < columns; i++)
        for (size_t r = 0; r < counts[i]; r++) {
            size_t row = gaps[i * BLOCK_ROWS + r];
            values[row * columns + i] = cells[i * BLOCK_ROWS + row] + imputer->means[i];
        }
}

int imputer_apply(const struct imputer *imputer, double *values, size_t rows, struct error *err)
{
    size_t columns = imputer->columns;
    bool is_short = false;
    if (check_values(values, rows, columns, err))
        return -1;
#pragma omp parallel reduction(|| : is_short)
    {
        double *cells = malloc(columns * BLOCK_ROWS * sizeof *cells);
        uint32_t *gaps = calloc(columns, BLOCK_ROWS * sizeof *gaps);
        size_t *counts = malloc(columns * sizeof *counts);
        is_short = !cells || !gaps || !counts;
#pragma omp for schedule(dynamic)
        for (size_t start = 0; start < rows; start += BLOCK_ROWS)
            if (!is_short)
                apply_block(imputer, values + start * columns,
                            rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS, cells, gaps, counts);
        free(cells);
        free(gaps);
        free(counts);
    }
    return is_short ? error_set(err, ERROR_INTERNAL, "out of memory to impute %zu rows", rows) : 0;
}

unsigned imputer_rounds(const struct imputer *imputer)
{
    return imputer->rounds;
}

void imputer_free(struct imputer *imputer)
{
    if (!imputer)
        return;
    free(imputer->means);
    free(imputer->order);
    free(imputer->weights);
    free(imputer->equations);
    free(imputer);
}
