#include "backend/keeper.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/log.h"
#include "shared/base/progress.h"

enum { WATCH_INTERVAL_S = 1 };

struct keeper {
    const char *model_dir;
    struct store *store;
    struct metrics *metrics;

    pthread_mutex_t lock;     /* of what follows */
    pthread_cond_t wake;      /* the thread has something to do */
    pthread_cond_t ended;     /* a reload has ended */
    struct snapshot *current; /* NULL until the first model is loaded */
    struct reload reload;
    bool store_away;
    bool stopping;

    pthread_t thread;
    bool started;
    bool prepared;                   /* the current snapshot */
    struct population *ahead;        /* read while the first model was being loaded; NULL: none */
    double ahead_s;                  /* how long that took */
    struct store_population refused; /* what could not be loaded: not tried again until it changes */
};

struct snapshot *keeper_snapshot(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    struct snapshot *snapshot = keeper->current;
    snapshot_hold(snapshot);
    pthread_mutex_unlock(&keeper->lock);
    return snapshot;
}

bool keeper_store_is_away(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    bool away = keeper->store_away;
    pthread_mutex_unlock(&keeper->lock);
    return away;
}

static void take_over(struct keeper *keeper, struct snapshot *snapshot)
{
    const struct model *model = snapshot_model(snapshot);
    const struct population *population = snapshot_population(snapshot);
    metrics_set_model(keeper->metrics, model_version(model), model_hash(model));
    metrics_set_clients(keeper->metrics, population ? (double)population_count(population) : 0);
    pthread_mutex_lock(&keeper->lock);
    struct snapshot *old = keeper->current;
    keeper->current = snapshot;
    keeper->prepared = false;
    pthread_cond_signal(&keeper->wake); /* the first one is waited for */
    pthread_mutex_unlock(&keeper->lock);
    snapshot_release(old);
}

/* ---- What an import has put into the store ---- */

static bool is_same(const struct store_population *a, const struct store_population *b)
{
    return a->id == b->id && strcmp(a->origin.model, b->origin.model) == 0;
}

/* Says once what keeps the service from being ready. */
static void refuse(struct keeper *keeper, const struct store_population *stored, const struct error *err)
{
    static const struct store_population none = {.id = -1};
    const struct store_population *what = stored ? stored : &none;
    if (keeper->refused.id != 0 && is_same(&keeper->refused, what))
        return;
    keeper->refused = *what;
    log_event(LOG_WARNING, "population_not_loaded", "{s:s}", "cause", err->message);
}

/* The population that has been read ahead, when it is this one, or now. */
static int read_population(struct population **out, struct keeper *keeper,
                           const struct store_population *stored, struct error *err)
{
    struct population *ahead = keeper->ahead;
    keeper->ahead = NULL;
    if (ahead && is_same(population_stored(ahead), stored)) {
        *out = ahead;
        return 0;
    }
    population_release(ahead);
    return population_read(out, keeper->store, stored, err);
}

static int load_population(struct snapshot **out, struct keeper *keeper,
                           const struct store_population *stored, struct error *err)
{
    struct population *population = NULL;
    if (read_population(&population, keeper, stored, err))
        return -1;
    if (population_take_model(population, snapshot_model(keeper->current), err)) {
        population_release(population);
        return -1;
    }
    return snapshot_with(out, keeper->current, population, err);
}

/* Loads the store's current population when it is another than ours. Only this thread replaces the current
 * snapshot: reading it needs no lock. */
static void look(struct keeper *keeper)
{
    struct store_population stored;
    struct error err = {0};
    int status = store_current(keeper->store, &stored, &err);
    pthread_mutex_lock(&keeper->lock);
    keeper->store_away = status && err.code != ERROR_NOT_FOUND;
    pthread_mutex_unlock(&keeper->lock);
    if (status) {
        refuse(keeper, NULL, &err);
        return;
    }
    const struct population *current = snapshot_population(keeper->current);
    if (current && is_same(&stored, population_stored(current)))
        return;
    if (keeper->refused.id == stored.id && is_same(&keeper->refused, &stored))
        return;
    struct snapshot *snapshot = NULL;
    double started_s = progress_clock_s() - (keeper->ahead ? keeper->ahead_s : 0);
    if (load_population(&snapshot, keeper, &stored, &err)) {
        refuse(keeper, err.code == ERROR_UNAVAILABLE ? NULL : &stored, &err);
        return;
    }
    take_over(keeper, snapshot);
    memset(&keeper->refused, 0, sizeof keeper->refused);
    log_event(LOG_INFO, "population_loaded", "{s:I, s:f}", "clients", (json_int_t)stored.rows, "seconds",
              progress_clock_s() - started_s);
}

/* Reads the population while another thread loads the first model, and waits for that; false when it never
 * comes. Whatever is wrong with the store, look says. */
static bool wait_for_model(struct keeper *keeper)
{
    struct store_population stored;
    struct error err = {0};
    double started_s = progress_clock_s();
    if (store_current(keeper->store, &stored, &err) == 0)
        population_read(&keeper->ahead, keeper->store, &stored, &err);
    keeper->ahead_s = progress_clock_s() - started_s;
    pthread_mutex_lock(&keeper->lock);
    while (!keeper->current && !keeper->stopping)
        pthread_cond_wait(&keeper->wake, &keeper->lock);
    const bool loaded = keeper->current;
    pthread_mutex_unlock(&keeper->lock);
    return loaded;
}

/* ---- Another model ---- */

/* The model of the artifact with the clients that are shown. */
static int load_model(struct snapshot **out, const struct keeper *keeper, struct error *err)
{
    struct model *model = NULL;
    struct snapshot *alone = NULL;
    struct population *population = NULL;
    struct population *shown = snapshot_share_population(keeper->current);
    if (model_load(&model, keeper->model_dir, err) || snapshot_new(&alone, model, err))
        return -1;
    if (!shown) {
        *out = alone;
        return 0;
    }
    int status = population_rescore(&population, shown, model, err);
    if (status == 0)
        status = snapshot_with(out, alone, population, err);
    snapshot_release(alone);
    return status;
}

static void reload(struct keeper *keeper)
{
    struct snapshot *snapshot = NULL;
    struct error err = {0};
    double started_s = progress_clock_s();
    int status = load_model(&snapshot, keeper, &err);
    if (status)
        log_event(LOG_ERROR, "model_refused", "{s:s}", "cause", err.message);
    else
        take_over(keeper, snapshot);
    const struct model *model = snapshot_model(keeper->current);
    if (status == 0) {
        memset(&keeper->refused, 0, sizeof keeper->refused); /* this model may take what that one did not */
        log_event(LOG_INFO, "model_loaded", "{s:s, s:s, s:f}", "version", model_version(model), "hash",
                  model_hash(model), "seconds", progress_clock_s() - started_s);
    }
    metrics_reload(keeper->metrics, status == 0);
    pthread_mutex_lock(&keeper->lock);
    keeper->reload.state = status ? RELOAD_REFUSED : RELOAD_DONE;
    keeper->reload.ended = time(NULL);
    keeper->reload.refusal = err;
    pthread_cond_broadcast(&keeper->ended);
    pthread_mutex_unlock(&keeper->lock);
}

int keeper_reload(struct keeper *keeper, struct error *err)
{
    int status = 0;
    pthread_mutex_lock(&keeper->lock);
    if (keeper->reload.state == RELOAD_RUNNING) {
        status = error_set(err, ERROR_CONFLICT, "The model is being loaded already; wait for that to end.");
    } else {
        keeper->reload = (struct reload){.state = RELOAD_RUNNING, .began = time(NULL)};
        pthread_cond_signal(&keeper->wake);
    }
    pthread_mutex_unlock(&keeper->lock);
    return status;
}

static struct timespec in_ms(unsigned ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

void keeper_last_reload(struct keeper *keeper, struct reload *out, unsigned wait_ms)
{
    const struct timespec until = in_ms(wait_ms);
    int waited = 0;
    pthread_mutex_lock(&keeper->lock);
    while (keeper->reload.state == RELOAD_RUNNING && !waited)
        waited = pthread_cond_timedwait(&keeper->ended, &keeper->lock, &until);
    *out = keeper->reload;
    const struct model *model = snapshot_model(keeper->current);
    snprintf(out->name, sizeof out->name, "%s", model_name(model));
    snprintf(out->version, sizeof out->version, "%s", model_version(model));
    snprintf(out->hash, sizeof out->hash, "%s", model_hash(model));
    pthread_mutex_unlock(&keeper->lock);
}

/* ---- Life ---- */

static void *keep(void *context)
{
    struct keeper *keeper = context;
    bool asked = false, stopping = !wait_for_model(keeper);
    while (!stopping) {
        if (asked)
            reload(keeper);
        else
            look(keeper);
        if (!keeper->prepared)
            snapshot_prepare(keeper->current);
        keeper->prepared = true;
        const struct timespec until = in_ms(WATCH_INTERVAL_S * 1000);
        pthread_mutex_lock(&keeper->lock);
        if (!keeper->stopping && keeper->reload.state != RELOAD_RUNNING)
            pthread_cond_timedwait(&keeper->wake, &keeper->lock, &until);
        asked = keeper->reload.state == RELOAD_RUNNING;
        stopping = keeper->stopping;
        pthread_mutex_unlock(&keeper->lock);
    }
    return NULL;
}

/* Waiting must not depend on somebody setting the clock. */
static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

int keeper_start(struct keeper **out, const char *model_dir, struct store *store, struct metrics *metrics,
                 struct error *err)
{
    struct model *model = NULL;
    struct snapshot *snapshot = NULL;
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return error_set(err, ERROR_INTERNAL, "no memory to keep a model");
    keeper->model_dir = model_dir;
    keeper->store = store;
    keeper->metrics = metrics;
    pthread_mutex_init(&keeper->lock, NULL);
    init_condition(&keeper->wake);
    init_condition(&keeper->ended);
    if (pthread_create(&keeper->thread, NULL, keep, keeper)) {
        error_set(err, ERROR_INTERNAL, "cannot start a thread");
        goto failed;
    }
    keeper->started = true;
    if (model_load(&model, model_dir, err) || snapshot_new(&snapshot, model, err))
        goto failed;
    take_over(keeper, snapshot);
    *out = keeper;
    return 0;

failed:
    keeper_stop(keeper);
    return -1;
}

void keeper_stop(struct keeper *keeper)
{
    if (!keeper)
        return;
    if (keeper->started) {
        pthread_mutex_lock(&keeper->lock);
        keeper->stopping = true;
        pthread_cond_signal(&keeper->wake);
        pthread_mutex_unlock(&keeper->lock);
        pthread_join(keeper->thread, NULL);
    }
    population_release(keeper->ahead);
    snapshot_release(keeper->current);
    pthread_cond_destroy(&keeper->wake);
    pthread_cond_destroy(&keeper->ended);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}
