/* Many rows: COPY in its binary format (PostgreSQL manual, COPY). */
#include <endian.h>
#include <stdio.h>

#include "backend/store/database_postgres.h"

enum { COPY_CHUNK = 256 << 10 /* bytes sent at once */ };

static int append16(struct buffer *buffer, int16_t number, struct error *err)
{
    uint16_t bytes = htobe16((uint16_t)number);
    return buffer_append(buffer, &bytes, sizeof bytes, err);
}

static int append32(struct buffer *buffer, int32_t number, struct error *err)
{
    uint32_t bytes = htobe32((uint32_t)number);
    return buffer_append(buffer, &bytes, sizeof bytes, err);
}

static int send_copy(struct connection *connection, struct error *err)
{
    struct postgres *postgres = connection->native;
    int sent = PQputCopyData(postgres->connection, postgres->copy.data, (int)postgres->copy.length);
    buffer_clear(&postgres->copy);
    return sent == 1 ? 0 : postgres_failed(connection, NULL, err);
}

int postgres_copy_begin(struct connection *connection, const struct bulk *bulk, struct error *err)
{
    static const char signature[] = "PGCOPY\n\377\r\n"; /* and its terminator */
    char sql[1024];
    struct postgres *postgres = connection->native;
    snprintf(sql, sizeof sql, "COPY %s (%s) FROM STDIN (FORMAT binary)", bulk->table, bulk->columns);
    PGresult *result = PQexec(postgres->connection, sql);
    int status = PQresultStatus(result) == PGRES_COPY_IN ? 0 : postgres_failed(connection, result, err);
    PQclear(result);
    if (status)
        return -1;
    postgres->copying = true;
    buffer_clear(&postgres->copy);
    return buffer_append(&postgres->copy, signature, sizeof signature, err) ||
                   append32(&postgres->copy, 0, err) || append32(&postgres->copy, 0, err)
               ? -1
               : 0;
}

int postgres_copy_row(struct connection *connection, const struct value *values, size_t count,
                      struct error *err)
{
    struct postgres *postgres = connection->native;
    struct buffer *copy = &postgres->copy;
    if (append16(copy, (int16_t)count, err))
        return -1;
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        size_t size = 0;
        const void *bytes = values[i].null ? NULL : postgres_encode(&values[i], &number, &size);
        if (append32(copy, bytes ? (int32_t)size : -1, err) ||
            (size > 0 && buffer_append(copy, bytes, size, err)))
            return -1;
    }
    return copy->length < COPY_CHUNK ? 0 : send_copy(connection, err);
}

int postgres_copy_end(struct connection *connection, struct error *err)
{
    struct postgres *postgres = connection->native;
    if (append16(&postgres->copy, -1, err) || send_copy(connection, err))
        return -1;
    if (PQputCopyEnd(postgres->connection, NULL) != 1)
        return postgres_failed(connection, NULL, err);
    postgres->copying = false;
    PGresult *result = PQgetResult(postgres->connection);
    int status = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : postgres_failed(connection, result, err);
    PQclear(result);
    postgres_drain(postgres);
    buffer_free(&postgres->copy);
    return status;
}

void postgres_copy_abandon(struct postgres *postgres)
{
    PQputCopyEnd(postgres->connection, "abandoned");
    postgres_drain(postgres);
    buffer_free(&postgres->copy);
    postgres->copying = false;
}
