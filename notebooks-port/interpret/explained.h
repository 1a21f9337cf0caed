/* The clients that an interpretation speaks of: drawn from the data, explained exactly. */
#ifndef CLAIRSCORE_INTERPRET_EXPLAINED_H
#define CLAIRSCORE_INTERPRET_EXPLAINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/matrix.h"
#include "shared/base/error.h"
#include "shared/model/model.h"

enum { EXPLAINED_LEAST = 50, EXPLAINED_MOST = 100000, EXPLAINED_LABEL = 160 };

struct explained {
    const struct model *model; /* borrowed */
    struct matrix matrix;      /* all clients of the data */
    size_t count;              /* drawn */
    size_t *rows;              /* count: their rows in the matrix, in the order of the draw */
    struct score *scores;      /* count */
    double *contributions;     /* count × FEATURE_COUNT: SHAP values in calibrated log-odds */
    double base_value;
    double worst_sum; /* the largest |base value + contributions − margin| of a client */
};

/* Reads the clients of `folder`, draws `count` of them (all when there are fewer) without replacement from
 * `seed`, and explains each, on all cores; the same on any number of them. ERROR_INVALID below
 * EXPLAINED_LEAST clients. The model must outlive the sample. The caller releases *out with explained_free,
 * also after a failure. */
int explained_take(struct explained *out, const struct model *model, const char *folder, size_t count,
                   uint64_t seed, struct error *err);
void explained_free(struct explained *sample);

/* The feature vector of the i-th client drawn: FEATURE_COUNT floats. */
const float *explained_vector(const struct explained *sample, size_t i);

/* A feature's value as people count it: time before the application as a length in years, everything else as
 * it is; NaN when missing. */
double explained_value(const struct explained *sample, size_t i, size_t feature);

/* True when explained_value counts the feature in years before the application. */
bool explained_in_years(const struct explained *sample, size_t feature);

/* True for a feature whose values have an order: neither a category nor a flag. */
bool explained_is_ordered(size_t feature);

/* The place of each client's value among the known ones, 0 (least) to 1 (most), equal values alike; NaN where
 * it is missing or has no order: out[count]. */
int explained_ranks(double *out, const struct explained *sample, size_t feature, struct error *err);

/* "Age (years)": the feature's label, with the text `years` where explained_value counts in them. */
void explained_axis(char out[EXPLAINED_LABEL], const struct explained *sample, size_t feature,
                    enum language language, const char *years);

#endif
