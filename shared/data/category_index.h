/* Inside of shared/data: the texts of a categorical column by a hash without collisions, which is found when
 * the index is made: one place to look at for a text, known or not. */
#ifndef CLAIRSCORE_DATA_CATEGORY_INDEX_H
#define CLAIRSCORE_DATA_CATEGORY_INDEX_H

#include <endian.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/data/home_credit.h"

/* First and last eight bytes of a text, zeros where it is shorter. */
struct category_ends {
    uint64_t first, last;
};

struct category_slot {
    struct category_ends ends;
    const char *text; /* NULL: nothing is here */
    size_t length;
    uint32_t code; /* its position among the categories */
    double one;    /* NaN for the empty text */
};

struct category_index {
    uint64_t factor;
    unsigned shift; /* of the 64-bit product */
    struct category_slot *slots;
};

/* Indexes the column's categories, and the empty text as NaN when it may be missing. The caller releases with
 * category_index_free. */
int category_index_make(struct category_index *out, const struct column *column, struct error *err);

void category_index_free(struct category_index *index);

/* Eight bytes, the first one lowest, of which `length` count. */
static inline uint64_t category_word(const char *text, size_t length)
{
    uint64_t word = 0;
    memcpy(&word, text, sizeof word);
    word = le64toh(word);
    return length < sizeof word ? word & ((UINT64_C(1) << 8 * length) - 1) : word;
}

static inline struct category_ends category_ends_of(const char *text, size_t length)
{
    enum { WORD = 8 };
    const size_t behind = length > WORD ? length - WORD : 0;
    return (struct category_ends){category_word(text, length), category_word(text + behind, length)};
}

static inline size_t category_place(uint64_t factor, unsigned shift, struct category_ends ends, size_t length)
{
    return (size_t)((ends.first ^ (ends.last << 1 | ends.last >> 63) * 5 ^ length) * factor >> shift);
}

/* The slot of a text of which eight bytes can be read anywhere; any slot and *found false when it is none of
 * the column's. */
static inline const struct category_slot *category_index_find(bool *found, const struct category_index *index,
                                                              const char *text, size_t length)
{
    enum { WORD = 8 };
    const struct category_ends ends = category_ends_of(text, length);
    const struct category_slot *slot =
        &index->slots[category_place(index->factor, index->shift, ends, length)];
    *found = (slot->ends.first == ends.first) & (slot->ends.last == ends.last) & (slot->length == length);
    if (*found && length > 2 * (size_t)WORD)
        *found = memcmp(slot->text + WORD, text + WORD, length - 2 * (size_t)WORD) == 0;
    return slot;
}

#endif
