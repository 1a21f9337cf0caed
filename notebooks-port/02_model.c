/* 02_model: from Home Credit tables to a model the backend serves. Reads top to bottom like its notebook. */
#include <getopt.h>
#include <gsl/gsl_version.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "notebooks-port/ml/artifact.h"
#include "notebooks-port/ml/boosting.h"
#include "notebooks-port/ml/matrix.h"
#include "notebooks-port/ml/metrics.h"
#include "notebooks-port/ml/platt.h"
#include "notebooks-port/ml/reference.h"
#include "notebooks-port/ml/split.h"
#include "shared/base/buffer.h"
#include "shared/base/progress.h"

enum {
    FOLDS = 5,
    INNER_FOLDS = 8, /* one of which stops the training early */
    ROUNDS_LIMIT = 4000,
    PATIENCE = 100,
    IMPORTANCE_ROWS = 2000,
    GOLDEN_ROWS = 16,
    COMMAND_BYTES = 4096
};
static const double MISSED_COST = 10, REFUSED_COST = 1;

struct options {
    const char *data, *out, *folds, *test;
    uint64_t seed;
    bool quick, report_only;
};

/* What the sections hand on. Everything is released at the end of main. */
struct notebook {
    struct options options;
    char command[COMMAND_BYTES];
    struct matrix matrix;
    json_t *parameters;
    uint8_t *fold; /* of each row */
    unsigned folds;
    double *margins;       /* out of fold, raw log-odds */
    double *probabilities; /* out of fold, calibrated */
    double *fold_auc;
    unsigned rounds; /* of the final model */
    struct calibration calibration;
    struct ranking_metrics ranking;
    struct boosting *boosting;
    json_t *document, *reference;
};

/* ---- 1. Read: the same features as import and serving ---- */

static int read_data(struct notebook *notebook, struct error *err)
{
    struct matrix *matrix = &notebook->matrix;
    if (matrix_read(matrix, notebook->options.data, true, err))
        return -1;
    size_t defaults = 0;
    for (size_t i = 0; i < matrix->rows; i++)
        defaults += matrix->labels[i];
    printf("1. %zu applications, %d features, %.2f %% with payment difficulties\n", matrix->rows,
           FEATURE_COUNT, 100.0 * (double)defaults / (double)matrix->rows);
    notebook->fold = malloc(matrix->rows);
    notebook->margins = malloc(matrix->rows * sizeof *notebook->margins);
    notebook->probabilities = malloc(matrix->rows * sizeof *notebook->probabilities);
    notebook->parameters = boosting_defaults();
    if (!notebook->fold || !notebook->margins || !notebook->probabilities)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    return 0;
}

/* ---- 2. Split: every row is predicted by a model that did not see it ---- */

static int split(struct notebook *notebook, struct error *err)
{
    const struct options *options = &notebook->options;
    notebook->folds = options->quick ? 3 : FOLDS;
    int status =
        options->folds
            ? matrix_read_folds(&notebook->matrix, options->folds, notebook->fold, &notebook->folds, err)
            : split_stratified(notebook->fold, notebook->matrix.labels, NULL, notebook->matrix.rows,
                               notebook->folds, options->seed, err);
    notebook->fold_auc = calloc(notebook->folds ? notebook->folds : 1, sizeof *notebook->fold_auc);
    printf("2. %u folds, %s\n", notebook->folds, options->folds ? options->folds : "stratified by outcome");
    return status;
}

/* ---- 3. Cross-validate: rounds by early stopping on a part of each training part, then the whole part again
 * ---- */

static int find_rounds(const struct notebook *notebook, unsigned fold, unsigned *rounds, struct error *err)
{
    const struct matrix *matrix = &notebook->matrix;
    const struct examples all = matrix_examples(matrix);
    struct examples train = {0};
    struct examples watched = {0};
    uint8_t *inner = malloc(matrix->rows);
    bool *use = malloc(matrix->rows * sizeof *use);
    int status = inner && use ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; status == 0 && i < matrix->rows; i++)
        use[i] = notebook->fold[i] != fold;
    if (status == 0)
        status = split_stratified(inner, matrix->labels, use, matrix->rows, INNER_FOLDS,
                                  notebook->options.seed + fold, err);
    if (status == 0)
        status = examples_pick(&watched, &all, inner, 0, false, err);
    if (status == 0)
        status = examples_pick(&train, &all, inner, 0, true, err);
    if (status == 0)
        status =
            boosting_find_rounds(rounds, &train, &watched, notebook->parameters, notebook->options.seed,
                                 notebook->options.quick ? ROUNDS_LIMIT / 4 : ROUNDS_LIMIT, PATIENCE, err);
    /* More rows carry more rounds: the part that watched learns too, now. */
    *rounds = *rounds * INNER_FOLDS / (INNER_FOLDS - 1);
    examples_free(&train);
    examples_free(&watched);
    free(inner);
    free(use);
    return status;
}

static int predict_fold(struct notebook *notebook, unsigned fold, unsigned rounds, struct error *err)
{
    const struct matrix *matrix = &notebook->matrix;
    const struct examples all = matrix_examples(matrix);
    struct examples train = {0};
    struct examples held_out = {0};
    struct boosting *boosting = NULL;
    double *margins = NULL;
    int status = examples_pick(&train, &all, notebook->fold, fold, true, err);
    if (status == 0)
        status = examples_pick(&held_out, &all, notebook->fold, fold, false, err);
    if (status == 0 && !(margins = malloc((held_out.rows ? held_out.rows : 1) * sizeof *margins)))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = boosting_train(&boosting, &train, notebook->parameters, notebook->options.seed, rounds, err);
    if (status == 0)
        status = boosting_predict(boosting, &held_out, margins, err);
    size_t at = 0;
    for (size_t i = 0; status == 0 && i < matrix->rows; i++)
        if (notebook->fold[i] == fold)
            notebook->margins[i] = margins[at++];
    struct ranking_metrics ranking = {0};
    if (status == 0 && metrics_rank(&ranking, margins, held_out.labels, held_out.rows))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    notebook->fold_auc[fold] = ranking.auc;
    boosting_free(boosting);
    examples_free(&train);
    examples_free(&held_out);
    free(margins);
    return status;
}

static int cross_validate(struct notebook *notebook, struct error *err)
{
    unsigned long total_rounds = 0;
    double sum = 0;
    printf("3. Cross-validation\n");
    for (unsigned fold = 0; fold < notebook->folds; fold++) {
        double started = progress_clock_s();
        unsigned rounds = 0;
        if (find_rounds(notebook, fold, &rounds, err) || predict_fold(notebook, fold, rounds, err))
            return -1;
        total_rounds += rounds;
        sum += notebook->fold_auc[fold];
        printf("   fold %u: AUC %.5f, %u rounds, %.1f s\n", fold, notebook->fold_auc[fold], rounds,
               progress_clock_s() - started);
        fflush(stdout);
    }
    /* The final model learns from one fold more than these did. */
    notebook->rounds = (unsigned)(total_rounds / (notebook->folds - 1));
    printf("   mean AUC %.5f\n", sum / notebook->folds);
    return 0;
}

/* ---- 4. Calibrate and choose the threshold ---- */

static int calibrate(struct notebook *notebook, struct error *err)
{
    const struct matrix *matrix = &notebook->matrix;
    notebook->calibration = platt_fit(notebook->margins, matrix->labels, matrix->rows);
    for (size_t i = 0; i < matrix->rows; i++)
        notebook->probabilities[i] =
            decision_probability(decision_calibrate(notebook->calibration, notebook->margins[i]));
    if (metrics_rank(&notebook->ranking, notebook->probabilities, matrix->labels, matrix->rows))
        return error_set(err, ERROR_INTERNAL, "out of memory");
    printf("4. Pooled AUC %.5f (%.5f to %.5f), KS %.4f, Brier %.5f; calibration %.4f × margin %+.4f\n",
           notebook->ranking.auc, notebook->ranking.auc_low, notebook->ranking.auc_high, notebook->ranking.ks,
           metrics_brier(notebook->probabilities, matrix->labels, matrix->rows), notebook->calibration.slope,
           notebook->calibration.intercept);
    return 0;
}

static json_t *describe_confusion(struct confusion confusion)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "true_negatives", (json_int_t)confusion.true_negatives,
                     "false_positives", (json_int_t)confusion.false_positives, "false_negatives",
                     (json_int_t)confusion.false_negatives, "true_positives",
                     (json_int_t)confusion.true_positives);
}

static json_t *describe_metrics(const struct notebook *notebook, double threshold)
{
    const struct matrix *matrix = &notebook->matrix;
    struct confusion confusion =
        metrics_confusion(notebook->probabilities, matrix->labels, matrix->rows, threshold);
    json_t *folds = json_array();
    double sum = 0;
    for (unsigned i = 0; i < notebook->folds; i++) {
        json_array_append_new(folds, json_real(notebook->fold_auc[i]));
        sum += notebook->fold_auc[i];
    }
    json_t *f_beta = json_object();
    for (int beta = 1; beta <= 6; beta++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", beta);
        json_object_set_new(f_beta, name, json_real(metrics_f_beta(confusion, beta)));
    }
    const struct ranking_metrics *ranking = &notebook->ranking;
    return json_pack("{s:f, s:f, s:f, s:f, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "auc",
                     ranking->auc, "auc_low", ranking->auc_low, "auc_high", ranking->auc_high, "auc_mean",
                     sum / notebook->folds, "auc_folds", folds, "gini", ranking->gini, "ks", ranking->ks,
                     "average_precision", ranking->average_precision, "brier",
                     metrics_brier(notebook->probabilities, matrix->labels, matrix->rows), "log_loss",
                     metrics_log_loss(notebook->probabilities, matrix->labels, matrix->rows), "precision",
                     metrics_precision(confusion), "recall", metrics_recall(confusion), "f_beta", f_beta,
                     "confusion", describe_confusion(confusion));
}

/* ---- 5. Fairness: who would be granted, by gender and age band ---- */

struct group {
    const char *name;
    size_t feature;
    double low, high; /* low <= value < high */
};
enum { GENDERS = 2, GROUPS = 7 };

static json_t *describe_fairness(const struct notebook *notebook, double threshold)
{
    static const double YEAR = -365.25; /* DAYS_BIRTH is negative */
    const struct group groups[GROUPS] = {
        {"women", FEATURE_CODE_GENDER, CODE_GENDER_F, CODE_GENDER_F + 1},
        {"men", FEATURE_CODE_GENDER, CODE_GENDER_M, CODE_GENDER_M + 1},
        {"under 30", FEATURE_DAYS_BIRTH, 30 * YEAR, 1},
        {"30 to 39", FEATURE_DAYS_BIRTH, 40 * YEAR, 30 * YEAR},
        {"40 to 49", FEATURE_DAYS_BIRTH, 50 * YEAR, 40 * YEAR},
        {"50 to 59", FEATURE_DAYS_BIRTH, 60 * YEAR, 50 * YEAR},
        {"60 and over", FEATURE_DAYS_BIRTH, 200 * YEAR, 60 * YEAR},
    };
    double clients[GROUPS] = {0};
    double granted[GROUPS] = {0};
    double defaults[GROUPS] = {0};
    for (size_t i = 0; i < notebook->matrix.rows; i++)
        for (int g = 0; g < GROUPS; g++) {
            double value = (double)notebook->matrix.values[i * FEATURE_COUNT + groups[g].feature];
            if (!(value >= groups[g].low && value < groups[g].high))
                continue;
            clients[g]++;
            granted[g] += notebook->probabilities[i] < threshold;
            defaults[g] += notebook->matrix.labels[i];
        }
    json_t *list = json_array();
    for (int g = 0; g < GROUPS; g++) {
        int first = g < GENDERS ? 0 : GENDERS;
        int last = g < GENDERS ? GENDERS : GROUPS;
        double most = 0;
        for (int other = first; other < last; other++)
            if (clients[other] > 0)
                most = fmax(most, granted[other] / clients[other]);
        double share = clients[g] > 0 ? granted[g] / clients[g] : 0;
        json_array_append_new(list, json_pack("{s:s, s:I, s:f, s:f, s:f}", "group", groups[g].name, "clients",
                                              (json_int_t)clients[g], "default_rate",
                                              clients[g] > 0 ? defaults[g] / clients[g] : 0, "granted", share,
                                              "ratio", most > 0 ? share / most : 0));
        printf("   %-12s %6.0f clients, %4.1f %% default, %4.1f %% granted\n", groups[g].name, clients[g],
               clients[g] > 0 ? 100 * defaults[g] / clients[g] : 0, 100 * share);
    }
    return list;
}

static json_t *describe_model(const struct notebook *notebook)
{
    const struct matrix *matrix = &notebook->matrix;
    double threshold = decision_threshold(MISSED_COST, REFUSED_COST);
    double cost = 0;
    double empirical = metrics_cheapest_threshold(&cost, notebook->probabilities, matrix->labels,
                                                  matrix->rows, MISSED_COST, REFUSED_COST);
    printf("5. Refused at a probability of %.4f or more; the cheapest on these rows is %.4f\n", threshold,
           empirical);
    size_t defaults = 0;
    json_t *features = json_array();
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        json_array_append_new(features, json_string(catalogue_feature(i)->name));
    for (size_t i = 0; i < matrix->rows; i++)
        defaults += matrix->labels[i];

    char created[32];
    char xgboost[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    boosting_version(xgboost, sizeof xgboost);
    const char *slash = strrchr(notebook->options.out, '/');
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:{s:f, s:s, s:f, s:f, s:f, s:f}, s:{s:f, s:f, s:f}, s:{s:f, s:f},"
        " s:{s:s, s:s, s:I, s:f, s:I, s:i, s:O, s:{s:s, s:s, s:s}}, s:o, s:o}",
        "name", "clairscore", "version", slash ? slash + 1 : notebook->options.out, "created", created,
        "catalogue_version", catalogue_version(), "features", features, "threshold", "value", threshold,
        "method", "analytic optimum of the costs on calibrated probabilities", "missed_cost", MISSED_COST,
        "refused_cost", REFUSED_COST, "empirical", empirical, "empirical_cost", cost, "points", "at_odds",
        DECISION_POINTS_AT_ODDS, "odds", DECISION_ODDS, "to_double", DECISION_POINTS_TO_DOUBLE, "calibration",
        "slope", notebook->calibration.slope, "intercept", notebook->calibration.intercept, "training",
        "data_hash", matrix->data_hash, "command", notebook->command, "rows", (json_int_t)matrix->rows,
        "default_rate", (double)defaults / (double)matrix->rows, "seed", (json_int_t)notebook->options.seed,
        "rounds", (int)notebook->rounds, "parameters", notebook->parameters, "libraries", "xgboost", xgboost,
        "gsl", GSL_VERSION, "jansson", JANSSON_VERSION, "metrics", describe_metrics(notebook, threshold),
        "fairness", describe_fairness(notebook, threshold));
}

/* ---- 6. The final model, on all rows ---- */

static int train_final(struct notebook *notebook, struct error *err)
{
    const struct matrix *matrix = &notebook->matrix;
    double started = progress_clock_s();
    const struct examples all = matrix_examples(matrix);
    if (boosting_train(&notebook->boosting, &all, notebook->parameters, notebook->options.seed,
                       notebook->rounds, err))
        return -1;
    notebook->reference = reference_describe(matrix, err);
    if (!notebook->reference ||
        reference_add_importance(notebook->reference, notebook->boosting, matrix, notebook->calibration,
                                 notebook->options.quick ? IMPORTANCE_ROWS / 8 : IMPORTANCE_ROWS,
                                 notebook->options.seed, err) ||
        reference_add_golden(notebook->reference, notebook->boosting, notebook->calibration, GOLDEN_ROWS,
                             notebook->options.seed, err))
        return -1;
    printf("6. Final model: %u rounds on all rows, %.1f s\n", notebook->rounds, progress_clock_s() - started);
    return 0;
}

/* ---- 7. Try it on other rows, when there are some ---- */

static int try_elsewhere(struct notebook *notebook, struct error *err)
{
    struct matrix matrix = {0};
    if (matrix_read(&matrix, notebook->options.test, true, err))
        return -1;
    const struct examples data = matrix_examples(&matrix);
    struct ranking_metrics ranking = {0};
    double *margins = malloc(matrix.rows * sizeof *margins);
    int status = margins ? boosting_predict(notebook->boosting, &data, margins, err)
                         : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0 && metrics_rank(&ranking, margins, matrix.labels, matrix.rows))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0) {
        printf("7. On %zu rows of %s: AUC %.5f (%.5f to %.5f)\n", matrix.rows, notebook->options.test,
               ranking.auc, ranking.auc_low, ranking.auc_high);
        json_object_set_new(notebook->document, "test",
                            json_pack("{s:s, s:I, s:f, s:f, s:f}", "data_hash", matrix.data_hash, "rows",
                                      (json_int_t)matrix.rows, "auc", ranking.auc, "auc_low", ranking.auc_low,
                                      "auc_high", ranking.auc_high));
    }
    free(margins);
    matrix_free(&matrix);
    return status;
}

static void print_help(void)
{
    printf(
        "Usage: 02_model --data DIR --out models/NAME [options]\n\n"
        "Cross-validates, calibrates and trains a model on Home Credit tables, and writes the artifact.\n\n"
        "  --data DIR      folder with application_train.csv and, where known, the history tables\n"
        "  --out DIR       the artifact's folder; replaced when it is there\n"
        "  --folds FILE    CSV with SK_ID_CURR and fold, for comparable cross-validation\n"
        "  --seed N        of splits and training (default 7)\n"
        "  --quick         three folds and fewer rounds: a rough model in seconds\n"
        "  --report-only   cross-validate and print; write nothing\n\n"
        "Examples:\n"
        "  02_model --data data/demo --out models/demo\n"
        "  02_model --data DIR --folds DIR/folds.csv --report-only\n");
}

/* 0 to go on, 1 when help was asked for, -1 with an error. */
static int read_options(struct options *options, int count, char **arguments, struct error *err)
{
    static const struct option known[] = {
        {"data", required_argument, NULL, 'd'},
        {"out", required_argument, NULL, 'o'},
        {"folds", required_argument, NULL, 'f'},
        {"test", required_argument, NULL, 't'},
        {"seed", required_argument, NULL, 's'},
        {"quick", no_argument, NULL, 'q'},
        {"report-only", no_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    *options = (struct options){.seed = 7};
    for (int option = 0; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
        char *end = NULL;
        switch (option) {
        case 'd':
            options->data = optarg;
            break;
        case 'o':
            options->out = optarg;
            break;
        case 'f':
            options->folds = optarg;
            break;
        case 't':
            options->test = optarg;
            break;
        case 's':
            options->seed = strtoull(optarg, &end, 10);
            if (!*optarg || *end || *optarg == '-')
                return error_set(err, ERROR_INVALID, "--seed: \"%s\" is not a whole number", optarg);
            break;
        case 'q':
            options->quick = true;
            break;
        case 'r':
            options->report_only = true;
            break;
        case 'h':
            print_help();
            return 1;
        default:
            return error_set(err, ERROR_INVALID, "unknown option; --help lists them");
        }
    }
    if (optind < count)
        return error_set(err, ERROR_INVALID, "\"%s\": not expected; --help shows how to call",
                         arguments[optind]);
    if (!options->data)
        return error_set(err, ERROR_INVALID, "--data DIR is needed: the folder of the Home Credit tables");
    if (!options->out && !options->report_only)
        return error_set(err, ERROR_INVALID,
                         "--out DIR is needed: where the artifact goes (or --report-only)");
    if (!options->out)
        options->out = "unnamed";
    return 0;
}

/* The command line without folders that only this machine has. */
static void describe_command(struct notebook *notebook)
{
    const struct options *options = &notebook->options;
    const char *slash = strrchr(options->out, '/');
    snprintf(notebook->command, sizeof notebook->command,
             "02_model --data DIR --out models/%s --seed %llu%s%s", slash ? slash + 1 : options->out,
             (unsigned long long)options->seed, options->folds ? " --folds FILE" : "",
             options->quick ? " --quick" : "");
}

int main(int count, char **arguments)
{
    struct error err = {0};
    struct notebook notebook = {0};
    double started = progress_clock_s();
    int status = read_options(&notebook.options, count, arguments, &err);
    if (status > 0)
        return 0;
    if (status == 0)
        describe_command(&notebook);
    if (status == 0)
        status = read_data(&notebook, &err);
    if (status == 0)
        status = split(&notebook, &err);
    if (status == 0)
        status = cross_validate(&notebook, &err);
    if (status == 0)
        status = calibrate(&notebook, &err);
    if (status == 0)
        notebook.document = describe_model(&notebook);
    if (status == 0 && !notebook.options.report_only)
        status = train_final(&notebook, &err);
    if (status == 0 && notebook.boosting && notebook.options.test)
        status = try_elsewhere(&notebook, &err);
    if (status == 0 && !notebook.options.report_only)
        status = artifact_write(notebook.options.out, notebook.boosting, notebook.document,
                                notebook.reference, &err);
    if (status == 0 && !notebook.options.report_only)
        printf("Written and checked: %s (%.1f s in all)\n", notebook.options.out,
               progress_clock_s() - started);
    if (status)
        fprintf(stderr, "02_model: %s\n", err.message);

    boosting_free(notebook.boosting);
    json_decref(notebook.document);
    json_decref(notebook.reference);
    json_decref(notebook.parameters);
    matrix_free(&notebook.matrix);
    free(notebook.fold);
    free(notebook.margins);
    free(notebook.probabilities);
    free(notebook.fold_auc);
    return status ? 1 : 0;
}
