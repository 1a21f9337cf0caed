/* The order of a few hundred figures by size, as explanations need it for every request. */
#ifndef CLAIRSCORE_BASE_RANK_H
#define CLAIRSCORE_BASE_RANK_H

#include <stddef.h>

enum { RANK_LIMIT = 1024 }; /* figures of one call */

struct ranked {
    double size; /* at least 0 (not -0), not NaN */
    size_t item; /* whose size it is; the caller's */
};

/* Brings `count` (at most RANK_LIMIT) ranks into order: the largest first, equal ones as they came. */
void rank_sort(struct ranked *ranks, size_t count);

#endif
