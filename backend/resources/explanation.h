/* A score with its explanation, as /explain and what builds on it give them. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_EXPLANATION_H
#define CLAIRSCORE_BACKEND_RESOURCES_EXPLANATION_H

#include "backend/scoring.h"
#include "shared/base/json_writer.h"
#include "shared/base/language.h"
#include "shared/http/server.h"

struct explanation {
    struct verdict verdict;
    double base_value, contributions[FEATURE_COUNT]; /* settled: they add up to the verdict's margin */
};

/* Scores and explains one vector of FEATURE_COUNT floats. */
int explanation_compute(struct explanation *out, const struct model *model, const float *vector,
                        struct error *err);

/* Writes "base_value", "margin", "contributions" (the `top` largest), "rest" and "reasons" into an open
 * object, of the model and in the language that the exchange is answered with. */
void explanation_write(struct json_writer *writer, const float *vector, const struct explanation *explanation,
                       size_t top, struct http_exchange *exchange);

/* A contribution in score points, in units of 1e-9; 0 has no sign. */
double explanation_points(double contribution);

/* Reads ?top=, the only parameter but lang: all without it. False after answering 422. */
bool explanation_read_top(struct http_exchange *exchange, size_t *top);

#endif
