#include "shared/http/activity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Latencies from LOWEST_S on in buckets that grow by a fifth each: 20 µs to half a minute, what lies beyond
 * in the outer ones. */
enum { BUCKETS = 80, MINUTE_S = 60 };
static const double LOWEST_S = 2e-5, GROWTH = 1.2;

struct minute {
    int64_t number; /* since 1970; 0: never used */
    uint64_t requests, client_errors, server_errors, granted, refused;
    double probabilities;
    uint32_t latencies[BUCKETS];
};

struct activity {
    struct minute minutes[ACTIVITY_MINUTES];
};

int activity_new(struct activity **out, struct error *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : error_set(err, ERROR_INTERNAL, "no memory for the activity of a day");
}

void activity_free(struct activity *activity)
{
    free(activity);
}

static struct minute *minute_of(struct activity *activity, time_t now)
{
    int64_t number = (int64_t)now / MINUTE_S;
    struct minute *minute = &activity->minutes[number % ACTIVITY_MINUTES];
    if (minute->number != number) {
        memset(minute, 0, sizeof *minute);
        minute->number = number;
    }
    return minute;
}

void activity_request(struct activity *activity, time_t now, unsigned status, double seconds)
{
    struct minute *minute = minute_of(activity, now);
    double place = seconds > LOWEST_S ? log(seconds / LOWEST_S) / log(GROWTH) : 0;
    minute->requests++;
    minute->client_errors += status >= 400 && status < 500;
    minute->server_errors += status >= 500;
    minute->latencies[place < BUCKETS ? (size_t)place : BUCKETS - 1]++;
}

void activity_decision(struct activity *activity, time_t now, bool refused, double probability)
{
    struct minute *minute = minute_of(activity, now);
    if (refused)
        minute->refused++;
    else
        minute->granted++;
    minute->probabilities += probability;
}

static double quantile(const uint64_t latencies[BUCKETS], uint64_t count, double share)
{
    double wanted = share * (double)count, passed = 0;
    for (int i = 0; i < BUCKETS; i++) {
        passed += (double)latencies[i];
        if (passed >= wanted && passed > 0)
            return LOWEST_S * pow(GROWTH, i + 0.5);
    }
    return NAN;
}

void activity_read(struct activity_slice *out, const struct activity *activity, time_t from, unsigned minutes)
{
    uint64_t latencies[BUCKETS] = {0};
    double probabilities = 0;
    int64_t first = (int64_t)from / MINUTE_S;
    *out = (struct activity_slice){.from = (time_t)(first * MINUTE_S)};
    for (unsigned i = 0; i < minutes; i++) {
        const struct minute *minute = &activity->minutes[(first + i) % ACTIVITY_MINUTES];
        if (minute->number != first + i)
            continue;
        out->requests += minute->requests;
        out->client_errors += minute->client_errors;
        out->server_errors += minute->server_errors;
        out->granted += minute->granted;
        out->refused += minute->refused;
        probabilities += minute->probabilities;
        for (int bucket = 0; bucket < BUCKETS; bucket++)
            latencies[bucket] += minute->latencies[bucket];
    }
    uint64_t decisions = out->granted + out->refused;
    out->mean_probability = decisions ? probabilities / (double)decisions : (double)NAN;
    out->p50_s = quantile(latencies, out->requests, 0.5);
    out->p95_s = quantile(latencies, out->requests, 0.95);
    out->p99_s = quantile(latencies, out->requests, 0.99);
}
