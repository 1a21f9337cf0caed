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

/* What is trained: trees, of which depth, of how many columns of how many rows. */
struct recipe {
    size_t trees, columns, rows;
    long depth;
};

static int train(struct boosting **out, const struct recipe *recipe, struct error *err)
{
    float *values = malloc((recipe->rows * recipe->columns + 1) * sizeof *values);
    uint8_t *labels = malloc(recipe->rows);
    json_t *parameters = boosting_defaults();
    int status = values && labels && parameters && recipe->columns && recipe->trees
                     ? 0
                     : error_set(err, ERROR_INVALID, "trees and columns must be whole numbers above 0");
    if (status == 0) {
        plant(values, labels, recipe->rows, recipe->columns);
        json_object_set_new(parameters, "max_depth", json_integer(recipe->depth));
        json_object_set_new(parameters, "min_child_weight", json_real(0.1)); /* let the trees fill up */
        json_object_set_new(parameters, "lambda", json_real(1));
        struct examples data = {values, labels, recipe->rows, recipe->columns};
        status = boosting_train(out, &data, parameters, SEED, (unsigned)recipe->trees, err);
    }
    json_decref(parameters);
    free(values);
    free(labels);
    return status;
}

/* Writes a booster, cut to its first `trees`, and the first `rows` planted rows into `folder`. */
static int write(const struct boosting *boosting, size_t trees, size_t columns, size_t rows,
                 const char *folder, struct error *err)
{
    char model_path[PATH_MAX], values_path[PATH_MAX];
    float *values = malloc((rows * columns + 1) * sizeof *values);
    uint8_t *labels = malloc(rows);
    int status = values && labels ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0) {
        plant(values, labels, rows, columns);
        status = file_make_folder(folder, err) ||
                 file_path(model_path, sizeof model_path, folder, "model.ubj", err) ||
                 file_path(values_path, sizeof values_path, folder, "values.f32", err) ||
                 file_write(values_path, values, rows * columns * sizeof *values, err) ||
                 boosting_save_first(boosting, (unsigned)trees, model_path, err);
    }
    free(values);
    free(labels);
    return status ? -1 : 0;
}

static int make(const char *trees, const char *depth, const char *columns, const char *folder,
                struct error *err)
{
    const struct recipe recipe = {.trees = strtoul(trees, NULL, 10),
                                  .columns = strtoul(columns, NULL, 10),
                                  .rows = TRAINING_ROWS,
                                  .depth = strtol(depth, NULL, 10)};
    struct boosting *boosting = NULL;
    int status = train(&boosting, &recipe, err) ||
                         write(boosting, recipe.trees, recipe.columns, TRAINING_ROWS, folder, err)
                     ? -1
                     : 0;
    if (status == 0)
        printf("{\"rows\": %d, \"columns\": %zu}\n", TRAINING_ROWS, recipe.columns);
    boosting_free(boosting);
    return status;
}

/* ---- How the figures grow ---- */

/* The usual booster, and others that differ in one thing: trees, depth or features. */
enum { SIZES = 5, GROWTH_TRAINING_ROWS = 5000, GROWTH_ROWS = 16 };
static const struct recipe usual = {.trees = 400, .columns = 120, .rows = GROWTH_TRAINING_ROWS, .depth = 6};
static const struct growth {
    const char *name;
    size_t sizes[SIZES]; /* 0: no more */
} growths[] = {
    {"trees", {100, 200, 400, 800, 1600}},
    {"depth", {4, 6, 8, 10}},
    {"features", {50, 120, 250, 500}},
};
enum { GROWS_TREES, GROWS_DEPTH, GROWS_FEATURES, GROWTHS, MOST_TREES = 1600 };

static const struct growth *find_growth(const char *name)
{
    for (size_t i = 0; i < GROWTHS; i++)
        if (strcmp(growths[i].name, name) == 0)
            return &growths[i];
    return NULL;
}

static struct recipe recipe_of(const struct growth *growth, size_t size)
{
    struct recipe recipe = usual;
    switch (growth - growths) {
    case GROWS_TREES:
        recipe.trees = size;
        break;
    case GROWS_DEPTH:
        recipe.depth = (long)size;
        break;
    default:
        recipe.columns = size;
    }
    return recipe;
}

static int write_folder(char out[PATH_MAX], const char *folder, const struct growth *growth, size_t size,
                        struct error *err)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%zu", growth->name, size);
    return file_path(out, PATH_MAX, folder, name, err);
}

/* The first trees of a long booster are those of a short one: all of the usual kind are cut from one. */
static int make_one(const struct growth *growth, size_t size, const struct boosting *longest,
                    const char *folder, struct error *err)
{
    char own[PATH_MAX];
    const struct recipe recipe = recipe_of(growth, size);
    bool is_usual = recipe.depth == usual.depth && recipe.columns == usual.columns;
    struct boosting *boosting = NULL;
    int status = write_folder(own, folder, growth, size, err);
    if (status == 0 && !is_usual)
        status = train(&boosting, &recipe, err);
    if (status == 0)
        status = write(is_usual ? longest : boosting, recipe.trees, recipe.columns, GROWTH_ROWS, own, err);
    boosting_free(boosting);
    return status;
}

static int make_growth(const char *folder, struct error *err)
{
    struct boosting *longest = NULL;
    struct recipe recipe = usual;
    recipe.trees = MOST_TREES;
    int status = file_make_folder(folder, err) || train(&longest, &recipe, err) ? -1 : 0;
    for (size_t i = 0; i < GROWTHS; i++)
        for (size_t j = 0; status == 0 && j < SIZES && growths[i].sizes[j]; j++)
            status = make_one(&growths[i], growths[i].sizes[j], longest, folder, err);
    boosting_free(longest);
    return status;
}

/* What is measured: rows one by one or together, by us or by XGBoost. */
struct bench {
    struct booster *booster;
    struct trees *trees;
    struct tree_shap *shap;
    float *rows;
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

/* One pass over the rows. */
static int pass(const struct bench *bench, const char *what, bool ours, struct error *err)
{
    bool together = strcmp(what, "explain_many") == 0;
    if (strcmp(what, "predict_one") == 0)
        return predict_one(bench, ours, err);
    return ours ? explain_ours(bench, together, err) : explain_xgboost(bench, together, err);
}

/* Mean size of what was computed last: both sides must agree on it. */
static double mean_size(const struct bench *bench, const char *what)
{
    bool predicts = strcmp(what, "predict_one") == 0;
    size_t width = predicts ? 1 : bench->columns + 1;
    double size = 0;
    for (size_t i = 0; i < bench->count * width; i++)
        if (predicts || i % width < bench->columns)
            size += fabs((double)bench->out[i]);
    return size / (double)bench->count;
}

/* Seconds of a thousand rows, over `times` passes or, with 0, over as many as fill WATCHED_S. */
static int measure(double *seconds, const struct bench *bench, const char *what, bool ours, unsigned times,
                   struct error *err)
{
    static const double WATCHED_S = 0.1;
    unsigned passes = 0;
    double taken = 0;
    if (pass(bench, what, ours, err)) /* warms up */
        return -1;
    double started = progress_clock_s();
    do {
        if (pass(bench, what, ours, err))
            return -1;
        taken = progress_clock_s() - started;
        passes++;
    } while (times ? passes < times : taken < WATCHED_S);
    *seconds = 1000 * taken / passes / (double)bench->count;
    return 0;
}

static void close_bench(struct bench *bench)
{
    tree_shap_free(bench->shap);
    trees_free(bench->trees);
    booster_free(bench->booster);
    free(bench->rows);
    free(bench->out);
}

/* Opens what was made in `folder`, with `kept` rows, to compute on the first `rows`. */
static int open_bench(struct bench *bench, const char *folder, size_t columns, size_t kept, size_t rows,
                      struct error *err)
{
    char model_path[PATH_MAX];
    char values_path[PATH_MAX];
    *bench = (struct bench){.columns = columns, .count = rows};
    if (rows == 0 || rows > kept || columns == 0)
        return error_set(err, ERROR_INVALID, "rows must be 1 to %zu, columns above 0", kept);
    if (file_path(model_path, sizeof model_path, folder, "model.ubj", err) ||
        file_path(values_path, sizeof values_path, folder, "values.f32", err))
        return -1;
    bench->rows = examples_file_bytes(values_path, kept * columns * sizeof *bench->rows, err);
    bench->out = malloc(rows * (columns + 1) * sizeof *bench->out);
    if (!bench->rows || !bench->out || booster_load(&bench->booster, model_path, columns, err) ||
        booster_trees(&bench->trees, bench->booster, err) || tree_shap_new(&bench->shap, bench->trees, err))
        return -1;
    return 0;
}

/* Prints the seconds of a thousand rows, and a figure that both sides must agree on. */
static int run(char **arguments, struct error *err)
{
    const char *what = arguments[0];
    bool ours = strcmp(arguments[1], "ours") == 0;
    unsigned times = (unsigned)strtoul(arguments[5], NULL, 10);
    struct bench bench;
    double seconds = 0;
    int status = open_bench(&bench, arguments[2], strtoul(arguments[3], NULL, 10), TRAINING_ROWS,
                            strtoul(arguments[4], NULL, 10), err);
    if (status == 0 && times == 0)
        status = error_set(err, ERROR_INVALID, "times must be above 0");
    if (status == 0)
        status = measure(&seconds, &bench, what, ours, times, err);
    if (status == 0)
        printf("{\"seconds\": %.9f, \"mean_size\": %.9f}\n", seconds, mean_size(&bench, what));
    close_bench(&bench);
    return status;
}

/* Prints the same of each size that a thing grows to, as {"points": {SIZE: {STEP: seconds, …}}}, and the sum
 * of the mean sizes. */
static int run_growth(const char *name, bool ours, const char *folder, struct error *err)
{
    static const char *const steps[] = {"explain_one", "explain_many", "predict_one"};
    enum { STEPS = sizeof steps / sizeof *steps };
    const struct growth *growth = find_growth(name);
    double started = progress_clock_s();
    double sizes = 0;
    json_t *points = json_object();
    int status = growth ? 0 : error_set(err, ERROR_INVALID, "%s: must be trees, depth or features", name);
    for (size_t i = 0; status == 0 && i < SIZES && growth->sizes[i]; i++) {
        char own[PATH_MAX], size[32];
        struct bench bench = {0};
        json_t *point = json_object();
        status = write_folder(own, folder, growth, growth->sizes[i], err) ||
                         open_bench(&bench, own, recipe_of(growth, growth->sizes[i]).columns, GROWTH_ROWS,
                                    GROWTH_ROWS, err)
                     ? -1
                     : 0;
        for (size_t j = 0; status == 0 && j < STEPS; j++) {
            double seconds = 0;
            status = measure(&seconds, &bench, steps[j], ours, 0, err);
            json_object_set_new(point, steps[j], json_real(seconds));
            sizes += status ? 0 : mean_size(&bench, steps[j]);
        }
        snprintf(size, sizeof size, "%zu", growth->sizes[i]);
        json_object_set_new(points, size, point);
        close_bench(&bench);
    }
    char *text = json_dumps(points, JSON_COMPACT);
    if (status == 0)
        printf("{\"seconds\": %.6f, \"mean_size\": %.9f, \"points\": %s}\n", progress_clock_s() - started,
               sizes, text);
    free(text);
    json_decref(points);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    int status;
    if (argc == 6 && strcmp(argv[1], "make") == 0) {
        status = make(argv[2], argv[3], argv[4], argv[5], &err);
    } else if (argc == 3 && strcmp(argv[1], "make_growth") == 0) {
        status = make_growth(argv[2], &err);
    } else if (argc == 5 && strcmp(argv[1], "growth") == 0) {
        status = run_growth(argv[2], strcmp(argv[3], "ours") == 0, argv[4], &err);
    } else if (argc == 7) {
        status = run(argv + 1, &err);
    } else {
        fputs("usage: bench_explain make TREES DEPTH COLUMNS FOLDER\n"
              "       bench_explain make_growth FOLDER\n"
              "       bench_explain explain_one|explain_many|predict_one ours|xgboost FOLDER COLUMNS ROWS "
              "TIMES\n"
              "       bench_explain growth trees|depth|features ours|xgboost FOLDER\n",
              stderr);
        return 2;
    }
    if (status)
        fprintf(stderr, "bench_explain: %s\n", err.message);
    return status ? 1 : 0;
}
