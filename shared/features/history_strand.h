/* Inside of shared/features: reading the history tables on several cores. Tables that need each other are one
 * strand; strands are read side by side, each by one thread with its own clients, and gathered afterwards. */
#ifndef CLAIRSCORE_FEATURES_HISTORY_STRAND_H
#define CLAIRSCORE_FEATURES_HISTORY_STRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/base/id_map.h"
#include "shared/features/history.h"

enum { HISTORY_STRANDS = 5 };

struct history_strand {
    struct id_map clients; /* client id → position in what follows */
    int64_t *client_ids;
    size_t count, capacity;
    size_t latest;               /* position of the client that was looked for last */
    struct id_map credits;       /* SK_ID_BUREAU → position; only while reading */
    void *full[TABLE_COUNT];     /* [capacity] struct bureau_sums, …; NULL for what is not added up */
    void *original[TABLE_COUNT]; /* [capacity] struct original_bureau, …; the same */
};

struct history_strands {
    const char *folder;
    enum history_sums sums;
    struct history_strand strands[HISTORY_STRANDS];
    bool present[TABLE_COUNT];  /* whether the file is there */
    uint64_t rows[TABLE_COUNT]; /* read of it */
};

/* Reads the tables that `sums` asks for. The caller releases with history_strands_free, also after a failure:
 * the error is then of the first strand that failed. */
int history_strands_read(struct history_strands *strands, bool show_progress, struct error *err);

void history_strands_free(struct history_strands *strands);

#endif
