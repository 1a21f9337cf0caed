#include "backend/store/batches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/batches_private.h"

#define BATCH                                                                                                \
    "number, id, content, format, tables, bytes, state, created, started, finished, failure, total, "        \
    "rows_done,"                                                                                             \
    " rows_rejected, chunks, name, sender"

static const struct statement count_open = {
    .sql =
        "SELECT count(*), CAST(coalesce(sum(CASE WHEN state = 'running' THEN 1 ELSE 0 END), 0) AS @integer)"
        " FROM batch WHERE " IS_OPEN};
static const struct statement find_key = {.sql = "SELECT " BATCH " FROM batch WHERE idempotency_key = $1"};
static const struct statement add_batch = {
    .sql = "INSERT INTO batch (id, idempotency_key, content, format, tables, bytes, state, created, worker,"
           " lease, name, sender) VALUES ($1, $2, $3, $4, $5, $6, 'received', $7, $8, $9, $10, $11)"
           " RETURNING number"};
static const struct statement find_id = {.sql = "SELECT " BATCH " FROM batch WHERE id = $1"};
static const struct statement find_before = {
    .sql = "SELECT " BATCH " FROM batch WHERE number < $1 ORDER BY number DESC LIMIT $2"};
static const struct statement find_errors = {
    .sql = "SELECT errors FROM batch_chunk WHERE batch = $1 AND rejected > 0 ORDER BY number LIMIT $2"};

static const struct statement lock_id = {.sql = "SELECT number, state FROM batch WHERE id = $1 @for_update"};
static const struct statement end_open = {
    .sql = "UPDATE batch SET state = $1, failure = $2, finished = $3 WHERE number = $4 AND " IS_OPEN};
static const struct statement drop_chunks = {
    .sql = "UPDATE batch_chunk SET state = 'dropped' WHERE batch = $1 AND state = 'waiting'"};

static const struct statement find_uncut = {
    .sql = "SELECT " BATCH " FROM batch WHERE number > $1 AND (lease < $2 OR worker = $3) AND " IS_UNCUT
           " ORDER BY number LIMIT 1"};
static const struct statement take_uncut = {
    .sql = "UPDATE batch SET worker = $1, lease = $2 WHERE number = $3 AND (lease < $4 OR worker = $1)"
           " AND " IS_UNCUT};
static const struct statement count_chunk = {
    .sql = "UPDATE batch SET state = 'running', started = coalesce(started, $1), chunks = chunks + 1"
           " WHERE number = $2 AND chunks = $3 AND worker = $4 AND " IS_UNCUT};
static const struct statement add_chunk = {
    .sql = "INSERT INTO batch_chunk (batch, number, state, first_line, row_count)"
           " VALUES ($1, $2, 'waiting', $3, $4)"};
static const struct statement add_input = {
    .sql = "INSERT INTO batch_input (batch, number, input, histories) VALUES ($1, $2, $3, $4)"};
static const struct statement set_total = {
    .sql = "UPDATE batch SET state = 'running', started = coalesce(started, $1), total = $2"
           " WHERE number = $3 AND worker = $4 AND " IS_UNCUT};
static const struct statement end_complete = {
    .sql = "UPDATE batch SET state = 'done', finished = $1"
           " WHERE number = $2 AND state = 'running' AND total IS NOT NULL AND chunks_done = chunks"};

static const struct statement find_waiting = {
    .sql =
        "SELECT batch, number, first_line, row_count FROM batch_chunk WHERE state = 'waiting' AND lease < $1"
        " ORDER BY batch, number LIMIT 1 @for_update @skip_locked"};
static const struct statement take_waiting = {
    .sql = "UPDATE batch_chunk SET worker = $1, lease = $2 WHERE batch = $3 AND number = $4"};
static const struct statement read_input = {
    .sql = "SELECT b.format, i.input, i.histories FROM batch_input i JOIN batch b ON b.number = i.batch"
           " WHERE i.batch = $1 AND i.number = $2"};
static const struct statement give_back = {
    .sql = "UPDATE batch_chunk SET worker = NULL, lease = $1"
           " WHERE batch = $2 AND number = $3 AND worker = $4 AND state = 'waiting'"};
static const struct statement count_done = {
    .sql = "UPDATE batch SET chunks_done = chunks_done + 1, rows_done = rows_done + $1,"
           " rows_rejected = rows_rejected + $2 WHERE number = $3 AND state = 'running'"};
static const struct statement finish = {
    .sql = "UPDATE batch_chunk SET state = 'done', rejected = $1, errors = $2"
           " WHERE batch = $3 AND number = $4 AND worker = $5 AND state = 'waiting'"};
static const struct statement add_result = {
    .sql = "INSERT INTO batch_result (batch, number, result) VALUES ($1, $2, $3)"};
static const struct statement remove_input = {.sql =
                                                  "DELETE FROM batch_input WHERE batch = $1 AND number = $2"};
static const struct statement read_result = {
    .sql = "SELECT result FROM batch_result WHERE batch = $1 AND number = $2"};

/* ---- Batches ---- */

static const char *const state_codes[] = {[BATCH_RECEIVED] = "received",
                                          [BATCH_RUNNING] = "running",
                                          [BATCH_DONE] = "done",
                                          [BATCH_FAILED] = "failed",
                                          [BATCH_CANCELLED] = "cancelled"};

const char *batch_state_code(enum batch_state state)
{
    return state_codes[state];
}

static enum batch_state state_of(const char *code)
{
    int state = 0;
    while (state < BATCH_STATES - 1 && strcmp(state_codes[state], code) != 0)
        state++;
    return (enum batch_state)state;
}

static bool is_open(enum batch_state state)
{
    return state == BATCH_RECEIVED || state == BATCH_RUNNING;
}

/* Steps onto the next row, of the columns BATCH: 1, 0, -1. */
static int next_batch(struct connection *connection, struct batch *out, struct error *err)
{
    int found = database_next(connection, err);
    if (found != 1)
        return found;
    *out = (struct batch){.number = row_int64(connection, 0)};
    snprintf(out->id, sizeof out->id, "%s", row_text(connection, 1));
    snprintf(out->content, sizeof out->content, "%s", row_text(connection, 2));
    out->ndjson = strcmp(row_text(connection, 3), "ndjson") == 0;
    out->tables = (uint64_t)row_int64(connection, 4);
    out->bytes = row_int64(connection, 5);
    out->state = state_of(row_text(connection, 6));
    out->created = row_int64(connection, 7);
    out->started = row_int64(connection, 8);
    out->finished = row_int64(connection, 9);
    snprintf(out->failure, sizeof out->failure, "%s", row_text(connection, 10));
    out->total = row_is_null(connection, 11) ? -1 : row_int64(connection, 11);
    out->done = row_int64(connection, 12);
    out->rejected = row_int64(connection, 13);
    out->chunks = row_int64(connection, 14);
    snprintf(out->name, sizeof out->name, "%s", row_text(connection, 15));
    snprintf(out->sender, sizeof out->sender, "%s", row_text(connection, 16));
    return 1;
}

static int count_open_batches(struct connection *connection, size_t *waiting, size_t *running,
                              struct error *err)
{
    if (database_query(connection, &count_open, NO_VALUES, err) || database_next(connection, err) != 1)
        return -1;
    *running = (size_t)row_int64(connection, 1);
    *waiting = (size_t)row_int64(connection, 0) - *running;
    return 0;
}

struct adding {
    struct batch *batch;
    const char *key, *process;
    size_t open_limit;
    bool known;
};

static int add_or_find(struct connection *connection, void *context, struct error *err)
{
    struct adding *adding = context;
    struct batch *batch = adding->batch;
    size_t waiting = 0, running = 0;
    /* Alone, so that neither a key nor the limit is passed twice. */
    if (database_lock(connection, LOCK_BATCHES, err))
        return -1;
    adding->known = false;
    if (adding->key) {
        struct batch earlier;
        int found = database_query(connection, &find_key, VALUES(value_text(adding->key)), err)
                        ? -1
                        : next_batch(connection, &earlier, err);
        if (found != 0) {
            adding->known = found == 1;
            if (found == 1)
                *batch = earlier;
            return found == 1 ? 0 : -1;
        }
    }
    if (count_open_batches(connection, &waiting, &running, err))
        return -1;
    if (waiting + running >= adding->open_limit)
        return error_set(err, ERROR_LIMIT, "%zu batches are waiting or running", waiting + running);
    int64_t now = database_now_us();
    if (database_query(
            connection, &add_batch,
            VALUES(value_text(batch->id), value_text(adding->key), value_text(batch->content),
                   value_text(batch->ndjson ? "ndjson" : "csv"), value_int64((int64_t)batch->tables),
                   value_int64(batch->bytes), value_int64(now), value_text(adding->process),
                   value_int64(batches_lease_from(now)), value_text(batch->name[0] ? batch->name : NULL),
                   value_text(batch->sender[0] ? batch->sender : NULL)),
            err) ||
        database_next(connection, err) != 1)
        return -1;
    batch->number = row_int64(connection, 0);
    batch->state = BATCH_RECEIVED;
    batch->created = now;
    batch->total = -1;
    return 0;
}

int batches_add(struct database *database, struct batch *batch, const char *key, const char *process,
                size_t open_limit, struct error *err)
{
    struct adding adding = {batch, key, process, open_limit, false};
    if (database_transaction(database, add_or_find, &adding, err))
        return -1;
    return adding.known;
}

int batches_count_open(struct database *database, size_t *waiting, size_t *running, struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    int status = count_open_batches(connection, waiting, running, err);
    database_give_back(connection);
    return status;
}

int batches_find(struct database *database, struct batch *out, const char *id, struct error *err)
{
    int found = -1;
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    if (database_query(connection, &find_id, VALUES(value_text(id)), err) == 0)
        found = next_batch(connection, out, err);
    database_give_back(connection);
    return found == 0 ? error_set(err, ERROR_NOT_FOUND, "There is no such batch.") : found == 1 ? 0 : -1;
}

int batches_list(struct database *database, struct batch *out, size_t limit, int64_t before, size_t *count,
                 struct error *err)
{
    int more = -1;
    struct connection *connection = NULL;
    *count = 0;
    if (database_borrow(&connection, database, err))
        return -1;
    if (database_query(connection, &find_before, VALUES(value_int64(before), value_int64((int64_t)limit)),
                       err) == 0)
        while (*count < limit && (more = next_batch(connection, &out[*count], err)) == 1)
            ++*count;
    database_give_back(connection);
    return more < 0 ? -1 : 0;
}

int batches_errors(struct database *database, int64_t batch, bool (*visit)(void *context, const char *errors),
                   void *context, struct error *err)
{
    int more = -1;
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    if (database_query(connection, &find_errors, VALUES(value_int64(batch), value_int64(BATCHES_ERRORS)),
                       err) == 0)
        while ((more = database_next(connection, err)) == 1)
            if (!visit(context, row_text(connection, 0)))
                break;
    database_give_back(connection);
    return more < 0 ? -1 : 0;
}

/* ---- Ending before the end ---- */

/* Returns whether the batch was open in `*ended`. */
static int end_batch(struct connection *connection, int64_t number, enum batch_state state,
                     const char *failure, bool *ended, struct error *err)
{
    uint64_t changed = 0;
    if (database_execute(connection, &end_open,
                         VALUES(value_text(state_codes[state]), value_text(failure),
                                value_int64(database_now_us()), value_int64(number)),
                         &changed, err))
        return -1;
    *ended = changed == 1;
    return changed == 1 ? database_execute(connection, &drop_chunks, VALUES(value_int64(number)), NULL, err)
                        : 0;
}

static int cancel(struct connection *connection, void *context, struct error *err)
{
    const char *id = context;
    bool ended = false;
    int found = database_query(connection, &lock_id, VALUES(value_text(id)), err)
                    ? -1
                    : database_next(connection, err);
    if (found != 1)
        return found == 0 ? error_set(err, ERROR_NOT_FOUND, "There is no such batch.") : -1;
    int64_t number = row_int64(connection, 0);
    enum batch_state state = state_of(row_text(connection, 1));
    if (state == BATCH_CANCELLED)
        return 0;
    if (!is_open(state))
        return error_set(err, ERROR_CONFLICT, "This batch is %s: there is nothing to cancel.",
                         state_codes[state]);
    return end_batch(connection, number, BATCH_CANCELLED, NULL, &ended, err);
}

int batches_cancel(struct database *database, const char *id, struct error *err)
{
    return database_transaction(database, cancel, (void *)id, err);
}

struct failing {
    int64_t batch;
    const char *failure;
};

static int fail(struct connection *connection, void *context, struct error *err)
{
    const struct failing *failing = context;
    bool ended = false;
    return end_batch(connection, failing->batch, BATCH_FAILED, failing->failure, &ended, err);
}

int batches_fail(struct database *database, int64_t batch, const char *failure, struct error *err)
{
    struct failing failing = {batch, failure};
    return database_transaction(database, fail, &failing, err);
}

/* ---- Cutting into chunks ---- */

int batches_take_intake(struct database *database, struct batch *out, const char *process,
                        bool (*has_files)(void *context, const char *id), void *context, struct error *err)
{
    int found = -1;
    uint64_t taken = 0;
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    out->number = 0;
    do {
        int64_t now = database_now_us();
        found = database_query(connection, &find_uncut,
                               VALUES(value_int64(out->number), value_int64(now), value_text(process)), err)
                    ? -1
                    : next_batch(connection, out, err);
        if (found == 1 && has_files(context, out->id) &&
            database_execute(connection, &take_uncut,
                             VALUES(value_text(process), value_int64(batches_lease_from(now)),
                                    value_int64(out->number), value_int64(now)),
                             &taken, err))
            found = -1;
    } while (found == 1 && taken == 0);
    database_give_back(connection);
    return found;
}

/* What is done to a batch that may have been taken away meanwhile. */
struct step {
    const struct batch_chunk *chunk;
    int64_t batch, total, rejected;
    const char *process, *errors;
    const void *result;
    size_t result_bytes;
    bool gone, ended;
};

/* Undoes the step. */
static int leave(struct step *step, struct error *err)
{
    step->gone = true;
    return error_set(err, ERROR_CONFLICT, "the batch is somebody else's");
}

static int take_step(struct database *database,
                     int (*work)(struct connection *connection, void *context, struct error *err),
                     struct step *step, struct error *err)
{
    struct error failed = {0};
    if (database_transaction(database, work, step, &failed) == 0)
        return 0;
    return step->gone ? 1 : error_set(err, failed.code, "%s", failed.message);
}

static int store_chunk(struct connection *connection, void *context, struct error *err)
{
    struct step *step = context;
    const struct batch_chunk *chunk = step->chunk;
    uint64_t counted = 0;
    step->gone = false;
    if (database_execute(connection, &count_chunk,
                         VALUES(value_int64(database_now_us()), value_int64(chunk->batch),
                                value_int64(chunk->number), value_text(step->process)),
                         &counted, err))
        return -1;
    if (counted == 0)
        return leave(step, err);
    if (database_execute(connection, &add_chunk,
                         VALUES(value_int64(chunk->batch), value_int64(chunk->number),
                                value_int64(chunk->first_line), value_int64(chunk->rows)),
                         NULL, err))
        return -1;
    return database_execute(connection, &add_input,
                            VALUES(value_int64(chunk->batch), value_int64(chunk->number),
                                   value_bytes(chunk->input, chunk->input_bytes),
                                   value_bytes(chunk->histories, chunk->histories_bytes)),
                            NULL, err);
}

int batches_add_chunk(struct database *database, const struct batch_chunk *chunk, const char *process,
                      struct error *err)
{
    struct step step = {.chunk = chunk, .process = process};
    return take_step(database, store_chunk, &step, err);
}

static int store_end(struct connection *connection, int64_t batch, bool *ended, struct error *err)
{
    uint64_t changed = 0;
    if (database_execute(connection, &end_complete,
                         VALUES(value_int64(database_now_us()), value_int64(batch)), &changed, err))
        return -1;
    *ended = changed == 1;
    return 0;
}

static int store_total(struct connection *connection, void *context, struct error *err)
{
    struct step *step = context;
    uint64_t changed = 0;
    step->gone = false;
    if (database_execute(connection, &set_total,
                         VALUES(value_int64(database_now_us()), value_int64(step->total),
                                value_int64(step->batch), value_text(step->process)),
                         &changed, err))
        return -1;
    return changed == 0 ? leave(step, err) : store_end(connection, step->batch, &step->ended, err);
}

int batches_end_intake(struct database *database, int64_t batch, int64_t total, const char *process,
                       struct error *err)
{
    struct step step = {.batch = batch, .total = total, .process = process};
    return take_step(database, store_total, &step, err);
}

/* ---- Scoring ---- */

static int copy_bytes(struct connection *connection, int column, const void **out, size_t *size,
                      struct error *err)
{
    const void *bytes = row_bytes(connection, column, size);
    void *copy = malloc(*size + 1);
    if (!copy)
        return error_set(err, ERROR_INTERNAL, "no memory for a chunk of %zu bytes", *size);
    memcpy(copy, bytes, *size);
    *out = copy;
    return 0;
}

struct taking {
    struct batch_chunk *out;
    const char *process;
    int found;
};

static int take_chunk(struct connection *connection, void *context, struct error *err)
{
    struct taking *taking = context;
    struct batch_chunk *out = taking->out;
    int64_t now = database_now_us();
    batch_chunk_free(out);
    taking->found = database_query(connection, &find_waiting, VALUES(value_int64(now)), err)
                        ? -1
                        : database_next(connection, err);
    if (taking->found != 1)
        return taking->found;
    out->batch = row_int64(connection, 0);
    out->number = row_int64(connection, 1);
    out->first_line = row_int64(connection, 2);
    out->rows = row_int64(connection, 3);
    if (database_execute(connection, &take_waiting,
                         VALUES(value_text(taking->process), value_int64(batches_lease_from(now)),
                                value_int64(out->batch), value_int64(out->number)),
                         NULL, err) ||
        database_query(connection, &read_input, VALUES(value_int64(out->batch), value_int64(out->number)),
                       err))
        return -1;
    if (database_next(connection, err) != 1)
        return error_set(err, ERROR_INTERNAL, "a chunk has no input");
    out->ndjson = strcmp(row_text(connection, 0), "ndjson") == 0;
    if (copy_bytes(connection, 1, &out->input, &out->input_bytes, err))
        return -1;
    return row_is_null(connection, 2)
               ? 0
               : copy_bytes(connection, 2, &out->histories, &out->histories_bytes, err);
}

int batches_take_chunk(struct database *database, struct batch_chunk *out, const char *process,
                       struct error *err)
{
    struct taking taking = {out, process, 0};
    *out = (struct batch_chunk){0};
    if (database_transaction(database, take_chunk, &taking, err)) {
        batch_chunk_free(out);
        return -1;
    }
    return taking.found;
}

void batch_chunk_free(struct batch_chunk *chunk)
{
    free((void *)chunk->input);
    free((void *)chunk->histories);
    *chunk = (struct batch_chunk){0};
}

int batches_return_chunk(struct database *database, const struct batch_chunk *chunk, const char *process,
                         struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    int64_t later = database_now_us() + 1000000;
    int status = database_execute(connection, &give_back,
                                  VALUES(value_int64(later), value_int64(chunk->batch),
                                         value_int64(chunk->number), value_text(process)),
                                  NULL, err);
    database_give_back(connection);
    return status;
}

static int store_result(struct connection *connection, void *context, struct error *err)
{
    struct step *step = context;
    const struct batch_chunk *chunk = step->chunk;
    const struct value batch = value_int64(chunk->batch), number = value_int64(chunk->number);
    uint64_t changed = 0;
    step->gone = false;
    /* The batch before its chunks, as everywhere: otherwise transactions wait for each other. */
    if (database_execute(connection, &count_done,
                         VALUES(value_int64(chunk->rows), value_int64(step->rejected), batch), &changed, err))
        return -1;
    if (changed == 0)
        return leave(step, err);
    if (database_execute(connection, &finish,
                         VALUES(value_int64(step->rejected), value_text(step->errors), batch, number,
                                value_text(step->process)),
                         &changed, err))
        return -1;
    if (changed == 0)
        return leave(step, err);
    if (database_execute(connection, &add_result,
                         VALUES(batch, number, value_bytes(step->result, step->result_bytes)), NULL, err) ||
        database_execute(connection, &remove_input, VALUES(batch, number), NULL, err))
        return -1;
    return store_end(connection, chunk->batch, &step->ended, err);
}

int batches_finish_chunk(struct database *database, const struct batch_chunk *chunk, const char *process,
                         int64_t rejected, const char *errors, const void *result, size_t result_bytes,
                         bool *ended, struct error *err)
{
    struct step step = {.chunk = chunk,
                        .rejected = rejected,
                        .process = process,
                        .errors = errors,
                        .result = result,
                        .result_bytes = result_bytes};
    int status = take_step(database, store_result, &step, err);
    *ended = status == 0 && step.ended;
    return status;
}

int batches_result(struct database *database, int64_t batch, int64_t number, char **out, size_t *size,
                   struct error *err)
{
    struct connection *connection = NULL;
    const void *copy = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    int found = database_query(connection, &read_result, VALUES(value_int64(batch), value_int64(number)), err)
                    ? -1
                    : database_next(connection, err);
    if (found == 1 && copy_bytes(connection, 0, &copy, size, err))
        found = -1;
    *out = (char *)copy;
    database_give_back(connection);
    return found;
}
