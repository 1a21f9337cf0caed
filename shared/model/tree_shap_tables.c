#include "shared/model/tree_shap_tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double shap_left_share(const struct trees *trees, uint32_t index)
{
    double left = (double)trees->covers[trees->nodes[index].left];
    double right = (double)trees->covers[trees->nodes[index].left + 1];
    return left + right > 0 ? left / (left + right) : 0.5;
}

/* Roots of the Legendre polynomial by Newton's method (Press et al. 2007, "Numerical Recipes", 4.6.1). */
void shap_find_points(double *at, double *weights, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        double x = cos(M_PI * (i + 0.75) / (count + 0.5));
        double slope = 1;
        for (int step = 0; step < 100; step++) {
            double before = 1;
            double value = x;
            for (uint32_t k = 2; k <= count; k++) {
                double next = ((2.0 * k - 1) * x * value - (k - 1.0) * before) / k;
                before = value;
                value = next;
            }
            slope = count * (x * value - before) / (x * x - 1);
            double change = value / slope;
            x -= change;
            if (fabs(change) < 1e-15)
                break;
        }
        at[i] = (1 - x) / 2;
        weights[i] = 1 / ((1 - x * x) * slope * slope);
    }
}

static void set_points(struct shap_points *points, uint32_t count)
{
    double at[SHAP_POINT_LIMIT];
    double weights[SHAP_POINT_LIMIT];
    shap_find_points(at, weights, count);
    points->count = count;
    for (uint32_t i = 0; i < count; i++) {
        points->at[i] = (float)at[i];
        points->rest[i] = 1 - points->at[i];
        points->weight[i] = (float)weights[i];
    }
}

/* A position of a shape while it is laid out: a node of each tree, and how it was reached. */
struct position {
    int32_t parent; /* slot, or -1 */
    uint32_t side;  /* 1: its right child */
    uint32_t nodes[SHAP_LANES];
};

/* What the splits above a position say of the feature of its node in one lane. */
struct history {
    bool repeated, missing_lost;
    float low, high;
    double share;
};

static struct history look_up(const struct trees *trees, const struct position *positions, size_t at,
                              uint32_t lane)
{
    struct history history = {.low = -INFINITY, .high = NAN, .share = 1};
    uint32_t feature = trees->nodes[positions[at].nodes[lane]].feature;
    uint32_t side = positions[at].side;
    for (int32_t up = positions[at].parent; up >= 0; up = positions[up].parent) {
        uint32_t index = positions[up].nodes[lane];
        const struct tree_node *node = &trees->nodes[index];
        if (node->feature == feature) {
            double left = shap_left_share(trees, index);
            history.repeated = true;
            history.share *= side ? 1 - left : left;
            history.missing_lost |= node->missing_right != side;
            if (side && node->threshold > history.low)
                history.low = node->threshold;
            if (!side && !(node->threshold >= history.high))
                history.high = node->threshold;
        }
        side = positions[up].side;
    }
    return history;
}

/* Writes what lane `lane` of slot `slot` needs. */
static void write_split(const struct shap_tables *tables, struct shap_program *program, size_t slot,
                        uint32_t lane, uint32_t index, const struct history *history)
{
    const struct tree_node *node = &tables->trees->nodes[index];
    size_t at = slot * program->lanes + lane;
    double share = trees_is_leaf(tables->trees, index) ? 0.5 : shap_left_share(tables->trees, index);
    program->places[at] = node->feature | (uint32_t)!node->missing_right << SHAP_MISSING_LEFT |
                          (uint32_t)history->missing_lost << SHAP_MISSING_LOST;
    program->thresholds[at] = node->threshold;
    program->ratios[at] = (float)(history->share * share);
    if (program->repeats[slot] < 0)
        return;
    uint32_t width = (SHAP_REPEAT_SCALES + tables->points.count) * program->lanes;
    float *values = program->repeat_values + (size_t)program->repeats[slot] * width + lane;
    values[SHAP_REPEAT_LOW * program->lanes] = history->low;
    values[SHAP_REPEAT_HIGH * program->lanes] = history->high;
    values[SHAP_REPEAT_RATIO * program->lanes] = (float)share;
    values[SHAP_REPEAT_SHRINK * program->lanes] = (float)(1 - history->share);
    for (uint32_t q = 0; q < tables->points.count; q++) {
        double t = (double)tables->points.at[q];
        double scale = history->repeated ? 1 / (t + history->share * (1 - t)) : 1;
        values[(SHAP_REPEAT_SCALES + q) * program->lanes] = (float)scale;
    }
}

/* Fills the lanes of a slot; a lane whose tree has a leaf here gets a split between equals. */
static void write_slot(const struct shap_tables *tables, struct shap_program *program,
                       struct shap_shape *shape, const struct position *positions, size_t local)
{
    const struct trees *trees = tables->trees;
    struct history histories[SHAP_LANES];
    size_t slot = shape->first_slot + local;
    bool repeated = false;
    for (uint32_t lane = 0; lane < program->lanes; lane++) {
        histories[lane] = (struct history){.low = -INFINITY, .high = NAN, .share = 1};
        if (!trees_is_leaf(trees, positions[local].nodes[lane]))
            histories[lane] = look_up(trees, positions, local, lane);
        repeated |= histories[lane].repeated;
    }
    program->repeats[slot] = repeated ? (int32_t)program->repeat_count++ : -1;
    for (uint32_t lane = 0; lane < program->lanes; lane++)
        write_split(tables, program, slot, lane, positions[local].nodes[lane], &histories[lane]);
}

/* A shape laid out: positions of splits, level by level, and of leaves. */
struct layout {
    struct position *slots, *leaves;
    int32_t (*children)[2];
    size_t slot_count, leaf_count, slot_room, leaf_room;
};

static int make_room(struct layout *layout, struct error *err)
{
    if (layout->slot_count == layout->slot_room) {
        size_t room = layout->slot_room * 2 + 64;
        struct position *slots = realloc(layout->slots, room * sizeof *slots);
        if (slots)
            layout->slots = slots;
        int32_t(*children)[2] = slots ? realloc(layout->children, room * sizeof *children) : NULL;
        if (!children)
            return error_set(err, ERROR_INTERNAL, "out of memory");
        layout->children = children;
        layout->slot_room = room;
    }
    if (layout->leaf_count == layout->leaf_room) {
        size_t room = layout->leaf_room * 2 + 64;
        struct position *leaves = realloc(layout->leaves, room * sizeof *leaves);
        if (!leaves)
            return error_set(err, ERROR_INTERNAL, "out of memory");
        layout->leaves = leaves;
        layout->leaf_room = room;
    }
    return 0;
}

static bool has_split(const struct trees *trees, const struct position *position, uint32_t width)
{
    for (uint32_t lane = 0; lane < width; lane++)
        if (!trees_is_leaf(trees, position->nodes[lane]))
            return true;
    return false;
}

/* Adds a position as slot or leaf; what its parent calls it, or INT32_MIN without memory. */
static int32_t add_position(struct layout *layout, const struct trees *trees, const struct position *position,
                            uint32_t width, struct error *err)
{
    if (make_room(layout, err))
        return INT32_MIN;
    if (has_split(trees, position, width)) {
        layout->slots[layout->slot_count] = *position;
        return (int32_t)layout->slot_count++;
    }
    layout->leaves[layout->leaf_count] = *position;
    return ~(int32_t)layout->leaf_count++;
}

/* Lays out the trees from `first` on, one a lane; the last tree fills the lanes that are left, without
 * effect. */
static int lay_out(struct layout *layout, const struct trees *trees, size_t first, uint32_t width,
                   struct error *err)
{
    struct position root = {.parent = -1};
    layout->slot_count = layout->leaf_count = 0;
    for (uint32_t lane = 0; lane < width; lane++)
        root.nodes[lane] = trees->roots[first + lane < trees->count ? first + lane : trees->count - 1];
    if (add_position(layout, trees, &root, width, err) == INT32_MIN)
        return -1;
    for (size_t i = 0; i < layout->slot_count; i++)
        for (uint32_t side = 0; side < 2; side++) {
            struct position child = {.parent = (int32_t)i, .side = side};
            for (uint32_t lane = 0; lane < width; lane++) {
                uint32_t index = layout->slots[i].nodes[lane];
                child.nodes[lane] = trees_is_leaf(trees, index) ? index : trees->nodes[index].left + side;
            }
            int32_t name = add_position(layout, trees, &child, width, err);
            if (name == INT32_MIN)
                return -1;
            layout->children[i][side] = name;
        }
    return 0;
}

/* Whether any lane of a slot meets a feature again. */
static bool repeats(const struct trees *trees, const struct layout *layout, size_t slot, uint32_t width)
{
    for (uint32_t lane = 0; lane < width; lane++)
        if (!trees_is_leaf(trees, layout->slots[slot].nodes[lane]) &&
            look_up(trees, layout->slots, slot, lane).repeated)
            return true;
    return false;
}

/* Sizes of a program, shape after shape. */
static int measure(struct shap_program *program, const struct trees *trees, struct layout *layout,
                   struct error *err)
{
    for (size_t i = 0; i < program->shape_count; i++) {
        struct shap_shape *shape = &program->shapes[i];
        size_t first = i * program->lanes;
        if (lay_out(layout, trees, first, program->lanes, err))
            return -1;
        *shape = (struct shap_shape){.slots = (uint32_t)layout->slot_count,
                                     .leaves = (uint32_t)layout->leaf_count,
                                     .first_slot = program->slot_count,
                                     .first_leaf = program->leaf_count,
                                     .first_add = program->add_count};
        for (size_t slot = 0; slot < layout->slot_count; slot++) {
            program->repeat_count += repeats(trees, layout, slot, program->lanes);
            for (uint32_t lane = 0; lane < program->lanes && first + lane < trees->count; lane++)
                shape->adds += !trees_is_leaf(trees, layout->slots[slot].nodes[lane]);
        }
        program->slot_count += layout->slot_count;
        program->leaf_count += layout->leaf_count;
        program->add_count += shape->adds;
    }
    return 0;
}

/* Values of vectors start at multiples of their size. */
static void *allocate(size_t count, size_t size)
{
    size_t bytes = (count * size + 63) / 64 * 64;
    return aligned_alloc(64, bytes ? bytes : 64);
}

static int make_arrays(struct shap_program *program, uint32_t points, struct error *err)
{
    size_t splits = program->slot_count * program->lanes;
    size_t repeat_width = (size_t)(SHAP_REPEAT_SCALES + points) * program->lanes;
    program->children = allocate(program->slot_count, sizeof *program->children);
    program->repeats = allocate(program->slot_count, sizeof *program->repeats);
    program->places = allocate(splits, sizeof *program->places);
    program->thresholds = allocate(splits, sizeof *program->thresholds);
    program->ratios = allocate(splits, sizeof *program->ratios);
    program->leaf_values = allocate(program->leaf_count * program->lanes, sizeof *program->leaf_values);
    program->repeat_values = allocate(program->repeat_count * repeat_width, sizeof *program->repeat_values);
    program->adds = allocate(program->add_count, sizeof *program->adds);
    if (!program->children || !program->repeats || !program->places || !program->thresholds ||
        !program->ratios || !program->leaf_values || !program->repeat_values || !program->adds)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    return 0;
}

/* Tree after tree, as the sums are made when lanes are rows. */
static void write_adds(struct shap_program *program, const struct trees *trees, struct shap_shape *shape,
                       const struct layout *layout, size_t first)
{
    struct shap_add *add = program->adds + shape->first_add;
    for (uint32_t lane = 0; lane < program->lanes && first + lane < trees->count; lane++)
        for (size_t slot = 0; slot < layout->slot_count; slot++) {
            uint32_t index = layout->slots[slot].nodes[lane];
            if (!trees_is_leaf(trees, index))
                *add++ = (struct shap_add){.from = (uint32_t)(slot * SHAP_LANES + lane),
                                           .feature = trees->nodes[index].feature};
        }
}

static int make_program(struct shap_program *program, const struct shap_tables *tables, uint32_t width,
                        struct error *err)
{
    const struct trees *trees = tables->trees;
    struct layout layout = {0};
    program->lanes = width;
    program->shape_count = (trees->count + width - 1) / width;
    program->shapes = calloc(program->shape_count + 1, sizeof *program->shapes);
    int status = program->shapes ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status || measure(program, trees, &layout, err) || make_arrays(program, tables->points.count, err))
        status = -1;
    program->repeat_count = 0;
    for (size_t i = 0; status == 0 && i < program->shape_count; i++) {
        struct shap_shape *shape = &program->shapes[i];
        status = lay_out(&layout, trees, i * width, width, err);
        for (size_t slot = 0; status == 0 && slot < layout.slot_count; slot++) {
            memcpy(program->children[shape->first_slot + slot], layout.children[slot],
                   sizeof *layout.children);
            write_slot(tables, program, shape, layout.slots, slot);
        }
        for (size_t leaf = 0; status == 0 && leaf < layout.leaf_count; leaf++)
            for (uint32_t lane = 0; lane < width; lane++)
                program->leaf_values[(shape->first_leaf + leaf) * width + lane] =
                    trees->values[layout.leaves[leaf].nodes[lane]];
        if (status == 0)
            write_adds(program, trees, shape, &layout, i * width);
    }
    free(layout.slots);
    free(layout.leaves);
    free(layout.children);
    return status;
}

/* The most distinct features on a path, and the mean of all margins by cover. */
static int walk_paths(struct shap_tables *tables, uint32_t *distinct, struct error *err)
{
    const struct trees *trees = tables->trees;
    size_t nodes = trees->roots[trees->count];
    uint32_t *parents = malloc((nodes + 1) * sizeof *parents);
    uint32_t *counts = malloc((nodes + 1) * sizeof *counts);
    double *shares = malloc((nodes + 1) * sizeof *shares);
    int status = parents && counts && shares ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    double bias = (double)trees->base;
    *distinct = 0;
    for (size_t tree = 0; status == 0 && tree < trees->count; tree++) {
        uint32_t root = trees->roots[tree];
        parents[root] = root;
        counts[root] = 0;
        shares[root] = 1;
        for (uint32_t i = root; i < trees->roots[tree + 1]; i++) {
            if (trees_is_leaf(trees, i)) {
                bias += shares[i] * (double)trees->values[i];
                continue;
            }
            const struct tree_node *node = &trees->nodes[i];
            bool known = false;
            for (uint32_t up = i; up != root && !known;) {
                up = parents[up];
                known = trees->nodes[up].feature == node->feature;
            }
            double left = shap_left_share(trees, i);
            for (uint32_t side = 0; side < 2; side++) {
                parents[node->left + side] = i;
                counts[node->left + side] = counts[i] + !known;
                shares[node->left + side] = shares[i] * (side ? 1 - left : left);
            }
            if (counts[node->left] > *distinct)
                *distinct = counts[node->left];
        }
    }
    tables->bias = (float)bias;
    free(parents);
    free(counts);
    free(shares);
    return status;
}

/* Numbers the columns that any tree splits on. */
static int find_used(struct shap_tables *tables, struct error *err)
{
    const struct trees *trees = tables->trees;
    uint32_t *position = calloc(trees->columns + 1, sizeof *position);
    tables->used = malloc((trees->columns + 1) * sizeof *tables->used);
    if (!position || !tables->used) {
        free(position);
        return error_set(err, ERROR_INTERNAL, "out of memory");
    }
    for (uint32_t i = 0; i < trees->roots[trees->count]; i++)
        if (!trees_is_leaf(trees, i))
            position[trees->nodes[i].feature] = 1;
    for (uint32_t i = 0; i < trees->columns; i++)
        if (position[i]) {
            position[i] = tables->used_count;
            tables->used[tables->used_count++] = i;
        }
    struct shap_program *program = &tables->by_row;
    for (size_t i = 0; i < program->slot_count; i++) {
        uint32_t flags = program->places[i] & ~(uint32_t)SHAP_FEATURE_MASK;
        program->places[i] = flags | position[program->places[i] & SHAP_FEATURE_MASK];
    }
    free(position);
    return 0;
}

int shap_tables_prepare(struct shap_tables *tables, const struct trees *trees, struct error *err)
{
    uint32_t distinct = 0;
    tables->trees = trees;
    if (walk_paths(tables, &distinct, err))
        return -1;
    if (distinct > TREE_SHAP_PATH_LIMIT)
        return error_set(err, ERROR_LIMIT, "a path of the trees splits on %u features, more than %d",
                         distinct, TREE_SHAP_PATH_LIMIT);
    set_points(&tables->points, distinct > 2 ? (distinct + 1) / 2 : 1);
    if (make_program(&tables->by_tree, tables, SHAP_LANES, err) ||
        make_program(&tables->by_row, tables, 1, err))
        return -1;
    return find_used(tables, err);
}

static size_t program_bytes(const struct shap_program *program, uint32_t points)
{
    size_t values =
        3 * program->slot_count + program->leaf_count + (SHAP_REPEAT_SCALES + points) * program->repeat_count;
    return program->shape_count * sizeof *program->shapes + values * program->lanes * sizeof(float) +
           program->slot_count * (sizeof *program->children + sizeof *program->repeats) +
           program->add_count * sizeof *program->adds;
}

size_t shap_tables_bytes(const struct shap_tables *tables)
{
    return program_bytes(&tables->by_tree, tables->points.count) +
           program_bytes(&tables->by_row, tables->points.count) +
           tables->trees->columns * sizeof *tables->used;
}

static void release_program(struct shap_program *program)
{
    free(program->shapes);
    free(program->children);
    free(program->repeats);
    free(program->places);
    free(program->thresholds);
    free(program->ratios);
    free(program->leaf_values);
    free(program->repeat_values);
    free(program->adds);
}

void shap_tables_release(struct shap_tables *tables)
{
    release_program(&tables->by_tree);
    release_program(&tables->by_row);
    free(tables->used);
}
