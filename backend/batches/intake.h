/* From the files of a batch to chunks in the store, each complete in itself, so that any replica can score
 * it: lines of the input and, when history tables came with it, the sums of each row's history. */
#ifndef CLAIRSCORE_BACKEND_BATCHES_INTAKE_H
#define CLAIRSCORE_BACKEND_BATCHES_INTAKE_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "backend/store/batches.h"
#include "shared/base/config.h"
#include "shared/data/csv.h"

enum {
    INTAKE_CHUNK_ROWS = 2000,
    INTAKE_CHUNK_BYTES = 1 << 20, /* a chunk ends with the row that reaches it */
    INTAKE_LINE_BYTES = 1048576   /* of one line, the longest that is read */
};

/* How the CSV files of a batch are read, in pieces too. */
extern const struct csv_options intake_csv;

/* Nothing but blanks: such a line of NDJSON is no row. */
bool intake_is_blank(const char *text, size_t length);

/* Checks what can be told at once: that each file of the folder begins with the right names, and is not
 * empty. Each thing that is wrong is appended to `problems` as {"pointer", "detail"}, with `prefixed` /TABLE
 * before the name. -1 when a file cannot be read. */
int intake_check(const char *folder, const struct batch *batch, bool prefixed, json_t *problems,
                 struct error *err);

/* Cuts a batch that `process` has taken, going on where an interrupted cutting was. Memory: of one chunk, and
 * of the histories of all clients when there are some. Returns 0; 1 when it was taken away or `stop` was set;
 * -1 with ERROR_INVALID or ERROR_LIMIT when the files are to blame: the message is for who sent them. */
int intake_run(struct database *database, const struct config *config, const struct batch *batch,
               const char *process, const atomic_bool *stop, struct error *err);

#endif
