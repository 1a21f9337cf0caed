/* Keeps the snapshot that requests are answered with up to date: takes over what an import has put into the
 * store, and the model artifact when it is told to load it again. Both happen in one thread of its own, one
 * after the other, beside the requests; what is taken over is complete: a model with the population as this
 * model scores it.
 *
 * Replicas on one store may serve different models, as they do while a new one is rolled out: each scores the
 * clients for itself where the store's margins are another model's, and none writes margins back, which
 * import alone does. So replicas never undo each other's work; what a different model costs is scoring the
 * clients once after each import and at each start. */
#ifndef CLAIRSCORE_BACKEND_KEEPER_H
#define CLAIRSCORE_BACKEND_KEEPER_H

#include <time.h>

#include "backend/snapshot.h"
#include "shared/http/metrics.h"

struct keeper;

/* Loads the model in `model_dir` and starts to look every second what population the store holds. All
 * pointers must outlive the keeper. The caller stops *out. */
int keeper_start(struct keeper **out, const char *model_dir, struct store *store, struct metrics *metrics,
                 struct error *err);
void keeper_stop(struct keeper *keeper);

/* True while the store cannot be asked, as the last look at it found. */
bool keeper_store_is_away(struct keeper *keeper);

/* The snapshot to answer one request with. The caller releases it (snapshot_release). */
struct snapshot *keeper_snapshot(struct keeper *keeper);

enum reload_state {
    RELOAD_NONE, /* asked for since the start */
    RELOAD_RUNNING,
    RELOAD_DONE,
    RELOAD_REFUSED /* the artifact cannot be served; the model before it stays */
};

enum { RELOAD_TEXT = 256 };

struct reload {
    enum reload_state state;
    time_t began, ended;                                            /* ended: 0 while running */
    char name[RELOAD_TEXT], version[RELOAD_TEXT], hash[STORE_HASH]; /* of the model that answers now */
    struct error refusal;                                           /* when REFUSED */
};

/* Begins to load the model artifact again: its golden rows are checked and the population is scored with it
 * while the one before still answers, then both change at once. ERROR_CONFLICT while a reload is running. */
int keeper_reload(struct keeper *keeper, struct error *err);

/* How the last reload went; while it runs, waits for its end up to `wait_ms`. */
void keeper_last_reload(struct keeper *keeper, struct reload *out, unsigned wait_ms);

#endif
