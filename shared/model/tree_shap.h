/* Exact path-dependent SHAP values of a booster's trees (Lundberg et al. 2020, "From local explanations to
 * global understanding with explainable AI for trees"), in raw log-odds, at the price of a few predictions.
 *
 * Along the path to a leaf of value v let each distinct feature i have o_i, 1 when the row follows all its
 * splits there, else 0, and z_i, the product of their cover ratios. Its Shapley value of that leaf is
 *     v (o_i - z_i) ∫₀¹ Π_{j≠i} (o_j t + z_j (1 - t)) dt,
 * a polynomial of degree d - 1 in t for d distinct features, which ⌈d/2⌉ Gauss-Legendre points integrate
 * exactly (Linear TreeShap, Bifet et al. 2022, arXiv 2209.08192; Quadrature-TreeSHAP, arXiv 2605.04497). For
 * a fixed t the sums over all leaves are had from one sweep up and one down a tree, since the two branches of
 * every split take shares f and 1 - f of the product, also where a feature is met again. All points, and
 * sixteen trees of one row or sixteen rows of one tree, go side by side. */
#ifndef CLAIRSCORE_MODEL_TREE_SHAP_H
#define CLAIRSCORE_MODEL_TREE_SHAP_H

#include <stddef.h>

#include "shared/base/error.h"
#include "shared/base/processor.h"
#include "shared/model/trees.h"

struct tree_shap;

enum {
    TREE_SHAP_PATH_LIMIT = 128,   /* distinct features on one path */
    TREE_SHAP_ASKED_LIMIT = 2000, /* features of the pairs of one call */
};

/* Prepares the tables of `trees`, which must outlive it. A split whose cover is 0 divides it evenly.
 * ERROR_LIMIT when a path holds too many features. The caller frees *out. Immutable afterwards; any number of
 * threads may use it. */
int tree_shap_new(struct tree_shap **out, const struct trees *trees, struct error *err);

/* SHAP values of `count` rows of trees->columns floats, NaN where missing: `contributions[count][columns +
 * 1]`, the bias (the mean of the margins by cover) last. They add up to the margin but for rounding. A row
 * gives the same bits alone, among others and on any number of `threads` (at least 1; the caller's own is
 * one). */
int tree_shap_explain(const struct tree_shap *shap, const float *rows, size_t count, unsigned threads,
                      float *contributions, struct error *err);

/* The same with the margins of the rows, `margins[count]`, to the last bit what trees_predict gives: the
 * sweep comes by the leaves anyway. */
int tree_shap_score(const struct tree_shap *shap, const float *rows, size_t count, unsigned threads,
                    float *contributions, float *margins, struct error *err);

/* SHAP interaction values (Lundberg et al. 2020, algorithm 3) of pairs of features in `count` rows:
 * `out[count][pair_count]`. The value of a pair {a, b} of two features is one half of their joint effect,
 * what stands at (a, b) and again at (b, a) of the matrix; that of {a, a} is the main effect of a: its
 * contribution less its interactions with all others. So each row of the whole matrix adds up to the
 * feature's contribution. */
int tree_shap_interactions(const struct tree_shap *shap, const float *rows, size_t count,
                           const size_t (*pairs)[2], size_t pair_count, unsigned threads, double *out,
                           struct error *err);

/* The whole matrix of one row, `out[columns][columns]`, symmetric. */
int tree_shap_interaction_matrix(const struct tree_shap *shap, const float *row, double *out,
                                 struct error *err);

/* Instructions the sums are made with, the best at hand unless a test asks for others. All give the same
 * bits. Returns -1 when the processor at work does not have them. */
int tree_shap_use_processor(struct tree_shap *shap, enum processor processor);

/* Bytes of the prepared tables; those of the trees come on top. */
size_t tree_shap_bytes(const struct tree_shap *shap);

void tree_shap_free(struct tree_shap *shap);

#endif
