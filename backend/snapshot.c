#include "backend/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A model with those who share it. */
struct shared_model {
    atomic_uint holders;
    struct model *model;
};

struct snapshot {
    atomic_uint holders;
    struct shared_model *shared;
    struct population *population; /* NULL: none */
};

static void release_model(struct shared_model *shared)
{
    if (!shared || atomic_fetch_sub(&shared->holders, 1) > 1)
        return;
    model_free(shared->model);
    free(shared);
}

int snapshot_new(struct snapshot **out, struct model *model, struct error *err)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    struct shared_model *shared = calloc(1, sizeof *shared);
    if (!snapshot || !shared) {
        free(snapshot);
        free(shared);
        model_free(model);
        return error_set(err, ERROR_INTERNAL, "no memory for the model");
    }
    atomic_init(&shared->holders, 1);
    shared->model = model;
    atomic_init(&snapshot->holders, 1);
    snapshot->shared = shared;
    *out = snapshot;
    return 0;
}

int snapshot_with(struct snapshot **out, const struct snapshot *snapshot, struct population *population,
                  struct error *err)
{
    struct snapshot *other = calloc(1, sizeof *other);
    if (!other) {
        population_release(population);
        return error_set(err, ERROR_INTERNAL, "no memory for the population");
    }
    atomic_init(&other->holders, 1);
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
    free(snapshot);
}

const struct model *snapshot_model(const struct snapshot *snapshot)
{
    return snapshot->shared->model;
}

const struct population *snapshot_population(const struct snapshot *snapshot)
{
    return snapshot->population;
}

struct population *snapshot_share_population(const struct snapshot *snapshot)
{
    return snapshot->population;
}
