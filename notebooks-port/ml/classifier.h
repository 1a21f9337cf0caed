/* The kinds of classifier that the original notebook compares, behind one interface: each learns the
 * probability of default from rows of numbers.
 *
 * What a kind needs is done inside it, learnt from the training part alone and repeated on every later row:
 * filling of missing values with the training medians and, where `standardise` is true, standardisation.
 * Gradient boosting handles missing values itself, so nothing is filled for it. */
#ifndef CLAIRSCORE_ML_CLASSIFIER_H
#define CLAIRSCORE_ML_CLASSIFIER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

enum classifier_kind {
    CLASSIFIER_DUMMY,          /* the training part's default rate for everybody */
    CLASSIFIER_LOGISTIC,       /* L2-penalised logistic regression (ml/linear.h) */
    CLASSIFIER_ADABOOST,       /* AdaBoost of stumps (ml/adaboost.h) */
    CLASSIFIER_FOREST,         /* random forest (Breiman 2001), grown by XGBoost */
    CLASSIFIER_BOOSTING_DEPTH, /* gradient boosting level by level, XGBoost's way (ml/boosting.h) */
    CLASSIFIER_BOOSTING_LEAF,  /* gradient boosting that splits the most promising leaf, LightGBM's way */
    CLASSIFIER_NETWORK,        /* feed-forward neural network (ml/network.h) */
    CLASSIFIER_KINDS
};

/* Fewest rows that any kind learns from; a training part needs both classes, too. */
enum { CLASSIFIER_ROWS = 20 };

/* A trained classifier. Predicting leaves it as it is; not for several threads at a time. */
struct classifier;

/* "dummy", "logistic", "adaboost", "forest", "boosting_depth", "boosting_leaf", "network": stable codes for
 * JSON and locale keys. */
const char *classifier_name(enum classifier_kind kind);

/* The kind with that code, or -1. */
int classifier_find(const char *name);

/* The kind's parameters with the values it takes unless told otherwise: a new object. All kinds have
 *   weights      "none" or "balanced": each class weighs the same (rows / (2 × rows of the class) a row)
 *   standardise  whether columns are brought to mean 0 and deviation 1 first
 * and beside them
 *   logistic     C (inverse strength of the penalty), tolerance (of Newton's method), iterations (of
 *                L-BFGS, 0: Newton's method; see ml/linear.h)
 *   adaboost     rounds, rate
 *   forest       trees, min_leaf (rows of mean weight), columns (share tried at each split; 0: √columns of
 *                them), sample (share of rows a tree), bins
 *   boosting_*   rounds, and any parameter of XGBoost's binary:logistic gbtree
 *   network      hidden (neurons), epochs, rate, decay (see ml/network.h), networks (averaged) */
json_t *classifier_defaults(enum classifier_kind kind);

/* Learns from `train`. `parameters` replaces the defaults it names (NULL: none). Same data, parameters and
 * seed give the same classifier to the last digit, whatever the number of threads. ERROR_INVALID for data
 * without labels, of one class, with infinite values or fewer than CLASSIFIER_ROWS rows, and for a parameter
 * that is unknown or out of range. The caller frees *out. */
int classifier_train(struct classifier **out, enum classifier_kind kind, const struct examples *train,
                     const json_t *parameters, uint64_t seed, struct error *err);

/* The probability of default of each row into `scores[data->rows]`, 0 to 1. With class weights or on
 * resampled data it is one of a balanced population, not of the real one. ERROR_INVALID unless `data` has the
 * columns that were learnt from, finite or NaN. */
int classifier_predict(const struct classifier *classifier, const struct examples *data, double *scores,
                       struct error *err);

/* True when the backend could serve what these parameters train: XGBoost trees of log-odds that take the
 * values as they are. */
bool classifier_served(enum classifier_kind kind, const json_t *parameters);

void classifier_free(struct classifier *classifier);

#endif
