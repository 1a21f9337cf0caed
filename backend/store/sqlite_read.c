#include <stdio.h>
#include <string.h>

#include "backend/store/sqlite.h"

static void copy_text(char out[STORE_HASH], sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(out, STORE_HASH, "%s", text ? (const char *)text : "");
}

/* Reads the population that the statement's next row describes: 1, 0 without one, -1. */
int sqlite_next_population(struct connection *connection, sqlite3_stmt *statement,
                           struct store_population *out, struct error *err)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_DONE)
        return 0;
    if (result != SQLITE_ROW)
        return sqlite_failed(connection, "reading the population", err);
    out->id = sqlite3_column_int64(statement, 0);
    copy_text(out->origin.source, statement, 1);
    copy_text(out->origin.catalogue, statement, 2);
    copy_text(out->origin.model, statement, 3);
    out->rows = (uint64_t)sqlite3_column_int64(statement, 4);
    return 1;
}

int store_current(struct store *store, struct store_population *out, struct error *err)
{
    struct connection *connection = sqlite_borrow(store, err);
    sqlite3_stmt *statement = connection ? sqlite_prepare(connection, CURRENT, err) : NULL;
    int found = statement ? sqlite_next_population(connection, statement, out, err) : -1;
    sqlite_give_back(store, connection);
    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "the client store is empty: run build/import --data DIR");
    return found == 1 ? 0 : -1;
}

/* A scan reads the file through the page tables, which halves its time; afterwards they are given back, for
 * they would make the process look as large as the file. */
static const char map_file[] = "PRAGMA mmap_size = 2147418112", unmap_file[] = "PRAGMA mmap_size = 0";

int store_scan(struct store *store, int64_t population,
               int (*visit)(void *context, const struct store_client *client, struct error *err),
               void *context, struct error *err)
{
    struct connection *connection = sqlite_borrow(store, err);
    sqlite3_stmt *statement = connection ? sqlite_prepare(connection, SCAN, err) : NULL;
    int result = SQLITE_ERROR, status = -1;
    if (!statement || sqlite_run(connection, map_file, err))
        goto done;
    sqlite3_bind_int64(statement, 1, population);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        bool known = sqlite3_column_type(statement, 1) != SQLITE_NULL;
        struct store_client client = {
            .id = sqlite3_column_int64(statement, 0),
            .outcome = known ? sqlite3_column_int(statement, 1) : OUTCOME_UNKNOWN,
            .margin = sqlite3_column_double(statement, 2),
            .features = sqlite3_column_blob(statement, 3),
            .feature_count = (size_t)sqlite3_column_bytes(statement, 3) / sizeof(float),
        };
        if (visit(context, &client, err))
            goto done;
    }
    if (result != SQLITE_DONE) {
        sqlite_failed(connection, "reading the clients", err);
        goto done;
    }
    status = 0;
done:
    if (statement) {
        sqlite3_reset(statement);
        sqlite_run(connection, unmap_file, NULL);
    }
    sqlite_give_back(store, connection);
    return status;
}

int store_read(struct store *store, int64_t population, int64_t client, double *application,
               size_t application_count, void *history, size_t history_bytes, bool *history_known,
               struct error *err)
{
    struct connection *connection = sqlite_borrow(store, err);
    sqlite3_stmt *statement = connection ? sqlite_prepare(connection, READ, err) : NULL;
    int status = -1;
    if (!statement)
        goto done;
    sqlite3_bind_int64(statement, 1, population);
    sqlite3_bind_int64(statement, 2, client);
    int result = sqlite3_step(statement);
    if (result == SQLITE_DONE) {
        error_set(err, ERROR_NOT_FOUND, "There is no client %lld.", (long long)client);
        goto done;
    }
    if (result != SQLITE_ROW) {
        sqlite_failed(connection, "reading a client", err);
        goto done;
    }
    *history_known = sqlite3_column_type(statement, 1) != SQLITE_NULL;
    if ((size_t)sqlite3_column_bytes(statement, 0) != application_count * sizeof *application ||
        (*history_known && (size_t)sqlite3_column_bytes(statement, 1) != history_bytes)) {
        error_set(err, ERROR_CONFLICT,
                  "The store was written by another version: import the portfolio again.");
        goto done;
    }
    memcpy(application, sqlite3_column_blob(statement, 0), application_count * sizeof *application);
    if (*history_known)
        memcpy(history, sqlite3_column_blob(statement, 1), history_bytes);
    status = 0;
done:
    sqlite_give_back(store, connection);
    return status;
}
