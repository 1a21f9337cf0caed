/* Counters and latency histograms in Prometheus' text format. Thread-safe. */
#ifndef CLAIRSCORE_HTTP_METRICS_H
#define CLAIRSCORE_HTTP_METRICS_H

#include <stdbool.h>

#include "shared/base/buffer.h"
#include "shared/base/error.h"

struct metrics;

int metrics_new(struct metrics **out, struct error *err);
void metrics_free(struct metrics *metrics);

/* Counts one answered request of `route` (the pattern, never the path) and its duration. */
void metrics_request(struct metrics *metrics, const char *method, const char *route, unsigned status,
                     double seconds);

/* Counts one decision proposed by the model. */
void metrics_decision(struct metrics *metrics, const char *decision, double probability);

/* Sets the gauge clairscore_model_info{version,hash} 1 and clairscore_clients. */
void metrics_set_model(struct metrics *metrics, const char *version, const char *hash);
void metrics_set_clients(struct metrics *metrics, double clients);

/* Counts one attempt to load the model again. */
void metrics_reload(struct metrics *metrics, bool taken_over);

/* Appends the whole exposition. */
int metrics_write(struct metrics *metrics, struct buffer *out, struct error *err);

#endif
