#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "backend/store/database_driver.h"
#include "shared/base/file.h"

static const char scheme[] = "sqlite:";

/* Pages of 16 KiB hold a client's row without overflow chains. What was committed is on the disk when COMMIT
 * returns (FULL): a decision that was answered must outlive a power cut. */
static const char settings[] = "PRAGMA page_size = 16384;"
                               "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA foreign_keys = ON;";

/* A long scan reads the file through the page tables, which halves its time; afterwards they are given back,
 * for they would make the process look as large as the file. */
static const char map_file[] = "PRAGMA mmap_size = 2147418112", unmap_file[] = "PRAGMA mmap_size = 0";

static const struct dialect_word words[] = {
    {"integer", "INTEGER"},
    {"real", "REAL"},
    {"bytes", "BLOB"},
    {"identity", "INTEGER PRIMARY KEY AUTOINCREMENT"},
    {"table", "STRICT"},
    {"by_key", "STRICT, WITHOUT ROWID"},
    {"for_update", ""},
    {"skip_locked", ""},
    {"begin_sqlite", ""},
    {"end_sqlite", ""},
    {"begin_postgres", "/*"},
    {"end_postgres", "*/"},
    {"has_versions", "(SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version')"},
    {"has_unversioned", "(SELECT user_version FROM pragma_user_version)"},
    {NULL, NULL},
};

struct sqlite {
    sqlite3 *database;
    sqlite3_stmt *open; /* whose result is open */
    int result;         /* of its last step */
    bool stepped;       /* `result` belongs to a row that nobody has asked for yet */
    bool mapped;
    sqlite3_stmt *bulk;
};

static const char *path_of(const struct database *database)
{
    return database->url + sizeof scheme - 1;
}

static int failed(struct connection *connection, struct error *err)
{
    static const struct {
        int code;
        enum error_code means;
        const char *said;
    } known[] = {
        {SQLITE_BUSY, ERROR_UNAVAILABLE, "another process kept it busy for too long"},
        {SQLITE_LOCKED, ERROR_UNAVAILABLE, "it is locked"},
        {SQLITE_IOERR, ERROR_UNAVAILABLE, "the disk failed"},
        {SQLITE_FULL, ERROR_UNAVAILABLE, "the disk is full"},
        {SQLITE_CANTOPEN, ERROR_UNAVAILABLE, "it cannot be opened"},
        {SQLITE_READONLY, ERROR_UNAVAILABLE, "it may not be written"},
        {SQLITE_CONSTRAINT_PRIMARYKEY, ERROR_CONFLICT, "the key is there already"},
        {SQLITE_CONSTRAINT_UNIQUE, ERROR_CONFLICT, "the key is there already"},
        {SQLITE_CONSTRAINT_ROWID, ERROR_CONFLICT, "the key is there already"},
        {SQLITE_NOTADB, ERROR_INTERNAL, "it is not a database"},
        {SQLITE_CORRUPT, ERROR_INTERNAL, "it is damaged"},
        {SQLITE_NOMEM, ERROR_INTERNAL, "no memory"},
    };
    struct sqlite *sqlite = connection->native;
    int code = sqlite->database ? sqlite3_extended_errcode(sqlite->database) : SQLITE_NOMEM;
    char code_text[16];
    snprintf(code_text, sizeof code_text, "%d", code);
    size_t i = 0;
    while (i < sizeof known / sizeof *known && known[i].code != code && known[i].code != (code & 0xff))
        i++;
    bool found = i < sizeof known / sizeof *known;
    return database_failed(connection->database, found ? known[i].means : ERROR_INTERNAL,
                           found ? known[i].said : "a statement failed", code_text,
                           sqlite->database ? sqlite3_errmsg(sqlite->database) : "", err);
}

static int run(struct connection *connection, const char *sql, struct error *err)
{
    struct sqlite *sqlite = connection->native;
    return sqlite3_exec(sqlite->database, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(connection, err);
}

/* ---- Connecting ---- */

static int accept_url(struct database *database, struct error *err)
{
    char folder[PATH_MAX];
    const char *path = path_of(database), *slash = strrchr(path, '/');
    const size_t longest = PATH_MAX - 32; /* SQLite and the locks add endings */
    if (*path == '\0' || strlen(path) > longest)
        return error_set(
            err, ERROR_INVALID,
            "DATABASE_URL: expected sqlite:PATH, such as sqlite:data/clairscore.db, with a path of "
            "at most %zu characters",
            longest);
    snprintf(database->name, sizeof database->name, "%s", database->url);
    if (!slash || slash == path)
        return 0;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return file_make_folder(folder, err);
}

static int connect_file(struct connection *connection, struct error *err)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    struct sqlite *sqlite = connection->native = calloc(1, sizeof *sqlite);
    if (!sqlite)
        return error_set(err, ERROR_INTERNAL, "no memory for the client store");
    if (sqlite3_open_v2(path_of(connection->database), &sqlite->database, flags, NULL) != SQLITE_OK)
        return failed(connection, err);
    sqlite3_extended_result_codes(sqlite->database, 1);
    sqlite3_busy_timeout(sqlite->database, LOCK_TIMEOUT_MS);
    return run(connection, settings, err);
}

static void disconnect(struct connection *connection)
{
    struct sqlite *sqlite = connection->native;
    sqlite3_close(sqlite->database);
    free(sqlite);
}

static bool is_alive(struct connection *connection)
{
    (void)connection;
    return true;
}

/* ---- Statements ---- */

static int prepare(struct connection *connection, struct prepared *out, const char *sql,
                   const struct value *values, size_t count, struct error *err)
{
    struct sqlite *sqlite = connection->native;
    sqlite3_stmt *statement = NULL;
    (void)values;
    (void)count;
    if (sqlite3_prepare_v3(sqlite->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        return failed(connection, err);
    out->handle = statement;
    return 0;
}

static void forget(struct connection *connection, struct prepared *prepared)
{
    (void)connection;
    sqlite3_finalize(prepared->handle);
}

/* `copied` is SQLITE_STATIC when the values stay until the statement has ended, else SQLITE_TRANSIENT. */
static int bind(struct connection *connection, sqlite3_stmt *statement, const struct value *values,
                size_t count, sqlite3_destructor_type copied, struct error *err)
{
    int result = SQLITE_OK;
    for (size_t i = 0; i < count && result == SQLITE_OK; i++) {
        const struct value *value = &values[i];
        const int place = (int)i + 1;
        if (value->null)
            result = sqlite3_bind_null(statement, place);
        else if (value->kind == VALUE_INT64)
            result = sqlite3_bind_int64(statement, place, value->int64);
        else if (value->kind == VALUE_DOUBLE)
            result = sqlite3_bind_double(statement, place, value->real);
        else if (value->kind == VALUE_TEXT)
            result = sqlite3_bind_text64(statement, place, value->bytes.data, value->bytes.size, copied,
                                         SQLITE_UTF8);
        else
            result = sqlite3_bind_blob64(statement, place, value->bytes.data, value->bytes.size, copied);
    }
    return result == SQLITE_OK ? 0 : failed(connection, err);
}

static void end(struct connection *connection)
{
    struct sqlite *sqlite = connection->native;
    if (sqlite->open)
        sqlite3_reset(sqlite->open);
    if (sqlite->bulk)
        sqlite3_reset(sqlite->bulk);
    if (sqlite->mapped)
        sqlite3_exec(sqlite->database, unmap_file, NULL, NULL, NULL);
    sqlite->open = sqlite->bulk = NULL;
    sqlite->mapped = false;
}

/* The result of a step: 0, or -1 with the statement ended. */
static int checked(struct connection *connection, int result, struct error *err)
{
    if (result == SQLITE_ROW || result == SQLITE_DONE)
        return 0;
    failed(connection, err);
    end(connection);
    return -1;
}

/* The first step is done here, so that a write happens when it would on a server. */
static int query(struct connection *connection, struct prepared *prepared, const struct value *values,
                 size_t count, bool streams, struct error *err)
{
    struct sqlite *sqlite = connection->native;
    if (streams) {
        if (run(connection, map_file, err))
            return -1;
        sqlite->mapped = true;
    }
    sqlite->open = prepared->handle;
    sqlite3_clear_bindings(sqlite->open);
    if (bind(connection, sqlite->open, values, count, SQLITE_TRANSIENT, err)) {
        end(connection);
        return -1;
    }
    sqlite->result = sqlite3_step(sqlite->open);
    sqlite->stepped = true;
    return checked(connection, sqlite->result, err);
}

static int next(struct connection *connection, struct error *err)
{
    struct sqlite *sqlite = connection->native;
    if (!sqlite->open || (!sqlite->stepped && sqlite->result == SQLITE_DONE))
        return 0;
    if (!sqlite->stepped)
        sqlite->result = sqlite3_step(sqlite->open);
    sqlite->stepped = false;
    if (checked(connection, sqlite->result, err))
        return -1;
    return sqlite->result == SQLITE_ROW;
}

static uint64_t changes(struct connection *connection)
{
    struct sqlite *sqlite = connection->native;
    return (uint64_t)sqlite3_changes64(sqlite->database);
}

static sqlite3_stmt *row(struct connection *connection)
{
    return ((struct sqlite *)connection->native)->open;
}

static bool is_null(struct connection *connection, int column)
{
    return sqlite3_column_type(row(connection), column) == SQLITE_NULL;
}

static int64_t column_int64(struct connection *connection, int column)
{
    return sqlite3_column_int64(row(connection), column);
}

static double column_double(struct connection *connection, int column)
{
    return sqlite3_column_double(row(connection), column);
}

static const char *column_text(struct connection *connection, int column)
{
    const unsigned char *text = sqlite3_column_text(row(connection), column);
    return text ? (const char *)text : "";
}

static const void *column_bytes(struct connection *connection, int column, size_t *size)
{
    const void *bytes = sqlite3_column_blob(row(connection), column);
    *size = (size_t)sqlite3_column_bytes(row(connection), column);
    return bytes ? bytes : "";
}

/* ---- Many rows ---- */

static int bulk_begin(struct connection *connection, const struct bulk *bulk, struct error *err)
{
    char sql[1024], places[256] = "?1";
    size_t columns = 1, length = strlen(places);
    struct sqlite *sqlite = connection->native;
    for (const char *at = bulk->columns; (at = strchr(at, ',')) && columns < DATABASE_PARAMETERS; at++)
        length += (size_t)snprintf(places + length, sizeof places - length, ", ?%zu", ++columns);
    snprintf(sql, sizeof sql, "INSERT INTO %s (%s) VALUES (%s)", bulk->table, bulk->columns, places);
    struct prepared *prepared = database_prepare(connection, bulk, sql, NULL, 0, err);
    if (!prepared)
        return -1;
    sqlite->bulk = prepared->handle;
    return 0;
}

static int bulk_row(struct connection *connection, const struct value *values, size_t count,
                    struct error *err)
{
    struct sqlite *sqlite = connection->native;
    if (bind(connection, sqlite->bulk, values, count, SQLITE_STATIC, err))
        return -1;
    int result = sqlite3_step(sqlite->bulk);
    if (checked(connection, result, err))
        return -1;
    sqlite3_reset(sqlite->bulk);
    return 0;
}

static int bulk_end(struct connection *connection, struct error *err)
{
    struct sqlite *sqlite = connection->native;
    (void)err;
    sqlite3_clear_bindings(sqlite->bulk);
    sqlite->bulk = NULL;
    return 0;
}

/* ---- Locks ---- */

static int lock_in_transaction(struct connection *connection, enum database_lock_name name, struct error *err)
{
    (void)connection; /* BEGIN IMMEDIATE lets one writer in at a time */
    (void)name;
    (void)err;
    return 0;
}

/* A locked file beside the database. */
static int lock_take(void **out, struct database *database, enum database_lock_name name, struct error *err)
{
    static const char *const endings[] = {[LOCK_MIGRATION] = "migration",
                                          [LOCK_IMPORT] = "import",
                                          [LOCK_DECISIONS] = "decisions",
                                          [LOCK_BATCHES] = "batches"};
    char path[PATH_MAX];
    int *descriptor = malloc(sizeof *descriptor);
    if (!descriptor)
        return error_set(err, ERROR_INTERNAL, "no memory for a lock");
    snprintf(path, sizeof path, "%s.%s", path_of(database), endings[name]);
    *descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*descriptor < 0) {
        error_set(err, ERROR_UNAVAILABLE, "%s: %s", path,
                  strerror(errno)); /* NOLINT(concurrency-mt-unsafe) */
        free(descriptor);
        return -1;
    }
    if (flock(*descriptor, LOCK_EX | LOCK_NB)) {
        error_set(err, ERROR_CONFLICT, "client store %s: another process holds its %s lock", database->name,
                  endings[name]);
        close(*descriptor);
        free(descriptor);
        return -1;
    }
    *out = descriptor;
    return 0;
}

static bool lock_is_held(void *lock)
{
    (void)lock; /* the kernel takes it from nobody */
    return true;
}

static void lock_release(void *lock)
{
    int *descriptor = lock;
    close(*descriptor);
    free(descriptor);
}

const struct driver database_sqlite = {
    .words = words,
    .parameter = '?',
    .accept = accept_url,
    .connect = connect_file,
    .disconnect = disconnect,
    .is_alive = is_alive,
    .run = run,
    .prepare = prepare,
    .forget = forget,
    .query = query,
    .next = next,
    .changes = changes,
    .end = end,
    .is_null = is_null,
    .int64 = column_int64,
    .real = column_double,
    .text = column_text,
    .bytes = column_bytes,
    .bulk_begin = bulk_begin,
    .bulk_row = bulk_row,
    .bulk_end = bulk_end,
    .begin = "BEGIN IMMEDIATE",
    .one_writer = true,
    .settle = "PRAGMA wal_checkpoint(TRUNCATE)",
    .lock = lock_in_transaction,
    .lock_take = lock_take,
    .lock_is_held = lock_is_held,
    .lock_release = lock_release,
};
