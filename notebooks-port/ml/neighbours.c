#include "notebooks-port/ml/neighbours.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/processors.h"

/* With x and y around the mean of the data, |x − y|² = |x|² + 2 (|y|²/2 − x·y): the bracket, the score of a
 * row y for a query x, is a product of matrices. Rows lie in tiles, column after column, so that one column
 * of a tile is TILE_PANELS vectors. A tile stays in the first-level cache while a block of queries, which
 * stays in the second, passes it. */
enum { WIDTH = 16, TILE_PANELS = 2, TILE_ROWS = WIDTH * TILE_PANELS, TILE_QUERIES = 4, BLOCK_QUERIES = 64 };
enum { LANES = 8 };      /* of a distance in double precision */
enum { ROOM = 8 };       /* candidates of a query for each neighbour it asks for, before they are measured */
enum { STRETCH = 4096 }; /* values checked at once */

typedef float vector __attribute__((vector_size(WIDTH * sizeof(float))));

struct near {
    double distance; /* squared */
    uint32_t row;
};

struct search {
    const struct examples *data, *queries;
    const uint32_t *own;
    size_t count, tiles;
    float *mean;       /* [columns] */
    float *packed;     /* [tiles][columns][TILE_ROWS] around the mean, 0 behind the last row */
    float *half;       /* [tiles][TILE_ROWS] half the squared norm of a row, infinite behind the last one */
    double *farthest;  /* [tiles] the largest norm of a row */
    float *asked;      /* [queries][columns] around the mean */
    struct near *near; /* [queries][count], the nearest first */
};

/* A row that may be among the nearest: its score is at least `low`. */
struct candidate {
    float low;
    uint32_t row;
};

/* What one thread knows about a block of queries. */
struct block {
    double norms[BLOCK_QUERIES];
    size_t counts[BLOCK_QUERIES];
    struct candidate *candidates; /* [BLOCK_QUERIES][room] */
    float *highs;                 /* [BLOCK_QUERIES][count] what the lowest scores are at most, ascending */
    size_t room;
};

/* Scores of the rows of a tile for TILE_QUERIES queries. */
FOR_EACH_PROCESSOR
static void score_tile(float (*restrict out)[TILE_ROWS], const float *restrict tile,
                       const float *restrict half, const float *const *queries, size_t columns)
{
    vector sums[TILE_QUERIES][TILE_PANELS];
    for (size_t q = 0; q < TILE_QUERIES; q++)
        memcpy(sums[q], half, sizeof sums[q]);
    for (size_t c = 0; c < columns; c++)
        for (size_t p = 0; p < TILE_PANELS; p++) {
            const vector *values = (const vector *)(tile + c * TILE_ROWS + p * WIDTH);
            for (size_t q = 0; q < TILE_QUERIES; q++)
                sums[q][p] -= *values * queries[q][c];
        }
    memcpy(out, sums, sizeof sums);
}

FOR_EACH_PROCESSOR
static bool has_within(const float *scores, float limit)
{
    int found = 0;
    for (size_t i = 0; i < TILE_ROWS; i++)
        found |= scores[i] <= limit;
    return found;
}

/* In lanes that are added up in order; never compiled for a processor of its own, whose fused operations
 * would round otherwise. */
static double measure(const float *a, const float *b, size_t columns)
{
    double lanes[LANES] = {0};
    size_t c = 0;
    for (; c + LANES <= columns; c += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double difference = (double)a[c + l] - (double)b[c + l];
            lanes[l] += difference * difference;
        }
    for (size_t l = 0; c < columns; c++, l++) {
        double difference = (double)a[c] - (double)b[c];
        lanes[l] += difference * difference;
    }
    double sum = 0;
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

/* Nearer, or as near with the smaller row: a total order, so that the same question has one answer. */
static bool is_nearer(struct near a, struct near b)
{
    return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
}

static void insert(struct near *near, size_t count, struct near item)
{
    if (!is_nearer(item, near[count - 1]))
        return;
    size_t at = count - 1;
    for (; at > 0 && is_nearer(item, near[at - 1]); at--)
        near[at] = near[at - 1];
    near[at] = item;
}

/* How far a score may be from the true one, for norms of at most `own` and `other`. Sums of columns + 2
 * floats are off by at most as many roundings of the sum of their absolute values (Higham 2002, ch. 3), which
 * is below (own + other)² / 2, and so are the rounded coordinates; FLT_EPSILON is two roundings. */
static float slack_of(double own, double other, size_t columns)
{
    return (float)((double)(columns + 8) * FLT_EPSILON * (own + other) * (own + other) / 2) + FLT_MIN;
}

static void keep_lowest(float *highs, size_t count, float high)
{
    size_t at = count - 1;
    if (!(high < highs[at]))
        return;
    for (; at > 0 && high < highs[at - 1]; at--)
        highs[at] = highs[at - 1];
    highs[at] = high;
}

/* Measures the candidates of a query that the scores seen so far have not ruled out. */
static void settle(const struct search *search, struct block *block, size_t first, size_t q)
{
    size_t columns = search->data->columns, query = first + q;
    const struct candidate *candidates = block->candidates + q * block->room;
    float limit = block->highs[(q + 1) * search->count - 1];
    for (size_t i = 0; i < block->counts[q]; i++) {
        uint32_t row = candidates[i].row;
        if (candidates[i].low > limit)
            continue;
        double distance =
            measure(search->queries->values + query * columns, search->data->values + row * columns, columns);
        insert(search->near + query * search->count, search->count, (struct near){distance, row});
    }
    block->counts[q] = 0;
}

static void look_at(const struct search *search, struct block *block, size_t first, size_t q, size_t tile,
                    const float *scores)
{
    float *highs = block->highs + q * search->count, *last = highs + search->count - 1;
    float slack = slack_of(block->norms[q], search->farthest[tile], search->data->columns);
    if (!has_within(scores, *last + slack))
        return;
    size_t own = search->own ? search->own[first + q] : SIZE_MAX;
    struct candidate *candidates = block->candidates + q * block->room;
    for (size_t i = 0; i < TILE_ROWS; i++) {
        size_t row = tile * TILE_ROWS + i;
        if (!(scores[i] <= *last + slack) || row == own)
            continue;
        if (block->counts[q] == block->room)
            settle(search, block, first, q);
        candidates[block->counts[q]++] = (struct candidate){scores[i] - slack, (uint32_t)row};
        keep_lowest(highs, search->count, scores[i] + slack);
    }
}

static double norm_of(const float *values, size_t columns, size_t step)
{
    double sum = 0;
    for (size_t c = 0; c < columns; c++)
        sum += (double)values[c * step] * (double)values[c * step];
    return sqrt(sum);
}

static void search_block(const struct search *search, struct block *block, size_t first, size_t end)
{
    size_t columns = search->data->columns;
    for (size_t i = 0; i < BLOCK_QUERIES * search->count; i++)
        block->highs[i] = FLT_MAX;
    for (size_t query = first; query < end; query++) {
        block->norms[query - first] = norm_of(search->asked + query * columns, columns, 1);
        block->counts[query - first] = 0;
    }
    for (size_t tile = 0; tile < search->tiles; tile++)
        for (size_t query = first; query < end; query += TILE_QUERIES) {
            _Alignas(vector) float scores[TILE_QUERIES][TILE_ROWS];
            const float *queries[TILE_QUERIES];
            for (size_t q = 0; q < TILE_QUERIES; q++)
                queries[q] = search->asked + (query + q < end ? query + q : end - 1) * columns;
            score_tile(scores, search->packed + tile * columns * TILE_ROWS, search->half + tile * TILE_ROWS,
                       queries, columns);
            for (size_t q = 0; q < TILE_QUERIES && query + q < end; q++)
                look_at(search, block, first, query + q - first, tile, scores[q]);
        }
    for (size_t query = first; query < end; query++)
        settle(search, block, first, query - first);
}

static void pack_tile(const struct search *search, size_t tile)
{
    const struct examples *data = search->data;
    size_t start = tile * TILE_ROWS;
    size_t here = data->rows - start < TILE_ROWS ? data->rows - start : TILE_ROWS;
    float *packed = search->packed + tile * data->columns * TILE_ROWS, *half = search->half + start;
    if (here < TILE_ROWS)
        memset(packed, 0, data->columns * TILE_ROWS * sizeof *packed);
    search->farthest[tile] = 0;
    for (size_t r = 0; r < TILE_ROWS; r++)
        half[r] = INFINITY;
    for (size_t r = 0; r < here; r++) {
        for (size_t c = 0; c < data->columns; c++)
            packed[c * TILE_ROWS + r] = data->values[(start + r) * data->columns + c] - search->mean[c];
        double norm = norm_of(packed + r, data->columns, TILE_ROWS);
        half[r] = (float)(norm * norm / 2);
        search->farthest[tile] = fmax(search->farthest[tile], norm);
    }
}

/* Scores of rows far from 0 would cancel; around the mean little is lost. */
static void measure_mean(const struct search *search, double *sums)
{
    const struct examples *data = search->data;
    for (size_t r = 0; r < data->rows; r++)
        for (size_t c = 0; c < data->columns; c++)
            sums[c] += (double)data->values[r * data->columns + c];
    for (size_t c = 0; c < data->columns; c++)
        search->mean[c] = (float)(sums[c] / (double)data->rows);
}

static void prepare_query(const struct search *search, size_t query)
{
    const struct near nobody = {INFINITY, UINT32_MAX};
    size_t columns = search->data->columns;
    for (size_t c = 0; c < columns; c++)
        search->asked[query * columns + c] = search->queries->values[query * columns + c] - search->mean[c];
    for (size_t i = 0; i < search->count; i++)
        search->near[query * search->count + i] = nobody;
}

/* False without memory. */
static bool run(const struct search *search)
{
    size_t queries = search->queries->rows;
    bool has_memory = true;
#pragma omp parallel reduction(&& : has_memory)
    {
        struct block block = {.room = search->count * ROOM};
        block.candidates = malloc(BLOCK_QUERIES * block.room * sizeof *block.candidates);
        block.highs = malloc(BLOCK_QUERIES * search->count * sizeof *block.highs);
        has_memory = block.candidates && block.highs;
#pragma omp for nowait
        for (size_t tile = 0; tile < search->tiles; tile++)
            pack_tile(search, tile);
#pragma omp for
        for (size_t query = 0; query < queries; query++)
            prepare_query(search, query);
#pragma omp for schedule(dynamic)
        for (size_t first = 0; first < queries; first += BLOCK_QUERIES)
            if (has_memory)
                search_block(search, &block, first,
                             queries - first < BLOCK_QUERIES ? queries : first + BLOCK_QUERIES);
        free(block.candidates);
        free(block.highs);
    }
    return has_memory;
}

static bool is_usable(float value)
{
    return fabsf(value) <= NEIGHBOURS_LARGEST;
}

FOR_EACH_PROCESSOR
static bool are_usable(const float *values, size_t count)
{
    int usable = 1;
    for (size_t i = 0; i < count; i++)
        usable &= is_usable(values[i]);
    return usable;
}

int neighbours_check(const struct examples *examples, struct error *err)
{
    size_t cells = examples->rows * examples->columns, first = SIZE_MAX;
#pragma omp parallel for reduction(min : first)
    for (size_t start = 0; start < cells; start += STRETCH) {
        size_t end = cells - start < STRETCH ? cells : start + STRETCH;
        if (!are_usable(examples->values + start, end - start)) {
            size_t at = start;
            while (is_usable(examples->values[at]))
                at++;
            first = first < at ? first : at;
        }
    }
    if (first == SIZE_MAX)
        return 0;
    size_t row = first / examples->columns + 1, column = first % examples->columns + 1;
    if (isnan(examples->values[first]))
        return error_set(err, ERROR_INVALID,
                         "row %zu, column %zu is missing: distances need every value; fill "
                         "the gaps first",
                         row, column);
    return error_set(err, ERROR_INVALID, "row %zu, column %zu is %g; distances need values within ±%g", row,
                     column, (double)examples->values[first], (double)NEIGHBOURS_LARGEST);
}

static int check(const struct examples *data, const struct examples *queries, const uint32_t *own,
                 unsigned count, struct error *err)
{
    if (count == 0 || count > NEIGHBOURS_MOST)
        return error_set(err, ERROR_LIMIT, "%u neighbours; 1 to %d are possible", count, NEIGHBOURS_MOST);
    if (data->columns == 0 || data->columns != queries->columns)
        return error_set(err, ERROR_INVALID,
                         "queries of %zu columns among rows of %zu; both must be the same, "
                         "and at least 1",
                         queries->columns, data->columns);
    if (data->rows > UINT32_MAX - 1 || data->rows < (size_t)count + (own ? 1 : 0))
        return error_set(err, ERROR_INVALID, "%zu rows for %u neighbours; %u to %u are possible", data->rows,
                         count, count + (own ? 1u : 0u), UINT32_MAX - 1);
    return neighbours_check(data, err) || (queries != data && neighbours_check(queries, err)) ? -1 : 0;
}

int neighbours_find(uint32_t *rows, double *distances, const struct examples *data,
                    const struct examples *queries, const uint32_t *own, unsigned count, struct error *err)
{
    if (check(data, queries, own, count, err))
        return -1;
    struct search search = {.data = data,
                            .queries = queries,
                            .own = own,
                            .count = count,
                            .tiles = (data->rows + TILE_ROWS - 1) / TILE_ROWS};
    size_t columns = data->columns, found = queries->rows * count;
    double *sums = calloc(columns, sizeof *sums);
    search.mean = malloc(columns * sizeof *search.mean);
    search.packed = aligned_alloc(sizeof(vector), search.tiles * columns * TILE_ROWS * sizeof *search.packed);
    search.half = malloc(search.tiles * TILE_ROWS * sizeof *search.half);
    search.farthest = malloc(search.tiles * sizeof *search.farthest);
    search.asked = malloc((queries->rows * columns + 1) * sizeof *search.asked);
    search.near = malloc((found + 1) * sizeof *search.near);
    int status = 0;
    if (!sums || !search.mean || !search.packed || !search.half || !search.farthest || !search.asked ||
        !search.near)
        status = error_set(err, ERROR_INTERNAL, "out of memory for the neighbours of %zu rows among %zu",
                           queries->rows, data->rows);
    if (status == 0) {
        measure_mean(&search, sums);
        if (!run(&search))
            status = error_set(err, ERROR_INTERNAL, "out of memory for %u neighbours", count);
        for (size_t i = 0; status == 0 && i < found; i++) {
            rows[i] = search.near[i].row;
            if (distances)
                distances[i] = sqrt(search.near[i].distance);
        }
    }
    free(sums);
    free(search.mean);
    free(search.packed);
    free(search.half);
    free(search.farthest);
    free(search.asked);
    free(search.near);
    return status;
}
