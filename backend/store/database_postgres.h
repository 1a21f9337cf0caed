/* The PostgreSQL driver's inside. Only the files database_postgres*.c include this. */
#ifndef CLAIRSCORE_BACKEND_DATABASE_POSTGRES_H
#define CLAIRSCORE_BACKEND_DATABASE_POSTGRES_H

#include <postgresql/libpq-fe.h>

#include "backend/store/database_driver.h"
#include "shared/base/buffer.h"

struct postgres {
    PGconn *connection;
    PGresult *result; /* the rows, or the row, at hand */
    int row;          /* in `result`; -1 before the first */
    bool streams;     /* more results may follow */
    uint64_t changed;
    unsigned statements; /* prepared so far: their names */
    bool copying;
    struct buffer copy; /* rows not sent yet */
};

/* Fills `err` and the connection's `failure` with what `result` failed of; NULL: the connection itself did.
 * -1. */
int postgres_failed(struct connection *connection, const PGresult *result, struct error *err);

/* The value's bytes in network order; `number` holds them when it is one. */
const void *postgres_encode(const struct value *value, uint64_t *number, size_t *size);

/* Takes what the server still has to say of a statement. */
void postgres_drain(struct postgres *postgres);

/* struct driver's bulk_begin, bulk_row, bulk_end. */
int postgres_copy_begin(struct connection *connection, const struct bulk *bulk, struct error *err);
int postgres_copy_row(struct connection *connection, const struct value *values, size_t count,
                      struct error *err);
int postgres_copy_end(struct connection *connection, struct error *err);

/* Ends a COPY that was not completed, which the server answers with an error, as it should. */
void postgres_copy_abandon(struct postgres *postgres);

#endif
