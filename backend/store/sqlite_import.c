#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "backend/store/sqlite.h"

enum { DELETE_CHUNK = 5000 }; /* rows a transaction */

/* A lock that ends with the process, however it ends. */
static int take_import_lock(struct store *store, struct error *err)
{
    char path[PATH_MAX + 16];
    if (store->import_lock >= 0)
        return 0;
    snprintf(path, sizeof path, "%s.import", store->path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, ERROR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        close(fd);
        return error_set(err, ERROR_CONFLICT, "%s: another import is running on this store", store->path);
    }
    store->import_lock = fd;
    return 0;
}

/* Removes a population in small transactions, so that readers and the log of changes stay unharmed. */
static int remove_population(struct connection *connection, int64_t id, struct error *err)
{
    static const enum statement steps[] = {CLEAR_DETAILS, CLEAR_CLIENTS};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        do {
            if (sqlite_execute(connection, steps[i], id, DELETE_CHUNK, err))
                return -1;
        } while (sqlite3_changes(connection->database) > 0);
    }
    return sqlite_execute(connection, REMOVE, id, 0, err);
}

static int remove_superfluous(struct connection *connection, int64_t kept, struct error *err)
{
    for (;;) {
        sqlite3_stmt *statement = sqlite_prepare(connection, SUPERFLUOUS, err);
        if (!statement)
            return -1;
        sqlite3_bind_int64(statement, 1, kept);
        int result = sqlite3_step(statement);
        int64_t id = sqlite3_column_int64(statement, 0);
        sqlite3_reset(statement);
        if (result == SQLITE_DONE)
            return 0;
        if (result != SQLITE_ROW)
            return sqlite_failed(connection, "looking for old populations", err);
        if (remove_population(connection, id, err))
            return -1;
    }
}

static void bind_origin(sqlite3_stmt *statement, const struct store_origin *origin)
{
    sqlite3_bind_text(statement, 1, origin->source, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, origin->catalogue, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, origin->model, -1, SQLITE_STATIC);
}

int store_import_begin(struct store *store, const struct store_origin *origin, struct store_population *out,
                       struct error *err)
{
    if (take_import_lock(store, err))
        return -1;
    int status = -1;
    struct connection *connection = sqlite_borrow(store, err);
    sqlite3_stmt *statement = connection ? sqlite_prepare(connection, LOADING, err) : NULL;
    if (!statement)
        goto done;
    bind_origin(statement, origin);
    int found = sqlite_next_population(connection, statement, out, err);
    sqlite3_reset(statement);
    if (found < 0 || remove_superfluous(connection, found ? out->id : 0, err))
        goto done;
    if (!found) {
        statement = sqlite_prepare(connection, CREATE, err);
        if (!statement)
            goto done;
        bind_origin(statement, origin);
        if (sqlite3_step(statement) != SQLITE_DONE) {
            sqlite_failed(connection, "beginning the import", err);
            goto done;
        }
        *out = (struct store_population){sqlite3_last_insert_rowid(connection->database), *origin, 0};
    }
    status = 0;
done:
    sqlite_give_back(store, connection);
    return status;
}

static int insert(struct connection *connection, enum statement which, const struct store_client *client,
                  struct error *err)
{
    sqlite3_stmt *statement = connection->prepared[which];
    int result = sqlite3_step(statement);
    int code = sqlite3_extended_errcode(connection->database);
    if (result != SQLITE_DONE)
        result = code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE
                     ? error_set(err, ERROR_CONFLICT, "SK_ID_CURR: %lld: this client was imported already",
                                 (long long)client->id)
                     : sqlite_failed(connection, "adding a client", err);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -1;
}

static int add_client(struct connection *connection, int64_t population, const struct store_client *client,
                      struct error *err)
{
    sqlite3_stmt *statement = sqlite_prepare(connection, ADD_CLIENT, err);
    if (!statement)
        return -1;
    sqlite3_bind_int64(statement, 1, population);
    sqlite3_bind_int64(statement, 2, client->id);
    if (client->outcome != OUTCOME_UNKNOWN)
        sqlite3_bind_int(statement, 3, client->outcome);
    sqlite3_bind_double(statement, 4, client->margin);
    sqlite3_bind_blob(statement, 5, client->features, (int)(client->feature_count * sizeof(float)),
                      SQLITE_STATIC);
    if (insert(connection, ADD_CLIENT, client, err))
        return -1;

    statement = sqlite_prepare(connection, ADD_DETAIL, err);
    if (!statement)
        return -1;
    sqlite3_bind_int64(statement, 1, population);
    sqlite3_bind_int64(statement, 2, client->id);
    sqlite3_bind_blob(statement, 3, client->application, (int)(client->application_count * sizeof(double)),
                      SQLITE_STATIC);
    if (client->history)
        sqlite3_bind_blob(statement, 4, client->history, (int)client->history_bytes, SQLITE_STATIC);
    return insert(connection, ADD_DETAIL, client, err);
}

int store_import_add(struct store *store, struct store_population *population,
                     const struct store_client *clients, size_t count, struct error *err)
{
    int status = -1;
    struct connection *connection = sqlite_borrow(store, err);
    if (!connection || sqlite_run(connection, "BEGIN IMMEDIATE", err))
        goto done;
    for (size_t i = 0; i < count; i++)
        if (add_client(connection, population->id, &clients[i], err))
            goto undo;
    if (sqlite_execute(connection, COUNT_ROWS, (int64_t)(population->rows + count), population->id, err) ||
        sqlite_run(connection, "COMMIT", err))
        goto undo;
    population->rows += count;
    status = 0;
    goto done;
undo:
    sqlite_run(connection, "ROLLBACK", NULL);
done:
    sqlite_give_back(store, connection);
    return status;
}

int store_import_finish(struct store *store, const struct store_population *population, struct error *err)
{
    int status = -1;
    struct connection *connection = sqlite_borrow(store, err);
    if (!connection || sqlite_run(connection, "BEGIN IMMEDIATE", err))
        goto done;
    if (sqlite_execute(connection, DEMOTE, 0, 0, err) ||
        sqlite_execute(connection, PROMOTE, population->id, 0, err))
        goto undo;
    if (sqlite3_changes(connection->database) != 1) {
        error_set(err, ERROR_CONFLICT, "the population that was being imported is gone");
        goto undo;
    }
    if (sqlite_run(connection, "COMMIT", err))
        goto undo;
    sqlite_run(connection, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
    status = 0;
    goto done;
undo:
    sqlite_run(connection, "ROLLBACK", NULL);
done:
    sqlite_give_back(store, connection);
    return status;
}

int store_import_drop(struct store *store, const struct store_population *population, struct error *err)
{
    struct connection *connection = sqlite_borrow(store, err);
    int status = connection ? remove_population(connection, population->id, err) : -1;
    sqlite_give_back(store, connection);
    return status;
}

static int set_margins(struct connection *connection, int64_t population, const double *margins, size_t count,
                       struct error *err)
{
    sqlite3_stmt *scan = sqlite_prepare(connection, SCAN, err);
    int64_t *ids = malloc(count * sizeof *ids + 1);
    size_t found = 0;
    int status = -1;
    if (!scan || !ids) {
        error_set(err, ERROR_INTERNAL, "no memory to rescore");
        goto done;
    }
    sqlite3_bind_int64(scan, 1, population);
    while (found <= count && sqlite3_step(scan) == SQLITE_ROW) {
        if (found < count)
            ids[found] = sqlite3_column_int64(scan, 0);
        found++;
    }
    sqlite3_reset(scan);
    if (found != count) {
        error_set(err, ERROR_CONFLICT, "the population changed while it was being rescored");
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *update = sqlite_prepare(connection, SET_MARGIN, err);
        if (!update)
            goto done;
        sqlite3_bind_double(update, 1, margins[i]);
        sqlite3_bind_int64(update, 2, population);
        sqlite3_bind_int64(update, 3, ids[i]);
        if (sqlite3_step(update) != SQLITE_DONE) {
            sqlite_failed(connection, "rescoring", err);
            goto done;
        }
    }
    status = 0;
done:
    free(ids);
    return status;
}

int store_rescore(struct store *store, int64_t population, const char *model, const double *margins,
                  size_t count, struct error *err)
{
    int status = -1;
    struct connection *connection = NULL;
    if (take_import_lock(store, err))
        return -1;
    connection = sqlite_borrow(store, err);
    if (!connection || sqlite_run(connection, "BEGIN IMMEDIATE", err))
        goto done;
    if (set_margins(connection, population, margins, count, err))
        goto undo;
    sqlite3_stmt *statement = sqlite_prepare(connection, SET_MODEL, err);
    if (!statement)
        goto undo;
    sqlite3_bind_text(statement, 1, model, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, population);
    if (sqlite3_step(statement) != SQLITE_DONE) {
        sqlite_failed(connection, "rescoring", err);
        goto undo;
    }
    sqlite3_reset(statement);
    if (sqlite_run(connection, "COMMIT", err))
        goto undo;
    status = 0;
    goto done;
undo:
    sqlite_run(connection, "ROLLBACK", NULL);
done:
    sqlite_give_back(store, connection);
    return status;
}
