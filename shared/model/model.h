/* The model artifact models/<version>/: booster, features in order, threshold, calibration, reference
 * population and golden rows. Immutable once loaded; any number of threads may use it. */
#ifndef CLAIRSCORE_MODEL_MODEL_H
#define CLAIRSCORE_MODEL_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/error.h"
#include "shared/features/catalogue.h"

struct model;

/* Loads the artifact and re-checks its golden rows: margins and contributions must reproduce within 1e-5
 * (before a calibration that stretches them), and
 * the trees as they are walked here must give XGBoost's own margin to the last bit, else ERROR_INVALID says
 * which row and by how much. Unknown feature names, another catalogue version or a
 * damaged file are errors too. The caller frees *out. */
int model_load(struct model **out, const char *folder, struct error *err);
void model_free(struct model *model);

const char *model_name(const struct model *model);    /* "clairscore" */
const char *model_version(const struct model *model); /* "demo", the folder's name */
const char *model_hash(const struct model *model);    /* SHA-256 of model.ubj and model.json, hexadecimal */
double model_threshold(const struct model *model);    /* refuse at a probability at or above it */

/* What is usual for a feature among the training population: its median, or the most frequent category or
 * answer; NaN when most have none. */
double model_usual(const struct model *model, size_t feature);

/* Mean absolute contribution of a feature over the training population, in log-odds; 0 for a feature that the
 * model does not use. */
double model_importance(const struct model *model, size_t feature);

const json_t *model_document(const struct model *model); /* model.json; read only */

/* reference.json; read only. Its object "features" has for each feature the model uses {"usual",
 * "importance": mean absolute contribution in log-odds over the training population, …}. */
const json_t *model_reference(const struct model *model);

/* card.md, the model card; NULL when the artifact has none. */
const char *model_card(const struct model *model);

/* Number of features the model uses and the catalogue id of the i-th. */
size_t model_feature_count(const struct model *model);
size_t model_feature(const struct model *model, size_t position);

/* True when the model looks at the feature. */
bool model_uses(const struct model *model, size_t feature);

/* Bytes of the trees and of what explaining them takes; the texts of the artifact come on top. */
size_t model_bytes(const struct model *model);

/* What the model says of one vector. All in the calibrated scale: probability = 1 / (1 + exp(-margin)). */
struct score {
    double margin;      /* log-odds of default */
    double probability; /* of default, 0..1 */
    double points;      /* 600 at odds 1:19, 50 points double the odds; higher is safer */
    int refused;        /* probability >= threshold */
};

/* Scores `rows` vectors of FEATURE_COUNT floats, row after row. The same vector gives the same score
 * alone or among others. Thread-safe. */
int model_predict(const struct model *model, const float *vectors, size_t rows, struct score *out,
                  struct error *err);

/* Scores one vector and explains it: `contributions[FEATURE_COUNT]` (0 for features the model does not use)
 * and
 * `*base_value` are exact path-dependent SHAP values (Lundberg et al. 2020) in calibrated log-odds; their sum
 * is score.margin. Thread-safe. */
int model_explain(const struct model *model, const float *vector, struct score *out, double *contributions,
                  double *base_value, struct error *err);

/* The same for `rows` vectors on `threads` threads: `out[rows]`, `contributions[rows][FEATURE_COUNT]` and the
 * one
 * `*base_value`; each row gets what model_explain gives it, whatever the threads. */
int model_explain_many(const struct model *model, const float *vectors, size_t rows, unsigned threads,
                       struct score *out, double *contributions, double *base_value, struct error *err);

/* SHAP interaction values of `pair_count` pairs of catalogue ids in `rows` vectors, in calibrated log-odds:
 * `out[rows][pair_count]`, as tree_shap_interactions defines them; 0 for features the model does not use. */
int model_interactions(const struct model *model, const float *vectors, size_t rows, const size_t (*pairs)[2],
                       size_t pair_count, unsigned threads, double *out, struct error *err);

/* The model as it is for one client of whom only a few features still move, for searches: many times faster.
 * Immutable; any number of threads may use it. `model` must outlive it. */
struct model_slice;

/* All features but the `count` catalogue ids `moving` keep the values of `vector`. The caller frees *out. */
int model_slice_new(struct model_slice **out, const struct model *model, const float *vector,
                    const size_t *moving, size_t count, struct error *err);

/* The margin of `vector`, of which only the moving features are looked at: what model_predict gives but for
 * the rounding of single precision, below 1e-5 (trees_restrict.h). */
double model_slice_margin(const struct model_slice *slice, const float *vector);
void model_slice_free(struct model_slice *slice);

#endif
