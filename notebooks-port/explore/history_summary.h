/* The history tables of a data folder, column by column: each file is read once, whatever its length, and
 * several at a time. */
#ifndef CLAIRSCORE_EXPLORE_HISTORY_SUMMARY_H
#define CLAIRSCORE_EXPLORE_HISTORY_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/explore/sketch.h"
#include "shared/base/error.h"
#include "shared/data/home_credit.h"

struct history_table {
    bool present; /* whether the folder has the file */
    uint64_t rows, bytes;
    int owner;       /* the column whose rows belong together: SK_ID_CURR, of bureau_balance SK_ID_BUREAU */
    uint64_t owners; /* how many there are */
    uint32_t rows_median, rows_most; /* of one owner: the lower median, the most */
    struct sketch *columns;          /* of the schema */
};

struct history_summary {
    struct history_table tables[TABLE_COUNT]; /* TABLE_APPLICATION is left empty */
};

/* Summarises the history files that the folder has. The figures do not depend on the number of threads.
 * Release with history_summary_free, also after a failure. */
int history_summary_read(struct history_summary *out, const char *folder, bool show_progress,
                         struct error *err);

void history_summary_free(struct history_summary *summary);

#endif
