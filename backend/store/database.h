/* The database under every store: SQLite in a file, or PostgreSQL. A table's code is written once, on these
 * functions; what differs between the two lies in database_sqlite.c and database_postgres.c. Thread-safe: a
 * connection belongs to the thread that borrowed it.
 *
 * ---- Writing the store of a new table ----
 *
 * 1. migrations/NNNN_name.sql creates it, with these words where the dialects differ:
 *      @integer   a 64-bit integer       @real       a double           @bytes       bytes
 *      @identity  a primary key that the database counts up from 1
 *      @table     after the closing parenthesis of CREATE TABLE
 *      @by_key    the same for a table whose rows lie in the order of its PRIMARY KEY
 *      @begin_sqlite … @end_sqlite, @begin_postgres … @end_postgres   what one of the two alone reads
 *    Text is TEXT, a truth value an @integer of 0 or 1, a time an @integer: microseconds since 1970 in UTC
 *    (database_now_us). One line in migrations.c adds the file. A migration that was released never changes.
 * 2. Its statements stand at the top of the store's file, parameters $1, $2 …:
 *      static const struct statement add = {.sql = "INSERT INTO note (client, body) VALUES ($1, $2)"
 *                                                  " RETURNING id"};
 *    Both dialects know RETURNING, ON CONFLICT … DO NOTHING / UPDATE, UPDATE … FROM, LIMIT and window
 * functions.
 *    @for_update and @skip_locked at the end of a SELECT mean FOR UPDATE and FOR UPDATE SKIP LOCKED (on
 * SQLite nothing: a transaction is alone there anyway). A sum is CAST(sum(x) AS @integer).
 * 3. One statement alone borrows a connection, queries, steps, gives back:
 *      struct connection *connection = NULL;
 *      int found = -1;
 *      if (database_borrow(&connection, database, err) ||
 *          database_query(connection, &find, VALUES(value_int64(id)), err))
 *          goto done;
 *      found = database_next(connection, err);
 *      if (found == 1)
 *          copy what row_text(connection, 0) … give: it is valid until the next call only
 *    done:
 *      database_give_back(connection);
 *    Several that belong together are a function given to database_transaction.
 *
 * Errors are ERROR_UNAVAILABLE while the database is away, busy, full, or all connections stay in use;
 * ERROR_CONFLICT when a UNIQUE or PRIMARY KEY is there already; else ERROR_INTERNAL. The library's own words
 * go to the log, never into `err`. */
#ifndef CLAIRSCORE_BACKEND_DATABASE_H
#define CLAIRSCORE_BACKEND_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

struct database;   /* a pool of connections */
struct connection; /* one of them */

/* ---- Opening ---- */

/* Opens `url` with up to `connections` at once and brings its schema up to date (migrations.c), in one
 * transaction, whichever process comes first. `url` is sqlite:PATH (file and folders are created) or
 * postgres://USER:PASSWORD@HOST:PORT/DATABASE?…, any form of it that libpq takes. ERROR_INVALID for another
 * address, and for a database that a newer program has written; ERROR_UNAVAILABLE when it cannot be reached.
 * The caller closes *out, after every connection was given back. */
int database_open(struct database **out, const char *url, unsigned connections, struct error *err);
void database_close(struct database *database);

/* The address without user and password, for people: "sqlite:PATH" or "postgres://HOST:PORT/DATABASE". */
const char *database_name(const struct database *database);

/* Lends a connection to the calling thread. A connection whose server was away is made anew. Waits up to
 * DATABASE_WAIT_MS while all are lent, then ERROR_UNAVAILABLE. */
enum { DATABASE_WAIT_MS = 3000 };
int database_borrow(struct connection **out, struct database *database, struct error *err);

/* Takes it back (NULL is allowed), ends what is open on it and undoes a transaction that was not committed.
 */
void database_give_back(struct connection *connection);

/* Now, in microseconds since 1970 in UTC: how tables hold times. */
int64_t database_now_us(void);

/* ---- Statements ---- */

/* SQL with parameters $1, $2 …, prepared once for each connection. Static: its address identifies it. */
struct statement {
    const char *sql;
    bool streams; /* answers more rows than should be in memory: they come one by one */
};

enum value_kind { VALUE_INT64, VALUE_DOUBLE, VALUE_TEXT, VALUE_BYTES };

/* A parameter. SQLite keeps neither NaN, which becomes NULL, nor the sign of -0.0. The kind of a statement's
 * parameter is the same at every execution, NULL or not. Text and bytes are borrowed until the call returns.
 */
struct value {
    enum value_kind kind;
    bool null;
    union {
        int64_t int64;
        double real;
        struct {
            const void *data;
            size_t size;
        } bytes;
    };
};

struct value value_int64(int64_t value);
struct value value_double(double value);
struct value value_text(const char *text);                /* NULL: the database's NULL */
struct value value_bytes(const void *bytes, size_t size); /* NULL: the same */
struct value value_null(enum value_kind kind);

/* At most: parameters of a statement, bytes of a text or bytes parameter (ERROR_LIMIT). Text is UTF-8. */
enum { DATABASE_PARAMETERS = 32, DATABASE_VALUE_BYTES = 32 << 20 };

/* The parameters of a call: VALUES(value_int64(1), value_text("x")), or NO_VALUES. */
#define VALUES(...)                                                                                          \
    (const struct value[]){__VA_ARGS__}, sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)
#define NO_VALUES NULL, 0

/* Runs a statement whose rows do not matter. `changed` (NULL is allowed) gets the number of rows that were
 * inserted, updated or deleted. Outside a transaction a write whose connection breaks is not repeated, for it
 * may have been done: ERROR_UNAVAILABLE. */
int database_execute(struct connection *connection, const struct statement *statement,
                     const struct value *values, size_t count, uint64_t *changed, struct error *err);

/* Runs SQL without parameters that is not worth preparing, such as CREATE TEMPORARY TABLE; semicolons
 * separate several statements. Not repeated. */
int database_run(struct connection *connection, const char *sql, struct error *err);

/* Runs a statement that answers rows; database_next steps onto the first and the following. One result is
 * open on a connection at a time: the next statement ends the one before. A SELECT outside a transaction
 * whose connection breaks is sent again once, on a new one. */
int database_query(struct connection *connection, const struct statement *statement,
                   const struct value *values, size_t count, struct error *err);

/* Steps onto the next row: 1, 0 after the last one, -1 on failure. */
int database_next(struct connection *connection, struct error *err);

/* Ends the result before its last row. The other calls do so by themselves where it is needed. */
void database_end(struct connection *connection);

/* Columns of the row, from 0. A NULL is 0, 0.0, "" or no bytes. Text and bytes are valid until the next call
 * on the connection; bytes are aligned for doubles on PostgreSQL and must not be taken to be on SQLite. */
bool row_is_null(struct connection *connection, int column);
int64_t row_int64(struct connection *connection, int column);
double row_double(struct connection *connection, int column);
const char *row_text(struct connection *connection, int column);
const void *row_bytes(struct connection *connection, int column, size_t *size);

/* ---- Transactions ---- */

/* Borrows a connection, begins a transaction, calls `work` and commits when it returns 0; else undoes it all.
 * SQLite: writers are alone (BEGIN IMMEDIATE). PostgreSQL: each statement sees what is committed when it
 * begins (READ COMMITTED); what reads before it writes takes a lock first (database_lock). `work` is called
 * again, up to DATABASE_ATTEMPTS times in all, when the database gave it up for a deadlock or a serialisation
 * failure, or when the connection broke before COMMIT was sent: it must not change anything but the database
 * before it returns 0. When the connection breaks during COMMIT nobody knows whether it was done:
 * ERROR_UNAVAILABLE, and the caller's key or count has to tell. */
enum { DATABASE_ATTEMPTS = 4 };
int database_transaction(struct database *database,
                         int (*work)(struct connection *connection, void *context, struct error *err),
                         void *context, struct error *err);

/* ---- Many rows ---- */

/* Where rows are added in bulk. Static, like a statement. `columns` as in SQL: "id, name". */
struct bulk {
    const char *table, *columns;
};

/* Adds rows inside a transaction: COPY on PostgreSQL, a prepared INSERT on SQLite. The kinds of the values
 * are those of the columns (@integer: int64 …). No other statement runs on the connection before
 * database_bulk_end. A row that conflicts is reported by any of the three, at the latest by the last; the
 * transaction is then lost. */
int database_bulk_begin(struct connection *connection, const struct bulk *bulk, struct error *err);
int database_bulk_row(struct connection *connection, const struct value *values, size_t count,
                      struct error *err);
int database_bulk_end(struct connection *connection, struct error *err);

/* After many changes: lets SQLite shorten its log and PostgreSQL look at the tables. Never fails. */
void database_settle(struct connection *connection);

/* ---- Locks between processes ---- */

enum database_lock_name { LOCK_MIGRATION, LOCK_IMPORT, LOCK_DECISIONS, LOCK_BATCHES };

/* Inside a transaction: waits until this is the only transaction, on any replica, that holds `name`; held
 * until it ends. ERROR_UNAVAILABLE after ten seconds. */
int database_lock(struct connection *connection, enum database_lock_name name, struct error *err);

/* A lock beyond transactions, that ends with the process however it ends. ERROR_CONFLICT while another holds
 * it (database_lock's are others). The caller releases it. */
struct database_lock;
int database_lock_take(struct database_lock **out, struct database *database, enum database_lock_name name,
                       struct error *err);
bool database_lock_is_held(struct database_lock *lock); /* false: its server was away meanwhile */
void database_lock_release(struct database_lock *lock);

#endif
