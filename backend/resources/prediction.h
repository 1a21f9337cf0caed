/* What /predict and /explain have in common. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_PREDICTION_H
#define CLAIRSCORE_BACKEND_RESOURCES_PREDICTION_H

#include "backend/resources/instances.h"
#include "backend/scoring.h"
#include "shared/base/json_writer.h"

enum {
    PREDICTION_REASONS = 4,      /* that are shown, each way */
    PREDICTION_BYTES = 256 << 20 /* of an answer: 1000 explanations take about 35 MB */
};

/* Counts the decisions on the instances and keeps their vectors for the monitoring of drift. */
void prediction_note(const struct verdict *verdicts, const struct instances *instances,
                     struct http_exchange *exchange);

/* Scores all instances into `verdicts[instances->count]` and notes them. -1 after answering. */
int prediction_score(struct verdict *verdicts, const struct instances *instances,
                     struct http_exchange *exchange);

/* Writes the fields of /predict's answer for one instance into an open object. */
void prediction_write(struct json_writer *writer, const struct verdict *verdict, int64_t client_id,
                      struct http_exchange *exchange);

/* What stands around the results: nothing for one, {"predictions": [ and its end for several. */
void prediction_open(struct json_writer *writer, const struct instances *instances);
void prediction_close(struct json_writer *writer, const struct instances *instances);

/* Answers with what was written, which goes over to the server, or with what kept it from being written. */
void prediction_answer(struct http_exchange *exchange, const struct json_writer *writer);

#endif
