#include "backend/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/store_private.h"

static const struct statement find_current = {.sql = "SELECT " STORE_POPULATION
                                                     " FROM population WHERE state = 'current'"};
#define SCAN "SELECT id, outcome, margin, features FROM client WHERE population = $1 ORDER BY id "
static const struct statement scan_clients = {.sql = SCAN "LIMIT $2", .streams = true};
static const struct statement scan_backwards = {.sql = SCAN "DESC LIMIT $2", .streams = true};
static const struct statement read_client = {
    .sql = "SELECT application, history FROM client_detail WHERE population = $1 AND id = $2"};

int store_open(struct store **out, const char *url, unsigned connections, struct error *err)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return error_set(err, ERROR_INTERNAL, "no memory for the client store");
    if (database_open(&store->database, url, connections, err)) {
        free(store);
        return -1;
    }
    *out = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    database_lock_release(store->import_lock);
    database_close(store->database);
    free(store);
}

struct database *store_database(struct store *store)
{
    return store->database;
}

int store_next_population(struct connection *connection, struct store_population *out, struct error *err)
{
    int found = database_next(connection, err);
    if (found != 1)
        return found;
    out->id = row_int64(connection, 0);
    snprintf(out->origin.source, STORE_HASH, "%s", row_text(connection, 1));
    snprintf(out->origin.catalogue, STORE_HASH, "%s", row_text(connection, 2));
    snprintf(out->origin.model, STORE_HASH, "%s", row_text(connection, 3));
    out->rows = (uint64_t)row_int64(connection, 4);
    return 1;
}

int store_current(struct store *store, struct store_population *out, struct error *err)
{
    int found = -1;
    struct connection *connection = NULL;
    if (database_borrow(&connection, store->database, err) ||
        database_query(connection, &find_current, NO_VALUES, err))
        goto done;
    found = store_next_population(connection, out, err);
    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "the client store is empty: run build/import --data DIR");
done:
    database_give_back(connection);
    return found == 1 ? 0 : -1;
}

int store_scan(struct store *store, const struct store_scan *scan,
               int (*visit)(void *context, const struct store_client *client, struct error *err),
               void *context, struct error *err)
{
    int more = -1;
    struct connection *connection = NULL;
    if (database_borrow(&connection, store->database, err) ||
        database_query(connection, scan->backwards ? &scan_backwards : &scan_clients,
                       VALUES(value_int64(scan->population), value_int64((int64_t)scan->limit)), err))
        goto done;
    while ((more = database_next(connection, err)) == 1) {
        size_t size;
        struct store_client client = {
            .id = row_int64(connection, 0),
            .outcome = row_is_null(connection, 1) ? OUTCOME_UNKNOWN : (int)row_int64(connection, 1),
            .margin = row_double(connection, 2),
        };
        client.features = row_bytes(connection, 3, &size);
        client.feature_count = size / sizeof(float);
        if (visit(context, &client, err)) {
            more = -1;
            break;
        }
    }
done:
    database_give_back(connection);
    return more;
}

/* Copies one client's bytes out of the row, when they are as many as they should be. */
static int copy_client(struct connection *connection, double *application, size_t application_count,
                       void *history, size_t history_bytes, bool *history_known, struct error *err)
{
    size_t application_size, history_size;
    const void *application_stored = row_bytes(connection, 0, &application_size);
    const void *history_stored = row_bytes(connection, 1, &history_size);
    *history_known = !row_is_null(connection, 1);
    if (application_size != application_count * sizeof *application ||
        (*history_known && history_size != history_bytes))
        return error_set(err, ERROR_CONFLICT,
                         "The store was written by another version: import the portfolio again.");
    memcpy(application, application_stored, application_size);
    if (*history_known)
        memcpy(history, history_stored, history_size);
    return 0;
}

int store_read(struct store *store, int64_t population, int64_t client, double *application,
               size_t application_count, void *history, size_t history_bytes, bool *history_known,
               struct error *err)
{
    int status = -1;
    struct connection *connection = NULL;
    if (database_borrow(&connection, store->database, err) ||
        database_query(connection, &read_client, VALUES(value_int64(population), value_int64(client)), err))
        goto done;
    int found = database_next(connection, err);
    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "There is no client %lld.", (long long)client);
    if (found == 1)
        status = copy_client(connection, application, application_count, history, history_bytes,
                             history_known, err);
done:
    database_give_back(connection);
    return status;
}
