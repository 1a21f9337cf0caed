/* Tokens that were checked already: a caller sends one for many requests, and checking
 * a signature costs more than all else that a small request does. Holds hashes, never tokens. Bounded: a
 * token takes the place that its hash names, whose earlier token is then checked again. Thread-safe. */
#ifndef CLAIRSCORE_BACKEND_ACCESS_TOKEN_CACHE_H
#define CLAIRSCORE_BACKEND_ACCESS_TOKEN_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/access/identity.h"
#include "shared/base/error.h"

enum { TOKENS_KEPT = 1024 };

struct token_cache;

/* The caller frees *out. */
int token_cache_new(struct token_cache **out, struct error *err);
void token_cache_free(struct token_cache *cache);

/* True when `text` was kept and has not ended at `now_s` (seconds since 1970); whose it is then stands in
 * `out`. */
bool token_cache_find(struct identity *out, struct token_cache *cache, const char *text, int64_t now_s);

/* Keeps whose the token is until `ends_s`. */
void token_cache_keep(struct token_cache *cache, const char *text, const struct identity *identity,
                      int64_t ends_s);

/* Forgets all: the keys that they were checked with are others now. */
void token_cache_clear(struct token_cache *cache);

#endif
