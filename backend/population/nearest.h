/* The nearest rows of a table by a weighted distance over its columns: exact, in one pass over an
 * approximation that takes half a byte a value, and one byte more of the first columns, which should weigh
 * most.
 *
 * The method is the VA-file (Weber, Schek, Blott 1998, "A Quantitative Analysis and Performance Study for
 * Similarity-Search Methods in High-Dimensional Spaces", VLDB): each column is cut into at most sixteen
 * cells, and the least that a value of each cell costs adds up to a lower bound of the distance. Rows are
 * then measured in ascending order of their bounds, which the finer codes of the first columns raise once
 * more, until a bound exceeds the farthest of the nearest found: no row that is left out can be nearer. The
 * bounds of 128 rows are added up together from tables of sixteen
 * bytes that stay in registers (André, Kermarrec, Le Scouarnec 2015, "Cache Locality is not Enough:
 * High-Performance Nearest Neighbor Search with Product Quantization Fast Scan", PVLDB 9). */
#ifndef CLAIRSCORE_BACKEND_NEAREST_H
#define CLAIRSCORE_BACKEND_NEAREST_H

#include <stdbool.h>

#include "backend/population/packed.h"
#include "shared/base/processor.h"

enum { NEAREST_PARTS = 256 /* columns of one distance, at most */ };

/* What one column adds to the squared distance: two missing values nothing; one missing, or two different
 * categories, `mismatch`; two numbers their squared difference times `weight`. */
struct nearest_part {
    const struct packed *column;
    bool categorical; /* equal values are near, all others alike; not of PACKED_FLOATS */
    double weight, mismatch;
};

struct nearest;

/* Prepares the approximation of `count` columns of `rows` rows each, on up to `threads` threads. The columns
 * must outlive it. ERROR_LIMIT above NEAREST_PARTS. The caller frees *out. Immutable afterwards; any number
 * of threads may use it. */
int nearest_new(struct nearest **out, const struct nearest_part *parts, size_t count, size_t rows,
                unsigned threads, struct error *err);
void nearest_free(struct nearest *nearest);

/* The `k` rows nearest to `row` (itself left out; fewer when there are no more), nearest first and of two
 * that are as near the smaller first, with their distances (may be NULL). */
int nearest_find(const struct nearest *nearest, size_t row, size_t k, uint32_t *rows, float *distances,
                 size_t *found, struct error *err);

/* The squared distance of two rows, which nearest_find goes by. */
double nearest_square(const struct nearest *nearest, size_t a, size_t b);

/* Bytes of the approximation. */
size_t nearest_bytes(const struct nearest *nearest);

/* Instructions the bounds are added with, the best at hand unless a test asks for others. All give the same
 * sums. Returns -1 when the processor at work does not have them. */
int nearest_use_processor(struct nearest *nearest, enum processor processor);

#endif
