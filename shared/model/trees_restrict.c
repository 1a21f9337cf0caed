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

/* Lays tree number `i` level by level; its splits on the longest path are counted on the way. */
static void lay_tree(struct restriction *work, size_t i)
{
    struct trees *to = work->to;
    const uint32_t root = to->roots[i];
    uint32_t laid = 1, level_end = 1;
    uint32_t depth = 0;
    work->origins[0] = settle(work, work->from->roots[i]);
    for (uint32_t at = 0; at < laid; at++) {
        if (at == level_end) {
            depth++;
            level_end = laid;
        }
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
    to->depths[i] = depth;
    to->roots[i + 1] = root + laid;
}

static int allocate(struct restriction *work, size_t kept_count)
{
    const struct trees *from = work->from;
    struct trees *to = work->to;
    size_t nodes = from->roots[from->count];
    to->columns = kept_count;
    to->count = from->count;
    to->base = from->base;
    to->nodes = malloc((nodes + 1) * sizeof *to->nodes);
    to->values = malloc((nodes + 1) * sizeof *to->values);
    to->covers = malloc((nodes + 1) * sizeof *to->covers);
    to->roots = calloc(from->count + 1, sizeof *to->roots);
    to->depths = calloc(from->count + 1, sizeof *to->depths);
    work->columns = malloc((from->columns + 1) * sizeof *work->columns);
    work->origins = malloc((nodes + 1) * sizeof *work->origins);
    return to->nodes && to->values && to->covers && to->roots && to->depths && work->columns && work->origins
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
    for (size_t i = 0; i < trees->count; i++)
        lay_tree(&work, i);
done:
    free(work.columns);
    free(work.origins);
    if (status)
        trees_free(work.to);
    else
        *out = work.to;
    return status;
}
