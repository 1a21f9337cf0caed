#include "shared/http/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Upper bounds of the buckets; +Inf follows. */
static const double DURATION_BOUNDS_S[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                           0.1,    0.25,  0.5,    1,     2.5,  5,     10};
static const double PROBABILITY_BOUNDS[] = {0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1};
enum {
    DURATION_BOUNDS = sizeof DURATION_BOUNDS_S / sizeof *DURATION_BOUNDS_S,
    SCORE_BOUNDS = sizeof PROBABILITY_BOUNDS / sizeof *PROBABILITY_BOUNDS,
    SERIES_LIMIT = 512, /* routes x methods x statuses; what is beyond is counted together */
    LABEL = 128
};

struct request_series {
    char method[16], route[LABEL];
    unsigned status;
    uint64_t count;
    double seconds;
    uint64_t buckets[DURATION_BOUNDS + 1];
};

struct metrics {
    pthread_mutex_t lock;
    struct request_series series[SERIES_LIMIT];
    size_t series_count;
    uint64_t granted, refused;
    double probability_sum;
    uint64_t probabilities[SCORE_BOUNDS + 1];
    char version[LABEL], hash[LABEL];
    double clients;
    double waiting_batches, running_batches;
    uint64_t reloads, refused_reloads;
    int64_t in_flight;
    time_t started;
    struct activity *activity;
};

int metrics_new(struct metrics **out, struct error *err)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics)
        return error_set(err, ERROR_INTERNAL, "no memory for metrics");
    if (activity_new(&metrics->activity, err)) {
        free(metrics);
        return -1;
    }
    metrics->started = time(NULL);
    pthread_mutex_init(&metrics->lock, NULL);
    *out = metrics;
    return 0;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    pthread_mutex_destroy(&metrics->lock);
    activity_free(metrics->activity);
    free(metrics);
}

static size_t bucket_of(double value, const double *bounds, size_t count)
{
    size_t bucket = 0;
    while (bucket < count && value > bounds[bucket])
        bucket++;
    return bucket;
}

static struct request_series *series_of(struct metrics *metrics, const char *method, const char *route,
                                        unsigned status)
{
    for (size_t i = 0; i < metrics->series_count; i++) {
        struct request_series *series = &metrics->series[i];
        if (series->status == status && strcmp(series->route, route) == 0 &&
            strcmp(series->method, method) == 0)
            return series;
    }
    if (metrics->series_count == SERIES_LIMIT)
        return &metrics->series[SERIES_LIMIT - 1];
    struct request_series *series = &metrics->series[metrics->series_count++];
    snprintf(series->method, sizeof series->method, "%s", method);
    snprintf(series->route, sizeof series->route, "%s", route);
    series->status = status;
    return series;
}

void metrics_request(struct metrics *metrics, const char *method, const char *route, unsigned status,
                     double seconds)
{
    pthread_mutex_lock(&metrics->lock);
    struct request_series *series = series_of(metrics, method, route, status);
    series->count++;
    series->seconds += seconds;
    series->buckets[bucket_of(seconds, DURATION_BOUNDS_S, DURATION_BOUNDS)]++;
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_in_flight(struct metrics *metrics, int change)
{
    pthread_mutex_lock(&metrics->lock);
    metrics->in_flight += change;
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_activity_request(struct metrics *metrics, unsigned status, double seconds)
{
    pthread_mutex_lock(&metrics->lock);
    activity_request(metrics->activity, time(NULL), status, seconds);
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_decision(struct metrics *metrics, const char *decision, double probability)
{
    pthread_mutex_lock(&metrics->lock);
    bool refused = strcmp(decision, "refused") == 0;
    activity_decision(metrics->activity, time(NULL), refused, probability);
    if (refused)
        metrics->refused++;
    else
        metrics->granted++;
    metrics->probability_sum += probability;
    metrics->probabilities[bucket_of(probability, PROBABILITY_BOUNDS, SCORE_BOUNDS)]++;
    pthread_mutex_unlock(&metrics->lock);
}

/* Copies a label value and escapes what the text format asks for. */
static void set_label(char out[LABEL], const char *value)
{
    size_t used = 0;
    for (; *value && used + 2 < LABEL; value++) {
        if (*value == '"' || *value == '\\')
            out[used++] = '\\';
        out[used++] = *value == '\n' ? ' ' : *value;
    }
    out[used] = '\0';
}

void metrics_set_model(struct metrics *metrics, const char *version, const char *hash)
{
    pthread_mutex_lock(&metrics->lock);
    set_label(metrics->version, version);
    set_label(metrics->hash, hash);
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_set_clients(struct metrics *metrics, double clients)
{
    pthread_mutex_lock(&metrics->lock);
    metrics->clients = clients;
    pthread_mutex_unlock(&metrics->lock);
}

void metrics_set_batches(struct metrics *metrics, double waiting, double running)
{
    pthread_mutex_lock(&metrics->lock);
    metrics->waiting_batches = waiting;
    metrics->running_batches = running;
    pthread_mutex_unlock(&metrics->lock);
}

time_t metrics_activity(struct metrics *metrics, struct activity_slice *slices, size_t count,
                        unsigned minutes, struct activity_slice *total)
{
    enum { MINUTE_S = 60 };
    time_t all = (time_t)count * minutes;
    time_t first = time(NULL) - (all - 1) * MINUTE_S;
    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < count; i++)
        activity_read(&slices[i], metrics->activity, first + (time_t)i * minutes * MINUTE_S, minutes);
    activity_read(total, metrics->activity, first, (unsigned)all);
    time_t started = metrics->started;
    pthread_mutex_unlock(&metrics->lock);
    return started;
}

void metrics_reload(struct metrics *metrics, bool taken_over)
{
    pthread_mutex_lock(&metrics->lock);
    if (taken_over)
        metrics->reloads++;
    else
        metrics->refused_reloads++;
    pthread_mutex_unlock(&metrics->lock);
}

static int write_requests(const struct metrics *metrics, struct buffer *out, struct error *err)
{
    static const char name[] = "clairscore_http_request_duration_seconds";
    int status = buffer_append_format(out, err,
                                      "# HELP clairscore_http_requests_total Requests answered.\n"
                                      "# TYPE clairscore_http_requests_total counter\n");
    for (size_t i = 0; i < metrics->series_count && !status; i++) {
        const struct request_series *series = &metrics->series[i];
        status = buffer_append_format(
            out, err,
            "clairscore_http_requests_total{method=\"%s\",route=\"%s\",status=\"%u\"} %" PRIu64 "\n",
            series->method, series->route, series->status, series->count);
    }
    if (!status)
        status = buffer_append_format(
            out, err, "# HELP %s From the whole request read to the answer made.\n# TYPE %s histogram\n",
            name, name);
    for (size_t i = 0; i < metrics->series_count && !status; i++) {
        const struct request_series *series = &metrics->series[i];
        char labels[2 * LABEL];
        snprintf(labels, sizeof labels, "method=\"%s\",route=\"%s\",status=\"%u\"", series->method,
                 series->route, series->status);
        uint64_t total = 0;
        for (size_t j = 0; j < DURATION_BOUNDS && !status; j++) {
            total += series->buckets[j];
            status = buffer_append_format(out, err, "%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", name, labels,
                                          DURATION_BOUNDS_S[j], total);
        }
        if (!status)
            status = buffer_append_format(out, err,
                                          "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n%s_sum{%s} %.9g\n"
                                          "%s_count{%s} %" PRIu64 "\n",
                                          name, labels, series->count, name, labels, series->seconds, name,
                                          labels, series->count);
    }
    return status;
}

static int write_scores(const struct metrics *metrics, struct buffer *out, struct error *err)
{
    int status = buffer_append_format(out, err,
                                      "# HELP clairscore_decisions_total Decisions proposed by the model.\n"
                                      "# TYPE clairscore_decisions_total counter\n"
                                      "clairscore_decisions_total{decision=\"granted\"} %" PRIu64 "\n"
                                      "clairscore_decisions_total{decision=\"refused\"} %" PRIu64 "\n"
                                      "# HELP clairscore_probability Probabilities of default given.\n"
                                      "# TYPE clairscore_probability histogram\n",
                                      metrics->granted, metrics->refused);
    uint64_t total = 0;
    for (size_t i = 0; i < SCORE_BOUNDS && !status; i++) {
        total += metrics->probabilities[i];
        status = buffer_append_format(out, err, "clairscore_probability_bucket{le=\"%g\"} %" PRIu64 "\n",
                                      PROBABILITY_BOUNDS[i], total);
    }
    if (status)
        return status;
    uint64_t count = metrics->granted + metrics->refused;
    return buffer_append_format(out, err,
                                "clairscore_probability_bucket{le=\"+Inf\"} %" PRIu64 "\n"
                                "clairscore_probability_sum %.9g\nclairscore_probability_count %" PRIu64 "\n",
                                count, metrics->probability_sum, count);
}

static long resident_bytes(void)
{
    char line[128];
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re"); /* size and resident pages, then more */
    if (!file)
        return 0;
    const char *resident = fgets(line, sizeof line, file) ? strchr(line, ' ') : NULL;
    if (resident)
        pages = strtol(resident, NULL, 10);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
    struct timespec used;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) ? 0
                                                          : (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

static int write_model(const struct metrics *metrics, struct buffer *out, struct error *err)
{
    if (metrics->version[0] && buffer_append_format(out, err,
                                                    "# HELP clairscore_model_info The model that answers.\n"
                                                    "# TYPE clairscore_model_info gauge\n"
                                                    "clairscore_model_info{version=\"%s\",hash=\"%s\"} 1\n",
                                                    metrics->version, metrics->hash))
        return -1;
    return buffer_append_format(out, err,
                                "# HELP clairscore_model_reloads_total Times the model was loaded again.\n"
                                "# TYPE clairscore_model_reloads_total counter\n"
                                "clairscore_model_reloads_total{outcome=\"done\"} %" PRIu64 "\n"
                                "clairscore_model_reloads_total{outcome=\"refused\"} %" PRIu64 "\n"
                                "# HELP clairscore_clients Clients loaded from the store.\n"
                                "# TYPE clairscore_clients gauge\nclairscore_clients %.0f\n"
                                "# HELP clairscore_batches Batches that wait or are being scored.\n"
                                "# TYPE clairscore_batches gauge\n"
                                "clairscore_batches{state=\"waiting\"} %.0f\n"
                                "clairscore_batches{state=\"running\"} %.0f\n",
                                metrics->reloads, metrics->refused_reloads, metrics->clients,
                                metrics->waiting_batches, metrics->running_batches);
}

static int write_process(const struct metrics *metrics, struct buffer *out, struct error *err)
{
    return buffer_append_format(out, err,
                                "# HELP clairscore_http_requests_in_flight Requests begun and not yet sent.\n"
                                "# TYPE clairscore_http_requests_in_flight gauge\n"
                                "clairscore_http_requests_in_flight %" PRId64 "\n"
                                "# HELP process_resident_memory_bytes Resident memory.\n"
                                "# TYPE process_resident_memory_bytes gauge\n"
                                "process_resident_memory_bytes %ld\n"
                                "# HELP process_cpu_seconds_total Processor time used.\n"
                                "# TYPE process_cpu_seconds_total counter\n"
                                "process_cpu_seconds_total %.3f\n"
                                "# HELP process_start_time_seconds Start, in seconds since 1970.\n"
                                "# TYPE process_start_time_seconds gauge\n"
                                "process_start_time_seconds %lld\n",
                                metrics->in_flight, resident_bytes(), cpu_seconds(),
                                (long long)metrics->started);
}

int metrics_write(struct metrics *metrics, struct buffer *out, struct error *err)
{
    pthread_mutex_lock(&metrics->lock);
    int status = write_requests(metrics, out, err) || write_scores(metrics, out, err) ||
                 write_model(metrics, out, err) || write_process(metrics, out, err);
    pthread_mutex_unlock(&metrics->lock);
    return status ? -1 : 0;
}
