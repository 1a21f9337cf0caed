/* A model and the population as that model scores it: what one request is answered with, from beginning to
 * end, whatever is loaded meanwhile. Immutable; any number of threads may hold one. */
#ifndef CLAIRSCORE_BACKEND_SNAPSHOT_H
#define CLAIRSCORE_BACKEND_SNAPSHOT_H

#include <time.h>

#include "backend/answers.h"
#include "backend/drift.h"
#include "backend/population/population.h"
#include "backend/sample.h"
#include "shared/model/model.h"

struct snapshot;

/* A model without a population. `model` goes over to it, also in a failure. The caller holds *out and
 * releases it. */
int snapshot_new(struct snapshot **out, struct model *model, struct error *err);

/* The model of `snapshot`, which it shares, with a population that this model scored. `population` goes over
 * to it, also in a failure. */
int snapshot_with(struct snapshot **out, const struct snapshot *snapshot, struct population *population,
                  struct error *err);

/* One holder more; one less, the last of which frees it (NULL is allowed). */
void snapshot_hold(struct snapshot *snapshot);
void snapshot_release(struct snapshot *snapshot);

/* Both belong to the snapshot. No population (NULL) while none is loaded. */
const struct model *snapshot_model(const struct snapshot *snapshot);
const struct population *snapshot_population(const struct snapshot *snapshot);

/* When the model was loaded. */
time_t snapshot_loaded(const struct snapshot *snapshot);

/* What takes long enough to be done once for all requests, when it is first asked for: the sample, and the
 * drift of the population. Of a snapshot that has a population; they belong to the snapshot. */
int snapshot_sample(struct snapshot *snapshot, const struct sample **out, struct error *err);
int snapshot_drift(struct snapshot *snapshot, const struct drift **out, size_t *count, struct error *err);

/* What it has answered. Belongs to the snapshot. */
struct answers *snapshot_answers(struct snapshot *snapshot);

/* The clients of a snapshot that has a population, to be looked at while it is held. */
struct drift_clients snapshot_clients(const struct snapshot *snapshot);

/* Draws the sample and measures the drift now, so that no request waits for it. */
void snapshot_prepare(struct snapshot *snapshot);

/* The population, to be held or scored again. */
struct population *snapshot_share_population(const struct snapshot *snapshot);

#endif
