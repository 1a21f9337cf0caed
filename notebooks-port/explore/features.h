/* Both feature sets of a data folder as matrices, one row a client, and their data dictionaries. */
#ifndef CLAIRSCORE_EXPLORE_FEATURES_H
#define CLAIRSCORE_EXPLORE_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/matrix.h"
#include "notebooks-port/ml/selection.h"
#include "shared/base/error.h"
#include "shared/data/table.h"
#include "shared/features/history.h"
#include "shared/features/original.h"

struct explore_features_source {
    const char *folder;                  /* with the history tables; those that are not there stay unknown */
    const struct table *train;           /* application_train.csv */
    const struct table *test;            /* application_test.csv; NULL when there is none */
    const struct history_set *histories; /* of the folder, with both sums; NULL: they are read here */
    const bool *dropped; /* [rows of train] clients to leave out, such as outliers; NULL: none */
    bool show_progress;
};

/* The two parts of one feature set. Clients stand in the order of their file. */
struct explore_matrices {
    struct matrix train;
    struct matrix test; /* without labels; no rows when there is no test table */
    double *missing;    /* share of the train rows that miss each column, before anything was filled */
};

struct explore_features {
    struct explore_matrices full;     /* catalogue features, gaps left */
    struct explore_matrices original; /* the notebook's, selected and filled */
    struct original_columns columns;  /* all that were built for `original`, before the selection */
    struct selection selection;       /* what became of each of them, learnt on the train rows alone */
    uint64_t history_rows[TABLE_COUNT];
};

/* Reads the history tables once, builds both sets of every client and selects the original's columns. All
 * cores work; the figures do not depend on how many there are. The caller releases with
 * explore_features_free, also after a failure. */
int explore_features_build(struct explore_features *out, const struct explore_features_source *source,
                           struct error *err);

/* The original's matrix alone, before the selection, of the rows of a table; `histories` with the sums of
 * `original`. The caller releases with matrix_free, also after a failure. */
int explore_original_build(struct matrix *out, const struct original_columns *columns,
                           const struct table *table, const bool *dropped,
                           const struct history_set *histories, struct error *err);

/* Writes into the folder, each file whole or not at all: features.csv and features_original.csv
 * (SK_ID_CURR, TARGET where it is known, the features), features_test.csv and features_original_test.csv when
 * there are test clients, and the dictionaries features_dictionary.csv and features_original_dictionary.csv
 * (name, table, unit, missing share, label and description in French and English; the original's also what
 * fills a gap). */
int explore_features_write(const struct explore_features *features, const char *folder, bool show_progress,
                           struct error *err);

void explore_features_free(struct explore_features *features);

#endif
