#include "shared/data/category_index.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORD = 8, FIRST_BITS = 6, MOST_BITS = 16, TRIES = 64 };

/* Places the entries by the index's factor; false when two meet. */
static bool place_all(struct category_index *index, const struct category_slot *entries, size_t count)
{
    memset(index->slots, 0, sizeof *index->slots << (64 - index->shift));
    for (size_t i = 0; i < count; i++) {
        struct category_slot *slot =
            &index->slots[category_place(index->factor, index->shift, entries[i].ends, entries[i].length)];
        if (slot->text)
            return false;
        *slot = entries[i];
    }
    for (size_t i = 0; i < (size_t)1 << (64 - index->shift); i++)
        if (!index->slots[i].text)
            index->slots[i].length = SIZE_MAX; /* of no text */
    return true;
}

static struct category_slot entry(const char *text, size_t code, double one)
{
    char padded[2 * WORD] = "";
    const size_t length = strlen(text);
    snprintf(padded, sizeof padded, "%s", text); /* a short text has no eight bytes to read */
    const char *from = length < WORD ? padded : text;
    return (struct category_slot){category_ends_of(from, length), text, length, (uint32_t)code, one};
}

int category_index_make(struct category_index *out, const struct column *column, struct error *err)
{
    *out = (struct category_index){0};
    size_t count = 0;
    struct category_slot *entries = calloc(column->category_count + 1, sizeof *entries);
    int status = entries ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    for (; status == 0 && count < column->category_count; count++)
        entries[count] = entry(column->categories[count], count, 1);
    if (status == 0 && !column->required)
        entries[count++] = entry("", 0, (double)NAN);
    bool placed = false;
    for (unsigned bits = FIRST_BITS; status == 0 && !placed && bits <= MOST_BITS; bits++) {
        free(out->slots);
        out->slots = malloc(sizeof *out->slots << bits);
        if (!out->slots)
            status = error_set(err, ERROR_INTERNAL, "out of memory");
        out->shift = 64 - bits;
        uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
        for (int i = 0; status == 0 && !placed && i < TRIES; i++) {
            out->factor = factor | 1;
            placed = place_all(out, entries, count);
            factor =
                factor * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's MMIX */
        }
    }
    free(entries);
    if (status == 0 && !placed)
        status = error_set(err, ERROR_INTERNAL, "%s: two categories are the same text", column->name);
    if (status)
        category_index_free(out);
    return status;
}

void category_index_free(struct category_index *index)
{
    free(index->slots);
    *index = (struct category_index){0};
}
