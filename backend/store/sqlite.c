#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/store/sqlite.h"
#include "shared/base/file.h"

/* Rows lie in order of their key, without a second index; what a start reads (client) is apart from what one
 * page reads (client_detail). */
static const char first_schema[] =
    "CREATE TABLE population ("
    " id INTEGER PRIMARY KEY,"
    " state TEXT NOT NULL CHECK (state IN ('loading', 'current', 'previous')),"
    " source TEXT NOT NULL,"
    " catalogue TEXT NOT NULL,"
    " model TEXT NOT NULL,"
    " client_count INTEGER NOT NULL DEFAULT 0,"
    " begun TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))"
    ") STRICT;"
    "CREATE UNIQUE INDEX population_current ON population (state) WHERE state = 'current';"
    "CREATE TABLE client ("
    " population INTEGER NOT NULL REFERENCES population (id),"
    " id INTEGER NOT NULL,"
    " outcome INTEGER CHECK (outcome IN (0, 1)),"
    " margin REAL NOT NULL,"
    " features BLOB NOT NULL," /* float32, native byte order */
    " PRIMARY KEY (population, id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE client_detail ("
    " population INTEGER NOT NULL REFERENCES population (id),"
    " id INTEGER NOT NULL,"
    " application BLOB NOT NULL," /* float64, native byte order */
    " history BLOB,"
    " PRIMARY KEY (population, id)"
    ") STRICT, WITHOUT ROWID;";

/* Migration i leads from version i to i + 1 (PRAGMA user_version). */
static const char *const migrations[] = {first_schema};
enum { SCHEMA_VERSION = sizeof migrations / sizeof *migrations };

/* Pages of 16 KiB hold rows of this size without overflow chains. */
static const char settings[] = "PRAGMA page_size = 16384;"
                               "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = NORMAL;"
                               "PRAGMA foreign_keys = ON;";
enum { BUSY_TIMEOUT_MS = 10000 };

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): long statements go over two lines */
static const char *const statements[STATEMENTS] = {
    [CURRENT] = "SELECT id, source, catalogue, model, client_count FROM population WHERE state = 'current'",
    [LOADING] = "SELECT id, source, catalogue, model, client_count FROM population WHERE state = 'loading'"
                " AND source = ? AND catalogue = ? AND model = ?",
    [SCAN] = "SELECT id, outcome, margin, features FROM client WHERE population = ? ORDER BY id",
    [READ] = "SELECT application, history FROM client_detail WHERE population = ? AND id = ?",
    [CREATE] = "INSERT INTO population (state, source, catalogue, model) VALUES ('loading', ?, ?, ?)",
    [ADD_CLIENT] = "INSERT INTO client (population, id, outcome, margin, features) VALUES (?, ?, ?, ?, ?)",
    [ADD_DETAIL] = "INSERT INTO client_detail (population, id, application, history) VALUES (?, ?, ?, ?)",
    [COUNT_ROWS] = "UPDATE population SET client_count = ? WHERE id = ?",
    [DEMOTE] = "UPDATE population SET state = 'previous' WHERE state = 'current'",
    [PROMOTE] = "UPDATE population SET state = 'current' WHERE id = ? AND state = 'loading'",
    [SUPERFLUOUS] = "SELECT id FROM population WHERE state <> 'current' AND id <> ? LIMIT 1",
    [CLEAR_CLIENTS] = "DELETE FROM client WHERE population = ?1 AND id IN"
                      " (SELECT id FROM client WHERE population = ?1 LIMIT ?2)",
    [CLEAR_DETAILS] = "DELETE FROM client_detail WHERE population = ?1 AND id IN"
                      " (SELECT id FROM client_detail WHERE population = ?1 LIMIT ?2)",
    [REMOVE] = "DELETE FROM population WHERE id = ?",
    [SET_MARGIN] = "UPDATE client SET margin = ? WHERE population = ? AND id = ?",
    [SET_MODEL] = "UPDATE population SET model = ? WHERE id = ?",
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

/* Away for a while, or broken: the caller of the API gets 503 or 500 accordingly. */
int sqlite_failed(struct connection *connection, const char *what, struct error *err)
{
    sqlite3 *database = connection->database;
    int code = database ? sqlite3_errcode(database) & 0xff : SQLITE_NOMEM;
    bool away = code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_IOERR || code == SQLITE_FULL ||
                code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
    return error_set(err, away ? ERROR_UNAVAILABLE : ERROR_INTERNAL, "client store: %s: %s", what,
                     database ? sqlite3_errmsg(database) : "no memory");
}

int sqlite_run(struct connection *connection, const char *sql, struct error *err)
{
    bool done = sqlite3_exec(connection->database, sql, NULL, NULL, NULL) == SQLITE_OK;
    return done ? 0 : sqlite_failed(connection, sql, err);
}

static int schema_version(struct connection *connection, int *version, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(connection->database, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        sqlite3_finalize(statement);
        return sqlite_failed(connection, "reading its version", err);
    }
    *version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return 0;
}

/* Brings the schema up to date. Another process may do the same: the version is read again under the write
 * lock. */
static int migrate(struct store *store, struct connection *connection, struct error *err)
{
    int version = 0;
    if (schema_version(connection, &version, err))
        return -1;
    if (version == SCHEMA_VERSION)
        return 0;
    if (sqlite_run(connection, "BEGIN IMMEDIATE", err) || schema_version(connection, &version, err))
        goto failed;
    if (version > SCHEMA_VERSION) {
        error_set(err, ERROR_INVALID, "%s: written by a newer Clairscore (schema %d, this one knows %d)",
                  store->path, version, SCHEMA_VERSION);
        goto failed;
    }
    for (; version < SCHEMA_VERSION; version++)
        if (sqlite_run(connection, migrations[version], err))
            goto failed;
    char set_version[64];
    snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d", SCHEMA_VERSION);
    if (sqlite_run(connection, set_version, err) || sqlite_run(connection, "COMMIT", err))
        goto failed;
    return 0;

failed:
    sqlite_run(connection, "ROLLBACK", NULL);
    return -1;
}

static int connect_database(struct store *store, struct connection *connection, struct error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(store->path, &connection->database, flags, NULL) != SQLITE_OK)
        return sqlite_failed(connection, store->path, err);
    sqlite3_extended_result_codes(connection->database, 1);
    sqlite3_busy_timeout(connection->database, BUSY_TIMEOUT_MS);
    if (sqlite_run(connection, settings, err))
        return -1;
    return migrate(store, connection, err);
}

static void disconnect(struct connection *connection)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(connection->prepared[i]);
    sqlite3_close(connection->database);
    memset(connection, 0, sizeof *connection);
}

static int make_parent_folder(const char *path, struct error *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return file_make_folder(folder, err);
}

int store_open(struct store **out, const char *url, unsigned connections, struct error *err)
{
    static const char scheme[] = "sqlite:";
    const size_t scheme_length = sizeof scheme - 1;
    if (strncmp(url, scheme, scheme_length) != 0 || url[scheme_length] == '\0')
        return error_set(err, ERROR_INVALID,
                         "DATABASE_URL: expected sqlite:PATH, such as sqlite:data/clairscore.db");
    const char *path = url + scheme_length;
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return error_set(err, ERROR_INTERNAL, "no memory for the client store");
    store->import_lock = -1;
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->returned, NULL);
    store->connection_count = connections ? connections : 1;
    store->connections = calloc(store->connection_count, sizeof *store->connections);
    if (!store->connections) {
        error_set(err, ERROR_INTERNAL, "no memory for the client store");
        goto failed;
    }
    if ((size_t)snprintf(store->path, sizeof store->path, "%s", path) >= sizeof store->path) {
        error_set(err, ERROR_INVALID, "DATABASE_URL: path too long");
        goto failed;
    }
    if (make_parent_folder(path, err) || connect_database(store, &store->connections[0], err))
        goto failed;
    *out = store;
    return 0;

failed:
    store_close(store);
    return -1;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (unsigned i = 0; store->connections && i < store->connection_count; i++)
        disconnect(&store->connections[i]);
    if (store->import_lock >= 0)
        close(store->import_lock);
    pthread_cond_destroy(&store->returned);
    pthread_mutex_destroy(&store->lock);
    free(store->connections);
    free(store);
}

struct connection *sqlite_borrow(struct store *store, struct error *err)
{
    struct connection *found = NULL;
    pthread_mutex_lock(&store->lock);
    while (!found) {
        for (unsigned i = 0; i < store->connection_count && !found; i++)
            if (!store->connections[i].lent)
                found = &store->connections[i];
        if (!found)
            pthread_cond_wait(&store->returned, &store->lock);
    }
    found->lent = true;
    pthread_mutex_unlock(&store->lock);
    if (!found->database && connect_database(store, found, err)) {
        disconnect(found);
        pthread_mutex_lock(&store->lock);
        found->lent = false;
        pthread_cond_signal(&store->returned);
        pthread_mutex_unlock(&store->lock);
        return NULL;
    }
    return found;
}

void sqlite_give_back(struct store *store, struct connection *connection)
{
    if (!connection)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        if (connection->prepared[i])
            sqlite3_reset(connection->prepared[i]);
    pthread_mutex_lock(&store->lock);
    connection->lent = false;
    pthread_cond_signal(&store->returned);
    pthread_mutex_unlock(&store->lock);
}

sqlite3_stmt *sqlite_prepare(struct connection *connection, enum statement which, struct error *err)
{
    sqlite3_stmt **prepared = &connection->prepared[which];
    if (*prepared) {
        sqlite3_reset(*prepared);
        sqlite3_clear_bindings(*prepared);
        return *prepared;
    }
    if (sqlite3_prepare_v3(connection->database, statements[which], -1, SQLITE_PREPARE_PERSISTENT, prepared,
                           NULL) != SQLITE_OK)
        sqlite_failed(connection, statements[which], err);
    return *prepared;
}

int sqlite_execute(struct connection *connection, enum statement which, int64_t first, int64_t second,
                   struct error *err)
{
    sqlite3_stmt *statement = sqlite_prepare(connection, which, err);
    if (!statement)
        return -1;
    int parameters = sqlite3_bind_parameter_count(statement);
    if (parameters > 0)
        sqlite3_bind_int64(statement, 1, first);
    if (parameters > 1)
        sqlite3_bind_int64(statement, 2, second);
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : sqlite_failed(connection, statements[which], err);
}
