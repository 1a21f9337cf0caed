/* Clients unlike all others, as the notebook looked for them: the columns with many distinct values, their
 * gaps filled by chained regressions, and an isolation forest on them. */
#ifndef CLAIRSCORE_EXPLORE_OUTLIERS_H
#define CLAIRSCORE_EXPLORE_OUTLIERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/explore/rates.h"
#include "notebooks-port/explore/summary.h"
#include "shared/base/error.h"
#include "shared/data/table.h"

enum { OUTLIERS_DISTINCT = 1000 }; /* a column takes part with more distinct values than this */

struct outliers {
    size_t columns[APPLICATION_COLUMNS]; /* that took part, of the application table */
    double shift[APPLICATION_COLUMNS];   /* of each of those: mean of the outliers less that of the others, in
                                            standard deviations of the column */
    size_t column_count;
    size_t rows;
    double *scores; /* [rows] in [−1, 0): the lower, the more unlike the others */
    bool *marks;    /* [rows] whose score is below the offset */
    double offset;
    unsigned rounds; /* of the imputation */
    struct rate outliers, others;
};

/* Looks for them in `table`, which `summary` describes: 100 trees of 100 rows, a tenth counts as outliers.
 * DAYS_UNKNOWN is filled like a gap. With too few clients for any column to take part, column_count is 0 and
 * nobody is marked: marks and scores are NULL. The same on any number of threads. Release with outliers_free,
 * also after a failure. */
int outliers_find(struct outliers *out, const struct table *table, const struct summary *summary,
                  uint64_t seed, struct error *err);

void outliers_free(struct outliers *outliers);

#endif
