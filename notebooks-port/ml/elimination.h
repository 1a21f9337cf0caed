/* Recursive feature elimination (Guyon, Weston, Barnhill & Vapnik 2002, "Gene Selection for Cancer
 * Classification using Support Vector Machines") with cross-validation, as scikit-learn's RFECV does it.
 *
 * In each fold the method learns from all columns, the `step` least important are dropped, it learns again,
 * and so on; each fold has its own order. The mean score over folds at each number of columns tells how many
 * to keep; which ones is found by eliminating once more on all rows. */
#ifndef CLAIRSCORE_ML_ELIMINATION_H
#define CLAIRSCORE_ML_ELIMINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/boosting.h"
#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

/* Learns from `train` and tells how important each of its columns is (importances[train->columns], 0 or more)
 * and how well it does on `test` (*score, larger is better). `columns` are their places among all columns.
 * When all rows are learnt from, `test` and `score` are NULL. Its error ends the elimination. */
typedef int elimination_fit(void *context, const struct examples *train, const struct examples *test,
                            const size_t *columns, double *importances, double *score, struct error *err);

struct elimination_task {
    const struct examples *data;
    const uint8_t *fold; /* of each row: 0..folds − 1; UINT8_MAX for a row that is not used */
    unsigned folds;      /* 2..254 */
    size_t step;         /* columns dropped a time, 1 or more */
    size_t least;        /* columns at which to stop, 1 or more */
    elimination_fit *fit;
    void *context;
    bool show_progress;
};

struct elimination {
    size_t count;      /* of numbers of columns that were tried */
    size_t *numbers;   /* count: ascending */
    double *mean, *sd; /* count: of the score over folds; sd with folds − 1 */
    double *scores;    /* count × folds */
    size_t best;       /* number of columns with the best mean, the smallest of several */
    size_t
        frugal; /* the smallest number within one standard error of the best (Breiman et al. 1984, § 3.4.3) */
    size_t columns;
    size_t *order;   /* columns: from the last to survive to the first dropped: the first n are the n kept */
    size_t *ranking; /* columns: 1 for those of the best number, 2 for those dropped just before, … */
};

/* Eliminates. The caller releases *out with elimination_free, also after a failure. */
int elimination_run(struct elimination *out, const struct elimination_task *task, struct error *err);
void elimination_free(struct elimination *elimination);

/* The columns kept at `number`, one of the numbers tried, in ascending order into `columns[number]`. */
void elimination_columns(const struct elimination *elimination, size_t number, size_t *columns);

/* The fit with XGBoost: total gain and AUC. `context` is a struct boosting_plan. */
int elimination_fit_boosting(void *context, const struct examples *train, const struct examples *test,
                             const size_t *columns, double *importances, double *score, struct error *err);

#endif
