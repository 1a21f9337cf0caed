#include "backend/population/nearest.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/population/nearest_cells.h"
#include "backend/population/nearest_sweep.h"
#include "shared/base/crew.h"

enum {
    SAMPLED = 16, /* blocks, spread evenly, that tell about which bound the search will end with */
    UNITS = 1024, /* in which that bound is counted: a column's cost fits into a byte up to a quarter of it */
    HIGHEST = 255, /* cost of a cell in these units */
    BANDS = 64,    /* by which candidates are put into ascending order of their bounds */
    GROUP = 16,    /* columns prepared together */
    SUMS = 4,      /* that do not wait for each other */
    NEARER = 128   /* columns whose codes are looked at before a row is measured: two cache lines */
};
static const double USUAL_SHARE = 0.35;    /* of the mean bound, at which a search ends in usual data */
static const double RESERVE = 1.25;        /* bounds are that much below distances */
static const double FARTHEST = 1e36;       /* cost of a code: NEARER times that is still a float */
static const double ROUNDING = 1e-9;       /* more than what the sums of doubles can be off by, relatively */
static const double FLOAT_ROUNDING = 1e-5; /* the same of NEARER floats */

struct nearest {
    size_t rows, count, blocks;
    size_t nearer;  /* columns in `codes`: the first ones, at most NEARER */
    uint8_t *codes; /* [rows][nearer] */
    struct nearest_part *parts;
    struct cells *cells;
    uint8_t *lines;                /* [blocks][count][SWEEP_LINE] */
    double weights[NEAREST_PARTS]; /* NaN of categories */
    double mismatches[NEAREST_PARTS];
    uint16_t by_kind[NEAREST_PARTS]; /* parts by the kind of their columns, and where each kind ends */
    size_t kinds[PACKED_FLOATS + 1];
    nearest_sweep_fn *sweep;
};

#ifdef __x86_64__
static nearest_sweep_fn *const sweeps[PROCESSOR_COUNT] = {nearest_sweep_plain, nearest_sweep_avx2,
                                                          nearest_sweep_avx512};
#else
static nearest_sweep_fn *const sweeps[PROCESSOR_COUNT] = {nearest_sweep_plain};
#endif

static int no_memory(struct error *err)
{
    return error_set(err, ERROR_INTERNAL, "no memory to compare clients");
}

/* ---- Preparing ---- */

/* Groups of columns that threads take as they come. */
struct preparation {
    struct nearest *nearest;
    atomic_size_t next;
    atomic_bool failed;
};

static void write_lines(struct nearest *nearest, size_t part, const uint8_t *codes)
{
    for (size_t block = 0; block < nearest->blocks; block++) {
        uint8_t *line = nearest->lines + (block * nearest->count + part) * SWEEP_LINE;
        const uint8_t *from = codes + block * SWEEP_ROWS;
        for (size_t row = 0; row < SWEEP_ROWS / 2; row++)
            line[sweep_byte(row)] = (uint8_t)(from[row] / FINE | from[row + SWEEP_ROWS / 2] / FINE * CELLS);
    }
}

/* Several columns at once, whose codes of a row lie in one cache line. */
static void write_codes(struct nearest *nearest, size_t first, size_t count, const uint8_t *codes)
{
    const size_t padded = nearest->blocks * SWEEP_ROWS;
    for (size_t row = 0; row < nearest->rows; row++)
        for (size_t i = 0; i < count; i++)
            nearest->codes[row * nearest->nearer + first + i] = codes[i * padded + row];
}

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void *prepare_columns(void *context)
{
    struct preparation *preparation = context;
    struct nearest *nearest = preparation->nearest;
    const size_t padded = nearest->blocks * SWEEP_ROWS;
    uint8_t *codes = calloc(GROUP * padded + 1, 1);
    bool failed = !codes;
    size_t first;
    while (!failed && (first = atomic_fetch_add(&preparation->next, GROUP)) < nearest->count) {
        const size_t count = lesser(GROUP, nearest->count - first);
        for (size_t i = 0; i < count && !failed; i++) {
            uint8_t *own = codes + i * padded;
            failed = cells_lay(&nearest->cells[first + i], &nearest->parts[first + i], own, NULL) != 0;
            if (!failed)
                write_lines(nearest, first + i, own);
        }
        if (!failed && first < nearest->nearer)
            write_codes(nearest, first, lesser(count, nearest->nearer - first), codes);
    }
    if (failed)
        atomic_store(&preparation->failed, true);
    free(codes);
    return NULL;
}

static int check_parts(const struct nearest_part *parts, size_t count, size_t rows, struct error *err)
{
    if (count > NEAREST_PARTS)
        return error_set(err, ERROR_LIMIT, "a distance over %zu columns; there may be %d", count,
                         NEAREST_PARTS);
    for (size_t i = 0; i < count; i++)
        if (parts[i].column->count != rows ||
            (parts[i].categorical && parts[i].column->kind == PACKED_FLOATS))
            return error_set(err, ERROR_INVALID,
                             "column %zu of a distance: expected %zu rows and, of categories, at most 255", i,
                             rows);
    return 0;
}

static void take_parts(struct nearest *nearest, const struct nearest_part *parts)
{
    size_t at = 0;
    for (size_t i = 0; i < nearest->count; i++) {
        nearest->parts[i] = parts[i];
        nearest->weights[i] = parts[i].categorical ? NAN : parts[i].weight;
        nearest->mismatches[i] = parts[i].mismatch;
    }
    for (enum packed_kind kind = PACKED_BYTES; kind <= PACKED_FLOATS; kind++) {
        for (size_t i = 0; i < nearest->count; i++)
            if (parts[i].column->kind == kind)
                nearest->by_kind[at++] = (uint16_t)i;
        nearest->kinds[kind] = at;
    }
}

int nearest_new(struct nearest **out, const struct nearest_part *parts, size_t count, size_t rows,
                unsigned threads, struct error *err)
{
    if (check_parts(parts, count, rows, err))
        return -1;
    struct nearest *nearest = calloc(1, sizeof *nearest);
    if (!nearest)
        return no_memory(err);
    nearest->rows = rows;
    nearest->count = count;
    nearest->blocks = (rows + SWEEP_ROWS - 1) / SWEEP_ROWS;
    nearest->sweep = sweeps[processor_best()];
    nearest->parts = malloc((count + 1) * sizeof *nearest->parts);
    nearest->cells = malloc((count + 1) * sizeof *nearest->cells);
    nearest->lines = aligned_alloc(SWEEP_LINE, (nearest->blocks * count + 1) * SWEEP_LINE);
    nearest->nearer = lesser(count, NEARER);
    nearest->codes = aligned_alloc(NEARER, (rows * nearest->nearer / NEARER + 1) * NEARER);
    struct preparation preparation = {.nearest = nearest};
    if (!nearest->parts || !nearest->cells || !nearest->lines || !nearest->codes)
        goto no_memory;
    take_parts(nearest, parts);
    crew_run(threads, prepare_columns, &preparation);
    if (atomic_load(&preparation.failed))
        goto no_memory;
    *out = nearest;
    return 0;

no_memory:
    nearest_free(nearest);
    return no_memory(err);
}

void nearest_free(struct nearest *nearest)
{
    if (!nearest)
        return;
    free(nearest->parts);
    free(nearest->cells);
    free(nearest->lines);
    free(nearest->codes);
    free(nearest);
}

size_t nearest_bytes(const struct nearest *nearest)
{
    return sizeof *nearest + nearest->blocks * nearest->count * SWEEP_LINE + nearest->rows * nearest->nearer +
           nearest->count * (sizeof *nearest->parts + sizeof *nearest->cells);
}

int nearest_use_processor(struct nearest *nearest, enum processor processor)
{
    if (processor > processor_best())
        return -1;
    nearest->sweep = sweeps[processor];
    return 0;
}

/* ---- Measuring ---- */

/* The row that others are measured from. */
struct origin {
    size_t row;
    float values[NEAREST_PARTS];
};

/* One kind after the other, so that nothing has to be guessed while the values are on their way: each lies in
 * a cache line of its own. */
static void take_values(float out[NEAREST_PARTS], const struct nearest *nearest, size_t row)
{
    size_t at = 0;
    for (; at < nearest->kinds[PACKED_BYTES]; at++) {
        const struct packed *column = nearest->parts[nearest->by_kind[at]].column;
        out[nearest->by_kind[at]] = column->values[column->bytes[row]];
    }
    for (; at < nearest->kinds[PACKED_WORDS]; at++) {
        const struct packed *column = nearest->parts[nearest->by_kind[at]].column;
        out[nearest->by_kind[at]] = column->values[column->words[row]];
    }
    for (; at < nearest->kinds[PACKED_FLOATS]; at++)
        out[nearest->by_kind[at]] = nearest->parts[nearest->by_kind[at]].column->floats[row];
}

/* Squared. */
static double measure(const struct nearest *nearest, const struct origin *origin, size_t row)
{
    float values[NEAREST_PARTS];
    double costs[NEAREST_PARTS], sums[SUMS] = {0};
    take_values(values, nearest, row);
    for (size_t i = 0; i < nearest->count; i++) {
        const float own = origin->values[i], other = values[i];
        const double difference = (double)other - (double)own;
        const double cost = difference * difference * nearest->weights[i]; /* NaN of what has no difference */
        const bool same = (other == own) | ((other != other) & (own != own));
        costs[i] = same ? 0 : cost == cost ? cost : nearest->mismatches[i];
    }
    for (size_t i = 0; i < nearest->count; i++)
        sums[i % SUMS] += costs[i];
    return sums[0] + sums[1] + (sums[2] + sums[3]);
}

double nearest_square(const struct nearest *nearest, size_t a, size_t b)
{
    struct origin origin = {.row = a};
    take_values(origin.values, nearest, a);
    return measure(nearest, &origin, b);
}

/* ---- The nearest so far ---- */

struct near {
    double distance; /* squared */
    uint32_t row;
};

/* Nearer, or as near with the smaller row: a total order, so that the same question has one answer. */
static bool is_nearer(struct near a, struct near b)
{
    return a.distance < b.distance || (a.distance == b.distance && a.row < b.row);
}

/* Puts `item` in place of the farthest, at the root of a heap whose parents are farther than their children.
 */
static void replace_farthest(struct near *heap, size_t count, struct near item)
{
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && is_nearer(heap[child], heap[child + 1]))
            child++;
        if (!is_nearer(item, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

static int compare_near(const void *a, const void *b)
{
    return is_nearer(*(const struct near *)a, *(const struct near *)b) ? -1 : 1;
}

/* ---- The search ---- */

struct search {
    const struct nearest *nearest;
    struct origin origin;
    size_t k;
    struct near *heap; /* of k; infinitely far ones until there are others */
    double costs[NEAREST_PARTS][CELLS];
    uint8_t rounded[NEAREST_PARTS][CELLS]; /* in units, downwards: bounds stay bounds */
    float nearer[NEARER][CODES];           /* what the code costs more than its cell */
    double unit;                           /* squared distance of one */
    uint16_t stop;                         /* bound at which the search will end, about */
    uint16_t *sums, *least;                /* bounds in units, and the least of each block */
    uint32_t *listed;                      /* rows by their place, `room` of them */
    size_t room;
    uint32_t *candidates; /* the same by their bounds */
};

static void prepare_costs(struct search *search)
{
    const struct nearest *nearest = search->nearest;
    double fine[CODES];
    for (size_t i = 0; i < nearest->count; i++) {
        const float own = search->origin.values[i];
        cells_cost(search->costs[i], &nearest->cells[i], &nearest->parts[i], own);
        if (i >= nearest->nearer)
            continue;
        cells_cost_fine(fine, &nearest->cells[i], &nearest->parts[i], own);
        for (size_t code = 0; code < CODES; code++) {
            const double more = fine[code] - search->costs[i][code / FINE];
            search->nearer[i][code] = more < FARTHEST ? (float)more : (float)FARTHEST;
        }
    }
}

static void set_unit(struct search *search, double unit)
{
    const double factor = (1 - ROUNDING) / unit;
    search->unit = unit;
    for (size_t i = 0; i < search->nearest->count; i++)
        for (size_t cell = 0; cell < CELLS; cell++) {
            const double units = search->costs[i][cell] * factor;
            search->rounded[i][cell] = units < HIGHEST ? (uint8_t)units : HIGHEST;
        }
}

/* The mean of all bounds. */
static double mean_bound(const struct search *search)
{
    double mean = 0;
    for (size_t i = 0; i < search->nearest->count; i++)
        for (size_t cell = 0; cell < CELLS; cell++)
            if (search->nearest->cells[i].share[cell] > 0)
                mean += search->costs[i][cell] * (double)search->nearest->cells[i].share[cell];
    return mean;
}

/* The least value that at least `wanted` of the sums do not exceed. */
static int low_sum(const uint16_t *sums, size_t count, size_t wanted)
{
    int low = 0, high = UINT16_MAX;
    while (low < high) {
        const int middle = (low + high) / 2;
        size_t here = 0;
        for (size_t i = 0; i < count; i++)
            here += sums[i] <= middle;
        if (here >= wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Chooses the unit, and where to stop, by the bounds of some blocks. A bad choice costs time, no more. */
static void choose_unit(struct search *search)
{
    const struct nearest *nearest = search->nearest;
    const size_t line = nearest->count * SWEEP_LINE;
    const size_t sampled = lesser(nearest->blocks, SAMPLED);
    uint16_t sums[SAMPLED * SWEEP_ROWS], least[1];
    double mean = mean_bound(search);
    search->stop = UINT16_MAX;
    set_unit(search, mean > 0 ? USUAL_SHARE * mean / UNITS : 1);
    for (size_t i = 0; i < sampled; i++)
        nearest->sweep(nearest->lines + (2 * i + 1) * nearest->blocks / (2 * sampled) * line, 1,
                       nearest->count, search->rounded[0], UINT16_MAX, sums + i * SWEEP_ROWS, least);
    const size_t count = sampled * SWEEP_ROWS, wanted = search->k * count / nearest->rows + 2;
    const double bound = RESERVE * low_sum(sums, count, lesser(wanted, count));
    if (bound < 1)
        return;
    set_unit(search, search->unit * bound / UNITS);
    search->stop = UNITS;
}

/* Lists the rows of a block whose bounds are above `low` and at most `high`; returns how many. `out` has room
 * for the whole block: whether a row is one of them cannot be guessed. */
static size_t list_block(const struct search *search, size_t block, int low, int high, uint32_t *out)
{
    const size_t first = block * SWEEP_ROWS, rows = search->nearest->rows;
    const size_t end = first + SWEEP_ROWS < rows ? first + SWEEP_ROWS : rows;
    size_t count = 0;
    for (size_t row = first; row < end; row++) {
        const int sum = search->sums[row];
        out[count] = (uint32_t)row;
        count += (size_t)((sum > low) & (sum <= high) & (row != search->origin.row));
    }
    return count;
}

/* Room for the rows of one block more. */
static int make_room(struct search *search, size_t listed)
{
    if (listed + SWEEP_ROWS <= search->room)
        return 0;
    const size_t room = 2 * (listed + SWEEP_ROWS);
    uint32_t *larger = realloc(search->listed, room * sizeof *larger);
    if (!larger)
        return -1;
    search->listed = larger;
    search->room = room;
    return 0;
}

/* All rows with such bounds, in ascending bands of them, into `candidates`; how many, or -1 without memory.
 */
static int64_t gather(struct search *search, int low, int high)
{
    const int width = (high - low + BANDS - 1) / BANDS;
    size_t ends[BANDS] = {0}, listed = 0, total = 0;
    for (size_t block = 0; block < search->nearest->blocks; block++) {
        if (search->least[block] > high)
            continue;
        if (make_room(search, listed))
            return -1;
        listed += list_block(search, block, low, high, search->listed + listed);
    }
    free(search->candidates);
    search->candidates = malloc((listed + 1) * sizeof *search->candidates);
    if (!search->candidates)
        return -1;
    for (size_t i = 0; i < listed; i++)
        ends[(search->sums[search->listed[i]] - low - 1) / width]++;
    for (size_t band = 0; band < BANDS; band++) {
        const size_t here = ends[band];
        ends[band] = total;
        total += here;
    }
    for (size_t i = 0; i < listed; i++)
        search->candidates[ends[(search->sums[search->listed[i]] - low - 1) / width]++] = search->listed[i];
    return (int64_t)listed;
}

/* True when no row that is at least so far can be among the nearest. */
static bool is_out(const struct search *search, double least, uint32_t row)
{
    const struct near farthest = search->heap[0];
    return least > farthest.distance || (least == farthest.distance && row > farthest.row);
}

/* A higher bound of a row: of the first columns by codes, which are finer than cells. */
static double nearer_bound(const struct search *search, uint32_t row)
{
    const size_t count = search->nearest->nearer;
    const uint8_t *codes = search->nearest->codes + row * count;
    float more[SUMS] = {0};
    for (size_t i = 0; i < count; i++)
        more[i % SUMS] += search->nearer[i][codes[i]];
    const double all = (double)(more[0] + more[1] + (more[2] + more[3]));
    return (search->sums[row] * search->unit + all) * (1 - FLOAT_ROUNDING);
}

static void measure_candidates(struct search *search, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t row = search->candidates[i];
        if (is_out(search, search->sums[row] * search->unit, row) ||
            is_out(search, nearer_bound(search, row), row))
            continue;
        const struct near item = {measure(search->nearest, &search->origin, row), row};
        if (is_nearer(item, search->heap[0]))
            replace_farthest(search->heap, search->k, item);
    }
}

/* Measures rows in ascending order of their bounds, until the bounds are above what was found. */
static int search_all(struct search *search, struct error *err)
{
    int low = -1, high = search->stop;
    for (;;) {
        const int64_t count = gather(search, low, high);
        if (count < 0)
            return no_memory(err);
        measure_candidates(search, (size_t)count);
        const double farthest = search->heap[0].distance; /* infinite while fewer than k are found */
        if (high == UINT16_MAX || (high + 1) * search->unit > farthest)
            return 0;
        const double next = isinf(farthest) ? 2.0 * high : farthest / search->unit + 1;
        low = high;
        high = next < UINT16_MAX ? (int)next : UINT16_MAX;
    }
}

int nearest_find(const struct nearest *nearest, size_t row, size_t k, uint32_t *rows, float *distances,
                 size_t *found, struct error *err)
{
    int status = -1;
    if (k > nearest->rows - 1)
        k = nearest->rows - 1;
    *found = k;
    if (k == 0)
        return 0;
    struct search *search = calloc(1, sizeof *search);
    if (!search)
        return no_memory(err);
    search->nearest = nearest;
    search->k = k;
    search->heap = malloc(k * sizeof *search->heap);
    search->sums = malloc(nearest->blocks * SWEEP_ROWS * sizeof *search->sums);
    search->least = malloc(nearest->blocks * sizeof *search->least);
    if (!search->heap || !search->sums || !search->least) {
        no_memory(err);
        goto done;
    }
    for (size_t i = 0; i < k; i++)
        search->heap[i] = (struct near){INFINITY, UINT32_MAX};
    search->origin.row = row;
    take_values(search->origin.values, nearest, row);
    prepare_costs(search);
    choose_unit(search);
    nearest->sweep(nearest->lines, nearest->blocks, nearest->count, search->rounded[0], search->stop,
                   search->sums, search->least);
    if (search_all(search, err))
        goto done;
    qsort(search->heap, k, sizeof *search->heap, compare_near);
    for (size_t i = 0; i < k; i++) {
        rows[i] = search->heap[i].row;
        if (distances)
            distances[i] = (float)sqrt(search->heap[i].distance);
    }
    status = 0;
done:
    free(search->heap);
    free(search->sums);
    free(search->least);
    free(search->listed);
    free(search->candidates);
    free(search);
    return status;
}
