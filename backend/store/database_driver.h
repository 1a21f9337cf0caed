/* What a kind of database does for database.c. Only the files database*.c include this. */
#ifndef CLAIRSCORE_BACKEND_DATABASE_DRIVER_H
#define CLAIRSCORE_BACKEND_DATABASE_DRIVER_H

#include <pthread.h>

#include "backend/store/database.h"

enum { LOCK_TIMEOUT_MS = 10000 }; /* how long a statement waits for another transaction */

/* What became of a connection at its last failure, for those who might try again. */
enum failure {
    FAILURE_FINAL,
    FAILURE_LOST,  /* the connection broke */
    FAILURE_AGAIN, /* the database gave the transaction up for the sake of another one */
};

/* A statement or bulk that a connection has prepared. */
struct prepared {
    const void *identity; /* address of the static object */
    void *handle;         /* the driver's */
};

enum { PREPARED_STATEMENTS = 128 }; /* of all stores together */

struct connection {
    struct database *database;
    void *native; /* the driver's; NULL while not connected */
    bool lent, in_transaction;
    enum failure failure;
    size_t prepared_count;
    struct prepared prepared[PREPARED_STATEMENTS];
};

/* @name in SQL and what it means in the dialect. */
struct dialect_word {
    const char *name, *text;
};

struct driver {
    const struct dialect_word *words; /* ends with a NULL name */
    char parameter;                   /* what stands before the number of a parameter */

    /* Checks the address and writes `database->name`. */
    int (*accept)(struct database *database, struct error *err);
    int (*connect)(struct connection *connection, struct error *err);
    void (*disconnect)(struct connection *connection);
    /* Cheap: does a connection that lay idle still lead somewhere? */
    bool (*is_alive)(struct connection *connection);

    /* Statements without parameters, separated by semicolons. */
    int (*run)(struct connection *connection, const char *sql, struct error *err);
    int (*prepare)(struct connection *connection, struct prepared *out, const char *sql,
                   const struct value *values, size_t count, struct error *err);
    void (*forget)(struct connection *connection, struct prepared *prepared);

    /* Begins; a failure of the statement shows here or, on SQLite, at the first step. */
    int (*query)(struct connection *connection, struct prepared *prepared, const struct value *values,
                 size_t count, bool streams, struct error *err);
    int (*next)(struct connection *connection, struct error *err);
    uint64_t (*changes)(struct connection *connection); /* of the statement that was stepped to its end */
    void (*end)(struct connection *connection);

    bool (*is_null)(struct connection *connection, int column);
    int64_t (*int64)(struct connection *connection, int column);
    double (*real)(struct connection *connection, int column);
    const char *(*text)(struct connection *connection, int column);
    const void *(*bytes)(struct connection *connection, int column, size_t *size);

    int (*bulk_begin)(struct connection *connection, const struct bulk *bulk, struct error *err);
    int (*bulk_row)(struct connection *connection, const struct value *values, size_t count,
                    struct error *err);
    int (*bulk_end)(struct connection *connection, struct error *err);

    const char *begin, *settle; /* SQL */
    bool one_writer;            /* a transaction waits for another by asking again and again */
    int (*lock)(struct connection *connection, enum database_lock_name name, struct error *err);
    int (*lock_take)(void **out, struct database *database, enum database_lock_name name, struct error *err);
    bool (*lock_is_held)(void *lock);
    void (*lock_release)(void *lock);
};

extern const struct driver database_sqlite, database_postgres;

enum { DATABASE_URL_BYTES = 4096 };

struct database {
    const struct driver *driver;
    char url[DATABASE_URL_BYTES], name[DATABASE_URL_BYTES];
    pthread_mutex_t lock;
    pthread_cond_t returned;
    pthread_cond_t turn_ended; /* where one transaction at a time writes */
    bool writing;              /* one does; under the lock */
    bool away;                 /* said in the log already; under the lock */
    unsigned connection_count;
    struct connection *connections;
};

/* The statement as the connection has prepared it, prepared now when it has not. `sql` in our words. */
struct prepared *database_prepare(struct connection *connection, const void *identity, const char *sql,
                                  const struct value *values, size_t count, struct error *err);

/* Fills `err` with `said`, the failure in our words, and logs the library's. -1. */
int database_failed(struct database *database, enum error_code code, const char *said, const char *code_text,
                    const char *words, struct error *err);

/* The server was reached, or was not: the log hears of a change only. */
void database_set_away(struct database *database, bool away, const char *words);

/* Brings the schema up to date. */
int database_migrate(struct database *database, struct error *err);

/* SQL in our words → the dialect's: @name and $1 outside quotes and comments. The caller frees it; NULL on
 * failure. */
char *database_translate(const struct driver *driver, const char *sql, struct error *err);

#endif
