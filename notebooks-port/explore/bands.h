/* Round edges for histograms, so that their axes read well. */
#ifndef CLAIRSCORE_EXPLORE_BANDS_H
#define CLAIRSCORE_EXPLORE_BANDS_H

#include <stdbool.h>
#include <stddef.h>

enum { BANDS_MOST = 48 };

struct bands {
    double edges[BANDS_MOST + 1]; /* ascending */
    size_t count;
};

/* Bands of one round width (1, 2, 2.5 or 5 times a power of ten) that cover low..high, about thirty of them.
 * One band when low is not below high. */
struct bands bands_even(double low, double high);

/* Bands of nearly one ratio that cover low..high, both above 0: their edges are preferred numbers (ISO 3),
 * 20, 10 or 5 of them to a power of ten. */
struct bands bands_logarithmic(double low, double high);

#endif
