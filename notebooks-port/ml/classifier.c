#include "notebooks-port/ml/classifier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/adaboost.h"
#include "notebooks-port/ml/boosting.h"
#include "notebooks-port/ml/linear.h"
#include "notebooks-port/ml/network.h"
#include "notebooks-port/ml/preparation.h"

struct classifier {
    enum classifier_kind kind;
    json_t *parameters; /* all of them */
    size_t columns;
    unsigned steps; /* of preparation */
    struct preparation preparation;
    double class_weights[2];
    double base_rate;
    struct linear linear;
    struct adaboost adaboost;
    struct network *network;
    struct boosting *boosting;
};

/* ---- Parameters ---- */

/* A number that a kind takes. */
struct number_parameter {
    const char *name;
    double usual, lowest, highest;
    bool whole;
};
enum { NUMBERS = 7 };

/* What a kind is, beside its methods. */
struct kind {
    const char *name;
    bool fill, standardise; /* missing values are filled; columns are standardised unless told otherwise */
    const char *weights;
    bool takes_xgboost; /* XGBoost's own parameters beside `numbers` */
    struct number_parameter numbers[NUMBERS];
};

static const struct kind kinds[CLASSIFIER_KINDS] = {
    [CLASSIFIER_DUMMY] = {.name = "dummy", .weights = "none"},
    [CLASSIFIER_LOGISTIC] = {.name = "logistic",
                             .fill = true,
                             .standardise = true,
                             .weights = "none",
                             .numbers = {{"C", 0.01, 1e-12, 1e12, false},
                                         {"tolerance", 1e-4, 1e-12, 1, false},
                                         {"iterations", 0, 0, 100000, true}}},
    [CLASSIFIER_ADABOOST] = {.name = "adaboost",
                             .fill = true,
                             .weights = "none",
                             .numbers = {{"rounds", 50, 1, 10000, true}, {"rate", 1, 1e-6, 10, false}}},
    [CLASSIFIER_FOREST] = {.name = "forest",
                           .fill = true,
                           .weights = "balanced",
                           .numbers = {{"trees", 300, 1, 10000, true},
                                       {"min_leaf", 20, 0, 1e9, false},
                                       {"columns", 0, 0, 1, false},
                                       {"sample", 0.632, 1e-6, 1, false},
                                       {"bins", 64, 2, 4096, true}}},
    [CLASSIFIER_BOOSTING_DEPTH] = {.name = "boosting_depth",
                                   .weights = "none",
                                   .takes_xgboost = true,
                                   .numbers = {{"rounds", 1200, 1, 100000, true}}},
    [CLASSIFIER_BOOSTING_LEAF] = {.name = "boosting_leaf",
                                  .weights = "none",
                                  .takes_xgboost = true,
                                  .numbers = {{"rounds", 300, 1, 100000, true}}},
    [CLASSIFIER_NETWORK] = {.name = "network",
                            .fill = true,
                            .standardise = true,
                            .weights = "none",
                            .numbers = {{"hidden", 8, 1, 1024, true},
                                        {"epochs", 10, 1, 10000, true},
                                        {"rate", 0.002, 1e-9, 10, false},
                                        {"decay", 0.02, 0, 0.999, false},
                                        {"networks", 4, 1, 64, true}}},
};

const char *classifier_name(enum classifier_kind kind)
{
    return kinds[kind].name;
}

int classifier_find(const char *name)
{
    for (int kind = 0; kind < CLASSIFIER_KINDS; kind++)
        if (strcmp(kinds[kind].name, name) == 0)
            return kind;
    return -1;
}

/* LightGBM's way of growing, on the footing of boosting_defaults. */
static json_t *leaf_wise_defaults(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:f, s:f, s:f}", "objective",
                     "binary:logistic", "tree_method", "hist", "eval_metric", "logloss", "grow_policy",
                     "lossguide", "max_leaves", 16, "max_depth", 0, "eta", 0.05, "subsample", 0.8,
                     "colsample_bytree", 0.3, "min_child_weight", 20.0, "lambda", 10.0);
}

json_t *classifier_defaults(enum classifier_kind kind)
{
    json_t *out = kind == CLASSIFIER_BOOSTING_DEPTH  ? boosting_defaults()
                  : kind == CLASSIFIER_BOOSTING_LEAF ? leaf_wise_defaults()
                                                     : json_object();
    for (const struct number_parameter *number = kinds[kind].numbers; number->name; number++)
        json_object_set_new(out, number->name,
                            number->whole ? json_integer((json_int_t)number->usual)
                                          : json_real(number->usual));
    json_object_set_new(out, "weights", json_string(kinds[kind].weights));
    json_object_set_new(out, "standardise", json_boolean(kinds[kind].standardise));
    return out;
}

/* XGBoost takes a name that it does not know without a word. Its objective and booster stay: they are what
 * makes an answer a probability. */
static bool xgboost_knows(const char *name)
{
    static const char *const known[] = {"alpha",
                                        "colsample_bylevel",
                                        "colsample_bynode",
                                        "colsample_bytree",
                                        "eta",
                                        "gamma",
                                        "grow_policy",
                                        "lambda",
                                        "learning_rate",
                                        "max_bin",
                                        "max_depth",
                                        "max_delta_step",
                                        "max_leaves",
                                        "min_child_weight",
                                        "min_split_loss",
                                        "reg_alpha",
                                        "reg_lambda",
                                        "sampling_method",
                                        "scale_pos_weight",
                                        "subsample",
                                        "tree_method",
                                        "num_parallel_tree",
                                        "eval_metric",
                                        "interaction_constraints",
                                        "monotone_constraints"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], name) == 0)
            return true;
    return false;
}

static int check_number(const struct number_parameter *number, const json_t *value, const char *kind,
                        struct error *err)
{
    double given = json_number_value(value);
    if (!json_is_number(value) || !(given >= number->lowest && given <= number->highest) ||
        (number->whole && given != floor(given)))
        return error_set(err, ERROR_INVALID, "%s: %s must be a %snumber from %g to %g", kind, number->name,
                         number->whole ? "whole " : "", number->lowest, number->highest);
    return 0;
}

static int check_parameter(const struct kind *kind, const char *name, const json_t *value, struct error *err)
{
    for (const struct number_parameter *number = kind->numbers; number->name; number++)
        if (strcmp(number->name, name) == 0)
            return check_number(number, value, kind->name, err);
    if (strcmp(name, "weights") == 0) {
        const char *text = json_string_value(value);
        bool right = text && (strcmp(text, "none") == 0 || strcmp(text, "balanced") == 0);
        return right ? 0
                     : error_set(err, ERROR_INVALID, "%s: weights must be \"none\" or \"balanced\"",
                                 kind->name);
    }
    if (strcmp(name, "standardise") == 0)
        return json_is_boolean(value)
                   ? 0
                   : error_set(err, ERROR_INVALID, "%s: standardise must be true or false", kind->name);
    if (kind->takes_xgboost && xgboost_knows(name) && (json_is_number(value) || json_is_string(value)))
        return 0;
    return error_set(err, ERROR_INVALID, "%s: no parameter %s of that kind; see classifier_defaults",
                     kind->name, name);
}

/* The defaults with `given` in their place; NULL with an error. */
static json_t *merge(enum classifier_kind kind, const json_t *given, struct error *err)
{
    json_t *merged = classifier_defaults(kind);
    const char *name = NULL;
    json_t *value = NULL;
    int status = merged ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    json_object_foreach((json_t *)given, name, value)
    {
        json_t *usual = json_object_get(merged, name);
        if (status == 0 && !(usual && json_equal(usual, value)))
            status = check_parameter(&kinds[kind], name, value, err);
        if (status == 0 && json_object_set(merged, name, value))
            status = error_set(err, ERROR_INTERNAL, "out of memory");
    }
    if (status == 0)
        return merged;
    json_decref(merged);
    return NULL;
}

static double number_of(const struct classifier *classifier, const char *name)
{
    return json_number_value(json_object_get(classifier->parameters, name));
}

static unsigned count_of(const struct classifier *classifier, const char *name)
{
    return (unsigned)number_of(classifier, name);
}

bool classifier_served(enum classifier_kind kind, const json_t *parameters)
{
    return kinds[kind].takes_xgboost && !json_is_true(json_object_get(parameters, "standardise"));
}

/* ---- Data ---- */

static int check_values(const struct examples *data, struct error *err)
{
    for (size_t r = 0; r < data->rows; r++)
        for (size_t c = 0; c < data->columns; c++)
            if (isinf(data->values[r * data->columns + c]))
                return error_set(err, ERROR_INVALID,
                                 "row %zu, column %zu is infinite; a value is a number or missing (NaN)",
                                 r + 1, c + 1);
    return 0;
}

static int check_train(const struct examples *train, struct error *err)
{
    size_t count[2] = {0, 0};
    if (!train->labels)
        return error_set(err, ERROR_INVALID, "rows without labels: a classifier learns from outcomes");
    if (train->rows < CLASSIFIER_ROWS || train->columns == 0)
        return error_set(err, ERROR_INVALID,
                         "%zu rows of %zu columns; a classifier needs at least %d rows and a column",
                         train->rows, train->columns, CLASSIFIER_ROWS);
    for (size_t r = 0; r < train->rows; r++) {
        if (train->labels[r] > 1)
            return error_set(err, ERROR_INVALID, "row %zu has label %d; labels are 0 and 1", r + 1,
                             train->labels[r]);
        count[train->labels[r]]++;
    }
    if (count[0] == 0 || count[1] == 0)
        return error_set(err, ERROR_INVALID, "all %zu rows have label %d; a classifier needs both classes",
                         train->rows, count[0] == 0);
    return check_values(train, err);
}

static void weigh_classes(struct classifier *classifier, const struct examples *train)
{
    double count[2] = {0, 0};
    const char *weights = json_string_value(json_object_get(classifier->parameters, "weights"));
    bool balanced = strcmp(weights, "balanced") == 0;
    for (size_t r = 0; r < train->rows; r++)
        count[train->labels[r]]++;
    for (int label = 0; label <= 1; label++)
        classifier->class_weights[label] = balanced ? (double)train->rows / (2 * count[label]) : 1;
    classifier->base_rate = balanced ? 0.5 : count[1] / (double)train->rows;
}

/* ---- Kinds ---- */

static int train_logistic(struct classifier *classifier, const struct examples *train, struct error *err)
{
    const struct linear_options options = {number_of(classifier, "C"),
                                           number_of(classifier, "tolerance"),
                                           count_of(classifier, "iterations"),
                                           {classifier->class_weights[0], classifier->class_weights[1]}};
    return linear_train(&classifier->linear, train, &options, err);
}

static int train_adaboost(struct classifier *classifier, const struct examples *train, struct error *err)
{
    const struct adaboost_options options = {count_of(classifier, "rounds"),
                                             number_of(classifier, "rate"),
                                             {classifier->class_weights[0], classifier->class_weights[1]}};
    return adaboost_train(&classifier->adaboost, train, &options, err);
}

static int train_network(struct classifier *classifier, const struct examples *train, uint64_t seed,
                         struct error *err)
{
    const struct network_options options = {
        count_of(classifier, "hidden"),   count_of(classifier, "epochs"),
        number_of(classifier, "rate"),    number_of(classifier, "decay"),
        count_of(classifier, "networks"), {classifier->class_weights[0], classifier->class_weights[1]}};
    return network_train(&classifier->network, train, &options, seed, err);
}

/* Trees that split on the squared error of a 0/1 outcome split on Gini's impurity, and without penalty their
 * leaves are the shares of label 1. XGBoost draws rows without replacement: 63.2 % of them is what drawing
 * with replacement reaches. */
static int train_forest(struct classifier *classifier, const struct examples *train, uint64_t seed,
                        struct error *err)
{
    double columns = number_of(classifier, "columns");
    if (columns == 0)
        columns = 1 / sqrt((double)train->columns);
    json_t *parameters =
        json_pack("{s:s, s:s, s:f, s:f, s:f, s:i, s:f, s:f, s:f, s:i, s:i}", "objective", "reg:squarederror",
                  "tree_method", "hist", "base_score", 0.0, "eta", 1.0, "lambda", 0.0, "max_depth", 0,
                  "min_child_weight", number_of(classifier, "min_leaf"), "subsample",
                  number_of(classifier, "sample"), "colsample_bynode", columns, "num_parallel_tree",
                  (int)count_of(classifier, "trees"), "max_bin", (int)count_of(classifier, "bins"));
    if (!parameters)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    int status = boosting_train_weighted(&classifier->boosting, train, classifier->class_weights, parameters,
                                         seed, 1, err);
    json_decref(parameters);
    return status;
}

static int train_boosting(struct classifier *classifier, const struct examples *train, uint64_t seed,
                          struct error *err)
{
    json_t *parameters = json_copy(classifier->parameters);
    if (!parameters)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    json_object_del(parameters, "rounds");
    json_object_del(parameters, "weights");
    json_object_del(parameters, "standardise");
    int status = boosting_train_weighted(&classifier->boosting, train, classifier->class_weights, parameters,
                                         seed, count_of(classifier, "rounds"), err);
    json_decref(parameters);
    return status;
}

static int train_kind(struct classifier *classifier, const struct examples *train, uint64_t seed,
                      struct error *err)
{
    switch (classifier->kind) {
    case CLASSIFIER_LOGISTIC:
        return train_logistic(classifier, train, err);
    case CLASSIFIER_ADABOOST:
        return train_adaboost(classifier, train, err);
    case CLASSIFIER_FOREST:
        return train_forest(classifier, train, seed, err);
    case CLASSIFIER_BOOSTING_DEPTH:
    case CLASSIFIER_BOOSTING_LEAF:
        return train_boosting(classifier, train, seed, err);
    case CLASSIFIER_NETWORK:
        return train_network(classifier, train, seed, err);
    case CLASSIFIER_DUMMY:
    case CLASSIFIER_KINDS:
        break;
    }
    return 0;
}

static int predict_trees(const struct classifier *classifier, const struct examples *data, double *scores,
                         struct error *err)
{
    int status = boosting_predict(classifier->boosting, data, scores, err);
    for (size_t r = 0; status == 0 && r < data->rows; r++)
        scores[r] =
            classifier->kind == CLASSIFIER_FOREST ? fmin(fmax(scores[r], 0), 1) : 1 / (1 + exp(-scores[r]));
    return status;
}

static int predict_kind(const struct classifier *classifier, const struct examples *data, double *scores,
                        struct error *err)
{
    switch (classifier->kind) {
    case CLASSIFIER_LOGISTIC:
        linear_predict(&classifier->linear, data, scores);
        break;
    case CLASSIFIER_ADABOOST:
        adaboost_predict(&classifier->adaboost, data, scores);
        break;
    case CLASSIFIER_FOREST:
    case CLASSIFIER_BOOSTING_DEPTH:
    case CLASSIFIER_BOOSTING_LEAF:
        return predict_trees(classifier, data, scores, err);
    case CLASSIFIER_NETWORK:
        return network_predict(classifier->network, data, scores, err);
    case CLASSIFIER_DUMMY:
    case CLASSIFIER_KINDS:
        for (size_t r = 0; r < data->rows; r++)
            scores[r] = classifier->base_rate;
        break;
    }
    return 0;
}

/* ---- The interface ---- */

static int prepare(struct classifier *classifier, const struct examples *train, uint64_t seed,
                   struct error *err)
{
    struct examples prepared = {0};
    int status = preparation_fit(&classifier->preparation, train, err);
    if (status == 0)
        status = preparation_apply(&prepared, &classifier->preparation, train, classifier->steps, err);
    if (status == 0)
        status = train_kind(classifier, &prepared, seed, err);
    examples_free(&prepared);
    return status;
}

int classifier_train(struct classifier **out, enum classifier_kind kind, const struct examples *train,
                     const json_t *parameters, uint64_t seed, struct error *err)
{
    if ((unsigned)kind >= CLASSIFIER_KINDS)
        return error_set(err, ERROR_INVALID, "no kind of classifier has number %d", (int)kind);
    struct classifier *classifier = calloc(1, sizeof *classifier);
    int status = classifier ? check_train(train, err) : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0 && !(classifier->parameters = merge(kind, parameters, err)))
        status = -1;
    if (status == 0) {
        classifier->kind = kind;
        classifier->columns = train->columns;
        weigh_classes(classifier, train);
        classifier->steps =
            (kinds[kind].fill ? PREPARATION_FILL : 0U) |
            (json_is_true(json_object_get(classifier->parameters, "standardise")) ? PREPARATION_STANDARDISE
                                                                                  : 0U);
        status = classifier->steps ? prepare(classifier, train, seed, err)
                                   : train_kind(classifier, train, seed, err);
    }
    if (status == 0)
        *out = classifier;
    else
        classifier_free(classifier);
    return status;
}

int classifier_predict(const struct classifier *classifier, const struct examples *data, double *scores,
                       struct error *err)
{
    if (data->columns != classifier->columns)
        return error_set(err, ERROR_INVALID, "rows of %zu columns; this %s has learnt from %zu",
                         data->columns, kinds[classifier->kind].name, classifier->columns);
    if (check_values(data, err))
        return -1;
    if (!classifier->steps)
        return predict_kind(classifier, data, scores, err);
    struct examples prepared = {0};
    int status = preparation_apply(&prepared, &classifier->preparation, data, classifier->steps, err);
    if (status == 0)
        status = predict_kind(classifier, &prepared, scores, err);
    examples_free(&prepared);
    return status;
}

void classifier_free(struct classifier *classifier)
{
    if (!classifier)
        return;
    json_decref(classifier->parameters);
    preparation_free(&classifier->preparation);
    linear_free(&classifier->linear);
    adaboost_free(&classifier->adaboost);
    network_free(classifier->network);
    boosting_free(classifier->boosting);
    free(classifier);
}
