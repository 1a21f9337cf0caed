#include "notebooks-port/model/serve.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_version.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "notebooks-port/ml/artifact.h"
#include "notebooks-port/ml/performance.h"
#include "notebooks-port/ml/reference.h"
#include "notebooks-port/model/data.h"
#include "notebooks-port/model/decide.h"
#include "shared/features/catalogue.h"
#include "shared/model/proportion.h"

enum { IMPORTANCE_ROWS = 2000, QUICK_IMPORTANCE_ROWS = 250, GOLDEN_ROWS = 16, LEADING = 20 };

/* ---- The final model ----------------------------------------------------------------------------------- */

struct weight {
    size_t column;
    double gain, effect; /* shares of all columns' total */
};

static int by_effect(const void *a, const void *b)
{
    const struct weight *x = a, *y = b;
    if (x->effect != y->effect)
        return x->effect < y->effect ? 1 : -1;
    return x->column < y->column ? -1 : x->column > y->column;
}

/* The mean |SHAP value| of each column over rows drawn from `seed`. */
static int measure_effects(struct weight *weights, const struct study *study, struct error *err)
{
    const struct matrix *matrix = &study->matrix;
    size_t sample = study->options.quick ? QUICK_IMPORTANCE_ROWS : IMPORTANCE_ROWS;
    sample = sample < matrix->rows ? sample : matrix->rows;
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    float *values = malloc(sample * matrix->columns * sizeof *values);
    float *effects = malloc(sample * (matrix->columns + 1) * sizeof *effects);
    size_t *all = malloc(matrix->rows * sizeof *all);
    size_t *drawn = malloc(sample * sizeof *drawn);
    int status =
        generator && values && effects && all && drawn ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0) {
        for (size_t i = 0; i < matrix->rows; i++)
            all[i] = i;
        gsl_rng_set(generator, (unsigned long)study->options.seed);
        gsl_ran_choose(generator, drawn, sample, all, matrix->rows, sizeof *all);
        for (size_t i = 0; i < sample; i++)
            memcpy(values + i * matrix->columns, matrix->values + drawn[i] * matrix->columns,
                   matrix->columns * sizeof *values);
        const struct examples data = {values, NULL, sample, matrix->columns};
        status = boosting_explain(study->boosting, &data, effects, err);
    }
    for (size_t i = 0; status == 0 && i < matrix->columns; i++)
        for (size_t row = 0; row < sample; row++)
            weights[i].effect += fabs((double)effects[row * (matrix->columns + 1) + i]) *
                                 study->validation.calibration.slope / (double)sample;
    if (generator)
        gsl_rng_free(generator);
    free(values);
    free(effects);
    free(all);
    free(drawn);
    return status;
}

static void tell_weights(const struct study *study, const struct weight *weights)
{
    const char *labels[LEADING];
    double effects[LEADING];
    size_t shown = study->matrix.columns < LEADING ? study->matrix.columns : LEADING;
    for (size_t i = 0; i < shown; i++) {
        labels[i] = study_label(study, weights[i].column);
        effects[i] = weights[i].effect;
    }
    const struct chart_series series = {"effect", effects, PAINT_PLAIN};
    report_chart(study->report, "leading",
                 &(struct chart){.kind = CHART_DIVERGING,
                                 .labels = labels,
                                 .count = shown,
                                 .series = &series,
                                 .series_count = 1,
                                 .decimals = 3,
                                 .mark = NAN,
                                 .highlight = -1});
    json_t *rows = json_array();
    for (size_t i = 0; i < study->matrix.columns; i++)
        json_array_append_new(
            rows, json_pack("[i, s, s, f, f]", (int)i + 1, study_label(study, weights[i].column),
                            study->matrix.names[weights[i].column], weights[i].effect, weights[i].gain));
    const struct report_column columns[] = {{"rank", REPORT_COUNT, 0},
                                            {"feature", REPORT_TEXT, 0},
                                            {"variable", REPORT_TEXT, 0},
                                            {"effect", REPORT_NUMBER, 4},
                                            {"gain", REPORT_PERCENT, 2}};
    report_fold(study->report, "all");
    report_table(study->report, "table", columns, 5, rows);
}

static int weigh(struct study *study, struct error *err)
{
    const size_t columns = study->matrix.columns;
    struct weight *weights = calloc(columns, sizeof *weights);
    double *gains = malloc(columns * sizeof *gains);
    double total = 0;
    int status = weights && gains ? boosting_gains(study->boosting, gains, columns, err)
                                  : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = measure_effects(weights, study, err);
    for (size_t i = 0; status == 0 && i < columns; i++)
        total += gains[i];
    for (size_t i = 0; status == 0 && i < columns; i++) {
        weights[i].column = i;
        weights[i].gain = total > 0 ? gains[i] / total : 0;
    }
    if (status == 0) {
        qsort(weights, columns, sizeof *weights, by_effect);
        tell_weights(study, weights);
    }
    free(weights);
    free(gains);
    return status;
}

int serve_train(struct study *study, struct error *err)
{
    const struct options *options = &study->options;
    const struct examples all = matrix_examples(&study->matrix);
    report_section(study->report, "final");
    if (boosting_train(&study->boosting, &all, study->parameters, options->seed,
                       study->validation.final_rounds, err))
        return -1;
    report_figure(study->report, "rounds", study->validation.final_rounds, REPORT_COUNT, 0);
    if (weigh(study, err))
        return -1;
    if (!study->served || options->report_only)
        return 0;
    study->reference = reference_describe(&study->matrix, err);
    if (!study->reference)
        return -1;
    if (json_object_set_new(study->reference, "performance",
                            performance_describe(&study->cuts, study->threshold)))
        return error_set(err, ERROR_INTERNAL, "out of memory");
    if (reference_add_scores(study->reference, study->probabilities, study->matrix.rows, err))
        return -1;
    if (reference_add_importance(
            study->reference, study->boosting, &study->matrix, study->validation.calibration,
            options->quick ? QUICK_IMPORTANCE_ROWS : IMPORTANCE_ROWS, options->seed, err))
        return -1;
    return reference_add_golden(study->reference, study->boosting, study->validation.calibration, GOLDEN_ROWS,
                                options->seed, err);
}

/* ---- Fairness ------------------------------------------------------------------------------------------ */

struct group {
    const char *key;  /* of its name in the texts */
    const char *name; /* in the artifact */
    bool gender;
    double low, high; /* low <= value < high, of the gender's code or of years of age */
    double clients, granted, defaults;
};

enum { GENDERS = 2, GROUPS = 7 };

/* Gender and age as the catalogue's columns or the original's matrix tell them. */
struct person {
    size_t gender, birth;
    double woman, man; /* values of the gender's column */
    double year;       /* of age in the birth's column */
};

static struct person find_person(const struct study *study)
{
    struct person person = {study_column(study, "CODE_GENDER"), study_column(study, "DAYS_BIRTH"),
                            CODE_GENDER_F, CODE_GENDER_M, -365.25};
    if (person.gender == SIZE_MAX) {
        person.gender = study_column(study, "CODE_GENDER_M");
        person.woman = 0;
        person.man = 1;
    }
    if (person.birth == SIZE_MAX) {
        person.birth = study_column(study, "Age");
        person.year = 1;
    }
    return person;
}

static void count_groups(struct group groups[GROUPS], const struct study *study, struct person person)
{
    const struct matrix *matrix = &study->matrix;
    for (size_t i = 0; i < matrix->rows; i++)
        for (int g = 0; g < GROUPS; g++) {
            const size_t column = groups[g].gender ? person.gender : person.birth;
            if (column == SIZE_MAX)
                continue;
            double value = (double)matrix->values[i * matrix->columns + column];
            if (!groups[g].gender)
                value /= person.year;
            if (!(value >= groups[g].low && value < groups[g].high))
                continue;
            groups[g].clients++;
            groups[g].granted += study->probabilities[i] < study->threshold;
            groups[g].defaults += matrix->labels[i];
        }
}

/* The share granted over that of the group of its kind that is granted most. */
static double four_fifths(const struct group groups[GROUPS], const struct group *group)
{
    double most = 0;
    for (int g = 0; g < GROUPS; g++)
        if (groups[g].gender == group->gender && groups[g].clients > 0)
            most = fmax(most, groups[g].granted / groups[g].clients);
    return most > 0 && group->clients > 0 ? group->granted / group->clients / most : 0;
}

static json_t *describe_groups(const struct group groups[GROUPS])
{
    json_t *list = json_array();
    for (int g = 0; g < GROUPS; g++) {
        const struct group *group = &groups[g];
        const double clients = group->clients > 0 ? group->clients : 1;
        json_array_append_new(list, json_pack("{s:s, s:I, s:f, s:f, s:f}", "group", group->name, "clients",
                                              (json_int_t)group->clients, "default_rate",
                                              group->defaults / clients, "granted", group->granted / clients,
                                              "ratio", four_fifths(groups, group)));
    }
    return list;
}

static void tell_groups(const struct study *study, const struct group groups[GROUPS])
{
    json_t *rows = json_array();
    for (int g = 0; g < GROUPS; g++) {
        const struct group *group = &groups[g];
        if (group->clients == 0)
            continue;
        double low[2], high[2];
        proportion_interval(&low[0], &high[0], group->defaults, group->clients);
        proportion_interval(&low[1], &high[1], group->granted, group->clients);
        json_array_append_new(
            rows, json_pack("[s, I, f, f, f, f, f, f, f]", report_text(study->report, group->key),
                            (json_int_t)group->clients, group->defaults / group->clients, low[0], high[0],
                            group->granted / group->clients, low[1], high[1], four_fifths(groups, group)));
    }
    const struct report_column columns[] = {
        {"group", REPORT_TEXT, 0},           {"clients", REPORT_COUNT, 0},
        {"default_rate", REPORT_PERCENT, 1}, {"default_low", REPORT_PERCENT, 1},
        {"default_high", REPORT_PERCENT, 1}, {"granted", REPORT_PERCENT, 1},
        {"granted_low", REPORT_PERCENT, 1},  {"granted_high", REPORT_PERCENT, 1},
        {"ratio", REPORT_NUMBER, 2}};
    report_table(study->report, "groups", columns, 9, rows);
}

/* ---- The document -------------------------------------------------------------------------------------- */

static json_t *describe_confusion(struct confusion confusion)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "true_negatives", (json_int_t)confusion.true_negatives,
                     "false_positives", (json_int_t)confusion.false_positives, "false_negatives",
                     (json_int_t)confusion.false_negatives, "true_positives",
                     (json_int_t)confusion.true_positives);
}

static json_t *describe_metrics(const struct study *study)
{
    const struct matrix *matrix = &study->matrix;
    const struct ranking_metrics *ranking = &study->ranking;
    struct confusion confusion =
        metrics_confusion(study->probabilities, matrix->labels, matrix->rows, study->threshold);
    json_t *folds = json_array();
    for (unsigned i = 0; i < study->folds; i++)
        json_array_append_new(folds, json_real(study->validation.auc[i]));
    json_t *f_beta = json_object();
    for (int beta = 1; beta <= DECIDE_BETA_MOST; beta++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", beta);
        json_object_set_new(f_beta, name, json_real(metrics_f_beta(confusion, beta)));
    }
    return json_pack("{s:f, s:f, s:f, s:f, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "auc",
                     ranking->auc, "auc_low", ranking->auc_low, "auc_high", ranking->auc_high, "auc_mean",
                     study->validation.mean_auc, "auc_folds", folds, "gini", ranking->gini, "ks", ranking->ks,
                     "average_precision", ranking->average_precision, "brier",
                     metrics_brier(study->probabilities, matrix->labels, matrix->rows), "log_loss",
                     metrics_log_loss(study->probabilities, matrix->labels, matrix->rows), "precision",
                     metrics_precision(confusion), "recall", metrics_recall(confusion), "f_beta", f_beta,
                     "confusion", describe_confusion(confusion));
}

/* The thresholds that F-beta would choose, for whoever wants another one. */
static json_t *describe_alternatives(const struct study *study)
{
    const struct threshold_costs costs = study_costs(study);
    json_t *alternatives = json_object();
    for (int beta = DECIDE_BETA_LEAST; beta <= DECIDE_BETA_MOST; beta++) {
        struct threshold_choice choice;
        char name[16];
        snprintf(name, sizeof name, "f%d", beta);
        if (thresholds_by_f_beta(&choice, &study->cuts, beta, &costs, NULL) == 0)
            json_object_set_new(alternatives, name, study_number(choice.threshold));
    }
    return alternatives;
}

static json_t *describe_model(const struct study *study, json_t *fairness)
{
    const struct matrix *matrix = &study->matrix;
    size_t defaults = 0;
    json_t *features = json_array();
    for (size_t i = 0; i < matrix->columns; i++)
        json_array_append_new(features, json_string(matrix->names[i]));
    for (size_t i = 0; i < matrix->rows; i++)
        defaults += matrix->labels[i];

    char created[32];
    char xgboost[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    boosting_version(xgboost, sizeof xgboost);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:{s:f, s:s, s:f, s:f, s:o, s:f, s:o}, s:{s:f, s:f, s:f}, s:{s:f, s:f},"
        " s:{s:s, s:s, s:I, s:f, s:I, s:i, s:O, s:{s:s, s:s, s:s}}, s:o, s:o}",
        "name", "clairscore", "version", study->options.name, "created", created, "catalogue_version",
        catalogue_version(), "features", features, "threshold", "value", study->threshold, "method",
        "analytic optimum of the costs on calibrated probabilities", "missed_cost",
        study->options.missed_cost, "refused_cost", study->options.refused_cost, "empirical",
        study_number(study->cheapest.threshold), "empirical_cost", study->cheapest.cost, "alternatives",
        describe_alternatives(study), "points", "at_odds", DECISION_POINTS_AT_ODDS, "odds", DECISION_ODDS,
        "to_double", DECISION_POINTS_TO_DOUBLE, "calibration", "slope", study->validation.calibration.slope,
        "intercept", study->validation.calibration.intercept, "training", "data_hash", matrix->data_hash,
        "command", study->options.command, "rows", (json_int_t)matrix->rows, "default_rate",
        (double)defaults / (double)matrix->rows, "seed", (json_int_t)study->options.seed, "rounds",
        (int)study->validation.final_rounds, "parameters", study->parameters, "libraries", "xgboost", xgboost,
        "gsl", GSL_VERSION, "jansson", JANSSON_VERSION, "metrics", describe_metrics(study), "fairness",
        fairness);
}

int serve_fairness(struct study *study, struct error *err)
{
    const struct person person = find_person(study);
    struct group groups[GROUPS] = {
        {"women", "women", true, person.woman, person.woman + 1, 0, 0, 0},
        {"men", "men", true, person.man, person.man + 1, 0, 0, 0},
        {"under_30", "under 30", false, 0, 30, 0, 0, 0},
        {"from_30", "30 to 39", false, 30, 40, 0, 0, 0},
        {"from_40", "40 to 49", false, 40, 50, 0, 0, 0},
        {"from_50", "50 to 59", false, 50, 60, 0, 0, 0},
        {"from_60", "60 and over", false, 60, 200, 0, 0, 0},
    };
    report_section(study->report, "fairness");
    if (person.gender == SIZE_MAX && person.birth == SIZE_MAX) {
        report_say(study->report, "unknown", NULL);
        return 0;
    }
    count_groups(groups, study, person);
    tell_groups(study, groups);
    if (!study->served)
        return 0;
    study->document = describe_model(study, describe_groups(groups));
    return study->document ? 0 : error_set(err, ERROR_INTERNAL, "the model cannot be described");
}

/* ---- Other rows ---------------------------------------------------------------------------------------- */

static int check_columns(const struct study *study, const struct matrix *other, struct error *err)
{
    const struct matrix *matrix = &study->matrix;
    for (size_t i = 0; i < matrix->columns || i < other->columns; i++)
        if (i >= other->columns || i >= matrix->columns || strcmp(matrix->names[i], other->names[i]) != 0)
            return error_set(err, ERROR_INVALID, "%s: column %zu is %s where the model learnt from %s",
                             study->options.test, i + 1, i < other->columns ? other->names[i] : "absent",
                             i < matrix->columns ? matrix->names[i] : "no more");
    return 0;
}

int serve_try_elsewhere(struct study *study, struct error *err)
{
    if (!study->options.test)
        return 0;
    struct matrix matrix = {0};
    struct ranking_metrics ranking = {0};
    double *margins = NULL;
    int status = data_read_matrix(&matrix, study->options.test, err);
    const struct examples data = matrix_examples(&matrix);
    if (status == 0)
        status = check_columns(study, &matrix, err);
    if (status == 0 && !(margins = malloc(matrix.rows * sizeof *margins)))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = boosting_predict(study->boosting, &data, margins, err);
    if (status == 0 && metrics_rank(&ranking, margins, matrix.labels, matrix.rows))
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0) {
        study_probabilities(margins, margins, matrix.rows, study->validation.calibration);
        report_section(study->report, "elsewhere");
        report_figure(study->report, "rows", (double)matrix.rows, REPORT_COUNT, 0);
        report_figure(study->report, "auc", ranking.auc, REPORT_NUMBER, 4);
        report_figure(study->report, "auc_low", ranking.auc_low, REPORT_NUMBER, 4);
        report_figure(study->report, "auc_high", ranking.auc_high, REPORT_NUMBER, 4);
        report_figure(study->report, "ks", ranking.ks, REPORT_NUMBER, 3);
        report_figure(study->report, "brier", metrics_brier(margins, matrix.labels, matrix.rows),
                      REPORT_NUMBER, 5);
        if (study->document)
            json_object_set_new(study->document, "test",
                                json_pack("{s:s, s:I, s:f, s:f, s:f}", "data_hash", matrix.data_hash, "rows",
                                          (json_int_t)matrix.rows, "auc", ranking.auc, "auc_low",
                                          ranking.auc_low, "auc_high", ranking.auc_high));
    }
    free(margins);
    matrix_free(&matrix);
    return status;
}

/* ---- Writing ------------------------------------------------------------------------------------------- */

int serve_write(struct study *study, struct error *err)
{
    const struct options *options = &study->options;
    const bool artifact = study->served && !options->report_only;
    report_section(study->report, "artifact");
    report_say(study->report,
               artifact        ? "written"
               : study->served ? "report_only"
                               : "not_served",
               REPORT_VALUES("name", options->name));
    if (artifact && artifact_write(options->out, study->boosting, study->document, study->reference, err))
        return -1;
    return report_write(study->report, options->report, err);
}
