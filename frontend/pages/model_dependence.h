/* The drawing of how a variable's effect on the score depends on its value. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_MODEL_DEPENDENCE_H
#define CLAIRSCORE_FRONTEND_PAGES_MODEL_DEPENDENCE_H

#include <jansson.h>

#include "shared/base/error.h"
#include "shared/http/server.h"

/* The chart of a /model/dependence answer, with its table: numbers along x and the effect upwards, or a row a
 * category. `feature` and `by` are the /population/features answers of the two variables; `by` is NULL
 * without a colour. New; *out is NULL where no client has a value. ERROR_INVALID when an answer is not as
 * the contract says. */
int model_dependence_view(json_t **out, const struct http_exchange *exchange, const json_t *dependence,
                          const json_t *feature, const json_t *by, struct error *err);

#endif
