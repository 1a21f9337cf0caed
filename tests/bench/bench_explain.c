/* Seconds of explaining or predicting a thousand rows with the trees of a booster, ours or XGBoost's own way
 * through its C API, on one thread. `bench_explain make` trains the booster both sides read and plants its
 * rows. */
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/boosting.h"
#include "shared/base/file.h"
#include "shared/base/progress.h"
#include "shared/model/booster.h"
#include "shared/model/tree_shap.h"
#include "tests/support/examples_file.h"

enum { TRAINING_ROWS = 20000, SEED = 1 };

static double draw(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* Numbers, a tenth missing, and outcomes that depend on many of them and their products. */
static void plant(float *values, uint8_t *labels, size_t rows, size_t columns)
{
    uint64_t state = SEED;
    for (size_t i = 0; i < rows; i++) {
        float *row = values + i * columns;
        double margin = -2;
        for (size_t j = 0; j < columns; j++)
            row[j] = (float)(draw(&state) - 0.5);
        for (size_t j = 0; j < columns; j++)
            margin += (j % 2 ? 1.0 : -1.0) / (1 + (double)j / 8) *
                      (double)(row[j] + 2 * row[j] * row[(j * 7 + 1) % columns]);
        labels[i] = draw(&state) < 1 / (1 + exp(-margin));
        for (size_t j = 0; j < columns; j++)
            if (draw(&state) < 0.1)
                row[j] = NAN;
    }
}

static int make(const char *trees, const char *depth, const char *columns_text, const char *folder,
                struct error *err)
{
    char model_path[PATH_MAX];
    char values_path[PATH_MAX];
    size_t columns = strtoul(columns_text, NULL, 10);
    float *values = malloc((TRAINING_ROWS * columns + 1) * sizeof *values);
    uint8_t *labels = malloc(TRAINING_ROWS);
    struct boosting *boosting = NULL;
    json_t *parameters = boosting_defaults();
    int status =
        values && labels && parameters && columns
            ? 0
            : error_set(err, ERROR_INVALID, "%s columns: must be a whole number above 0", columns_text);
    if (status == 0) {
        plant(values, labels, TRAINING_ROWS, columns);
        json_object_set_new(parameters, "max_depth", json_integer(strtol(depth, NULL, 10)));
        json_object_set_new(parameters, "min_child_weight", json_real(0.1)); /* let the trees fill up */
        json_object_set_new(parameters, "lambda", json_real(1));
        struct examples data = {values, labels, TRAINING_ROWS, columns};
        status = boosting_train(&boosting, &data, parameters, SEED, (unsigned)strtoul(trees, NULL, 10), err);
    }
    if (status == 0 &&
        (file_make_folder(folder, err) ||
         file_path(model_path, sizeof model_path, folder, "model.ubj", err) ||
         file_path(values_path, sizeof values_path, folder, "values.f32", err) ||
         boosting_save(boosting, model_path, err) ||
         file_write(values_path, (const char *)values, TRAINING_ROWS * columns * sizeof *values, err)))
        status = -1;
    if (status == 0)
        printf("{\"rows\": %d, \"columns\": %zu}\n", TRAINING_ROWS, columns);
    boosting_free(boosting);
    json_decref(parameters);
    free(values);
    free(labels);
    return status;
}

/* What is measured: rows one by one or together, by us or by XGBoost. */
struct bench {
    struct booster *booster;
    struct trees *trees;
    struct tree_shap *shap;
    const float *rows;
    size_t count, columns;
    float *out;
};

static int explain_ours(const struct bench *bench, bool together, struct error *err)
{
    if (together)
        return tree_shap_explain(bench->shap, bench->rows, bench->count, 1, bench->out, err);
    for (size_t i = 0; i < bench->count; i++)
        if (tree_shap_explain(bench->shap, bench->rows + i * bench->columns, 1, 1,
                              bench->out + i * (bench->columns + 1), err))
            return -1;
    return 0;
}

static int explain_xgboost(const struct bench *bench, bool together, struct error *err)
{
    size_t step = together ? bench->count : 1;
    for (size_t i = 0; i < bench->count; i += step)
        if (booster_explain(bench->booster, bench->rows + i * bench->columns, step,
                            bench->out + i * (bench->columns + 1), err))
            return -1;
    return 0;
}

static int predict_one(const struct bench *bench, bool ours, struct error *err)
{
    for (size_t i = 0; i < bench->count; i++) {
        const float *row = bench->rows + i * bench->columns;
        if (ours)
            trees_predict(bench->trees, row, 1, bench->out + i);
        else if (booster_predict(bench->booster, row, 1, bench->out + i, err))
            return -1;
    }
    return 0;
}

/* `times` passes over the rows; prints the seconds of a thousand rows, and a figure that both sides must
 * agree on. */
static int run(const struct bench *bench, const char *what, bool ours, unsigned times, struct error *err)
{
    bool predicts = strcmp(what, "predict_one") == 0;
    bool together = strcmp(what, "explain_many") == 0;
    int status = 0;
    double started = 0;
    for (unsigned i = 0; status == 0 && i <= times; i++) {
        if (i == 1 || times == 0)
            started = progress_clock_s(); /* the first pass warms up */
        status = predicts ? predict_one(bench, ours, err)
                 : ours   ? explain_ours(bench, together, err)
                          : explain_xgboost(bench, together, err);
    }
    double seconds = 1000 * (progress_clock_s() - started) / times / (double)bench->count;
    size_t width = predicts ? 1 : bench->columns + 1;
    double size = 0;
    for (size_t i = 0; i < bench->count * width; i++)
        if (predicts || i % width < bench->columns)
            size += fabs((double)bench->out[i]);
    if (status == 0)
        printf("{\"seconds\": %.9f, \"mean_size\": %.9f}\n", seconds, size / (double)bench->count);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    if (argc == 6 && strcmp(argv[1], "make") == 0) {
        if (make(argv[2], argv[3], argv[4], argv[5], &err) == 0)
            return 0;
        fprintf(stderr, "bench_explain: %s\n", err.message);
        return 1;
    }
    if (argc != 7) {
        fputs("usage: bench_explain make TREES DEPTH COLUMNS FOLDER\n"
              "       bench_explain explain_one|explain_many|predict_one ours|xgboost FOLDER COLUMNS ROWS "
              "TIMES\n",
              stderr);
        return 2;
    }
    char model_path[PATH_MAX];
    char values_path[PATH_MAX];
    size_t columns = strtoul(argv[4], NULL, 10);
    struct bench bench = {.columns = columns, .count = strtoul(argv[5], NULL, 10)};
    unsigned times = (unsigned)strtoul(argv[6], NULL, 10);
    float *values = NULL;
    int status = -1;
    if (bench.count == 0 || bench.count > TRAINING_ROWS || columns == 0 || times == 0)
        error_set(&err, ERROR_INVALID, "rows must be 1 to %d, columns and times above 0", TRAINING_ROWS);
    else if (file_path(model_path, sizeof model_path, argv[3], "model.ubj", &err) == 0 &&
             file_path(values_path, sizeof values_path, argv[3], "values.f32", &err) == 0) {
        values = examples_file_bytes(values_path, TRAINING_ROWS * columns * sizeof *values, &err);
        bench.rows = values;
        bench.out = malloc(bench.count * (columns + 1) * sizeof *bench.out);
        if (values && bench.out && booster_load(&bench.booster, model_path, columns, &err) == 0 &&
            booster_trees(&bench.trees, bench.booster, &err) == 0 &&
            tree_shap_new(&bench.shap, bench.trees, &err) == 0)
            status = run(&bench, argv[1], strcmp(argv[2], "ours") == 0, times, &err);
    }
    if (status)
        fprintf(stderr, "bench_explain: %s\n", err.message);
    tree_shap_free(bench.shap);
    trees_free(bench.trees);
    booster_free(bench.booster);
    free(values);
    free(bench.out);
    return status ? 1 : 0;
}
