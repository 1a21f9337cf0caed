/* The upkeep of batches (batches.h): leases, and what is left of those that ended. */
#include "backend/store/batches.h"
#include "backend/store/batches_private.h"

enum { CLEAN_PIECE = 16 /* rows of about a megabyte */ };

static const struct statement holds_any = {
    .sql = "SELECT (SELECT count(*) FROM batch WHERE worker = $1 AND " IS_UNCUT ") +"
           " (SELECT count(*) FROM batch_chunk WHERE worker = $1 AND state = 'waiting')"};
static const struct statement renew_batches = {.sql = "UPDATE batch SET lease = $1 WHERE worker = $2"
                                                      " AND " IS_UNCUT};
static const struct statement renew_chunks = {
    .sql = "UPDATE batch_chunk SET lease = $1 WHERE worker = $2 AND state = 'waiting'"};
static const struct statement release_batches = {.sql = "UPDATE batch SET lease = $1 WHERE worker = $2"
                                                        " AND lease > $1 AND " IS_UNCUT};
static const struct statement release_chunks = {
    .sql = "UPDATE batch_chunk SET lease = $1 WHERE worker = $2 AND lease > $1 AND state = 'waiting'"};
static const struct statement fail_orphans = {
    .sql = "UPDATE batch SET state = 'failed', finished = $1, failure = $2 WHERE lease < $3 AND " IS_UNCUT};
static const struct statement drop_ended = {
    .sql = "UPDATE batch_chunk SET state = 'dropped' WHERE state = 'waiting'"
           " AND batch IN (SELECT number FROM batch WHERE finished IS NOT NULL)"};
static const struct statement find_leftover = {
    .sql = "SELECT i.batch FROM batch_input i JOIN batch b ON b.number = i.batch"
           " WHERE b.finished IS NOT NULL LIMIT 1"};
static const struct statement find_expired = {
    .sql = "SELECT number FROM batch WHERE finished < $1 ORDER BY finished LIMIT 1"};
static const struct statement remove_inputs = {
    .sql = "DELETE FROM batch_input WHERE batch = $1 AND number IN"
           " (SELECT number FROM batch_input WHERE batch = $1 LIMIT $2)"};
static const struct statement remove_results = {
    .sql = "DELETE FROM batch_result WHERE batch = $1 AND number IN"
           " (SELECT number FROM batch_result WHERE batch = $1 LIMIT $2)"};
static const struct statement remove_chunks = {.sql = "DELETE FROM batch_chunk WHERE batch = $1"};
static const struct statement remove_batch = {.sql = "DELETE FROM batch WHERE number = $1"};

int batches_renew(struct database *database, const char *process, struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    const struct value lease = value_int64(batches_lease_from(database_now_us())),
                       worker = value_text(process);
    int status = -1;
    if (database_query(connection, &holds_any, VALUES(worker), err) == 0 &&
        database_next(connection, err) == 1)
        status =
            row_int64(connection, 0) == 0 ||
                    (database_execute(connection, &renew_batches, VALUES(lease, worker), NULL, err) == 0 &&
                     database_execute(connection, &renew_chunks, VALUES(lease, worker), NULL, err) == 0)
                ? 0
                : -1;
    database_give_back(connection);
    return status;
}

int batches_release(struct database *database, const char *process, struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    const struct value now = value_int64(database_now_us()), worker = value_text(process);
    int status = database_execute(connection, &release_batches, VALUES(now, worker), NULL, err) ||
                         database_execute(connection, &release_chunks, VALUES(now, worker), NULL, err)
                     ? -1
                     : 0;
    database_give_back(connection);
    return status;
}

static int remove_piece(struct connection *connection, const struct statement *statement, int64_t batch,
                        uint64_t *removed, struct error *err)
{
    return database_execute(connection, statement, VALUES(value_int64(batch), value_int64(CLEAN_PIECE)),
                            removed, err);
}

/* 1 when the query, of one number, answers one. */
static int find_number(struct connection *connection, const struct statement *statement,
                       const struct value *values, size_t count, int64_t *out, struct error *err)
{
    int found =
        database_query(connection, statement, values, count, err) ? -1 : database_next(connection, err);
    if (found == 1)
        *out = row_int64(connection, 0);
    database_end(connection);
    return found;
}

static int clean(struct connection *connection, int64_t keep_us, struct error *err)
{
    static const char gone[] = "The replica that held the file did not come back. Send it again.";
    int64_t now = database_now_us(), batch = 0;
    uint64_t removed = 0;
    if (database_execute(
            connection, &fail_orphans,
            VALUES(value_int64(now), value_text(gone), value_int64(now - BATCHES_ORPHAN_S * 1000000LL)),
            &removed, err) ||
        (removed > 0 && database_execute(connection, &drop_ended, NO_VALUES, NULL, err)))
        return -1;
    int found = find_number(connection, &find_leftover, NO_VALUES, &batch, err);
    if (found != 0)
        return found < 0 || remove_piece(connection, &remove_inputs, batch, &removed, err) ? -1 : 1;
    found = find_number(connection, &find_expired, VALUES(value_int64(now - keep_us)), &batch, err);
    if (found != 1)
        return found;
    if (remove_piece(connection, &remove_results, batch, &removed, err))
        return -1;
    if (removed == 0 &&
        (database_execute(connection, &remove_chunks, VALUES(value_int64(batch)), NULL, err) ||
         database_execute(connection, &remove_batch, VALUES(value_int64(batch)), NULL, err)))
        return -1;
    return 1;
}

int batches_clean(struct database *database, int64_t keep_us, struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    int status = clean(connection, keep_us, err);
    database_give_back(connection);
    return status;
}
