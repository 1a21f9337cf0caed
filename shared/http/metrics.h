/* Counters and latency histograms in Prometheus' text format. Thread-safe. */
#ifndef CLAIRSCORE_HTTP_METRICS_H
#define CLAIRSCORE_HTTP_METRICS_H

#include <stdbool.h>

#include "shared/base/buffer.h"
#include "shared/base/error.h"
#include "shared/http/activity.h"

struct metrics;

int metrics_new(struct metrics **out, struct error *err);
void metrics_free(struct metrics *metrics);

/* Counts one answered request of `route` (the pattern, never the path) and its duration. */
void metrics_request(struct metrics *metrics, const char *method, const char *route, unsigned status,
                     double seconds);

/* One request more (1) or less (-1) is being answered. */
void metrics_in_flight(struct metrics *metrics, int change);

/* Counts one answer for metrics_activity: requests of callers, not health checks. */
void metrics_activity_request(struct metrics *metrics, unsigned status, double seconds);

/* Counts one decision proposed by the model. */
void metrics_decision(struct metrics *metrics, const char *decision, double probability);

/* Sets the gauge clairscore_model_info{version,hash} 1 and clairscore_clients. */
void metrics_set_model(struct metrics *metrics, const char *version, const char *hash);
void metrics_set_clients(struct metrics *metrics, double clients);

/* Sets the gauge of batches that wait and that are being scored. */
void metrics_set_batches(struct metrics *metrics, double waiting, double running);

/* Counts one attempt to load the model again. */
void metrics_reload(struct metrics *metrics, bool taken_over);

/* The `count` slices of `minutes` minutes each that end with the running minute, oldest first, and their sum
 * in `total`; count times minutes is at most ACTIVITY_MINUTES. Returns when the server started. */
time_t metrics_activity(struct metrics *metrics, struct activity_slice *slices, size_t count,
                        unsigned minutes, struct activity_slice *total);

/* Appends the whole exposition. */
int metrics_write(struct metrics *metrics, struct buffer *out, struct error *err);

#endif
