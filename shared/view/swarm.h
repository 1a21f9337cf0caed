/* Where the dots of a beeswarm lie. */
#ifndef CLAIRSCORE_VIEW_SWARM_H
#define CLAIRSCORE_VIEW_SWARM_H

#include <stddef.h>

/* Spreads the dots of one row so that they do not hide each other: in each narrow bin of x they lie
 * alternately above and below the row's line. `y[count]` is filled with places around `row`, less than half a
 * row away; `x[count]` lies between `low` and `high`, the same for all rows of a chart. */
void swarm_spread(double *y, const double *x, size_t count, double row, double low, double high);

/* Where the k-th of several dots that are told alike stands in the room that is theirs, from -0.5 to 0.5:
 * multiples of the golden ratio spread evenly, however many come. */
double swarm_place(size_t k);

/* The same in the other direction, where dots have room both ways: van der Corput's sequence (1935), the
 * binary digits of k the other way round, so that both together fill a plane without streaks. */
double swarm_place_across(size_t k);

#endif
