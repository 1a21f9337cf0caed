/* What refusing from each threshold on costs: the parts of the page of costs. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_MODEL_COSTS_H
#define CLAIRSCORE_FRONTEND_PAGES_MODEL_COSTS_H

#include <jansson.h>

#include "shared/base/error.h"
#include "shared/base/number.h"
#include "shared/http/server.h"

enum { MODEL_COSTS_CUTS = 1000 /* the most points of the curve to ask /model/performance for */ };

/* A cost as people read it: two decimals below a hundred, none from there on and for nothing. model_costs.js
 * writes the same.
 */
void model_costs_format(char out[NUMBER_TEXT], double cost, enum language language);

/* The chart of cost by threshold with the threshold in service and the one that these costs ask for, as
 * "chart"; and what the page's script needs to draw it for other costs, from exact counts, as JSON text in
 * "counts": {"clients", "defaults", "own": threshold in service, "thresholds", "refused", "positives": of
 * each cut, "shown": which cuts the chart has, "rows": which its table has}. A new object. ERROR_INVALID when
 * the /model/performance answer is not as the contract says. */
int model_costs_curve(json_t **out, const struct http_exchange *exchange, const json_t *performance,
                      struct error *err);

#endif
