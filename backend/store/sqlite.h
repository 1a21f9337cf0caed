/* The SQLite store's inside: connections, prepared statements. Only backend/store includes this. */
#ifndef CLAIRSCORE_BACKEND_STORE_SQLITE_H
#define CLAIRSCORE_BACKEND_STORE_SQLITE_H

#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>

#include "backend/store/store.h"

enum statement {
    CURRENT,
    LOADING,
    SCAN,
    READ,
    CREATE,
    ADD_CLIENT,
    ADD_DETAIL,
    COUNT_ROWS,
    DEMOTE,
    PROMOTE,
    SUPERFLUOUS,
    CLEAR_CLIENTS,
    CLEAR_DETAILS,
    REMOVE,
    SET_MARGIN,
    SET_MODEL,
    STATEMENTS
};

struct connection {
    sqlite3 *database;
    sqlite3_stmt *prepared[STATEMENTS];
    bool lent;
};

struct store {
    char path[PATH_MAX];
    int import_lock; /* descriptor of the lock file while importing, or -1 */
    pthread_mutex_t lock;
    pthread_cond_t returned;
    unsigned connection_count;
    struct connection *connections;
};

/* Lends a connection to the calling thread, waiting while all are lent; NULL on failure. */
struct connection *sqlite_borrow(struct store *store, struct error *err);

/* Takes it back (NULL is allowed) and resets its statements. */
void sqlite_give_back(struct store *store, struct connection *connection);

/* The statement, reset and ready to be bound; NULL on failure. */
sqlite3_stmt *sqlite_prepare(struct connection *connection, enum statement which, struct error *err);

/* Runs a statement that answers no rows, with up to two numbers bound. */
int sqlite_execute(struct connection *connection, enum statement which, int64_t first, int64_t second,
                   struct error *err);

/* Runs SQL without parameters. */
int sqlite_run(struct connection *connection, const char *sql, struct error *err);

/* Fills `err` from the connection's last error: ERROR_UNAVAILABLE when the database is away for a while
 * (busy, disk full …), else ERROR_INTERNAL. Returns -1. */
int sqlite_failed(struct connection *connection, const char *what, struct error *err);

/* Reads the population that the next row of CURRENT or LOADING describes: 1, 0 without one, -1. */
int sqlite_next_population(struct connection *connection, sqlite3_stmt *statement,
                           struct store_population *out, struct error *err);

#endif
