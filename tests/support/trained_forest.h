/* Boosters of many shapes, trained here on planted rows, and what XGBoost says of them. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_TRAINED_FOREST_H
#define CLAIRSCORE_TESTS_SUPPORT_TRAINED_FOREST_H

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <xgboost/c_api.h>

#include "shared/model/booster.h"
#include "shared/model/tree_shap.h"

enum { TRAIN_ROWS = 1500 };

#define check_xgboost(call) assert_int_equal((call), 0)

static inline double draw(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*state >> 11) / 9007199254740992.0;
}

struct booster_case {
    const char *name;
    size_t columns;
    int rounds;
    const char *parameters[10]; /* names and values in turn */
};

static const struct booster_case cases[] = {
    {"single leaves", 5, 3, {"gamma", "1e9"}},
    {"stumps", 6, 20, {"max_depth", "1"}},
    {"two levels", 3, 21, {"max_depth", "2"}},
    {"three levels of one feature", 1, 17, {"max_depth", "3"}},
    {"four levels", 12, 33, {"max_depth", "4", "base_score", "0.08"}},
    {"six levels", 20, 40, {"max_depth", "6", "eta", "0.1"}},
    {"seven levels of two features", 2, 16, {"max_depth", "7", "min_child_weight", "0"}},
    {"eight levels", 30, 18, {"max_depth", "8", "min_child_weight", "0.1"}},
    {"twelve levels", 40, 17, {"max_depth", "12", "min_child_weight", "0", "reg_lambda", "0"}},
    {"leaf by leaf", 15, 19, {"grow_policy", "lossguide", "max_leaves", "40", "max_depth", "0"}},
    {"monotone", 4, 20, {"max_depth", "5", "monotone_constraints", "(1,-1,0,0)"}},
    {"a forest", 9, 2, {"max_depth", "6", "num_parallel_tree", "10", "subsample", "0.5"}},
    {"many columns", 3000, 12, {"max_depth", "4", "colsample_bytree", "0.02"}},
    {"plain regression", 8, 20, {"max_depth", "5", "objective", "reg:squarederror"}},
};
enum { CASES = sizeof cases / sizeof *cases };

/* A booster and what is read of it. */
struct forest {
    BoosterHandle booster;
    DMatrixHandle training;
    float *values; /* [TRAIN_ROWS][columns] */
    struct trees *trees;
    struct tree_shap *shap;
};

/* Rows with gaps, more of them in some columns and for some outcomes, so that defaults go both ways. */
static inline void plant_rows(float *values, float *labels, size_t rows, size_t columns, uint64_t *state)
{
    for (size_t i = 0; i < rows; i++) {
        float *row = values + i * columns;
        double margin = 0;
        for (size_t j = 0; j < columns; j++)
            row[j] = (float)(j % 4 == 3 ? floor(5 * draw(state)) : draw(state) - 0.5);
        for (size_t j = 0; j < columns && j < 12; j++)
            margin += (j % 2 ? -1.0 : 1.5) * (double)row[j] * (double)row[(j * j + 1) % columns];
        labels[i] = draw(state) < 1 / (1 + exp(-2 * margin));
        for (size_t j = 0; j < columns; j++)
            if (draw(state) < (j % 3 == 0 ? 0.05 : j % 3 == 1 ? 0.3 * (double)labels[i] : 0.2))
                row[j] = NAN;
    }
}

static inline void open_forest(struct forest *forest, const struct booster_case *given)
{
    uint64_t state = 77;
    struct error err = {0};
    float *labels = malloc(TRAIN_ROWS * sizeof *labels);
    memset(forest, 0, sizeof *forest);
    forest->values = malloc(TRAIN_ROWS * given->columns * sizeof *forest->values);
    plant_rows(forest->values, labels, TRAIN_ROWS, given->columns, &state);
    check_xgboost(XGDMatrixCreateFromMat(forest->values, TRAIN_ROWS, given->columns, NAN, &forest->training));
    check_xgboost(XGDMatrixSetFloatInfo(forest->training, "label", labels, TRAIN_ROWS));
    check_xgboost(XGBoosterCreate(&forest->training, 1, &forest->booster));
    check_xgboost(XGBoosterSetParam(forest->booster, "objective", "binary:logistic"));
    check_xgboost(XGBoosterSetParam(forest->booster, "tree_method", "hist"));
    check_xgboost(XGBoosterSetParam(forest->booster, "nthread", "1"));
    for (size_t i = 0; i < 10 && given->parameters[i]; i += 2)
        check_xgboost(XGBoosterSetParam(forest->booster, given->parameters[i], given->parameters[i + 1]));
    for (int round = 0; round < given->rounds; round++)
        check_xgboost(XGBoosterUpdateOneIter(forest->booster, round, forest->training));
    if (trees_read(&forest->trees, forest->booster, &err) ||
        tree_shap_new(&forest->shap, forest->trees, &err))
        fail_msg("%s: %s", given->name, err.message);
    free(labels);
}

static inline void close_forest(struct forest *forest)
{
    tree_shap_free(forest->shap);
    trees_free(forest->trees);
    XGBoosterFree(forest->booster);
    XGDMatrixFree(forest->training);
    free(forest->values);
}

/* Rows as at training, among them values that lie on a split, next to one, or at the ends of floats. */
static inline float *test_rows(const struct forest *forest, size_t rows, uint64_t seed)
{
    size_t columns = forest->trees->columns;
    uint32_t nodes = forest->trees->roots[forest->trees->count];
    float *out = malloc(rows * columns * sizeof *out);
    float *labels = malloc(rows * sizeof *labels);
    uint64_t state = seed;
    plant_rows(out, labels, rows, columns, &state);
    for (size_t i = 0; i < rows * columns / 2 + rows; i++) {
        uint32_t index = (uint32_t)(draw(&state) * nodes);
        float *value = out + (size_t)(draw(&state) * (double)rows) * columns;
        float threshold = forest->trees->nodes[index].threshold;
        double kind = draw(&state);
        if (trees_is_leaf(forest->trees, index))
            continue;
        value += forest->trees->nodes[index].feature;
        *value = kind < 0.5    ? threshold
                 : kind < 0.7  ? nextafterf(threshold, -INFINITY)
                 : kind < 0.9  ? nextafterf(threshold, INFINITY)
                 : kind < 0.95 ? FLT_MAX
                               : -FLT_MAX;
    }
    for (size_t j = 0; j < columns; j++)
        out[j] = NAN; /* the first row knows nothing */
    free(labels);
    return out;
}

/* XGBoost's answer of `type` (1 margin, 2 contributions, 4 interactions); the caller frees it. */
static inline float *ask_xgboost(BoosterHandle booster, const float *rows, size_t count, size_t columns,
                                 int type)
{
    char config[160];
    DMatrixHandle matrix = NULL;
    const bst_ulong *shape = NULL;
    const float *result = NULL;
    bst_ulong dimensions = 0;
    size_t size = 1;
    snprintf(config, sizeof config,
             "{\"type\":%d,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
             "\"strict_shape\":true}",
             type);
    check_xgboost(XGDMatrixCreateFromMat(rows, count, columns, NAN, &matrix));
    check_xgboost(XGBoosterPredictFromDMatrix(booster, matrix, config, &shape, &dimensions, &result));
    for (bst_ulong i = 0; i < dimensions; i++)
        size *= shape[i];
    float *out = malloc(size * sizeof *out);
    memcpy(out, result, size * sizeof *out);
    XGDMatrixFree(matrix);
    return out;
}

/* XGBoost's JSON of a booster, changed by `change`, and read. */
static inline int read_changed(struct trees **out, BoosterHandle booster, void (*change)(json_t *learner),
                               struct error *err)
{
    bst_ulong length = 0;
    const char *text = NULL;
    check_xgboost(XGBoosterSaveModelToBuffer(booster, "{\"format\":\"json\"}", &length, &text));
    json_t *document = json_loadb(text, length, 0, NULL);
    change(json_object_get(document, "learner"));
    char *changed = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(9));
    int status = trees_parse(out, changed, strlen(changed), err);
    json_decref(document);
    free(changed);
    return status;
}

static inline json_t *tree_of(json_t *learner, size_t number)
{
    json_t *model = json_object_get(json_object_get(learner, "gradient_booster"), "model");
    return json_array_get(json_object_get(model, "trees"), number);
}

#endif
