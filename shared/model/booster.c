#include "shared/model/booster.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "shared/base/log.h"

struct booster {
    BoosterHandle handle;
    size_t columns;
};

enum { INTERFACE_BYTES = 160 };

int booster_fail(struct error *err, const char *doing)
{
    log_event(LOG_ERROR, "xgboost_failed", "{s:s, s:s}", "doing", doing, "message", XGBGetLastError());
    return error_set(err, ERROR_INTERNAL, "XGBoost failed while %s", doing);
}

/* NumPy's array interface, by which XGBoost takes matrices. */
static void describe_matrix(char out[INTERFACE_BYTES], const float *matrix, size_t rows, size_t columns)
{
    snprintf(out, INTERFACE_BYTES,
             "{\"data\":[%ju,true],\"shape\":[%zu,%zu],\"typestr\":\"<f4\",\"version\":3}",
             (uintmax_t)(uintptr_t)matrix, rows, columns);
}

int booster_load(struct booster **out, const char *path, size_t columns, struct error *err)
{
    struct booster *booster = calloc(1, sizeof *booster);
    float *row = calloc(columns, sizeof *row);
    float *contributions = calloc(columns + 1, sizeof *contributions);
    bst_ulong found = 0;
    float margin = 0;
    int status = -1;
    if (!booster || !row || !contributions) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        goto done;
    }
    booster->columns = columns;
    if (XGBoosterCreate(NULL, 0, &booster->handle) || XGBoosterLoadModel(booster->handle, path) ||
        XGBoosterSetParam(booster->handle, "nthread", "1") ||
        XGBoosterGetNumFeature(booster->handle, &found)) {
        booster_fail(NULL, "loading a model file");
        error_set(err, ERROR_INVALID, "%s: not a model that XGBoost can load", path);
        goto done;
    }
    if (found != columns) {
        error_set(err, ERROR_INVALID, "%s: takes %zu features, but model.json names %zu", path, (size_t)found,
                  columns);
        goto done;
    }
    /* The first calls build what later ones only read; from here on they may be concurrent. */
    status =
        booster_predict(booster, row, 1, &margin, err) || booster_explain(booster, row, 1, contributions, err)
            ? -1
            : 0;
done:
    free(row);
    free(contributions);
    if (status == 0)
        *out = booster;
    else
        booster_free(booster);
    return status;
}

int booster_predict(const struct booster *booster, const float *matrix, size_t rows, float *margins,
                    struct error *err)
{
    /* type 1: margin. cache_id is required though undocumented. */
    static const char config[] = "{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
                                 "\"strict_shape\":false,\"missing\":NaN,\"cache_id\":0}";
    char interface[INTERFACE_BYTES];
    describe_matrix(interface, matrix, rows, booster->columns);
    const bst_ulong *shape = NULL;
    bst_ulong dimensions = 0;
    const float *result = NULL;
    if (XGBoosterPredictFromDense(booster->handle, interface, config, NULL, &shape, &dimensions, &result))
        return booster_fail(err, "predicting");
    memcpy(margins, result, rows * sizeof *margins);
    return 0;
}

int booster_explain(const struct booster *booster, const float *matrix, size_t rows, float *contributions,
                    struct error *err)
{
    /* type 2: contributions; in-place prediction does not offer them. */
    static const char config[] = "{\"type\":2,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
                                 "\"strict_shape\":false}";
    DMatrixHandle handle = NULL;
    if (XGDMatrixCreateFromMat(matrix, rows, booster->columns, NAN, &handle))
        return booster_fail(err, "reading a matrix");
    const bst_ulong *shape = NULL;
    bst_ulong dimensions = 0;
    const float *result = NULL;
    int status = 0;
    if (XGBoosterPredictFromDMatrix(booster->handle, handle, config, &shape, &dimensions, &result))
        status = booster_fail(err, "explaining");
    else
        memcpy(contributions, result, rows * (booster->columns + 1) * sizeof *contributions);
    XGDMatrixFree(handle);
    return status;
}

int booster_trees(struct trees **out, const struct booster *booster, struct error *err)
{
    return trees_read(out, booster->handle, err);
}

void booster_free(struct booster *booster)
{
    if (!booster)
        return;
    if (booster->handle)
        XGBoosterFree(booster->handle);
    free(booster);
}
