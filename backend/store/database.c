#include "backend/store/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "backend/store/database_driver.h"
#include "shared/base/log.h"

/* ---- Values ---- */

struct value value_int64(int64_t value)
{
    return (struct value){.kind = VALUE_INT64, .int64 = value};
}

struct value value_double(double value)
{
    return (struct value){.kind = VALUE_DOUBLE, .real = value};
}

struct value value_text(const char *text)
{
    return (struct value){.kind = VALUE_TEXT, .null = !text, .bytes = {text, text ? strlen(text) : 0}};
}

struct value value_bytes(const void *bytes, size_t size)
{
    return (struct value){.kind = VALUE_BYTES, .null = !bytes, .bytes = {bytes, size}};
}

struct value value_null(enum value_kind kind)
{
    return (struct value){.kind = kind, .null = true};
}

int64_t database_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- What went wrong ---- */

int database_failed(struct database *database, enum error_code code, const char *said, const char *code_text,
                    const char *words, struct error *err)
{
    if (code != ERROR_CONFLICT)
        log_event(LOG_ERROR, "database_failed", "{s:s, s:s, s:s, s:s}", "database", database->name, "what",
                  said, "code", code_text, "words", words);
    return error_set(err, code, "client store %s: %s", database->name, said);
}

void database_set_away(struct database *database, bool away, const char *words)
{
    pthread_mutex_lock(&database->lock);
    bool changed = database->away != away;
    database->away = away;
    pthread_mutex_unlock(&database->lock);
    if (changed && away)
        log_event(LOG_ERROR, "database_away", "{s:s, s:s}", "database", database->name, "words", words);
    else if (changed)
        log_event(LOG_INFO, "database_back", "{s:s}", "database", database->name);
}

/* ---- The pool ---- */

static const struct driver *driver_of(const char *url)
{
    static const struct {
        const char *scheme;
        const struct driver *driver;
    } drivers[] = {{"sqlite:", &database_sqlite},
                   {"postgres://", &database_postgres},
                   {"postgresql://", &database_postgres}};
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
        if (strncmp(url, drivers[i].scheme, strlen(drivers[i].scheme)) == 0)
            return drivers[i].driver;
    return NULL;
}

static void disconnect(struct connection *connection)
{
    if (!connection->native)
        return;
    const struct driver *driver = connection->database->driver;
    for (size_t i = 0; i < connection->prepared_count; i++)
        driver->forget(connection, &connection->prepared[i]);
    connection->prepared_count = 0;
    connection->in_transaction = false;
    driver->disconnect(connection);
    connection->native = NULL;
}

/* Connected, and not to a server that went away while nobody looked. */
static int make_ready(struct connection *connection, struct error *err)
{
    const struct driver *driver = connection->database->driver;
    if (connection->native && !driver->is_alive(connection))
        disconnect(connection);
    if (!connection->native && driver->connect(connection, err)) {
        disconnect(connection);
        return -1;
    }
    return 0;
}

int database_open(struct database **out, const char *url, unsigned connections, struct error *err)
{
    int status = -1;
    const struct driver *driver = driver_of(url);
    if (!driver)
        return error_set(err, ERROR_INVALID,
                         "DATABASE_URL: expected sqlite:PATH, such as sqlite:data/clairscore.db, or "
                         "postgres://USER:PASSWORD@HOST:PORT/DATABASE");
    if (strlen(url) >= DATABASE_URL_BYTES)
        return error_set(err, ERROR_INVALID, "DATABASE_URL: longer than %d characters",
                         DATABASE_URL_BYTES - 1);
    struct database *database = calloc(1, sizeof *database);
    if (!database)
        return error_set(err, ERROR_INTERNAL, "no memory for the client store");
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&database->lock, NULL);
    pthread_cond_init(&database->returned, &monotonic);
    pthread_cond_init(&database->turn_ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    database->driver = driver;
    strcpy(database->url, url); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): measured above */
    database->connection_count = connections ? connections : 1;
    database->connections = calloc(database->connection_count, sizeof *database->connections);
    if (!database->connections) {
        error_set(err, ERROR_INTERNAL, "no memory for the client store");
        goto done;
    }
    for (unsigned i = 0; i < database->connection_count; i++)
        database->connections[i].database = database;
    if (driver->accept(database, err) || database_migrate(database, err))
        goto done;
    *out = database;
    status = 0;
done:
    if (status)
        database_close(database);
    return status;
}

void database_close(struct database *database)
{
    if (!database)
        return;
    for (unsigned i = 0; database->connections && i < database->connection_count; i++)
        disconnect(&database->connections[i]);
    pthread_cond_destroy(&database->returned);
    pthread_cond_destroy(&database->turn_ended);
    pthread_mutex_destroy(&database->lock);
    free(database->connections);
    free(database);
}

const char *database_name(const struct database *database)
{
    return database->name;
}

/* A connection that nobody has, one that is connected first. */
static struct connection *find_free(struct database *database)
{
    struct connection *found = NULL;
    for (unsigned i = 0; i < database->connection_count; i++) {
        struct connection *connection = &database->connections[i];
        if (!connection->lent && (!found || (connection->native && !found->native)))
            found = connection;
    }
    return found;
}

static void return_to_pool(struct connection *connection)
{
    struct database *database = connection->database;
    pthread_mutex_lock(&database->lock);
    connection->lent = false;
    pthread_cond_signal(&database->returned);
    pthread_mutex_unlock(&database->lock);
}

static struct timespec deadline(long wait_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += wait_ms % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    return until;
}

int database_borrow(struct connection **out, struct database *database, struct error *err)
{
    struct timespec until = deadline(DATABASE_WAIT_MS);
    int waited = 0;
    struct connection *found = NULL;
    pthread_mutex_lock(&database->lock);
    while (!(found = find_free(database)) && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&database->returned, &database->lock, &until);
    if (found)
        found->lent = true;
    pthread_mutex_unlock(&database->lock);
    if (!found)
        return error_set(err, ERROR_UNAVAILABLE, "client store %s: its %u connections are all in use",
                         database->name, database->connection_count);
    if (make_ready(found, err)) {
        return_to_pool(found);
        return -1;
    }
    *out = found;
    return 0;
}

void database_give_back(struct connection *connection)
{
    if (!connection)
        return;
    database_end(connection);
    if (connection->native && connection->in_transaction && database_run(connection, "ROLLBACK", NULL))
        disconnect(connection);
    connection->in_transaction = false;
    return_to_pool(connection);
}

/* ---- Statements ---- */

/* A connection that broke and could not be made anew stays borrowed without a server behind it. */
static int check_connected(const struct connection *connection, struct error *err)
{
    return connection->native ? 0
                              : error_set(err, ERROR_UNAVAILABLE, "client store %s: the connection broke",
                                          connection->database->name);
}

static int check_values(const struct value *values, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if ((values[i].kind == VALUE_TEXT || values[i].kind == VALUE_BYTES) &&
            values[i].bytes.size > DATABASE_VALUE_BYTES)
            return error_set(err, ERROR_LIMIT, "client store: a value of %zu bytes, where %d may be stored",
                             values[i].bytes.size, DATABASE_VALUE_BYTES);
    return 0;
}

int database_run(struct connection *connection, const char *sql, struct error *err)
{
    const struct driver *driver = connection->database->driver;
    if (check_connected(connection, err))
        return -1;
    connection->failure = FAILURE_FINAL;
    char *translated = database_translate(driver, sql, err);
    int status = translated ? driver->run(connection, translated, err) : -1;
    free(translated);
    return status;
}

struct prepared *database_prepare(struct connection *connection, const void *identity, const char *sql,
                                  const struct value *values, size_t count, struct error *err)
{
    for (size_t i = 0; i < connection->prepared_count; i++)
        if (connection->prepared[i].identity == identity)
            return &connection->prepared[i];
    if (connection->prepared_count == PREPARED_STATEMENTS || count > DATABASE_PARAMETERS) {
        error_set(err, ERROR_INTERNAL, "client store: more than %d statements, or %d parameters",
                  PREPARED_STATEMENTS, DATABASE_PARAMETERS);
        return NULL;
    }
    const struct driver *driver = connection->database->driver;
    struct prepared *prepared = &connection->prepared[connection->prepared_count];
    prepared->identity = identity;
    char *translated = database_translate(driver, sql, err);
    int status = translated ? driver->prepare(connection, prepared, translated, values, count, err) : -1;
    free(translated);
    if (status)
        return NULL;
    connection->prepared_count++;
    return prepared;
}

static int query_once(struct connection *connection, const struct statement *statement,
                      const struct value *values, size_t count, struct error *err)
{
    if (check_connected(connection, err) || check_values(values, count, err))
        return -1;
    connection->failure = FAILURE_FINAL;
    struct prepared *prepared = database_prepare(connection, statement, statement->sql, values, count, err);
    return prepared ? connection->database->driver->query(connection, prepared, values, count,
                                                          statement->streams, err)
                    : -1;
}

int database_query(struct connection *connection, const struct statement *statement,
                   const struct value *values, size_t count, struct error *err)
{
    struct error first = {0};
    database_end(connection);
    if (query_once(connection, statement, values, count, &first) == 0)
        return 0;
    bool repeat = connection->failure == FAILURE_LOST && !connection->in_transaction &&
                  strncasecmp(statement->sql, "SELECT", 6) == 0;
    if (!repeat)
        return error_set(err, first.code, "%s", first.message);
    disconnect(connection);
    if (make_ready(connection, err))
        return -1;
    return query_once(connection, statement, values, count, err);
}

int database_execute(struct connection *connection, const struct statement *statement,
                     const struct value *values, size_t count, uint64_t *changed, struct error *err)
{
    int more;
    if (database_query(connection, statement, values, count, err))
        return -1;
    do
        more = database_next(connection, err);
    while (more == 1);
    if (more == 0 && changed)
        *changed = connection->database->driver->changes(connection);
    database_end(connection);
    return more;
}

int database_next(struct connection *connection, struct error *err)
{
    return check_connected(connection, err) ? -1 : connection->database->driver->next(connection, err);
}

void database_end(struct connection *connection)
{
    if (connection->native)
        connection->database->driver->end(connection);
}

bool row_is_null(struct connection *connection, int column)
{
    return connection->database->driver->is_null(connection, column);
}

int64_t row_int64(struct connection *connection, int column)
{
    return connection->database->driver->int64(connection, column);
}

double row_double(struct connection *connection, int column)
{
    return connection->database->driver->real(connection, column);
}

const char *row_text(struct connection *connection, int column)
{
    return connection->database->driver->text(connection, column);
}

const void *row_bytes(struct connection *connection, int column, size_t *size)
{
    return connection->database->driver->bytes(connection, column, size);
}

/* ---- Transactions ---- */

static int begin(struct connection *connection, struct error *err)
{
    if (database_run(connection, connection->database->driver->begin, err))
        return -1;
    connection->in_transaction = true;
    return 0;
}

/* Threads of one process queue here and are let in one after the other; only other processes are waited for
 * by asking again, which lets newcomers pass those who have waited long. */
static int take_turn(struct database *database, struct error *err)
{
    if (!database->driver->one_writer)
        return 0;
    struct timespec until = deadline(LOCK_TIMEOUT_MS);
    int waited = 0;
    pthread_mutex_lock(&database->lock);
    while (database->writing && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&database->turn_ended, &database->lock, &until);
    bool taken = !database->writing;
    database->writing = true;
    pthread_mutex_unlock(&database->lock);
    return taken
               ? 0
               : error_set(err, ERROR_UNAVAILABLE,
                           "client store %s: another transaction kept it busy for too long", database->name);
}

static void end_turn(struct database *database)
{
    if (!database->driver->one_writer)
        return;
    pthread_mutex_lock(&database->lock);
    database->writing = false;
    pthread_cond_signal(&database->turn_ended);
    pthread_mutex_unlock(&database->lock);
}

/* One attempt. `again` tells whether another one makes sense. */
static int attempt(struct database *database,
                   int (*work)(struct connection *connection, void *context, struct error *err),
                   void *context, bool *again, struct error *err)
{
    int status = -1;
    struct connection *connection = NULL;
    *again = false;
    if (take_turn(database, err))
        return -1;
    if (database_borrow(&connection, database, err)) {
        end_turn(database);
        return -1;
    }
    if (begin(connection, err) || work(connection, context, err)) {
        *again = connection->failure != FAILURE_FINAL;
        goto done;
    }
    database_end(connection);
    if (database_run(connection, "COMMIT", err)) {
        *again = connection->failure == FAILURE_AGAIN;
        goto done;
    }
    connection->in_transaction = false;
    status = 0;
done:
    if (connection->failure == FAILURE_LOST)
        disconnect(connection);
    database_give_back(connection);
    end_turn(database);
    return status;
}

int database_transaction(struct database *database,
                         int (*work)(struct connection *connection, void *context, struct error *err),
                         void *context, struct error *err)
{
    for (int i = 1;; i++) {
        struct error failed = {0};
        bool again = false;
        if (attempt(database, work, context, &again, &failed) == 0)
            return 0;
        if (!again || i == DATABASE_ATTEMPTS)
            return error_set(err, failed.code, "%s", failed.message);
        const struct timespec pause = {.tv_nsec = (10 << i) * 1000000L};
        nanosleep(&pause, NULL);
    }
}

/* ---- Many rows ---- */

int database_bulk_begin(struct connection *connection, const struct bulk *bulk, struct error *err)
{
    if (check_connected(connection, err))
        return -1;
    database_end(connection);
    connection->failure = FAILURE_FINAL;
    return connection->database->driver->bulk_begin(connection, bulk, err);
}

int database_bulk_row(struct connection *connection, const struct value *values, size_t count,
                      struct error *err)
{
    return check_values(values, count, err)
               ? -1
               : connection->database->driver->bulk_row(connection, values, count, err);
}

int database_bulk_end(struct connection *connection, struct error *err)
{
    return connection->database->driver->bulk_end(connection, err);
}

void database_settle(struct connection *connection)
{
    database_end(connection);
    database_run(connection, connection->database->driver->settle, NULL);
}

/* ---- Locks between processes ---- */

struct database_lock {
    struct database *database;
    void *native;
};

int database_lock(struct connection *connection, enum database_lock_name name, struct error *err)
{
    if (check_connected(connection, err))
        return -1;
    database_end(connection);
    connection->failure = FAILURE_FINAL;
    return connection->database->driver->lock(connection, name, err);
}

int database_lock_take(struct database_lock **out, struct database *database, enum database_lock_name name,
                       struct error *err)
{
    struct database_lock *lock = calloc(1, sizeof *lock);
    if (!lock)
        return error_set(err, ERROR_INTERNAL, "no memory for a lock");
    lock->database = database;
    if (database->driver->lock_take(&lock->native, database, name, err)) {
        free(lock);
        return -1;
    }
    *out = lock;
    return 0;
}

bool database_lock_is_held(struct database_lock *lock)
{
    return lock->database->driver->lock_is_held(lock->native);
}

void database_lock_release(struct database_lock *lock)
{
    if (!lock)
        return;
    lock->database->driver->lock_release(lock->native);
    free(lock);
}
