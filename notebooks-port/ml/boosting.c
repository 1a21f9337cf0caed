#include "notebooks-port/ml/boosting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "shared/model/booster.h"
#include "shared/model/tree_shap.h"

struct boosting {
    BoosterHandle handle;
};

json_t *boosting_defaults(void)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f}", "objective", "binary:logistic",
                     "tree_method", "hist", "eval_metric", "logloss", "max_depth", 4, "eta", 0.02,
                     "subsample", 0.7, "colsample_bytree", 0.1, "min_child_weight", 40.0, "lambda", 20.0);
}

/* Gives each row the value of its label in `field`. */
static int set_by_label(DMatrixHandle matrix, const char *field, const struct examples *data,
                        const float values[2], struct error *err)
{
    float *column = malloc(data->rows * sizeof *column);
    int status = column ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; column && i < data->rows; i++)
        column[i] = values[data->labels[i] != 0];
    if (status == 0 && XGDMatrixSetFloatInfo(matrix, field, column, data->rows))
        status = booster_fail(err, "reading labels or weights");
    free(column);
    return status;
}

static int make_matrix(DMatrixHandle *out, const struct examples *data, struct error *err)
{
    if (XGDMatrixCreateFromMat_omp(data->values, data->rows, data->columns, NAN, out, BOOSTING_THREADS))
        return booster_fail(err, "reading a matrix");
    if (!data->labels)
        return 0;
    static const float answers[2] = {0, 1};
    int status = set_by_label(*out, "label", data, answers, err);
    if (status) {
        XGDMatrixFree(*out);
        *out = NULL;
    }
    return status;
}

/* XGBoost takes every parameter as text. */
static int set_parameters(BoosterHandle handle, const json_t *parameters, uint64_t seed, struct error *err)
{
    const char *name = NULL;
    json_t *value = NULL;
    char text[64];
    json_object_foreach((json_t *)parameters, name, value)
    {
        if (json_is_number(value))
            snprintf(text, sizeof text, "%.17g", json_number_value(value));
        if (XGBoosterSetParam(handle, name, json_is_string(value) ? json_string_value(value) : text))
            return booster_fail(err, "setting a parameter");
    }
    char threads[16];
    snprintf(threads, sizeof threads, "%d", BOOSTING_THREADS);
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    if (XGBoosterSetParam(handle, "seed", text) || XGBoosterSetParam(handle, "nthread", threads) ||
        XGBoosterSetParam(handle, "verbosity", "0"))
        return booster_fail(err, "setting a parameter");
    return 0;
}

/* A booster that knows the matrices it will meet. */
static int create(BoosterHandle *out, const DMatrixHandle *matrices, size_t count, const json_t *parameters,
                  uint64_t seed, struct error *err)
{
    if (XGBoosterCreate(matrices, count, out))
        return booster_fail(err, "creating a booster");
    return set_parameters(*out, parameters, seed, err);
}

int boosting_train(struct boosting **out, const struct examples *data, const json_t *parameters,
                   uint64_t seed, unsigned rounds, struct error *err)
{
    return boosting_train_weighted(out, data, NULL, parameters, seed, rounds, err);
}

int boosting_train_weighted(struct boosting **out, const struct examples *data, const double *class_weights,
                            const json_t *parameters, uint64_t seed, unsigned rounds, struct error *err)
{
    DMatrixHandle matrix = NULL;
    struct boosting *boosting = calloc(1, sizeof *boosting);
    int status = boosting ? make_matrix(&matrix, data, err) : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0 && class_weights) {
        const float weights[2] = {(float)class_weights[0], (float)class_weights[1]};
        status = set_by_label(matrix, "weight", data, weights, err);
    }
    if (status == 0)
        status = create(&boosting->handle, &matrix, 1, parameters, seed, err);
    for (unsigned i = 0; status == 0 && i < rounds; i++)
        if (XGBoosterUpdateOneIter(boosting->handle, (int)i, matrix))
            status = booster_fail(err, "training");
    if (matrix)
        XGDMatrixFree(matrix);
    if (status == 0)
        *out = boosting;
    else
        boosting_free(boosting);
    return status;
}

/* The figure behind the last colon of "[12]\twatched-logloss:0.2461". */
static double read_evaluation(const char *line)
{
    const char *colon = strrchr(line, ':');
    return colon ? strtod(colon + 1, NULL) : (double)NAN;
}

int boosting_find_rounds(unsigned *rounds, const struct examples *data, const struct examples *watched,
                         const json_t *parameters, uint64_t seed, unsigned limit, unsigned patience,
                         struct error *err)
{
    DMatrixHandle matrices[2] = {NULL, NULL};
    const char *names[] = {"watched"};
    BoosterHandle handle = NULL;
    int status = make_matrix(&matrices[0], data, err);
    if (status == 0)
        status = make_matrix(&matrices[1], watched, err);
    if (status == 0)
        status = create(&handle, matrices, 2, parameters, seed, err);
    double best = INFINITY;
    *rounds = 0;
    for (unsigned i = 0; status == 0 && i < limit && i < *rounds + patience; i++) {
        const char *line = NULL;
        if (XGBoosterUpdateOneIter(handle, (int)i, matrices[0]) ||
            XGBoosterEvalOneIter(handle, (int)i, &matrices[1], names, 1, &line)) {
            status = booster_fail(err, "training");
            break;
        }
        double loss = read_evaluation(line);
        if (loss < best) {
            best = loss;
            *rounds = i + 1;
        }
    }
    if (handle)
        XGBoosterFree(handle);
    for (int i = 0; i < 2; i++)
        if (matrices[i])
            XGDMatrixFree(matrices[i]);
    return status;
}

/* Predictions of `type` (1 margin, 2 contributions) into `out[rows × width]`. */
static int predict(const struct boosting *boosting, const struct examples *data, int type, float *out,
                   size_t width, struct error *err)
{
    char config[160];
    snprintf(
        config, sizeof config,
        "{\"type\":%d,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}",
        type);
    struct examples unlabelled = {data->values, NULL, data->rows, data->columns};
    DMatrixHandle matrix = NULL;
    if (make_matrix(&matrix, &unlabelled, err))
        return -1;
    const bst_ulong *shape = NULL;
    bst_ulong dimensions = 0;
    const float *result = NULL;
    int status = 0;
    if (XGBoosterPredictFromDMatrix(boosting->handle, matrix, config, &shape, &dimensions, &result))
        status = booster_fail(err, "predicting");
    else
        memcpy(out, result, data->rows * width * sizeof *out);
    XGDMatrixFree(matrix);
    return status;
}

int boosting_predict(const struct boosting *boosting, const struct examples *data, double *margins,
                     struct error *err)
{
    float *result = calloc(data->rows, sizeof *result);
    if (!result)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    int status = predict(boosting, data, 1, result, 1, err);
    for (size_t i = 0; status == 0 && i < data->rows; i++)
        margins[i] = (double)result[i];
    free(result);
    return status;
}

int boosting_judge(const struct boosting *boosting, const struct examples *data, float *contributions,
                   struct error *err)
{
    return predict(boosting, data, 2, contributions, data->columns + 1, err);
}

int boosting_trees(struct trees **out, const struct boosting *boosting, struct error *err)
{
    return trees_read(out, boosting->handle, err);
}

int boosting_explain(const struct boosting *boosting, const struct examples *data, float *contributions,
                     struct error *err)
{
    struct trees *trees = NULL;
    struct tree_shap *shap = NULL;
    int status = 0;
    if (boosting_trees(&trees, boosting, err) || tree_shap_new(&shap, trees, err) ||
        tree_shap_explain(shap, data->values, data->rows, BOOSTING_THREADS, contributions, err))
        status = -1;
    tree_shap_free(shap);
    trees_free(trees);
    return status;
}

int boosting_gains(const struct boosting *boosting, double *gains, size_t columns, struct error *err)
{
    bst_ulong count = 0;
    bst_ulong dimensions = 0;
    const char **names = NULL;
    const bst_ulong *shape = NULL;
    const float *scores = NULL;
    if (XGBoosterFeatureScore(boosting->handle, "{\"importance_type\": \"total_gain\"}", &count, &names,
                              &dimensions, &shape, &scores))
        return booster_fail(err, "measuring gains");
    for (size_t i = 0; i < columns; i++)
        gains[i] = 0;
    for (bst_ulong i = 0; i < count; i++) { /* unnamed columns are f0, f1, … */
        size_t column = names[i][0] == 'f' ? strtoul(names[i] + 1, NULL, 10) : columns;
        if (column >= columns)
            return error_set(err, ERROR_INTERNAL, "the booster knows a column %s of %zu", names[i], columns);
        gains[column] = (double)scores[i];
    }
    return 0;
}

int boosting_save(const struct boosting *boosting, const char *path, struct error *err)
{
    return XGBoosterSaveModel(boosting->handle, path) ? booster_fail(err, "saving the model") : 0;
}

int boosting_save_first(const struct boosting *boosting, unsigned rounds, const char *path, struct error *err)
{
    BoosterHandle first = NULL;
    int status =
        XGBoosterSlice(boosting->handle, 0, (int)rounds, 1, &first) || XGBoosterSaveModel(first, path)
            ? booster_fail(err, "saving the first trees")
            : 0;
    XGBoosterFree(first);
    return status;
}

void boosting_version(char *out, size_t size)
{
    int major = 0;
    int minor = 0;
    int patch = 0;
    XGBoostVersion(&major, &minor, &patch);
    snprintf(out, size, "%d.%d.%d", major, minor, patch);
}

void boosting_free(struct boosting *boosting)
{
    if (!boosting)
        return;
    if (boosting->handle)
        XGBoosterFree(boosting->handle);
    free(boosting);
}
