/* Gradient-boosted trees trained through XGBoost's C API (Chen & Guestrin 2016). */
#ifndef CLAIRSCORE_ML_BOOSTING_H
#define CLAIRSCORE_ML_BOOSTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"
#include "shared/model/trees.h"

/* A booster in training; not thread-safe. */
struct boosting;

/* The parameters this project settled on for Home Credit data (shallow trees, few columns a tree, small
 * steps): a new object of XGBoost parameter names and values. */
json_t *boosting_defaults(void);

/* All that makes a booster of examples: the context of the methods that train again and again. */
struct boosting_plan {
    const json_t *parameters;
    uint64_t seed;
    unsigned rounds;
};

/* Threads of every training, whatever the machine: histogram sums are floating-point, so their order, hence
 * the number of threads, decides their last bits. */
enum { BOOSTING_THREADS = 2 };

/* Trains `rounds` trees. `parameters` is an object of XGBoost parameters; training always uses the same
 * number of threads, so that the same seed gives the same trees on every machine. The caller frees *out. */
int boosting_train(struct boosting **out, const struct examples *data, const json_t *parameters,
                   uint64_t seed, unsigned rounds, struct error *err);

/* The same with `class_weights[label]` the weight of each row, or NULL: 1. */
int boosting_train_weighted(struct boosting **out, const struct examples *data, const double *class_weights,
                            const json_t *parameters, uint64_t seed, unsigned rounds, struct error *err);

/* The number of rounds with the least log loss on `watched`, when that did not improve for `patience` rounds
 * or `limit` rounds were trained. */
int boosting_find_rounds(unsigned *rounds, const struct examples *data, const struct examples *watched,
                         const json_t *parameters, uint64_t seed, unsigned limit, unsigned patience,
                         struct error *err);

/* Raw log-odds of each row into `margins[data->rows]`. */
int boosting_predict(const struct boosting *boosting, const struct examples *data, double *margins,
                     struct error *err);

/* SHAP values of each row in raw log-odds, `contributions[rows][columns + 1]`, the bias last
 * (shared/model/tree_shap.h). */
int boosting_explain(const struct boosting *boosting, const struct examples *data, float *contributions,
                     struct error *err);

/* The same by XGBoost, a hundred times slower: what the others are judged by. */
int boosting_judge(const struct boosting *boosting, const struct examples *data, float *contributions,
                   struct error *err);

/* Its trees. The caller frees *out. */
int boosting_trees(struct trees **out, const struct boosting *boosting, struct error *err);

/* The total gain (drop of the loss) of all splits on each column into `gains[columns]`, 0 for a column that
 * is never split on. */
int boosting_gains(const struct boosting *boosting, double *gains, size_t columns, struct error *err);

/* Writes the model as UBJSON (a path that ends in .ubj). */
int boosting_save(const struct boosting *boosting, const char *path, struct error *err);

/* The same of its first `rounds` trees: what a shorter training would have given. */
int boosting_save_first(const struct boosting *boosting, unsigned rounds, const char *path,
                        struct error *err);

/* XGBoost's version, such as "1.7.4", into `out`. */
void boosting_version(char *out, size_t size);

void boosting_free(struct boosting *boosting);

#endif
