#include "backend/access/token_cache.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { HASH = 32 };

struct kept {
    unsigned char hash[HASH];
    int64_t ends_s; /* 0: free */
    struct identity identity;
};

struct token_cache {
    pthread_mutex_t lock;
    unsigned char hash_key[crypto_generichash_KEYBYTES]; /* nobody can choose tokens that meet */
    struct kept kept[TOKENS_KEPT];
};

int token_cache_new(struct token_cache **out, struct error *err)
{
    struct token_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return error_set(err, ERROR_INTERNAL, "no memory for tokens");
    pthread_mutex_init(&cache->lock, NULL);
    crypto_generichash_keygen(cache->hash_key);
    *out = cache;
    return 0;
}

void token_cache_free(struct token_cache *cache)
{
    if (!cache)
        return;
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct kept *place_of(struct token_cache *cache, unsigned char hash[HASH], const char *text)
{
    uint32_t place;
    crypto_generichash(hash, HASH, (const unsigned char *)text, strlen(text), cache->hash_key,
                       sizeof cache->hash_key);
    memcpy(&place, hash, sizeof place);
    return &cache->kept[place % TOKENS_KEPT];
}

bool token_cache_find(struct identity *out, struct token_cache *cache, const char *text, int64_t now_s)
{
    unsigned char hash[HASH];
    struct kept *kept = place_of(cache, hash, text);
    pthread_mutex_lock(&cache->lock);
    bool found = now_s < kept->ends_s && sodium_memcmp(hash, kept->hash, HASH) == 0;
    if (found)
        *out = kept->identity;
    pthread_mutex_unlock(&cache->lock);
    return found;
}

void token_cache_keep(struct token_cache *cache, const char *text, const struct identity *identity,
                      int64_t ends_s)
{
    unsigned char hash[HASH];
    struct kept *kept = place_of(cache, hash, text);
    pthread_mutex_lock(&cache->lock);
    memcpy(kept->hash, hash, HASH);
    kept->ends_s = ends_s;
    kept->identity = *identity;
    pthread_mutex_unlock(&cache->lock);
}

void token_cache_clear(struct token_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < TOKENS_KEPT; i++)
        cache->kept[i].ends_s = 0;
    pthread_mutex_unlock(&cache->lock);
}
