#include "shared/model/trees.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "shared/model/booster.h"

enum { ABREAST = 16 }; /* trees walked side by side */

/* The arrays of one tree in XGBoost's JSON, a value a node. */
struct source {
    const json_t *left, *right, *feature, *condition, *missing_left, *cover, *type;
    size_t size;
};

static const json_t *member(const json_t *object, const char *path[], size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        object = json_object_get(object, path[i]);
    return object;
}

static const char *text_at(const json_t *root, const char *first, const char *second, const char *third)
{
    const char *path[] = {first, second, third};
    const char *text = json_string_value(member(root, path, third ? 3 : 2));
    return text ? text : "";
}

/* A count that XGBoost's JSON holds as text; -1 when it is none. */
static long long count_of(const char *text)
{
    char *end = NULL;
    long long value = strtoll(text, &end, 10);
    return *text && !*end ? value : -1;
}

/* The margin of base_score, computed in single precision as XGBoost's objectives do it. */
static int read_base(struct trees *trees, const json_t *learner, struct error *err)
{
    static const char *const logistic[] = {"binary:logistic", "reg:logistic", "binary:logitraw"};
    static const char *const plain[] = {"reg:squarederror", "reg:pseudohubererror", "reg:absoluteerror",
                                        "rank:pairwise"};
    const char *objective = text_at(learner, "objective", "name", NULL);
    const char *text = text_at(learner, "learner_model_param", "base_score", NULL);
    char *end = NULL;
    float score = strtof(text, &end);
    if (!*text || *end || !isfinite(score))
        return error_set(err, ERROR_INVALID, "the booster's base_score \"%s\" is not a number", text);
    for (size_t i = 0; i < sizeof logistic / sizeof *logistic; i++)
        if (strcmp(objective, logistic[i]) == 0) {
            if (!(score > 0 && score < 1))
                return error_set(err, ERROR_INVALID, "the booster's base_score %s is not a probability",
                                 text);
            trees->base = -logf(1.0F / score - 1.0F);
            return 0;
        }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(objective, plain[i]) == 0) {
            trees->base = score;
            return 0;
        }
    return error_set(
        err, ERROR_INVALID,
        "the booster's objective is \"%s\"; it must be binary:logistic or another whose margin is "
        "known here",
        objective);
}

static int read_source(struct source *out, const json_t *tree, size_t number, struct error *err)
{
    *out = (struct source){.left = json_object_get(tree, "left_children"),
                           .right = json_object_get(tree, "right_children"),
                           .feature = json_object_get(tree, "split_indices"),
                           .condition = json_object_get(tree, "split_conditions"),
                           .missing_left = json_object_get(tree, "default_left"),
                           .cover = json_object_get(tree, "sum_hessian"),
                           .type = json_object_get(tree, "split_type")};
    out->size = json_array_size(out->left);
    if (out->size == 0 || json_array_size(out->right) != out->size ||
        json_array_size(out->feature) != out->size || json_array_size(out->condition) != out->size ||
        json_array_size(out->missing_left) != out->size || json_array_size(out->cover) != out->size)
        return error_set(err, ERROR_INVALID, "tree %zu of the booster is damaged: its arrays differ in size",
                         number);
    size_t i = 0;
    json_t *type = NULL;
    json_array_foreach((json_t *)out->type, i, type)
    {
        if (json_integer_value(type) != 0)
            return error_set(err, ERROR_INVALID,
                             "tree %zu of the booster splits on categories; train with numerical splits",
                             number);
    }
    return 0;
}

/* XGBoost writes truth as 0, 1, true or false. */
static bool is_true(const json_t *value)
{
    return json_is_true(value) || json_integer_value(value) != 0;
}

/* Lays one tree flat, level by level, from `first` on. `order[source->size]` is scratch: the place in the
 * source of each node laid. Returns the number of nodes, or -1. */
static long long lay_tree(struct trees *trees, uint32_t first, const struct source *source, size_t number,
                          uint32_t *order, struct error *err)
{
    size_t laid = 1;
    size_t level_end = 1;
    uint32_t depth = 0;
    order[0] = 0;
    for (size_t i = 0; i < laid; i++) {
        uint32_t index = first + (uint32_t)i;
        size_t at = order[i];
        long long left = json_integer_value(json_array_get(source->left, at));
        long long right = json_integer_value(json_array_get(source->right, at));
        long long feature = json_integer_value(json_array_get(source->feature, at));
        float condition = (float)json_number_value(json_array_get(source->condition, at));
        struct tree_node *node = &trees->nodes[index];
        if (i == level_end) {
            depth++;
            level_end = laid;
        }
        trees->covers[index] = (float)json_number_value(json_array_get(source->cover, at));
        trees->values[index] = 0;
        if (!(trees->covers[index] >= 0 && isfinite(trees->covers[index])) || !isfinite(condition))
            return error_set(err, ERROR_INVALID, "tree %zu of the booster is damaged at node %zu", number,
                             at);
        if (left < 0) {
            *node = (struct tree_node){.threshold = NAN, .left = index};
            trees->values[index] = condition;
            continue;
        }
        if (left >= (long long)source->size || right < 0 || right >= (long long)source->size ||
            laid + 2 > source->size || feature < 0 || feature >= (long long)trees->columns)
            return error_set(err, ERROR_INVALID, "tree %zu of the booster is damaged at node %zu", number,
                             at);
        *node = (struct tree_node){.threshold = condition,
                                   .feature = (uint32_t)feature,
                                   .left = first + (uint32_t)laid,
                                   .missing_right = !is_true(json_array_get(source->missing_left, at))};
        order[laid++] = (uint32_t)left;
        order[laid++] = (uint32_t)right;
    }
    trees->depths[number] = depth;
    return (long long)laid;
}

static int read_trees(struct trees *trees, const json_t *list, struct error *err)
{
    size_t nodes = 0;
    size_t largest = 1;
    size_t i = 0;
    json_t *tree = NULL;
    trees->count = json_array_size(list);
    if (trees->count > TREES_COUNT_LIMIT)
        return error_set(err, ERROR_LIMIT, "the booster has %zu trees, more than %d", trees->count,
                         TREES_COUNT_LIMIT);
    json_array_foreach((json_t *)list, i, tree)
    {
        size_t size = json_array_size(json_object_get(tree, "left_children"));
        nodes += size;
        largest = size > largest ? size : largest;
    }
    if (nodes > TREES_NODE_LIMIT)
        return error_set(err, ERROR_LIMIT, "the booster has %zu nodes, more than %d", nodes,
                         TREES_NODE_LIMIT);
    trees->nodes = malloc((nodes + 1) * sizeof *trees->nodes);
    trees->values = malloc((nodes + 1) * sizeof *trees->values);
    trees->covers = malloc((nodes + 1) * sizeof *trees->covers);
    trees->roots = calloc(trees->count + 1, sizeof *trees->roots);
    trees->depths = calloc(trees->count + 1, sizeof *trees->depths);
    uint32_t *order = malloc(largest * sizeof *order);
    int status = 0;
    if (!trees->nodes || !trees->values || !trees->covers || !trees->roots || !trees->depths || !order)
        status = error_set(err, ERROR_INTERNAL, "out of memory");
    for (i = 0; status == 0 && i < trees->count; i++) {
        struct source source;
        long long laid = -1;
        if (read_source(&source, json_array_get(list, i), i, err) == 0)
            laid = lay_tree(trees, trees->roots[i], &source, i, order, err);
        status = laid < 0 ? -1 : 0;
        trees->roots[i + 1] = trees->roots[i] + (uint32_t)(laid < 0 ? 0 : laid);
    }
    free(order);
    return status;
}

/* What cannot be laid flat as a sum of leaves of one output. */
static int check_kind(const json_t *learner, struct error *err)
{
    const char *booster = text_at(learner, "gradient_booster", "name", NULL);
    long long classes = count_of(text_at(learner, "learner_model_param", "num_class", NULL));
    const char *targets = text_at(learner, "learner_model_param", "num_target", NULL);
    if (strcmp(booster, "gbtree") != 0)
        return error_set(err, ERROR_INVALID, "the booster is of the kind \"%s\"; train with booster=gbtree",
                         booster);
    if (classes > 1 || (*targets && count_of(targets) > 1))
        return error_set(err, ERROR_INVALID, "the booster has several outputs; train with one");
    return 0;
}

int trees_parse(struct trees **out, const char *json, size_t length, struct error *err)
{
    static const char *const list_path[] = {"gradient_booster", "model", "trees"};
    json_error_t problem;
    int status = -1;
    struct trees *trees = calloc(1, sizeof *trees);
    json_t *document = json_loadb(json, length, 0, &problem);
    const json_t *learner = json_object_get(document, "learner");
    if (!trees) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        goto done;
    }
    if (!document) {
        error_set(err, ERROR_PARSE, "the booster's JSON, byte %d: %s", problem.position, problem.text);
        goto done;
    }
    long long columns = count_of(text_at(learner, "learner_model_param", "num_feature", NULL));
    if (columns < 0 || columns > TREES_COLUMN_LIMIT) {
        error_set(err, ERROR_LIMIT, "the booster takes %lld features; it must be at most %d", columns,
                  TREES_COLUMN_LIMIT);
        goto done;
    }
    trees->columns = (size_t)columns;
    if (check_kind(learner, err) || read_base(trees, learner, err) ||
        read_trees(trees, member(learner, (const char **)list_path, 3), err))
        goto done;
    status = 0;
done:
    json_decref(document);
    if (status == 0)
        *out = trees;
    else
        trees_free(trees);
    return status;
}

int trees_read(struct trees **out, void *booster, struct error *err)
{
    bst_ulong length = 0;
    const char *json = NULL;
    if (XGBoosterSaveModelToBuffer(booster, "{\"format\":\"json\"}", &length, &json))
        return booster_fail(err, "exporting its trees");
    return trees_parse(out, json, length, err);
}

/* Takes `count` trees from `first` on one level down, again and again until all have reached a leaf, which
 * leads to itself; side by side, so that none waits for the memory of another. */
static inline __attribute__((always_inline)) void
walk_abreast(const struct trees *trees, size_t first, size_t count, const float *values, uint32_t *leaves)
{
    uint32_t depth = 0;
    for (size_t i = 0; i < count; i++) {
        leaves[i] = trees->roots[first + i];
        if (trees->depths[first + i] > depth)
            depth = trees->depths[first + i];
    }
    for (uint32_t level = 0; level < depth; level++)
        for (size_t i = 0; i < count; i++) {
            const struct tree_node *node = &trees->nodes[leaves[i]];
            float value = values[node->feature];
            uint32_t right =
                (uint32_t)(value >= node->threshold) | ((uint32_t)isnan(value) & node->missing_right);
            leaves[i] = node->left + right;
        }
}

void trees_predict(const struct trees *trees, const float *rows, size_t count, float *margins)
{
    uint32_t leaves[ABREAST];
    for (size_t row = 0; row < count; row++) {
        const float *values = rows + row * trees->columns;
        float sum = trees->base;
        for (size_t first = 0; first < trees->count; first += ABREAST) {
            size_t some = trees->count - first < ABREAST ? trees->count - first : ABREAST;
            if (some == ABREAST)
                walk_abreast(trees, first, ABREAST, values, leaves);
            else
                walk_abreast(trees, first, some, values, leaves);
            for (size_t i = 0; i < some; i++)
                sum += trees->values[leaves[i]];
        }
        margins[row] = sum;
    }
}

size_t trees_bytes(const struct trees *trees)
{
    size_t nodes = trees->roots[trees->count];
    return sizeof *trees + nodes * (sizeof *trees->nodes + sizeof *trees->values + sizeof *trees->covers) +
           (trees->count + 1) * (sizeof *trees->roots + sizeof *trees->depths);
}

void trees_free(struct trees *trees)
{
    if (!trees)
        return;
    free(trees->nodes);
    free(trees->values);
    free(trees->covers);
    free(trees->roots);
    free(trees->depths);
    free(trees);
}
