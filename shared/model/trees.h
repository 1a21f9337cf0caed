/* The trees of an XGBoost booster, laid flat once: what prediction and explanation walk.
 *
 * Immutable once read; any number of threads may use it. */
#ifndef CLAIRSCORE_MODEL_TREES_H
#define CLAIRSCORE_MODEL_TREES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

/* One node; both children of a split lie side by side, after their parent. A leaf leads to itself whatever
 * the value: `left` is its own index and `threshold` is NaN, which nothing is at or above. */
struct tree_node {
    float threshold;        /* a value below it goes left, at or above it right */
    uint32_t feature;       /* column of the row; 0 in a leaf */
    uint32_t left;          /* index of the left child; the right one follows it */
    uint32_t missing_right; /* 1: a missing value goes right, 0: left */
};

struct trees {
    size_t columns;          /* floats of a row */
    size_t count;            /* trees */
    float base;              /* the margin before the first tree: base_score in log-odds */
    struct tree_node *nodes; /* tree after tree, each level by level from its root */
    float *values;           /* of each node: a leaf's value, 0 in a split */
    float *covers;           /* of each node: the sum of hessians of the training rows that came by */
    uint32_t *roots;         /* [count + 1]: the index of each root; the last is the number of nodes */
    uint32_t *depths;        /* [count]: splits on the longest path of each tree */
};

enum {
    TREES_COUNT_LIMIT = 100000,
    TREES_NODE_LIMIT = 50000000, /* of all trees together */
    TREES_COLUMN_LIMIT = 1 << 20,
};

/* Reads the trees of `booster`, a BoosterHandle of XGBoost's C API (1.7) with one output and gbtree's
 * trees. ERROR_INVALID says what else it has: DART's weights, a linear booster, several outputs, categorical
 * splits, an objective whose margin is not known here. The caller frees *out. */
int trees_read(struct trees **out, void *booster, struct error *err);

/* The same from the bytes of XGBoost's JSON model. */
int trees_parse(struct trees **out, const char *json, size_t length, struct error *err);

/* Whether node `index` is a leaf. */
static inline bool trees_is_leaf(const struct trees *trees, uint32_t index)
{
    return trees->nodes[index].left == index;
}

/* The raw margins of `count` rows of `columns` floats, NaN where missing, to the last bit as XGBoost adds
 * them: the base, then the leaf of each tree in turn, in single precision. Infinite values take the side
 * they compare to, as in XGBoost's in-place prediction. */
void trees_predict(const struct trees *trees, const float *rows, size_t count, float *margins);

/* Bytes that the trees occupy. */
size_t trees_bytes(const struct trees *trees);

void trees_free(struct trees *trees);

#endif
