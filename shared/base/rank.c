#include "shared/base/rank.h"

#include <string.h>

enum { RUN = 8 };

static void insert(struct rank *ranks, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct rank rank = ranks[i];
        size_t at = i;
        for (; at > 0 && ranks[at - 1].size < rank.size; at--)
            ranks[at] = ranks[at - 1];
        ranks[at] = rank;
    }
}

/* One step of a merge takes no branch that depends on the sizes: which of two figures is larger cannot be
 * foretold, and a wrong guess costs more than the step. */
static void merge(struct rank *out, const struct rank *left, size_t left_count, const struct rank *right,
                  size_t right_count)
{
    const struct rank *left_end = left + left_count;
    const struct rank *right_end = right + right_count;
    while (left < left_end && right < right_end) {
        size_t takes_right = right->size > left->size;
        *out++ = *(takes_right ? right : left);
        right += takes_right;
        left += 1 - takes_right;
    }
    memcpy(out, left, (size_t)(left_end - left) * sizeof *out);
    memcpy(out + (left_end - left), right, (size_t)(right_end - right) * sizeof *out);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void rank_sort(struct rank *ranks, size_t count)
{
    struct rank spare[RANK_LIMIT];
    struct rank *from = ranks;
    struct rank *to = spare;
    for (size_t first = 0; first < count; first += RUN)
        insert(ranks + first, least(RUN, count - first));
    for (size_t width = RUN; width < count; width *= 2) {
        for (size_t first = 0; first < count; first += 2 * width) {
            size_t middle = least(first + width, count);
            size_t end = least(first + 2 * width, count);
            merge(to + first, from + first, middle - first, from + middle, end - middle);
        }
        struct rank *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != ranks)
        memcpy(ranks, from, count * sizeof *ranks);
}
