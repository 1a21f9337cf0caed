/* XGBoost's booster behind a small door (C API 1.7). A booster is immutable once loaded and may be used by
 * any number of threads: XGBoost keeps results per thread, and we copy them out before we return. */
#ifndef CLAIRSCORE_MODEL_BOOSTER_H
#define CLAIRSCORE_MODEL_BOOSTER_H

#include <stddef.h>

#include "shared/base/error.h"
#include "shared/model/trees.h"

struct booster;

/* Loads a model file (UBJSON or JSON) that takes `columns` features, makes it single-threaded (a single row
 * gains nothing from threads) and warms it up. The caller frees *out. */
int booster_load(struct booster **out, const char *path, size_t columns, struct error *err);

/* Raw log-odds of `rows` vectors of `columns` floats, NaN where missing. */
int booster_predict(const struct booster *booster, const float *matrix, size_t rows, float *margins,
                    struct error *err);

/* Exact path-dependent SHAP values of `rows` vectors in raw log-odds (Lundberg et al. 2020, "From local
 * explanations to global understanding with explainable AI for trees"): `contributions[rows][columns + 1]`,
 * the bias last. */
int booster_explain(const struct booster *booster, const float *matrix, size_t rows, float *contributions,
                    struct error *err);

/* Its trees, for faster ways of doing the same (trees.h). The caller frees *out. */
int booster_trees(struct trees **out, const struct booster *booster, struct error *err);

void booster_free(struct booster *booster);

/* Fills `err` with ERROR_INTERNAL and logs XGBoost's own words, which hold stack traces and are not for
 * callers. Returns -1. `doing` completes "XGBoost failed while …". */
int booster_fail(struct error *err, const char *doing);

#endif
