/* How often somebody may ask: a token bucket each, that holds a minute's worth and fills evenly (kept as one
 * time per bucket, ITU-T I.371's "virtual scheduling", also called GCRA). Who was idle for a minute may
 * therefore send a minute's worth at once. Thread-safe.
 *
 * Memory is bounded: a bucket lies in one of the RATE_WAYS places that its hash names. When all of them hold
 * others the fullest gives way, which is the one that loses least: a full bucket is the same as none. */
#ifndef CLAIRSCORE_BACKEND_ACCESS_RATE_LIMIT_H
#define CLAIRSCORE_BACKEND_ACCESS_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

enum { RATE_WAYS = 8, RATE_WINDOW_S = 60 };

struct rate_limit;

struct rate_state {
    unsigned limit;     /* requests in RATE_WINDOW_S */
    unsigned remaining; /* that may be sent at once now */
    unsigned reset_s;   /* until the bucket is full again, rounded up */
    unsigned retry_s;   /* until the next request may be sent, at least 1; 0 when this one may */
};

/* Buckets of `per_minute` (1 to 10,000,000) requests, room for `places` of them (16 bytes each; rounded up to
 * a power of two). The caller frees *out. */
int rate_limit_new(struct rate_limit **out, unsigned per_minute, size_t places, struct error *err);
void rate_limit_free(struct rate_limit *rate);

/* Takes one request of whom the bytes `who` identify at `now_ns` (of any clock that never goes back). False
 * when the bucket is empty: then nothing is taken. */
bool rate_limit_take(struct rate_state *out, struct rate_limit *rate, const void *who, size_t size,
                     int64_t now_ns);

#endif
