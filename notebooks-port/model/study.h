/* What the sections of 02_model hand on to each other. */
#ifndef CLAIRSCORE_MODEL_STUDY_H
#define CLAIRSCORE_MODEL_STUDY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/boosting.h"
#include "notebooks-port/ml/cuts.h"
#include "notebooks-port/ml/matrix.h"
#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/ml/thresholds.h"
#include "notebooks-port/model/options.h"
#include "notebooks-port/report/report.h"
#include "shared/model/decision.h"

enum { STUDY_FOLDS = 100 };

/* Predictions of rows by models that did not see them, and how these models did. */
struct validation {
    double *margins; /* of each row of the matrix, raw log-odds; NaN for a row that was left out */
    double auc[STUDY_FOLDS];
    unsigned rounds[STUDY_FOLDS]; /* by early stopping */
    double mean_auc, sd_auc;      /* over the folds */
    unsigned final_rounds;        /* for a model that learns from all these rows */
    struct calibration calibration;
};

struct study {
    struct options options;
    const char *texts[LANGUAGE_COUNT]; /* the report's */
    struct report *report;
    struct matrix matrix;
    bool served;     /* the columns are the catalogue's, so the backend can serve what learns from them */
    uint8_t *fold;   /* of each row */
    uint8_t *chosen; /* the same for the rows that choices are made on; UINT8_MAX for those held out */
    unsigned folds;
    size_t held_out;    /* rows */
    double *amounts;    /* of the credits, where costs are shares of them; or NULL */
    json_t *compared;   /* the comparison's best parameters that can be served; or NULL */
    json_t *found;      /* the search's best; or NULL */
    json_t *parameters; /* XGBoost's, of the model; the choice among the above and the settled ones */
    struct validation
        trial; /* of `parameters` on the rows that choices are made on; margins NULL: not made */
    struct validation validation; /* of `parameters` on all rows */
    double *probabilities;        /* of each row, out of fold, calibrated */
    struct cuts cuts;             /* of them */
    struct ranking_metrics ranking;
    double threshold; /* from which the model refuses */
    struct threshold_choice cheapest;
    struct boosting *boosting;    /* learnt from all rows */
    json_t *document, *reference; /* of the artifact */
};

void study_free(struct study *study);

/* The costs of errors of the rows of the whole matrix. */
struct threshold_costs study_costs(const struct study *study);

/* Resamplings behind a confidence interval. */
unsigned study_replicates(const struct study *study);

/* The place of the column called `name`, or SIZE_MAX. */
size_t study_column(const struct study *study, const char *name);

/* What a person reads for a column: the catalogue's label, or the name. Borrowed. */
const char *study_label(const struct study *study, size_t column);

/* A new number; null when it is not finite. */
json_t *study_number(double value);

/* Calibrated probabilities of margins: out[rows]; NaN stays NaN. `out` may be `margins`. */
void study_probabilities(double *out, const double *margins, size_t rows, struct calibration calibration);

#endif
