/* AdaBoost (Freund & Schapire 1997, "A Decision-Theoretic Generalization of On-Line Learning and an
 * Application to Boosting") of decision stumps, in its real-valued form: each stump answers with half the
 * log-odds of its side and the weights of the rows follow (Friedman, Hastie & Tibshirani 2000, "Additive
 * Logistic Regression", algorithm 2). For two classes this is SAMME.R (Zhu, Zou, Rosset & Hastie 2009), what
 * scikit-learn 1.2 does unless told otherwise. */
#ifndef CLAIRSCORE_ML_ADABOOST_H
#define CLAIRSCORE_ML_ADABOOST_H

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

/* values[column] <= threshold answers `low`, else `high`: halves of log-odds of label 1. */
struct stump {
    size_t column;
    float threshold;
    double low, high;
};

struct adaboost {
    size_t count; /* fewer than asked for once the rows are told apart, or nothing can be split */
    struct stump *stumps;
    double rate;
};

struct adaboost_options {
    size_t rounds;           /* 1 or more */
    double rate;             /* how much of each stump's answer counts, above 0; 1: all */
    double class_weights[2]; /* of a row of each label, at the start */
};

/* Learns from `train`, which has labels of both classes and no missing value. A stump is the split with the
 * least Gini impurity over 256 bins a column, cut at quantiles where a column has more distinct values. The
 * caller releases *out with adaboost_free, also after a failure. */
int adaboost_train(struct adaboost *out, const struct examples *train, const struct adaboost_options *options,
                   struct error *err);

/* The probability of label 1: the logistic function of twice the sum of the answers (Friedman et al. 2000,
 * equation 22). scikit-learn divides the sum by the number of stumps first, which draws every probability
 * towards one half; the order of rows, hence the AUC, and the answer at 0.5 are the same. */
void adaboost_predict(const struct adaboost *adaboost, const struct examples *data, double *scores);

void adaboost_free(struct adaboost *adaboost);

#endif
