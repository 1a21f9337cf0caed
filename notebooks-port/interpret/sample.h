/* The clients that an interpretation speaks of: drawn from the data, explained exactly. */
#ifndef CLAIRSCORE_INTERPRET_SAMPLE_H
#define CLAIRSCORE_INTERPRET_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/matrix.h"
#include "shared/base/error.h"
#include "shared/model/model.h"

enum { SAMPLE_LEAST = 50, SAMPLE_MOST = 100000, SAMPLE_LABEL = 160 };

struct sample {
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
 * `seed`, and explains each, on all cores; the same on any number of them. ERROR_INVALID below SAMPLE_LEAST
 * clients. The model must outlive the sample. The caller releases *out with sample_free, also after a
 * failure. */
int sample_take(struct sample *out, const struct model *model, const char *folder, size_t count,
                uint64_t seed, struct error *err);
void sample_free(struct sample *sample);

/* The feature vector of the i-th client drawn: FEATURE_COUNT floats. */
const float *sample_vector(const struct sample *sample, size_t i);

/* A feature's value as people count it: time before the application as a length in years, everything else as
 * it is; NaN when missing. */
double sample_value(const struct sample *sample, size_t i, size_t feature);

/* True when sample_value counts the feature in years before the application. */
bool sample_in_years(const struct sample *sample, size_t feature);

/* True for a feature whose values have an order: neither a category nor a flag. */
bool sample_is_ordered(size_t feature);

/* The place of each client's value among the known ones, 0 (least) to 1 (most), equal values alike; NaN where
 * it is missing or has no order: out[count]. */
int sample_ranks(double *out, const struct sample *sample, size_t feature, struct error *err);

/* "Age (years)": the feature's label, with the text `years` where sample_value counts in them. */
void sample_axis(char out[SAMPLE_LABEL], const struct sample *sample, size_t feature, enum language language,
                 const char *years);

#endif
