#include "shared/base/rank.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Radix sort by the upper half of the sizes' bits, eight at a time from the lowest, then by comparison where
 * that half was equal: no step depends on a guess which of two sizes is larger, and guesses are what sorting
 * so few costs. */
enum { DIGITS = 4, VALUES = 256, DIGIT_BITS = 8, LOWEST_BIT = 32 };

/* Ascending where sizes descend: the bits of doubles that are not negative are in their order. */
static uint64_t key_of(const struct ranked *rank)
{
    uint64_t bits;
    memcpy(&bits, &rank->size, sizeof bits);
    return ~bits;
}

static unsigned digit_of(uint64_t key, unsigned digit)
{
    return (unsigned)(key >> (LOWEST_BIT + DIGIT_BITS * digit)) % VALUES;
}

/* Sorts by one digit, which `counts[VALUES]` were counted of; false when all have the same. */
static bool sort_digit(struct ranked *to, const struct ranked *from, size_t count, unsigned digit,
                       uint16_t *counts)
{
    uint16_t places[VALUES];
    unsigned place = 0;
    if (counts[digit_of(key_of(&from[0]), digit)] == count)
        return false;
    for (unsigned i = 0; i < VALUES; i++) {
        places[i] = (uint16_t)place;
        place += counts[i];
    }
    for (size_t i = 0; i < count; i++)
        to[places[digit_of(key_of(&from[i]), digit)]++] = from[i];
    return true;
}

static void insert(struct ranked *ranks, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct ranked rank = ranks[i];
        size_t at = i;
        for (; at > 0 && ranks[at - 1].size < rank.size; at--)
            ranks[at] = ranks[at - 1];
        ranks[at] = rank;
    }
}

void rank_sort(struct ranked *ranks, size_t count)
{
    struct ranked spare[RANK_LIMIT];
    uint16_t counts[DIGITS][VALUES] = {0};
    struct ranked *from = ranks;
    struct ranked *to = spare;
    for (size_t i = 0; i < count; i++)
        for (unsigned digit = 0; digit < DIGITS; digit++)
            counts[digit][digit_of(key_of(&ranks[i]), digit)]++;
    for (unsigned digit = 0; digit < DIGITS && count > 0; digit++) {
        if (!sort_digit(to, from, count, digit, counts[digit]))
            continue;
        struct ranked *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != ranks)
        memcpy(ranks, from, count * sizeof *ranks);
    insert(ranks, count);
}
