/* The model table of the original notebook: kinds of classifier, each on the data as they are and on SMOTE
 * data, cross-validated on the same folds. Whatever is learnt (medians, scales, synthetic clients, the
 * classifier) is learnt from a fold's training part; its test part is only predicted. */
#ifndef CLAIRSCORE_ML_COMPARISON_H
#define CLAIRSCORE_ML_COMPARISON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/classifier.h"
#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

/* One row of the table. */
struct comparison_entry {
    const char *name; /* a stable code for JSON and locale keys, differs from row to row; borrowed */
    enum classifier_kind kind;
    const json_t *parameters; /* replaces defaults (classifier_defaults); NULL: none; borrowed */
    bool smote;               /* learn from SMOTE data: as many defaults as repaid */
    bool standardise;         /* standardise the columns first, then SMOTE: the original's second table */
};

enum { COMPARISON_ENTRIES = 64 }; /* most */

struct comparison_task {
    const struct examples *data; /* numbers only: categories as dummies (ml/dummies.h); NaN missing */
    const uint8_t *fold;         /* of each row: 0..folds − 1; UINT8_MAX for a row that is not used */
    unsigned folds;              /* 2..254 */
    unsigned neighbours;         /* of SMOTE; the original takes 5 */
    uint64_t seed; /* each fold's draws have a seed of their own from it, the same for all rows */
    bool show_progress;
};

/* Accuracy, precision, recall and F1 are those of refusing at a probability of 0.5 or more, the original's
 * threshold: on data with 8 % of defaults it hardly refuses anybody without SMOTE or class weights, so these
 * four tell the resampling more than the method. */
struct comparison_metrics {
    double auc, ks, accuracy, precision, recall, f1, brier;
    double seconds; /* of training, on the clock */
};

struct comparison_row {
    struct comparison_metrics mean, sd; /* over folds; sd with folds − 1 */
    struct comparison_metrics *folds;   /* each fold's own */
    double *scores;                     /* of all rows, out of fold; NaN for a row that is not used */
    bool served;                        /* the backend could serve this row's classifier */
};

struct comparison {
    size_t count;
    unsigned folds;
    size_t rows;                  /* of the data */
    struct comparison_row *table; /* count, in the order of the entries */
    size_t best;                  /* place of the largest mean AUC, the first of several */
    size_t best_served;           /* the same among those that can be served; SIZE_MAX when there are none */
};

/* The table's rows as the original has them, and the methods it lacked:
 *   1. every kind on raw and on SMOTE data, the logistic regression unscaled with C = 0.0001 as it was;
 *   2. random forest, logistic regression and both boostings with balanced class weights;
 *   3. logistic regression as it should have been (C = 0.01) and every kind again on standardised data.
 * Writes at most COMPARISON_ENTRIES and returns their number; `quick` leaves the third part out. The
 * parameters are the caller's to release with comparison_release. */
size_t comparison_original(struct comparison_entry *entries, bool quick);
void comparison_release(struct comparison_entry *entries, size_t count);

/* Trains and measures every entry on every fold. The caller releases *out with comparison_free, also after a
 * failure. Errors as classifier_train's and smote_sample's, and ERROR_INVALID for a fold without both
 * classes; they name entry and fold. */
int comparison_run(struct comparison *out, const struct comparison_entry *entries, size_t count,
                   const struct comparison_task *task, struct error *err);
void comparison_free(struct comparison *comparison);

/* The table for machines: {"rows": [{"name", "kind", "parameters", "smote", "standardise", "served", "mean":
 * {"auc", …}, "sd": {…}, "folds": [{…}]}], "best", "best_served" (names; null)}. A new object. */
json_t *comparison_describe(const struct comparison *comparison, const struct comparison_entry *entries);

#endif
