/* A column of floats, packed without loss: a column of few distinct values keeps each once, ascending, and a
 * byte or two a row that says which. Three columns of four are such; the others are kept as they are. */
#ifndef CLAIRSCORE_BACKEND_PACKED_H
#define CLAIRSCORE_BACKEND_PACKED_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

enum packed_kind { PACKED_BYTES, PACKED_WORDS, PACKED_FLOATS };

struct packed {
    enum packed_kind kind;
    size_t count;    /* rows */
    size_t distinct; /* known values; of FLOATS 0 */
    float *values;   /* `distinct` ascending ones (order_key's order), and NaN behind them for missing */
    uint32_t *rows;  /* how many rows have each, `distinct` + 1 */
    union {
        uint8_t *bytes; /* place in `values` of each row */
        uint16_t *words;
        float *floats;
    };
};

/* What a column is, as values and in how many rows each occurs (NULL: once each). NaN is missing. Belongs to
 * the column. */
struct packed_values {
    const float *values;
    const uint32_t *rows;
    size_t count;
};

/* Packs a column while its values come. */
struct packer;

/* For `count` rows. The caller frees *out. */
int packer_new(struct packer **out, size_t count, struct error *err);
void packer_free(struct packer *packer);

/* The values of rows `first` to `first + count - 1`; each row once, in any order. One thread at a time. */
int packer_add(struct packer *packer, size_t first, const float *values, size_t count, struct error *err);

/* The column, when all rows have been added. Its values are the same whatever order they came in; whether so
 * many distinct ones are listed may depend on which came first. Leaves the packer empty. The caller releases
 * *out. */
int packer_finish(struct packer *packer, struct packed *out, struct error *err);

void packed_release(struct packed *packed);

static inline float packed_value(const struct packed *packed, size_t row)
{
    switch (packed->kind) {
    case PACKED_BYTES:
        return packed->values[packed->bytes[row]];
    case PACKED_WORDS:
        return packed->values[packed->words[row]];
    case PACKED_FLOATS:
    default:
        return packed->floats[row];
    }
}

/* Rows `first` to `first + count - 1`; the `count` listed rows. */
void packed_read(const struct packed *packed, size_t first, size_t count, float *out);
void packed_gather(const struct packed *packed, const uint32_t *rows, size_t count, float *out);

struct packed_values packed_values(const struct packed *packed);

#endif
