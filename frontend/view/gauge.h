/* The gauge of a probability of default: a half circle on which log-odds run evenly, which is also how score
 * points run. Drawn by the template as SVG, so that it needs no script. */
#ifndef CLAIRSCORE_FRONTEND_VIEW_GAUGE_H
#define CLAIRSCORE_FRONTEND_VIEW_GAUGE_H

#include <jansson.h>

#include "shared/base/language.h"

/* Geometry and texts for the template `gauge`: arcs of the granted and the refused side of `threshold`,
 * ticks, the needle at `probability` (both 0..1). What lies off the scale stands at its end. A new object. */
json_t *gauge_view(double probability, double threshold, enum language language);

/* Adds a second, finer needle for what the probability was before. */
void gauge_add_earlier(json_t *gauge, double probability);

#endif
