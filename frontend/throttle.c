#include "frontend/throttle.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 1024, WAYS = 4 };

struct entry {
    uint64_t key;       /* 0: free */
    int64_t earliest_s; /* when an attempt would be on time; each attempt moves it on by the interval */
};

struct throttle {
    pthread_mutex_t lock;
    unsigned char secret[crypto_shorthash_KEYBYTES]; /* nobody can aim at a set of the table */
    struct entry entries[SETS][WAYS];
};

int throttle_new(struct throttle **out, struct error *err)
{
    struct throttle *throttle = calloc(1, sizeof *throttle);
    if (!throttle)
        return error_set(err, ERROR_INTERNAL, "no memory for the throttle");
    pthread_mutex_init(&throttle->lock, NULL);
    randombytes_buf(throttle->secret, sizeof throttle->secret);
    *out = throttle;
    return 0;
}

void throttle_free(struct throttle *throttle)
{
    if (!throttle)
        return;
    pthread_mutex_destroy(&throttle->lock);
    free(throttle);
}

/* `space` keeps an account apart from an address of the same bytes. */
static uint64_t key_of(const struct throttle *throttle, char space, const void *bytes, size_t length)
{
    unsigned char text[128] = {(unsigned char)space}, hash[crypto_shorthash_BYTES];
    uint64_t key;
    if (length > sizeof text - 1)
        length = sizeof text - 1;
    memcpy(text + 1, bytes, length);
    crypto_shorthash(hash, text, length + 1, throttle->secret);
    memcpy(&key, hash, sizeof key);
    return key ? key : 1;
}

/* The key's entry, or the one of its set that would be free first. */
static struct entry *entry_of(struct throttle *throttle, uint64_t key)
{
    struct entry *set = throttle->entries[key % SETS], *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].earliest_s < oldest->earliest_s)
            oldest = &set[i];
    }
    *oldest = (struct entry){.key = key};
    return oldest;
}

/* Seconds until one more attempt fits. */
static int64_t wait_of(const struct entry *entry, int burst, int interval_s, int64_t now)
{
    int64_t wait = entry->earliest_s - (int64_t)(burst - 1) * interval_s - now;
    return wait > 0 ? wait : 0;
}

static void count(struct entry *entry, int interval_s, int64_t now)
{
    entry->earliest_s = (entry->earliest_s > now ? entry->earliest_s : now) + interval_s;
}

unsigned throttle_take(struct throttle *throttle, const char *account, const void *address,
                       size_t address_length, int64_t now)
{
    uint64_t account_key = key_of(throttle, 'n', account, strlen(account));
    uint64_t address_key = key_of(throttle, 'a', address, address_length);
    pthread_mutex_lock(&throttle->lock);
    struct entry *by_account = entry_of(throttle, account_key);
    int64_t wait = wait_of(by_account, THROTTLE_ACCOUNT_BURST, THROTTLE_ACCOUNT_INTERVAL_S, now);
    struct entry *by_address = entry_of(throttle, address_key);
    int64_t also = wait_of(by_address, THROTTLE_ADDRESS_BURST, THROTTLE_ADDRESS_INTERVAL_S, now);
    if (wait < also)
        wait = also;
    if (wait == 0) {
        count(by_account, THROTTLE_ACCOUNT_INTERVAL_S, now);
        count(by_address, THROTTLE_ADDRESS_INTERVAL_S, now);
    }
    pthread_mutex_unlock(&throttle->lock);
    return (unsigned)wait;
}

void throttle_forgive(struct throttle *throttle, const char *account, const void *address,
                      size_t address_length)
{
    uint64_t account_key = key_of(throttle, 'n', account, strlen(account));
    uint64_t address_key = key_of(throttle, 'a', address, address_length);
    pthread_mutex_lock(&throttle->lock);
    entry_of(throttle, account_key)->earliest_s = 0;
    entry_of(throttle, address_key)->earliest_s -= THROTTLE_ADDRESS_INTERVAL_S;
    pthread_mutex_unlock(&throttle->lock);
}
