/* What /predict and /explain have in common. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_PREDICTION_H
#define CLAIRSCORE_BACKEND_RESOURCES_PREDICTION_H

#include "backend/resources/instances.h"
#include "backend/scoring.h"

enum { PREDICTION_REASONS = 4 /* that are shown, each way */ };

/* Scores all instances into `verdicts[instances->count]` and counts the decisions. -1 after answering. */
int prediction_score(struct verdict *verdicts, const struct instances *instances,
                     struct http_exchange *exchange);

/* The fields of /predict's answer for one instance. */
json_t *prediction_render(const struct verdict *verdict, int64_t client_id, struct http_exchange *exchange);

/* Answers with the one result, or with {"predictions": results}; takes `results` (an array) over. */
void prediction_answer(struct http_exchange *exchange, const struct instances *instances, json_t *results);

#endif
