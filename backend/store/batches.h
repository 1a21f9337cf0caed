/* The store's table of batches: what was sent to be scored, cut into chunks that workers of any replica take.
 *
 * A batch is 'received' when its files lie in the folder of one replica; that one cuts them into chunks, and
 * from the first chunk on it is 'running'. From then on everything is in the database, and any replica may
 * die. A chunk is scored once: its result is stored in the transaction that marks it done, and only while the
 * process that took it still holds it. Holding is a lease that a living process renews (batches_renew); what
 * a dead one held is free BATCHES_LEASE_S later. */
#ifndef CLAIRSCORE_BACKEND_STORE_BATCHES_H
#define CLAIRSCORE_BACKEND_STORE_BATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/store/database.h"

enum {
    BATCHES_LEASE_S = 6,
    BATCHES_RENEW_S = 2,
    BATCHES_ORPHAN_S =
        600,         /* the replica that holds a file may be away so long before the batch has failed */
    BATCHES_ID = 33, /* 32 hexadecimal digits and the terminator; of processes, too */
    BATCHES_HASH = 65,
    BATCHES_KEY = 129,                              /* an idempotency key with its terminator */
    BATCHES_NAME_CHARACTERS = 128,                  /* of a batch's name, and of its sender's */
    BATCHES_NAME = 4 * BATCHES_NAME_CHARACTERS + 1, /* the same in bytes, with the terminator */
    BATCHES_FAILURE = 512,
    BATCHES_ERRORS = 10 /* rejected rows that a batch tells of */
};

enum batch_state { BATCH_RECEIVED, BATCH_RUNNING, BATCH_DONE, BATCH_FAILED, BATCH_CANCELLED, BATCH_STATES };

/* "received", "running", … */
const char *batch_state_code(enum batch_state state);

struct batch {
    int64_t number; /* counts up; names the batch inside the store */
    char id[BATCHES_ID];
    char name[BATCHES_NAME], sender[BATCHES_NAME]; /* as the caller says; empty: not said */
    char content[BATCHES_HASH];                    /* hash of what was sent */
    bool ndjson;                                   /* else CSV */
    uint64_t tables;                               /* bit set of the history tables that came with it */
    int64_t bytes;
    enum batch_state state;
    int64_t created, started, finished; /* microseconds since 1970; 0: not yet */
    char failure[BATCHES_FAILURE];      /* why it failed; else empty */
    int64_t total;                      /* rows; -1 until they are counted */
    int64_t done, rejected;             /* rows; `done` counts the rejected ones too */
    int64_t chunks;                     /* in the store */
};

/* Adds a received batch of id, name, sender, content, format, tables and bytes, whose files `process` holds.
 * Returns 0; 1 when `key` (may be NULL) was used before, `*batch` is then the batch it was used for.
 * ERROR_LIMIT when `open_limit` batches are not finished. */
int batches_add(struct database *database, struct batch *batch, const char *key, const char *process,
                size_t open_limit, struct error *err);

/* Batches that wait, and that are being scored. */
int batches_count_open(struct database *database, size_t *waiting, size_t *running, struct error *err);

/* ERROR_NOT_FOUND without such a batch. */
int batches_find(struct database *database, struct batch *out, const char *id, struct error *err);

/* Up to `limit` batches, the newest first, from those before number `before` (INT64_MAX: all); `*count` tells
 * how many. */
int batches_list(struct database *database, struct batch *out, size_t limit, int64_t before, size_t *count,
                 struct error *err);

/* Calls `visit` with the errors of each chunk that has some (a JSON array), in order, until it returns false.
 */
int batches_errors(struct database *database, int64_t batch, bool (*visit)(void *context, const char *errors),
                   void *context, struct error *err);

/* Ends a batch that is not finished. ERROR_NOT_FOUND; ERROR_CONFLICT when it is done or failed. */
int batches_cancel(struct database *database, const char *id, struct error *err);

/* ---- Cutting into chunks ---- */

/* Takes the oldest batch that is to be cut, or whose cutting was interrupted, and whose files `has_files`
 * knows of: one that `process` holds or nobody does. Returns 1, 0 when there is none, -1. */
int batches_take_intake(struct database *database, struct batch *out, const char *process,
                        bool (*has_files)(void *context, const char *id), void *context, struct error *err);

struct batch_chunk {
    int64_t batch, number; /* of the batch; of the chunk in it, from 0 */
    bool ndjson;
    int64_t first_line, rows;
    const void *input; /* borrowed on the way in; of batches_take_chunk, released by batch_chunk_free */
    size_t input_bytes;
    const void *histories; /* one HISTORY_BYTES after the other, row by row; NULL: unknown */
    size_t histories_bytes;
};

/* Adds the next chunk (chunk->number is the batch's number of chunks). Returns 0; 1 when the batch is no
 * longer `process`'s to cut: cancelled, or taken over. */
int batches_add_chunk(struct database *database, const struct batch_chunk *chunk, const char *process,
                      struct error *err);

/* All chunks are there; `total` rows. Returns as batches_add_chunk. */
int batches_end_intake(struct database *database, int64_t batch, int64_t total, const char *process,
                       struct error *err);

/* The batch has failed, if it is not finished. */
int batches_fail(struct database *database, int64_t batch, const char *failure, struct error *err);

/* ---- Scoring ---- */

/* Takes the first chunk that waits, of the oldest batch. Returns 1, 0 when none does, -1. */
int batches_take_chunk(struct database *database, struct batch_chunk *out, const char *process,
                       struct error *err);
void batch_chunk_free(struct batch_chunk *chunk);

/* Gives a chunk that could not be scored now back. */
int batches_return_chunk(struct database *database, const struct batch_chunk *chunk, const char *process,
                         struct error *err);

/* Stores a chunk's result (NDJSON) and, with the last one, ends the batch: then `*ended`. `errors` may be
 * NULL. Returns 0; 1 when the chunk is no longer `process`'s: nothing was stored. */
int batches_finish_chunk(struct database *database, const struct batch_chunk *chunk, const char *process,
                         int64_t rejected, const char *errors, const void *result, size_t result_bytes,
                         bool *ended, struct error *err);

/* A chunk's result in memory of the caller's (free). Returns 1, 0 after the last chunk, -1. */
int batches_result(struct database *database, int64_t batch, int64_t number, char **out, size_t *size,
                   struct error *err);

/* ---- Upkeep ---- */

/* Renews what `process` holds. */
int batches_renew(struct database *database, const char *process, struct error *err);

/* Lets go of what `process` holds: it ends. */
int batches_release(struct database *database, const char *process, struct error *err);

/* Fails batches whose files nobody came for, removes the inputs of those that ended and, `keep_us` after
 * their end, the batches themselves; a piece at a time. Returns 1 when there may be more to do, 0, -1. */
int batches_clean(struct database *database, int64_t keep_us, struct error *err);

#endif
