/* The sweep of nearest over its approximation, once. Each nearest_sweep_PROCESSOR.c includes this with its
 * instructions switched on and NEAREST_SWEEP defined as the name of its function. Inner part of nearest. */
#ifndef CLAIRSCORE_BACKEND_NEAREST_SWEEP_H
#define CLAIRSCORE_BACKEND_NEAREST_SWEEP_H

#ifdef __AVX2__
#include <immintrin.h>
#endif
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    SWEEP_ROWS = 128, /* of a block */
    SWEEP_LINE = 64,  /* bytes of a block's cells in one column: two rows a byte */
    SWEEP_CELLS = 16,
    SWEEP_STRIDE = 16 /* columns after which a block is looked at: is it out already? */
};

/* Where row 0..SWEEP_ROWS-1 of a block is in each line: the byte, and whether its upper half. The sums of the
 * even and of the odd bytes come apart as they are made, those of rows that follow each other. */
static inline size_t sweep_byte(size_t row)
{
    return 2 * (row % 32) + row / 32 % 2;
}

static inline unsigned sweep_half(size_t row)
{
    return (unsigned)(row / 64);
}

/* Of `blocks` blocks with `columns` lines each: adds up what the cells cost (`costs[columns][SWEEP_CELLS]`,
 * columns at most 256) into `sums[blocks][SWEEP_ROWS]`, the least of each block into `least[blocks]`. A block
 * whose sums are all above `stop` part of the way is left there. `lines` is aligned to SWEEP_LINE. */
typedef void nearest_sweep_fn(const uint8_t *lines, size_t blocks, size_t columns, const uint8_t *costs,
                              uint16_t stop, uint16_t *sums, uint16_t *least);
nearest_sweep_fn nearest_sweep_plain;
#ifdef __x86_64__
nearest_sweep_fn nearest_sweep_avx2, nearest_sweep_avx512;
#endif

#ifdef NEAREST_SWEEP

#if defined(__AVX512BW__)
enum { WIDTH = 64 };
#elif defined(__AVX2__)
enum { WIDTH = 32 };
#else
enum { WIDTH = 16 };
#endif
typedef uint8_t bytes __attribute__((vector_size(WIDTH), may_alias));
typedef uint16_t words __attribute__((vector_size(WIDTH), may_alias));

/* Sixteen costs, in each sixteen bytes of a vector. */
static inline bytes repeat(const uint8_t *costs)
{
#if defined(__AVX512BW__)
    return (bytes)_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)costs));
#elif defined(__AVX2__)
    return (bytes)_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)costs));
#else
    bytes out;
    memcpy(&out, costs, sizeof out);
    return out;
#endif
}

/* table[cell] of each cell, 0..15. */
static inline bytes look_up(bytes table, bytes cells)
{
#if defined(__AVX512BW__)
    return (bytes)_mm512_shuffle_epi8((__m512i)table, (__m512i)cells);
#elif defined(__AVX2__)
    return (bytes)_mm256_shuffle_epi8((__m256i)table, (__m256i)cells);
#else
    bytes out;
    for (size_t i = 0; i < WIDTH; i++)
        out[i] = table[cells[i]];
    return out;
#endif
}

/* Sums of bytes in pairs: `both` has the even ones plus 256 times the odd ones, modulo 65536. */
struct pair {
    words both, odd;
};

static inline void add(struct pair *pair, bytes costs)
{
    pair->both += (words)costs;
    pair->odd += (words)costs >> 8;
}

/* Writes the sums of the bytes from `at` on of one half of a block's lines. */
static inline void write_sums(uint16_t *sums, const struct pair *pair, size_t at)
{
    const words even = pair->both - (pair->odd << 8);
    memcpy(sums + at / 2, &even, sizeof even);
    memcpy(sums + SWEEP_ROWS / 4 + at / 2, &pair->odd, sizeof pair->odd);
}

static inline uint16_t least_of(const uint16_t *sums)
{
    uint16_t least = UINT16_MAX;
    for (size_t i = 0; i < SWEEP_ROWS; i++)
        least = sums[i] < least ? sums[i] : least;
    return least;
}

void NEAREST_SWEEP(const uint8_t *lines, size_t blocks, size_t columns, const uint8_t *costs, uint16_t stop,
                   uint16_t *sums, uint16_t *least)
{
    enum { PARTS = SWEEP_LINE / WIDTH };
    for (size_t block = 0; block < blocks; block++, lines += columns * SWEEP_LINE, sums += SWEEP_ROWS) {
        struct pair low[PARTS] = {0}, high[PARTS] = {0};
        size_t column = 0;
        do {
            const size_t end = column + SWEEP_STRIDE < columns ? column + SWEEP_STRIDE : columns;
            for (; column < end; column++) {
                const bytes table = repeat(costs + column * SWEEP_CELLS);
                for (size_t part = 0; part < PARTS; part++) {
                    bytes cells;
                    memcpy(&cells, lines + column * SWEEP_LINE + part * WIDTH, sizeof cells);
                    add(&low[part], look_up(table, cells & 15));
                    add(&high[part], look_up(table, (bytes)((words)cells >> 4) & 15));
                }
            }
            for (size_t part = 0; part < PARTS; part++) {
                write_sums(sums, &low[part], part * WIDTH);
                write_sums(sums + SWEEP_ROWS / 2, &high[part], part * WIDTH);
            }
            least[block] = least_of(sums);
        } while (column < columns && least[block] <= stop);
    }
}

#endif
#endif
