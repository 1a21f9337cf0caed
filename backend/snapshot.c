#include "backend/snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "shared/base/log.h"

/* A model with those who share it. */
struct shared_model {
    atomic_uint holders;
    struct model *model;
    time_t loaded;
};

struct snapshot {
    atomic_uint holders;
    struct shared_model *shared;
    struct population *population; /* NULL: none */
    struct answers *answers;
    pthread_mutex_t lock;  /* of what follows */
    struct sample *sample; /* NULL until it is asked for */
    struct drift *drift;   /* the same */
    size_t drift_count;
};

static void release_model(struct shared_model *shared)
{
    if (!shared || atomic_fetch_sub(&shared->holders, 1) > 1)
        return;
    model_free(shared->model);
    free(shared);
}

/* One that holds nothing yet; NULL without memory. */
static struct snapshot *make(struct error *err)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot || answers_new(&snapshot->answers, err)) {
        error_set(err, ERROR_INTERNAL, "no memory for the model");
        free(snapshot);
        return NULL;
    }
    atomic_init(&snapshot->holders, 1);
    pthread_mutex_init(&snapshot->lock, NULL);
    return snapshot;
}

int snapshot_new(struct snapshot **out, struct model *model, struct error *err)
{
    struct snapshot *snapshot = make(err);
    struct shared_model *shared = calloc(1, sizeof *shared);
    if (!snapshot || !shared) {
        snapshot_release(snapshot);
        free(shared);
        model_free(model);
        return error_set(err, ERROR_INTERNAL, "no memory for the model");
    }
    atomic_init(&shared->holders, 1);
    shared->model = model;
    shared->loaded = time(NULL);
    snapshot->shared = shared;
    *out = snapshot;
    return 0;
}

int snapshot_with(struct snapshot **out, const struct snapshot *snapshot, struct population *population,
                  struct error *err)
{
    struct snapshot *other = make(err);
    if (!other) {
        population_release(population);
        return -1;
    }
    other->shared = snapshot->shared;
    atomic_fetch_add(&other->shared->holders, 1);
    other->population = population;
    *out = other;
    return 0;
}

void snapshot_hold(struct snapshot *snapshot)
{
    atomic_fetch_add(&snapshot->holders, 1);
}

void snapshot_release(struct snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub(&snapshot->holders, 1) > 1)
        return;
    population_release(snapshot->population);
    release_model(snapshot->shared);
    pthread_mutex_destroy(&snapshot->lock);
    answers_free(snapshot->answers);
    free(snapshot->sample);
    free(snapshot->drift);
    free(snapshot);
}

const struct model *snapshot_model(const struct snapshot *snapshot)
{
    return snapshot->shared->model;
}

time_t snapshot_loaded(const struct snapshot *snapshot)
{
    return snapshot->shared->loaded;
}

const struct population *snapshot_population(const struct snapshot *snapshot)
{
    return snapshot->population;
}

struct answers *snapshot_answers(struct snapshot *snapshot)
{
    return snapshot->answers;
}

struct population *snapshot_share_population(const struct snapshot *snapshot)
{
    return snapshot->population;
}

int snapshot_sample(struct snapshot *snapshot, const struct sample **out, struct error *err)
{
    int status = 0;
    pthread_mutex_lock(&snapshot->lock);
    if (!snapshot->sample)
        status = sample_draw(&snapshot->sample, snapshot->population, snapshot->shared->model, err);
    *out = snapshot->sample;
    pthread_mutex_unlock(&snapshot->lock);
    return status;
}

static struct drift_values column_of(const void *population, size_t feature)
{
    const struct packed_values values = population_values(population, feature);
    return (struct drift_values){values.values, values.rows, values.count};
}

static double margin_of(const void *population, size_t row)
{
    return population_margin(population, row);
}

struct drift_clients snapshot_clients(const struct snapshot *snapshot)
{
    return (struct drift_clients){population_count(snapshot->population), column_of, margin_of,
                                  snapshot->population};
}

int snapshot_drift(struct snapshot *snapshot, const struct drift **out, size_t *count, struct error *err)
{
    const struct drift_clients clients = snapshot_clients(snapshot);
    int status = 0;
    pthread_mutex_lock(&snapshot->lock);
    if (!snapshot->drift) {
        snapshot->drift = malloc((FEATURE_COUNT + 1) * sizeof *snapshot->drift);
        if (snapshot->drift)
            snapshot->drift_count = drift_measure(snapshot->drift, snapshot->shared->model, &clients);
        else
            status = error_set(err, ERROR_INTERNAL, "no memory to measure drift");
    }
    *out = snapshot->drift;
    *count = snapshot->drift_count;
    pthread_mutex_unlock(&snapshot->lock);
    return status;
}

void snapshot_prepare(struct snapshot *snapshot)
{
    struct error err = {0};
    const struct sample *sample;
    const struct drift *drift;
    size_t count;
    if (snapshot->population &&
        (population_prepare(snapshot->population, &err) || snapshot_sample(snapshot, &sample, &err) ||
         snapshot_drift(snapshot, &drift, &count, &err)))
        log_event(LOG_ERROR, "not_prepared", "{s:s}", "cause", err.message);
}
