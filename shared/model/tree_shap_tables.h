/* What tree_shap prepares of a booster: programs that the sweeps run (tree_shap_kernel.h). Inner part of
 * tree_shap; nobody else includes it. */
#ifndef CLAIRSCORE_MODEL_TREE_SHAP_TABLES_H
#define CLAIRSCORE_MODEL_TREE_SHAP_TABLES_H

#include <stdint.h>

#include "shared/base/error.h"
#include "shared/model/tree_shap.h"
#include "shared/model/trees.h"

enum {
    SHAP_LANES = 16, /* trees or rows side by side: floats of one AVX-512 register */
    SHAP_POINT_LIMIT = 64,
    /* A split's place in the row and two flags in its high bits. */
    SHAP_MISSING_LEFT = 31, /* a missing value goes left */
    SHAP_MISSING_LOST = 30, /* a missing value went another way at an ancestor with the same feature */
    SHAP_FEATURE_MASK = (1 << 30) - 1,
};

/* Trees that are swept at once, one a lane; where one of them has a leaf and another a split, the leaf is
 * split into equals, which changes no sum. Slots are splits, level by level, the root first. */
struct shap_shape {
    uint32_t slots, leaves; /* at least one leaf */
    size_t first_slot, first_leaf, first_add;
    size_t adds; /* splits that are there, when lanes are trees */
};

/* Where the effect of a split belongs. */
struct shap_add {
    uint32_t from;    /* slot × SHAP_LANES + lane */
    uint32_t feature; /* column of the row */
};

/* Arrays by slot hold `lanes` values each. */
struct shap_program {
    uint32_t lanes; /* SHAP_LANES trees a shape, or 1: then lanes are for rows */
    size_t shape_count, slot_count, leaf_count, repeat_count, add_count;
    struct shap_shape *shapes;
    int32_t (*children)[2]; /* slot of the shape, or ~leaf of it */
    int32_t *repeats;       /* where its ancestors' splits on the same feature are told, or -1 */
    uint32_t *places;       /* feature and flags; the feature as position in `used` when lanes are rows */
    float *thresholds;
    float *ratios;        /* share of the cover that goes left, times that of equal ancestors */
    float *leaf_values;   /* by leaf */
    float *repeat_values; /* by repeat: SHAP_REPEAT_* arrays, then one for each point */
    struct shap_add *adds;
};

/* What is told of a repeated feature, for the rows that followed its earlier splits on the path. */
enum {
    SHAP_REPEAT_LOW,    /* they left only values at or above it, */
    SHAP_REPEAT_HIGH,   /* and below it; NaN for no limit */
    SHAP_REPEAT_RATIO,  /* share of the cover that goes left here alone */
    SHAP_REPEAT_SHRINK, /* 1 - share of the cover that followed */
    SHAP_REPEAT_SCALES  /* first of 1 / (t + share (1 - t)), one a point */
};

/* Gauss-Legendre points and weights on 0..1. */
struct shap_points {
    uint32_t count;
    float at[SHAP_POINT_LIMIT], rest[SHAP_POINT_LIMIT], weight[SHAP_POINT_LIMIT]; /* t, 1 - t, w */
};

struct shap_tables {
    const struct trees *trees;
    struct shap_points points;
    struct shap_program by_tree, by_row;
    uint32_t *used; /* columns that any tree splits on, ascending */
    uint32_t used_count;
    float bias;
};

/* Before a function of which there is one for each kind of processor. */
#ifdef __x86_64__
#define TREE_SHAP_TARGET_AVX2 __attribute__((target("avx2")))
#define TREE_SHAP_TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw")))
#endif

struct tree_shap {
    struct shap_tables tables;
    enum processor processor;
    size_t largest;       /* slots of a shape */
    size_t scratch_bytes; /* of a thread */
};

typedef float lanes __attribute__((vector_size(SHAP_LANES * sizeof(float)), may_alias));
typedef int32_t masks __attribute__((vector_size(SHAP_LANES * sizeof(int32_t)), may_alias));

/* Working memory of one thread, for the largest shape. */
struct shap_scratch {
    lanes *shares;  /* [slots][points]: f, what goes left of the product */
    lanes *effects; /* [slots][points]: by how much the split moves the sum, before the product above it */
    lanes *sums;    /* [slots][points]: on the way up the sums of leaves, on the way down the products */
    lanes *reached; /* [slots]: the value of the leaf that the row comes to from here */
    lanes *adds;    /* [slots], when lanes are trees: contributions */
    lanes *values;  /* [used], when lanes are rows: the rows, turned */
    lanes *totals;  /* [used], when lanes are rows: contributions */
};

/* One row, and up to SHAP_LANES rows, with the instructions of a kind of processor (tree_shap_kernel.h):
 * `contributions[columns + 1]` and the margin of each. */
typedef void shap_explain_row_fn(const struct shap_tables *tables, const float *row,
                                 struct shap_scratch *scratch, float *contributions, float *margin);
typedef void shap_explain_rows_fn(const struct shap_tables *tables, const float *rows, size_t count,
                                  struct shap_scratch *scratch, float *contributions, float *margins);
shap_explain_row_fn shap_explain_row_plain, shap_explain_row_avx2, shap_explain_row_avx512;
shap_explain_rows_fn shap_explain_rows_plain, shap_explain_rows_avx2, shap_explain_rows_avx512;

/* Points and weights of Gauss and Legendre on 0..1, `count` of each. */
void shap_find_points(double *at, double *weights, uint32_t count);

int shap_tables_prepare(struct shap_tables *tables, const struct trees *trees, struct error *err);

/* The share of the cover of split `index` that goes left; one half where there is none. */
double shap_left_share(const struct trees *trees, uint32_t index);

/* Bytes that the tables occupy, themselves excluded. */
size_t shap_tables_bytes(const struct shap_tables *tables);

void shap_tables_release(struct shap_tables *tables);

#endif
