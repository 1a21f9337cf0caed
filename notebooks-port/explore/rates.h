/* Who defaults how often: by level of a category, by band of a number; with the interval that the number of
 * clients allows. */
#ifndef CLAIRSCORE_EXPLORE_RATES_H
#define CLAIRSCORE_EXPLORE_RATES_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

struct rate {
    size_t level; /* the code of a category, its number of categories for "missing"; the number of a band */
    size_t clients, defaults;
    double share;     /* defaults / clients; NaN without clients */
    double low, high; /* the interval of 95 % of Wilson 1927, JASA 22(158); NaN without clients */
};

/* Share and interval of `defaults` among `clients`. */
struct rate rate_of(size_t level, size_t clients, size_t defaults);

/* Rates of the levels 0..levels-1 of codes[rows] and, last, of the missing (NaN): out[levels + 1]. */
void rates_by_level(struct rate *out, const double *codes, const uint8_t *labels, size_t rows, size_t levels);

/* Rates of the `count` bands [edges[i], edges[i + 1]), the last with its upper edge; what is outside all of
 * them or missing is not counted. `edges[count + 1]` ascend. */
void rates_by_band(struct rate *out, const double *values, const uint8_t *labels, size_t rows,
                   const double *edges, size_t count);

/* How strongly the level tells the outcome, 0 (not at all) to 1 (wholly): Cramér's V of the table of levels
 * and outcomes (Cramér 1946, ch. 21); 0 with fewer than two levels in use. */
double rates_cramer(const struct rate *rates, size_t count);

#endif
