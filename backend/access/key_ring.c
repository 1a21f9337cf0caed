#include "backend/access/key_ring.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/store/database.h"
#include "backend/store/key_store.h"
#include "shared/base/log.h"

static const int64_t MINUTE_US = 60000000;

/* One reading of the table, in the order of the ids. */
struct ring {
    struct stored_key *keys;
    _Atomic int64_t *used; /* last use of each, to the minute; 0 when none is known */
    size_t count;
};

struct key_ring {
    struct database *database;
    pthread_rwlock_t ring_lock;
    struct ring ring;
    bool away; /* the last reading failed; the thread's own */

    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool stopping;
};

static void ring_free(struct ring *ring)
{
    free(ring->keys);
    free(ring->used);
}

static int by_id(const void *id, const void *key)
{
    return strcmp(id, ((const struct stored_key *)key)->id);
}

/* The place of a key, or -1. */
static ptrdiff_t find(const struct ring *ring, const char *id)
{
    const struct stored_key *key =
        ring->count ? bsearch(id, ring->keys, ring->count, sizeof *ring->keys, by_id) : NULL;
    return key ? key - ring->keys : -1;
}

/* ---- Reading ---- */

static int ring_read(struct ring *out, const struct ring *before, struct database *database,
                     struct error *err)
{
    struct ring fresh = {0};
    if (key_store_list(&fresh.keys, &fresh.count, database, err))
        return -1;
    fresh.used = calloc(fresh.count + 1, sizeof *fresh.used);
    if (!fresh.used) {
        ring_free(&fresh);
        return error_set(err, ERROR_INTERNAL, "no memory for the keys");
    }
    for (size_t i = 0; i < fresh.count; i++) {
        ptrdiff_t old = find(before, fresh.keys[i].id);
        int64_t used = old < 0 ? 0 : atomic_load(&before->used[old]);
        atomic_init(&fresh.used[i], used > fresh.keys[i].last_used ? used : fresh.keys[i].last_used);
    }
    *out = fresh;
    return 0;
}

static void refresh(struct key_ring *ring)
{
    struct ring fresh;
    struct error err = {0};
    /* Only this thread replaces the keys: reading them needs no lock. A use that is noted meanwhile is noted
     * again with the next request. */
    if (ring_read(&fresh, &ring->ring, ring->database, &err)) {
        if (!ring->away)
            log_event(LOG_WARNING, "keys_not_read", "{s:s}", "cause", err.message);
        ring->away = true;
        return;
    }
    ring->away = false;
    pthread_rwlock_wrlock(&ring->ring_lock);
    struct ring old = ring->ring;
    ring->ring = fresh;
    pthread_rwlock_unlock(&ring->ring_lock);
    ring_free(&old);
}

/* Writes down which keys were used since it was last read. What fails is tried again the next time. */
static void note_uses(struct key_ring *ring)
{
    for (size_t i = 0; i < ring->ring.count; i++) {
        int64_t used = atomic_load(&ring->ring.used[i]);
        if (used > ring->ring.keys[i].last_used &&
            key_store_used(ring->database, ring->ring.keys[i].id, used, NULL))
            return;
    }
}

static void *watch(void *context)
{
    struct key_ring *ring = context;
    for (unsigned seconds = KEY_REFRESH_S;; seconds += KEY_REFRESH_S) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += KEY_REFRESH_S;
        pthread_mutex_lock(&ring->lock);
        if (!ring->stopping)
            pthread_cond_timedwait(&ring->wake, &ring->lock, &until);
        bool stopping = ring->stopping;
        pthread_mutex_unlock(&ring->lock);
        if (stopping || seconds % KEY_USE_NOTED_S == 0)
            note_uses(ring);
        if (stopping)
            return NULL;
        refresh(ring);
    }
}

/* ---- Answers ---- */

static enum key_state state_of(const struct stored_key *key, int64_t now)
{
    if (key->revoked)
        return KEY_REVOKED;
    return key->expires && key->expires <= now ? KEY_EXPIRED : KEY_GOOD;
}

enum key_state key_ring_find(struct identity *out, struct key_ring *ring, const char *text)
{
    char id[API_KEY_ID];
    unsigned char hash[API_KEY_HASH];
    if (!api_key_id(id, text))
        return KEY_UNKNOWN;
    api_key_hash(hash, text);
    int64_t now = database_now_us();
    enum key_state state = KEY_UNKNOWN;
    pthread_rwlock_rdlock(&ring->ring_lock);
    ptrdiff_t at = find(&ring->ring, id);
    const struct stored_key *key = at < 0 ? NULL : &ring->ring.keys[at];
    if (key && sodium_memcmp(hash, key->hash, sizeof hash) == 0) {
        state = state_of(key, now);
        if (state == KEY_GOOD) {
            identity_set(out, IDENTITY_KEY, key->scopes, key->id, key->name);
            atomic_store_explicit(&ring->ring.used[at], now - now % MINUTE_US, memory_order_relaxed);
        }
    }
    pthread_rwlock_unlock(&ring->ring_lock);
    return state;
}

bool key_ring_has_keys(struct key_ring *ring)
{
    pthread_rwlock_rdlock(&ring->ring_lock);
    bool any = ring->ring.count > 0;
    pthread_rwlock_unlock(&ring->ring_lock);
    return any;
}

/* ---- Life ---- */

int key_ring_start(struct key_ring **out, struct database *database, struct error *err)
{
    static const struct ring none;
    struct key_ring *ring = calloc(1, sizeof *ring);
    if (!ring)
        return error_set(err, ERROR_INTERNAL, "no memory for the keys");
    ring->database = database;
    pthread_rwlock_init(&ring->ring_lock, NULL);
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->wake, NULL);
    if (ring_read(&ring->ring, &none, database, err)) {
        key_ring_stop(ring);
        return -1;
    }
    if (pthread_create(&ring->thread, NULL, watch, ring)) {
        key_ring_stop(ring);
        return error_set(err, ERROR_INTERNAL, "cannot start a thread");
    }
    ring->started = true;
    *out = ring;
    return 0;
}

void key_ring_stop(struct key_ring *ring)
{
    if (!ring)
        return;
    if (ring->started) {
        pthread_mutex_lock(&ring->lock);
        ring->stopping = true;
        pthread_cond_signal(&ring->wake);
        pthread_mutex_unlock(&ring->lock);
        pthread_join(ring->thread, NULL);
    }
    ring_free(&ring->ring);
    pthread_cond_destroy(&ring->wake);
    pthread_mutex_destroy(&ring->lock);
    pthread_rwlock_destroy(&ring->ring_lock);
    free(ring);
}
