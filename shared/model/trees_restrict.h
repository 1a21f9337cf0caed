/* Trees of which only a few columns still move: for searches that score thousands of rows alike in all
 * others. */
#ifndef CLAIRSCORE_MODEL_TREES_RESTRICT_H
#define CLAIRSCORE_MODEL_TREES_RESTRICT_H

#include "shared/model/trees.h"

/* The trees in which every split on another column than `kept[kept_count]` (distinct, below trees->columns)
 * is decided by `row` for good and taken out. Column i of *out is column kept[i] of `trees`. Trees that have
 * no split left are added up into the base; the others come in ascending order of depth, so that those walked
 * side by side end together. So the margins differ from those of `trees` by the rounding of single precision,
 * and by nothing else. The caller frees *out with trees_free. */
int trees_restrict(struct trees **out, const struct trees *trees, const float *row, const size_t *kept,
                   size_t kept_count, struct error *err);

#endif
