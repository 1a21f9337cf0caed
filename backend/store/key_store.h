/* The API keys in the database. Times are microseconds since 1970 in UTC. */
#ifndef CLAIRSCORE_BACKEND_KEY_STORE_H
#define CLAIRSCORE_BACKEND_KEY_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "backend/access/api_key.h"
#include "shared/base/error.h"

struct database;

enum {
    KEY_NAME = 101,    /* bytes, with the terminator */
    KEYS_LIMIT = 10000 /* keys in the database, those that were revoked included */
};

struct stored_key {
    char id[API_KEY_ID];
    char name[KEY_NAME];
    unsigned char hash[API_KEY_HASH];
    unsigned scopes; /* flags of enum scope */
    int64_t created;
    int64_t expires; /* these three: 0 when never */
    int64_t revoked;
    int64_t last_used; /* to the minute */
};

/* Adds a key with all but revoked and last_used. ERROR_CONFLICT when the id is there already, ERROR_LIMIT
 * with KEYS_LIMIT keys. */
int key_store_add(struct database *database, const struct stored_key *key, struct error *err);

/* All keys in the order of their ids, in *out, which the caller frees with free(). */
int key_store_list(struct stored_key **out, size_t *count, struct database *database, struct error *err);

/* Marks a key as revoked. ERROR_NOT_FOUND without one of that id, ERROR_CONFLICT when it is revoked already.
 */
int key_store_revoke(struct database *database, const char *id, struct error *err);

/* Notes the last use of a key, unless a later one is known. */
int key_store_used(struct database *database, const char *id, int64_t when, struct error *err);

#endif
