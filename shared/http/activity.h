/* What a server has done minute by minute over the last day: a ring of counts and latency histograms in
 * memory. Not locked: metrics.c, which owns one, locks. */
#ifndef CLAIRSCORE_HTTP_ACTIVITY_H
#define CLAIRSCORE_HTTP_ACTIVITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "shared/base/error.h"

enum { ACTIVITY_MINUTES = 1440 };

struct activity;

int activity_new(struct activity **out, struct error *err);
void activity_free(struct activity *activity);

/* Counts an answer, and a decision proposed, at `now`. */
void activity_request(struct activity *activity, time_t now, unsigned status, double seconds);
void activity_decision(struct activity *activity, time_t now, bool refused, double probability);

struct activity_slice {
    time_t from; /* a whole minute */
    uint64_t requests, client_errors, server_errors, granted, refused;
    double mean_probability;    /* NaN without a decision */
    double p50_s, p95_s, p99_s; /* latency, within a tenth of it; NaN without a request */
};

/* What was done in `minutes` minutes (at most ACTIVITY_MINUTES) from that of `from` on; nothing is known of
 * those more than a day ago. */
void activity_read(struct activity_slice *out, const struct activity *activity, time_t from,
                   unsigned minutes);

#endif
