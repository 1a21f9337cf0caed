#include "backend/store/key_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/database.h"

static const struct statement count_keys = {.sql = "SELECT count(*) FROM api_key"};
static const struct statement add_key = {
    .sql = "INSERT INTO api_key (id, name, hash, scopes, created, expires) VALUES ($1, $2, $3, $4, $5, $6)"};
static const struct statement list_keys = {
    .sql = "SELECT id, name, hash, scopes, created, expires, revoked, last_used FROM api_key ORDER BY id"};
static const struct statement revoke_key = {
    .sql = "UPDATE api_key SET revoked = $2 WHERE id = $1 AND revoked IS NULL"};
static const struct statement find_key = {.sql = "SELECT 1 FROM api_key WHERE id = $1"};
static const struct statement use_key = {
    .sql = "UPDATE api_key SET last_used = $2 WHERE id = $1 AND (last_used IS NULL OR last_used < $2)"};

static int add(struct connection *connection, void *context, struct error *err)
{
    const struct stored_key *key = context;
    if (database_query(connection, &count_keys, NO_VALUES, err) || database_next(connection, err) != 1)
        return -1;
    if (row_int64(connection, 0) >= KEYS_LIMIT)
        return error_set(err, ERROR_LIMIT, "there are %d keys already, which is the limit", KEYS_LIMIT);
    return database_execute(connection, &add_key,
                            VALUES(value_text(key->id), value_text(key->name),
                                   value_bytes(key->hash, sizeof key->hash), value_int64(key->scopes),
                                   value_int64(key->created),
                                   key->expires ? value_int64(key->expires) : value_null(VALUE_INT64)),
                            NULL, err);
}

int key_store_add(struct database *database, const struct stored_key *key, struct error *err)
{
    return database_transaction(database, add, (void *)key, err);
}

static int read_key(struct connection *connection, struct stored_key *out, struct error *err)
{
    size_t size;
    memset(out, 0, sizeof *out);
    snprintf(out->id, sizeof out->id, "%s", row_text(connection, 0));
    snprintf(out->name, sizeof out->name, "%s", row_text(connection, 1));
    const void *hash = row_bytes(connection, 2, &size);
    if (size != sizeof out->hash)
        return error_set(err, ERROR_INTERNAL, "the hash of key %s has %zu bytes", out->id, size);
    memcpy(out->hash, hash, size);
    out->scopes = (unsigned)row_int64(connection, 3);
    out->created = row_int64(connection, 4);
    out->expires = row_int64(connection, 5);
    out->revoked = row_int64(connection, 6);
    out->last_used = row_int64(connection, 7);
    return 0;
}

int key_store_list(struct stored_key **out, size_t *count, struct database *database, struct error *err)
{
    int more = -1;
    size_t used = 0, room = 0;
    struct stored_key *keys = NULL;
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err) || database_query(connection, &list_keys, NO_VALUES, err))
        goto done;
    while ((more = database_next(connection, err)) == 1) {
        if (used == room) {
            room = room ? 2 * room : 16;
            struct stored_key *larger = realloc(keys, room * sizeof *keys);
            if (!larger) {
                more = error_set(err, ERROR_INTERNAL, "no memory for %zu keys", room);
                break;
            }
            keys = larger;
        }
        if (read_key(connection, &keys[used++], err)) {
            more = -1;
            break;
        }
    }
done:
    database_give_back(connection);
    if (more) {
        free(keys);
        return -1;
    }
    *out = keys;
    *count = used;
    return 0;
}

static int revoke(struct connection *connection, void *context, struct error *err)
{
    const char *id = context;
    uint64_t changed;
    if (database_execute(connection, &revoke_key, VALUES(value_text(id), value_int64(database_now_us())),
                         &changed, err))
        return -1;
    if (changed > 0)
        return 0;
    if (database_query(connection, &find_key, VALUES(value_text(id)), err))
        return -1;
    int found = database_next(connection, err);
    if (found == 0)
        return error_set(err, ERROR_NOT_FOUND, "there is no key clsc_%s", id);
    return found < 0 ? -1 : error_set(err, ERROR_CONFLICT, "key clsc_%s is revoked already", id);
}

int key_store_revoke(struct database *database, const char *id, struct error *err)
{
    return database_transaction(database, revoke, (void *)id, err);
}

int key_store_used(struct database *database, const char *id, int64_t when, struct error *err)
{
    int status = -1;
    struct connection *connection = NULL;
    if (!database_borrow(&connection, database, err))
        status = database_execute(connection, &use_key, VALUES(value_text(id), value_int64(when)), NULL, err);
    database_give_back(connection);
    return status;
}
