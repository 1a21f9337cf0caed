/* What the first notebook reads of a data folder: the applications, whole, and the sums of the histories. */
#ifndef CLAIRSCORE_EXPLORE_DATA_H
#define CLAIRSCORE_EXPLORE_DATA_H

#include <stdbool.h>

#include "shared/base/error.h"
#include "shared/data/table.h"
#include "shared/features/history.h"

struct explore_data {
    struct table *train;           /* application_train.csv */
    struct table *test;            /* application_test.csv; NULL when the folder has none */
    struct history_set *histories; /* as history_set_read_sums gives them */
};

/* Reads all of it, files side by side. ERROR_NOT_FOUND without application_train.csv. The caller releases
 * with explore_data_free, also after a failure. */
int explore_data_read(struct explore_data *out, const char *folder, enum history_sums sums,
                      bool show_progress, struct error *err);

void explore_data_free(struct explore_data *data);

#endif
