/* A feed-forward neural network with one hidden layer, trained by FANN (Nissen 2003, "Implementation of a
 * Fast Artificial Neural Network Library") row by row: stochastic gradient descent on the log loss, with
 * weight decay and a falling step. Several networks that differ in their first weights and in the order of
 * rows are averaged (Hansen & Salamon 1990, "Neural Network Ensembles"). */
#ifndef CLAIRSCORE_ML_NETWORK_H
#define CLAIRSCORE_ML_NETWORK_H

#include <stdint.h>

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

struct network;

struct network_options {
    unsigned hidden;         /* neurons, 1 to 1024 */
    unsigned epochs;         /* times that every row is learnt from */
    double rate;             /* the first step; epoch e of n takes rate × (1 − e / n) */
    double decay;            /* share of every weight that is lost an epoch, 0 to below 1 */
    unsigned networks;       /* 1 to 64 */
    double class_weights[2]; /* of a row of each label */
};

/* Learns from `train`, which has labels of both classes and standardised columns without missing values.
 * Networks are trained at the same time on all cores, each with random numbers of its own from `seed`. The
 * caller frees *out. */
int network_train(struct network **out, const struct examples *train, const struct network_options *options,
                  uint64_t seed, struct error *err);

/* The mean probability of label 1 of each row over the networks. Not for several threads at a time. */
int network_predict(const struct network *network, const struct examples *data, double *scores,
                    struct error *err);

void network_free(struct network *network);

#endif
