#include "notebooks-port/ml/neighbours.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/processors.h"

/* Rows lie in tiles, column after column, so that one column of a tile is TILE_PANELS vectors. A tile stays
 * in the first-level cache while a block of queries, which stays in the second, passes it. */
enum { WIDTH = 16, TILE_PANELS = 2, TILE_ROWS = WIDTH * TILE_PANELS, TILE_QUERIES = 4, BLOCK_QUERIES = 64 };
enum { LANES = 8 }; /* of a distance in double precision */

typedef float vector __attribute__((vector_size(WIDTH * sizeof(float))));

struct near {
    double distance; /* squared */
    uint32_t row;
};

struct search {
    const struct examples *data, *queries;
    const uint32_t *own;
    size_t count, tiles;
    float *packed;     /* [tiles][columns][TILE_ROWS], 0 behind the last row */
    struct near *near; /* [queries][count], the nearest first */
};

/* Squared distances of TILE_QUERIES queries to the rows of a tile. */
FOR_EACH_PROCESSOR
static void measure_tile(float (*restrict out)[TILE_ROWS], const float *restrict tile,
                         const float *const *queries, size_t columns)
{
    vector sums[TILE_QUERIES][TILE_PANELS] = {0};
    for (size_t c = 0; c < columns; c++)
        for (size_t p = 0; p < TILE_PANELS; p++) {
            const vector *values = (const vector *)(tile + c * TILE_ROWS + p * WIDTH);
            for (size_t q = 0; q < TILE_QUERIES; q++) {
                vector difference = *values - queries[q][c];
                sums[q][p] += difference * difference;
            }
        }
    memcpy(out, sums, sizeof sums);
}

FOR_EACH_PROCESSOR
static bool has_within(const float *distances, float bound)
{
    int found = 0;
    for (size_t i = 0; i < TILE_ROWS; i++)
        found |= distances[i] <= bound;
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

/* No row whose distance in floats is larger can be as near as `worst`. A float sum of `columns` squares of
 * differences, all of one sign, is off by at most columns + 2 roundings (Higham 2002, ch. 3); taken twice,
 * and a little more for squares too small for a normal float. */
static float bound_of(double worst, size_t columns)
{
    return (float)(worst * (1 + (double)(columns + 4) * FLT_EPSILON) + FLT_MIN);
}

static void look_at(const struct search *search, size_t query, size_t start, const float *distances)
{
    const struct examples *data = search->data;
    const float *values = search->queries->values + query * data->columns;
    struct near *near = search->near + query * search->count;
    float bound = bound_of(near[search->count - 1].distance, data->columns);
    if (!has_within(distances, bound))
        return;
    size_t own = search->own ? search->own[query] : SIZE_MAX;
    size_t here = data->rows - start < TILE_ROWS ? data->rows - start : TILE_ROWS;
    for (size_t i = 0; i < here; i++) {
        if (!(distances[i] <= bound) || start + i == own)
            continue;
        double distance = measure(values, data->values + (start + i) * data->columns, data->columns);
        insert(near, search->count, (struct near){distance, (uint32_t)(start + i)});
        bound = bound_of(near[search->count - 1].distance, data->columns);
    }
}

static void search_block(const struct search *search, size_t first, size_t end)
{
    size_t columns = search->data->columns;
    for (size_t tile = 0; tile < search->tiles; tile++)
        for (size_t query = first; query < end; query += TILE_QUERIES) {
            _Alignas(vector) float distances[TILE_QUERIES][TILE_ROWS];
            const float *queries[TILE_QUERIES];
            for (size_t q = 0; q < TILE_QUERIES; q++) {
                size_t at = query + q < end ? query + q : end - 1;
                queries[q] = search->queries->values + at * columns;
            }
            measure_tile(distances, search->packed + tile * columns * TILE_ROWS, queries, columns);
            for (size_t q = 0; q < TILE_QUERIES && query + q < end; q++)
                look_at(search, query + q, tile * TILE_ROWS, distances[q]);
        }
}

static void pack_tile(const struct search *search, size_t tile)
{
    const struct examples *data = search->data;
    size_t start = tile * TILE_ROWS;
    size_t here = data->rows - start < TILE_ROWS ? data->rows - start : TILE_ROWS;
    float *packed = search->packed + tile * data->columns * TILE_ROWS;
    if (here < TILE_ROWS)
        memset(packed, 0, data->columns * TILE_ROWS * sizeof *packed);
    for (size_t r = 0; r < here; r++)
        for (size_t c = 0; c < data->columns; c++)
            packed[c * TILE_ROWS + r] = data->values[(start + r) * data->columns + c];
}

static void run(const struct search *search)
{
    const struct near nobody = {INFINITY, UINT32_MAX};
    size_t queries = search->queries->rows;
#pragma omp parallel
    {
#pragma omp for
        for (size_t tile = 0; tile < search->tiles; tile++)
            pack_tile(search, tile);
#pragma omp for
        for (size_t i = 0; i < queries * search->count; i++)
            search->near[i] = nobody;
#pragma omp for schedule(dynamic)
        for (size_t first = 0; first < queries; first += BLOCK_QUERIES)
            search_block(search, first, queries - first < BLOCK_QUERIES ? queries : first + BLOCK_QUERIES);
    }
}

int neighbours_check(const struct examples *examples, struct error *err)
{
    size_t cells = examples->rows * examples->columns, first = SIZE_MAX;
#pragma omp parallel for reduction(min : first)
    for (size_t i = 0; i < cells; i++)
        if (!(fabsf(examples->values[i]) <= NEIGHBOURS_LARGEST))
            first = first < i ? first : i;
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
    size_t found = queries->rows * count;
    search.packed = aligned_alloc(sizeof(vector), search.tiles * data->columns * TILE_ROWS * sizeof(float));
    search.near = malloc((found ? found : 1) * sizeof *search.near);
    int status = search.packed && search.near
                     ? 0
                     : error_set(err, ERROR_INTERNAL,
                                 "out of memory for %zu rows of %zu columns and their "
                                 "neighbours",
                                 data->rows, data->columns);
    if (status == 0) {
        run(&search);
        for (size_t i = 0; i < found; i++) {
            rows[i] = search.near[i].row;
            if (distances)
                distances[i] = sqrt(search.near[i].distance);
        }
    }
    free(search.packed);
    free(search.near);
    return status;
}
