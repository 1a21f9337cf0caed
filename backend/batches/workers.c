#include "backend/batches/workers.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "backend/batches/chunk_scoring.h"
#include "backend/batches/intake.h"
#include "backend/batches/spool.h"
#include "backend/service.h"
#include "backend/store/batches.h"
#include "shared/base/log.h"
#include "shared/base/progress.h"

enum {
    LOOK_MS = 500,  /* between two looks for work that other replicas left */
    PAUSE_MS = 1000 /* after a failure */
};
static const int64_t DAY_US = 86400LL * 1000000;

struct batch_workers {
    struct service *service;
    struct database *database;
    const struct config *config;
    char process[BATCHES_ID];
    atomic_bool stopping;
    pthread_mutex_t lock; /* of `calls` */
    pthread_cond_t wake;
    unsigned long calls;         /* of batch_workers_wake */
    pthread_mutex_t intake_lock; /* one batch is cut at a time: whoever cuts needs memory for its histories */
    pthread_t keeper, *threads;
    unsigned thread_count;
    bool keeping;
};

/* Until something is to do, the process ends, or `ms` have passed. `seen` is what the caller knew of `calls`.
 */
static void wait_for_work(struct batch_workers *workers, unsigned long seen, long ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&workers->lock);
    int waited = 0;
    while (workers->calls == seen && !atomic_load(&workers->stopping) && waited == 0)
        waited = pthread_cond_timedwait(&workers->wake, &workers->lock, &until);
    pthread_mutex_unlock(&workers->lock);
}

static unsigned long read_calls(struct batch_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    unsigned long calls = workers->calls;
    pthread_mutex_unlock(&workers->lock);
    return calls;
}

/* ---- Scoring ---- */

/* The batch cannot go on. What the store's failures mean is known to those who read the log. */
static void fail_batch(const struct batch_workers *workers, int64_t batch, const struct error *err)
{
    bool blamed = err->code == ERROR_INVALID || err->code == ERROR_LIMIT || err->code == ERROR_NOT_FOUND;
    log_event(LOG_ERROR, "batch_failed", "{s:I, s:s}", "batch", (json_int_t)batch, "cause", err->message);
    batches_fail(workers->database, batch,
                 blamed ? err->message
                        : "The server could not score this batch. Its log tells why under this batch.",
                 NULL);
}

static int score(struct batch_workers *workers, const struct batch_chunk *chunk, struct error *err)
{
    struct scored_chunk scored;
    bool ended = false;
    int status = chunk_score(&scored, workers->service, chunk, err);
    if (status == 0)
        status = batches_finish_chunk(workers->database, chunk, workers->process, scored.rejected,
                                      scored.errors, scored.result.data, scored.result.length, &ended, err);
    scored_chunk_free(&scored);
    if (ended)
        log_event(LOG_INFO, "batch_done", "{s:I}", "batch", (json_int_t)chunk->batch);
    return status < 0 ? -1 : 0;
}

/* Scores a chunk: 1, 0 when none waits, -1. */
static int score_next(struct batch_workers *workers, struct error *err)
{
    struct batch_chunk chunk;
    int found = batches_take_chunk(workers->database, &chunk, workers->process, err);
    if (found != 1)
        return found;
    struct error failed = {0};
    if (score(workers, &chunk, &failed)) {
        if (failed.code == ERROR_UNAVAILABLE)
            batches_return_chunk(workers->database, &chunk, workers->process, NULL);
        else
            fail_batch(workers, chunk.batch, &failed);
        found = error_set(err, failed.code, "%s", failed.message);
    }
    batch_chunk_free(&chunk);
    return found;
}

/* ---- Cutting ---- */

static bool has_files(void *context, const char *id)
{
    const struct batch_workers *workers = context;
    return spool_has(workers->config->batch_dir, id);
}

static int cut(struct batch_workers *workers, struct error *err)
{
    struct batch batch;
    struct error failed = {0};
    int found = batches_take_intake(workers->database, &batch, workers->process, has_files, workers, err);
    if (found != 1)
        return found;
    double started_s = progress_clock_s();
    int status =
        intake_run(workers->database, workers->config, &batch, workers->process, &workers->stopping, &failed);
    if (status == 0)
        log_event(LOG_INFO, "batch_cut", "{s:I, s:f}", "batch", (json_int_t)batch.number, "seconds",
                  progress_clock_s() - started_s);
    if (status < 0 && failed.code != ERROR_UNAVAILABLE)
        fail_batch(workers, batch.number, &failed);
    if (status == 0 || (status < 0 && failed.code != ERROR_UNAVAILABLE))
        spool_remove(workers->config->batch_dir, batch.id);
    return status < 0 ? error_set(err, failed.code, "%s", failed.message) : 1;
}

/* Cuts a batch: 1, 0 when there is none or another thread is at it, -1. */
static int cut_next(struct batch_workers *workers, struct error *err)
{
    if (pthread_mutex_trylock(&workers->intake_lock))
        return 0;
    int status = cut(workers, err);
    pthread_mutex_unlock(&workers->intake_lock);
    return status;
}

static void *work(void *context)
{
    struct batch_workers *workers = context;
    const bool scores = workers->config->batch_workers > 0;
    while (!atomic_load(&workers->stopping)) {
        struct error err = {0};
        unsigned long seen = read_calls(workers);
        int did = scores ? score_next(workers, &err) : 0;
        if (did == 0)
            did = cut_next(workers, &err);
        if (did <= 0)
            wait_for_work(workers, seen, did == 0 ? LOOK_MS : PAUSE_MS);
    }
    return NULL;
}

/* ---- Upkeep ---- */

static enum spool_use use_of(void *context, const char *id)
{
    const struct batch_workers *workers = context;
    struct batch batch;
    struct error err = {0};
    if (batches_find(workers->database, &batch, id, &err))
        return err.code == ERROR_NOT_FOUND ? SPOOL_UNKNOWN : SPOOL_NEEDED;
    bool open = batch.state == BATCH_RECEIVED || batch.state == BATCH_RUNNING;
    return open && batch.total < 0 ? SPOOL_NEEDED : SPOOL_USELESS;
}

static void tell_metrics(const struct batch_workers *workers)
{
    size_t waiting = 0, running = 0;
    if (batches_count_open(workers->database, &waiting, &running, NULL) == 0)
        metrics_set_batches(service_metrics(workers->service), (double)waiting, (double)running);
}

static void *keep(void *context)
{
    struct batch_workers *workers = context;
    const struct timespec pause = {.tv_nsec = 100000000L};
    for (unsigned long tick = 0; !atomic_load(&workers->stopping); tick++) {
        if (tick % (BATCHES_RENEW_S * 10) == 0) {
            batches_renew(workers->database, workers->process, NULL);
            while (!atomic_load(&workers->stopping) &&
                   batches_clean(workers->database, workers->config->batch_keep_days * DAY_US, NULL) == 1)
                ;
            spool_sweep(workers->config->batch_dir, use_of, workers);
            tell_metrics(workers);
        }
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* ---- Life ---- */

int batch_workers_start(struct batch_workers **out, struct service *service, struct error *err)
{
    unsigned char random[(BATCHES_ID - 1) / 2];
    struct batch_workers *workers = calloc(1, sizeof *workers);
    if (!workers)
        return error_set(err, ERROR_INTERNAL, "no memory for the workers of batches");
    workers->service = service;
    workers->config = service_config(service);
    workers->database = store_database(service_store(service));
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(workers->process, sizeof workers->process, random, sizeof random);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_mutex_init(&workers->intake_lock, NULL);
    pthread_cond_init(&workers->wake, NULL);
    /* The files that this backend receives are its own to cut, whoever scores. */
    const unsigned wanted = workers->config->batch_workers ? workers->config->batch_workers : 1;
    workers->threads = calloc(wanted, sizeof *workers->threads);
    bool started = workers->threads != NULL;
    if (started)
        workers->keeping = started = pthread_create(&workers->keeper, NULL, keep, workers) == 0;
    while (started && workers->thread_count < wanted) {
        started = pthread_create(&workers->threads[workers->thread_count], NULL, work, workers) == 0;
        workers->thread_count += started;
    }
    if (!started) {
        batch_workers_stop(workers);
        return error_set(err, ERROR_INTERNAL, "cannot start the threads of batches");
    }
    *out = workers;
    return 0;
}

void batch_workers_stop(struct batch_workers *workers)
{
    if (!workers)
        return;
    atomic_store(&workers->stopping, true);
    pthread_mutex_lock(&workers->lock);
    pthread_cond_broadcast(&workers->wake);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
    if (workers->keeping)
        pthread_join(workers->keeper, NULL);
    batches_release(workers->database, workers->process, NULL);
    pthread_cond_destroy(&workers->wake);
    pthread_mutex_destroy(&workers->intake_lock);
    pthread_mutex_destroy(&workers->lock);
    free(workers->threads);
    free(workers);
}

void batch_workers_wake(struct batch_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->calls++;
    pthread_cond_broadcast(&workers->wake);
    pthread_mutex_unlock(&workers->lock);
}

const char *batch_workers_process(const struct batch_workers *workers)
{
    return workers->process;
}
