#include "backend/access/rate_limit.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const int64_t SECOND_NS = 1000000000;

struct place {
    uint64_t who;    /* hash; 0 with full_ns 0: free */
    int64_t full_ns; /* when the bucket will be full again */
};

struct rate_limit {
    unsigned per_minute;
    int64_t interval_ns; /* in which one request's worth flows in */
    size_t sets;         /* of RATE_WAYS places; a power of two */
    struct place *places;
    /* Nobody can choose names that meet in one set. */
    unsigned char hash_key[crypto_shorthash_KEYBYTES];
    pthread_mutex_t lock;
};

int rate_limit_new(struct rate_limit **out, unsigned per_minute, size_t places, struct error *err)
{
    struct rate_limit *rate = calloc(1, sizeof *rate);
    size_t sets = 1;
    while (sets * RATE_WAYS < places)
        sets *= 2;
    struct place *made = calloc(sets * RATE_WAYS, sizeof *made);
    if (!rate || !made) {
        free(rate);
        free(made);
        return error_set(err, ERROR_INTERNAL, "no memory to count requests");
    }
    rate->per_minute = per_minute;
    rate->interval_ns = RATE_WINDOW_S * SECOND_NS / per_minute;
    rate->sets = sets;
    rate->places = made;
    crypto_shorthash_keygen(rate->hash_key);
    pthread_mutex_init(&rate->lock, NULL);
    *out = rate;
    return 0;
}

void rate_limit_free(struct rate_limit *rate)
{
    if (!rate)
        return;
    pthread_mutex_destroy(&rate->lock);
    free(rate->places);
    free(rate);
}

/* The bucket of `who`: theirs, else the fullest of the set, filled for them. */
static struct place *place_of(const struct rate_limit *rate, uint64_t who)
{
    struct place *set = &rate->places[(who & (rate->sets - 1)) * RATE_WAYS], *fullest = set;
    for (size_t i = 0; i < RATE_WAYS; i++) {
        if (set[i].who == who)
            return &set[i];
        if (set[i].full_ns < fullest->full_ns)
            fullest = &set[i];
    }
    *fullest = (struct place){who, 0};
    return fullest;
}

static unsigned seconds_up(int64_t ns)
{
    return ns <= 0 ? 0 : (unsigned)((ns + SECOND_NS - 1) / SECOND_NS);
}

bool rate_limit_take(struct rate_state *out, struct rate_limit *rate, const void *who, size_t size,
                     int64_t now_ns)
{
    uint64_t hash;
    const int64_t window_ns = rate->interval_ns * rate->per_minute;
    crypto_shorthash((unsigned char *)&hash, who, size, rate->hash_key);
    pthread_mutex_lock(&rate->lock);
    struct place *place = place_of(rate, hash);
    int64_t full_ns = place->full_ns > now_ns ? place->full_ns : now_ns;
    bool may = full_ns + rate->interval_ns - now_ns <= window_ns;
    if (may)
        place->full_ns = full_ns += rate->interval_ns;
    pthread_mutex_unlock(&rate->lock);

    out->limit = rate->per_minute;
    out->remaining = (unsigned)((window_ns - (full_ns - now_ns)) / rate->interval_ns);
    out->reset_s = seconds_up(full_ns - now_ns);
    out->retry_s = may ? 0 : seconds_up(full_ns + rate->interval_ns - now_ns - window_ns);
    if (!may && out->retry_s == 0)
        out->retry_s = 1;
    return may;
}
