#include "shared/model/trees_restrict.h"

#include <math.h>
#include <stdlib.h>

static const uint32_t FIXED = UINT32_MAX; /* no column of the trees laid: `row` decides */

/* The work of one call: what each column becomes, and from which nodes those laid so far come. */
struct restriction {
    const struct trees *from;
    struct trees *to;
    const float *row;
    uint32_t *columns; /* [from->columns]: the new column, or FIXED */
    uint32_t *origins; /* of each node of the tree being laid */
    uint32_t *starts;  /* [from->count]: where each tree begins once the fixed columns have decided */
    uint32_t *depths;  /* [from->count]: splits then left on its longest path */
};

/* The node that a row arrives at from `index` once the fixed columns have decided what they can. */
static uint32_t settle(const struct restriction *work, uint32_t index)
{
    while (!trees_is_leaf(work->from, index)) {
        const struct tree_node *node = &work->from->nodes[index];
        if (work->columns[node->feature] != FIXED)
            break;
        float value = work->row[node->feature];
        bool right = isnan(value) ? node->missing_right != 0 : value >= node->threshold;
        index = node->left + right;
    }
    return index;
}

/* Splits on the longest path from `index`, which is settled. Trees are shallow. */
static uint32_t depth_from(const struct restriction *work, uint32_t index) /* NOLINT(misc-no-recursion) */
{
    if (trees_is_leaf(work->from, index))
        return 0;
    uint32_t left = work->from->nodes[index].left;
    uint32_t depth = depth_from(work, settle(work, left)), other = depth_from(work, settle(work, left + 1));
    return 1 + (depth > other ? depth : other);
}

/* Lays the tree that begins at node `start` behind those laid, level by level. */
static void lay_tree(struct restriction *work, uint32_t start, uint32_t depth)
{
    struct trees *to = work->to;
    const uint32_t root = to->roots[to->count];
    uint32_t laid = 1;
    work->origins[0] = start;
    for (uint32_t at = 0; at < laid; at++) {
        uint32_t origin = work->origins[at];
        struct tree_node *node = &to->nodes[root + at];
        *node = work->from->nodes[origin];
        to->values[root + at] = work->from->values[origin];
        to->covers[root + at] = work->from->covers[origin];
        if (trees_is_leaf(work->from, origin)) {
            node->left = root + at;
            continue;
        }
        work->origins[laid] = settle(work, node->left);
        work->origins[laid + 1] = settle(work, node->left + 1);
        node->feature = work->columns[node->feature];
        node->left = root + laid;
        laid += 2;
    }
    to->depths[to->count++] = depth;
    to->roots[to->count] = root + laid;
}

/* Lays all trees that still split, the shallow ones first, and adds up the others. */
static void lay_trees(struct restriction *work)
{
    double base = (double)work->from->base;
    uint32_t deepest = 0;
    for (size_t i = 0; i < work->from->count; i++) {
        work->starts[i] = settle(work, work->from->roots[i]);
        work->depths[i] = depth_from(work, work->starts[i]);
        if (work->depths[i] == 0)
            base += (double)work->from->values[work->starts[i]];
        if (work->depths[i] > deepest)
            deepest = work->depths[i];
    }
    for (uint32_t depth = 1; depth <= deepest; depth++)
        for (size_t i = 0; i < work->from->count; i++)
            if (work->depths[i] == depth)
                lay_tree(work, work->starts[i], depth);
    work->to->base = (float)base;
}

static int allocate(struct restriction *work, size_t kept_count)
{
    const struct trees *from = work->from;
    struct trees *to = work->to;
    size_t nodes = from->roots[from->count];
    to->columns = kept_count;
    to->nodes = malloc((nodes + 1) * sizeof *to->nodes);
    to->values = malloc((nodes + 1) * sizeof *to->values);
    to->covers = malloc((nodes + 1) * sizeof *to->covers);
    to->roots = calloc(from->count + 1, sizeof *to->roots);
    to->depths = calloc(from->count + 1, sizeof *to->depths);
    work->columns = malloc((from->columns + 1) * sizeof *work->columns);
    work->origins = malloc((nodes + 1) * sizeof *work->origins);
    work->starts = malloc((from->count + 1) * sizeof *work->starts);
    work->depths = malloc((from->count + 1) * sizeof *work->depths);
    return to->nodes && to->values && to->covers && to->roots && to->depths && work->columns &&
                   work->origins && work->starts && work->depths
               ? 0
               : -1;
}

int trees_restrict(struct trees **out, const struct trees *trees, const float *row, const size_t *kept,
                   size_t kept_count, struct error *err)
{
    struct restriction work = {.from = trees, .to = calloc(1, sizeof *work.to), .row = row};
    int status = 0;
    if (!work.to || allocate(&work, kept_count)) {
        status = error_set(err, ERROR_INTERNAL, "out of memory");
        goto done;
    }
    for (size_t i = 0; i < trees->columns; i++)
        work.columns[i] = FIXED;
    for (size_t i = 0; i < kept_count; i++)
        work.columns[kept[i]] = (uint32_t)i;
    lay_trees(&work);
done:
    free(work.columns);
    free(work.origins);
    free(work.starts);
    free(work.depths);
    if (status)
        trees_free(work.to);
    else
        *out = work.to;
    return status;
}
