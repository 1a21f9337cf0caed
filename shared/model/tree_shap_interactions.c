#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/crew.h"
#include "shared/model/tree_shap_tables.h"

/* With o and z as in tree_shap.h, a leaf of value v gives two features of its path the interaction
 *     v/2 (o_a - z_a) (o_b - z_b) ∫₀¹ Π_{j≠a,b} (o_j t + z_j (1 - t)) dt.
 * Each tree is walked once for eight rows; at each leaf the pairs that are asked for are served. */

enum { ROWS = 8 }; /* doubles of one AVX-512 register */

typedef double reals __attribute__((vector_size(ROWS * sizeof(double)), may_alias));
typedef int64_t signs __attribute__((vector_size(ROWS * sizeof(int64_t)), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* A distinct feature of the path that is being walked: what the rows that follow all its splits have, for
 * each point. Rows that do not have what `share` gives. */
struct element {
    uint32_t feature;
    int32_t asked; /* its number among the features of the pairs, or -1 */
    signs follows;
    double share;                     /* z */
    double factors[SHAP_POINT_LIMIT]; /* t + z (1 - t) */
    double slopes[SHAP_POINT_LIMIT];  /* (1 - z) / (t + z (1 - t)) */
};

/* A split on the way to the leaf at hand. */
struct step {
    uint32_t node, side, element;
    int added; /* its feature came to the path here */
    signs left, follows_before;
    double share_before;
};

/* The pairs that are asked for. */
struct plan {
    const struct tree_shap *shap;
    const float *rows;
    size_t count;
    const size_t (*pairs)[2];
    size_t pair_count;
    double *out;
    int32_t *asked; /* [columns]: number among the features of the pairs, or -1 */
    int32_t *slots; /* [asked][asked]: place of the pair, or -1 */
    size_t asked_count, slot_count;
    uint32_t depth; /* of the deepest tree */
    uint32_t points;
    double at[SHAP_POINT_LIMIT], weights[SHAP_POINT_LIMIT], lost[SHAP_POINT_LIMIT]; /* t, w, -1 / (1 - t) */
    atomic_size_t next;
    atomic_bool failed;
};

/* Working memory of a thread. */
struct walk {
    struct element *path;
    struct step *steps;
    reals *sums;   /* [slots] */
    reals *values; /* [used] */
    uint32_t length;
    reals slopes[TREE_SHAP_PATH_LIMIT];
};

INLINE reals choose(signs mask, double yes, double no)
{
    reals a = yes - (reals){0};
    reals b = no - (reals){0};
    return (reals)((mask & (signs)a) | (~mask & (signs)b));
}

static void set_share(const struct plan *plan, struct element *element, double share)
{
    element->share = share;
    for (uint32_t q = 0; q < plan->points; q++) {
        element->factors[q] = plan->at[q] + share * (1 - plan->at[q]);
        element->slopes[q] = (1 - share) / element->factors[q];
    }
}

/* Takes the branch `step->side` of the split: its feature joins the path or is narrowed. */
INLINE void enter(const struct plan *plan, struct walk *walk, struct step *step)
{
    const struct trees *trees = plan->shap->tables.trees;
    uint32_t feature = trees->nodes[step->node].feature;
    double left = shap_left_share(trees, step->node);
    double share = step->side ? 1 - left : left;
    signs goes = step->side ? ~step->left : step->left;
    uint32_t at = 0;
    while (at < walk->length && walk->path[at].feature != feature)
        at++;
    struct element *element = &walk->path[at];
    step->element = at;
    step->added = at == walk->length;
    if (step->added) {
        walk->length++;
        element->feature = feature;
        element->asked = plan->asked[feature];
        element->follows = ~(signs){0};
        element->share = 1;
    }
    step->follows_before = element->follows;
    step->share_before = element->share;
    element->follows &= goes;
    set_share(plan, element, element->share * share);
}

INLINE void leave(const struct plan *plan, struct walk *walk, const struct step *step)
{
    if (step->added) {
        walk->length--;
        return;
    }
    struct element *element = &walk->path[step->element];
    element->follows = step->follows_before;
    set_share(plan, element, step->share_before);
}

/* Serves the pairs on the path that ends at a leaf. */
INLINE void serve_leaf(const struct plan *plan, struct walk *walk, double value)
{
    uint32_t asked[TREE_SHAP_PATH_LIMIT];
    uint32_t count = 0;
    for (uint32_t i = 0; i < walk->length; i++)
        if (walk->path[i].asked >= 0)
            asked[count++] = i;
    if (count == 0)
        return;
    for (uint32_t q = 0; q < plan->points; q++) {
        reals product = value * plan->weights[q] - (reals){0};
        reals slope_sum = {0};
        for (uint32_t i = 0; i < walk->length; i++) {
            const struct element *element = &walk->path[i];
            product *= choose(element->follows, element->factors[q], element->share * (1 - plan->at[q]));
            walk->slopes[i] = choose(element->follows, element->slopes[q], plan->lost[q]);
            slope_sum += walk->slopes[i];
        }
        for (uint32_t i = 0; i < count; i++) {
            const int32_t *slots = plan->slots + (size_t)walk->path[asked[i]].asked * plan->asked_count;
            int32_t own = slots[walk->path[asked[i]].asked];
            reals slope = walk->slopes[asked[i]];
            reals effect = product * slope;
            if (own >= 0) /* the contribution less half the joint effects with all others */
                walk->sums[own] += effect * (1 - 0.5 * (slope_sum - slope));
            for (uint32_t j = i + 1; j < count; j++) {
                int32_t slot = slots[walk->path[asked[j]].asked];
                if (slot >= 0)
                    walk->sums[slot] += 0.5 * effect * walk->slopes[asked[j]];
            }
        }
    }
}

/* Which of the rows go left at a split. */
INLINE signs compare(const struct trees *trees, uint32_t index, const reals *values, const uint32_t *position)
{
    const struct tree_node *node = &trees->nodes[index];
    reals value = values[position[node->feature]];
    signs left = value < (double)node->threshold;
    if (!node->missing_right)
        left |= ~(value <= (double)INFINITY);
    return left;
}

/* Walks every tree, left before right, for the rows in walk->values. */
INLINE void walk_trees(const struct plan *plan, struct walk *walk, const uint32_t *position)
{
    const struct trees *trees = plan->shap->tables.trees;
    for (size_t tree = 0; tree < trees->count; tree++) {
        uint32_t depth = 0;
        uint32_t node = trees->roots[tree];
        walk->length = 0;
        for (;;) {
            if (!trees_is_leaf(trees, node)) {
                struct step *step = &walk->steps[depth++];
                step->node = node;
                step->side = 0;
                step->left = compare(trees, node, walk->values, position);
                enter(plan, walk, step);
                node = trees->nodes[node].left;
                continue;
            }
            serve_leaf(plan, walk, (double)trees->values[node]);
            while (depth > 0 && walk->steps[depth - 1].side == 1)
                leave(plan, walk, &walk->steps[--depth]);
            if (depth == 0)
                break;
            struct step *step = &walk->steps[depth - 1];
            leave(plan, walk, step);
            step->side = 1;
            enter(plan, walk, step);
            node = trees->nodes[step->node].left + 1;
        }
    }
}

/* One block of rows for one kind of processor. */
#define WALKS(name, target)                                                                                  \
    target static void walk_##name(const struct plan *plan, struct walk *walk, const uint32_t *position)     \
    {                                                                                                        \
        walk_trees(plan, walk, position);                                                                    \
    }

WALKS(plain, )
#ifdef __x86_64__
WALKS(avx2, TREE_SHAP_TARGET_AVX2)
WALKS(avx512, TREE_SHAP_TARGET_AVX512)
#else
#define walk_avx2 walk_plain
#define walk_avx512 walk_plain
#endif

static void (*const walks[PROCESSOR_COUNT])(const struct plan *, struct walk *,
                                            const uint32_t *) = {walk_plain, walk_avx2, walk_avx512};

static void *allocate(size_t count, size_t size)
{
    size_t bytes = (count * size + sizeof(reals) - 1) / sizeof(reals) * sizeof(reals);
    return aligned_alloc(sizeof(reals), bytes ? bytes : sizeof(reals));
}

static void walk_block(const struct plan *plan, struct walk *walk, const uint32_t *position, size_t first,
                       size_t count)
{
    const struct shap_tables *tables = &plan->shap->tables;
    const double *sums = (const double *)walk->sums;
    double *values = (double *)walk->values;
    for (uint32_t i = 0; i < tables->used_count; i++)
        for (size_t row = 0; row < ROWS; row++)
            values[i * ROWS + row] =
                (double)
                    plan->rows[(first + (row < count ? row : 0)) * tables->trees->columns + tables->used[i]];
    memset(walk->sums, 0, plan->slot_count * sizeof *walk->sums);
    walks[plan->shap->processor](plan, walk, position);
    for (size_t i = 0; i < plan->pair_count; i++) {
        int32_t a = plan->asked[plan->pairs[i][0]];
        int32_t b = plan->asked[plan->pairs[i][1]];
        int32_t slot = a < 0 || b < 0 ? -1 : plan->slots[(size_t)a * plan->asked_count + (size_t)b];
        for (size_t row = 0; row < count; row++)
            plan->out[(first + row) * plan->pair_count + i] = slot < 0 ? 0 : sums[(size_t)slot * ROWS + row];
    }
}

static void *walk_blocks(void *context)
{
    struct plan *plan = context;
    const struct shap_tables *tables = &plan->shap->tables;
    struct walk *walk = allocate(1, sizeof *walk);
    uint32_t *position = malloc((tables->trees->columns + 1) * sizeof *position);
    struct element *path = allocate(TREE_SHAP_PATH_LIMIT, sizeof *path);
    struct step *steps = allocate(plan->depth, sizeof *steps);
    reals *sums = allocate(plan->slot_count, sizeof *sums);
    reals *values = allocate(tables->used_count, sizeof *values);
    if (walk && position && path && steps && sums && values) {
        *walk = (struct walk){.path = path, .steps = steps, .sums = sums, .values = values};
        for (uint32_t i = 0; i < tables->used_count; i++)
            position[tables->used[i]] = i;
        for (;;) {
            size_t first = atomic_fetch_add(&plan->next, ROWS);
            if (first >= plan->count)
                break;
            walk_block(plan, walk, position, first, plan->count - first < ROWS ? plan->count - first : ROWS);
        }
    } else {
        atomic_store(&plan->failed, true);
    }
    free(walk);
    free(position);
    free(path);
    free(steps);
    free(sums);
    free(values);
    return NULL;
}

/* Numbers the features of the pairs that any tree splits on, and the pairs of them. */
static int number_pairs(struct plan *plan, struct error *err)
{
    const struct shap_tables *tables = &plan->shap->tables;
    size_t columns = tables->trees->columns;
    plan->asked = malloc((columns + 1) * sizeof *plan->asked);
    if (!plan->asked)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < columns; i++)
        plan->asked[i] = -1;
    for (size_t i = 0; i < plan->pair_count; i++)
        for (int side = 0; side < 2; side++) {
            if (plan->pairs[i][side] >= columns)
                return error_set(err, ERROR_INVALID, "pair %zu names feature %zu of %zu", i,
                                 plan->pairs[i][side], columns);
            plan->asked[plan->pairs[i][side]] = INT32_MAX;
        }
    for (uint32_t i = 0; i < tables->used_count; i++)
        if (plan->asked[tables->used[i]] == INT32_MAX)
            plan->asked[tables->used[i]] = (int32_t)plan->asked_count++;
    for (size_t i = 0; i < columns; i++)
        if (plan->asked[i] == INT32_MAX)
            plan->asked[i] = -1;
    if (plan->asked_count > TREE_SHAP_ASKED_LIMIT)
        return error_set(err, ERROR_LIMIT, "interactions of %zu features were asked for, more than %d",
                         plan->asked_count, TREE_SHAP_ASKED_LIMIT);
    plan->slots = malloc((plan->asked_count * plan->asked_count + 1) * sizeof *plan->slots);
    if (!plan->slots)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < plan->asked_count * plan->asked_count; i++)
        plan->slots[i] = -1;
    for (size_t i = 0; i < plan->pair_count; i++) {
        int32_t a = plan->asked[plan->pairs[i][0]];
        int32_t b = plan->asked[plan->pairs[i][1]];
        if (a < 0 || b < 0 || plan->slots[(size_t)a * plan->asked_count + (size_t)b] >= 0)
            continue;
        plan->slots[(size_t)a * plan->asked_count + (size_t)b] = (int32_t)plan->slot_count;
        plan->slots[(size_t)b * plan->asked_count + (size_t)a] = (int32_t)plan->slot_count;
        plan->slot_count++;
    }
    return 0;
}

int tree_shap_interactions(const struct tree_shap *shap, const float *rows, size_t count,
                           const size_t (*pairs)[2], size_t pair_count, unsigned threads, double *out,
                           struct error *err)
{
    const struct trees *trees = shap->tables.trees;
    struct plan plan = {.shap = shap,
                        .rows = rows,
                        .count = count,
                        .pairs = pairs,
                        .pair_count = pair_count,
                        .out = out,
                        .points = shap->tables.points.count};
    int status = number_pairs(&plan, err);
    if (status == 0) {
        shap_find_points(plan.at, plan.weights, plan.points);
        for (uint32_t q = 0; q < plan.points; q++)
            plan.lost[q] = -1 / (1 - plan.at[q]);
        for (size_t i = 0; i < trees->count; i++)
            if (trees->depths[i] > plan.depth)
                plan.depth = trees->depths[i];
        size_t blocks = (count + ROWS - 1) / ROWS;
        crew_run(blocks < threads ? (unsigned)blocks : threads, walk_blocks, &plan);
        if (atomic_load(&plan.failed))
            status = error_set(err, ERROR_INTERNAL, "out of memory");
    }
    free(plan.asked);
    free(plan.slots);
    return status;
}

int tree_shap_interaction_matrix(const struct tree_shap *shap, const float *row, double *out,
                                 struct error *err)
{
    const struct shap_tables *tables = &shap->tables;
    size_t columns = tables->trees->columns;
    size_t used = tables->used_count;
    size_t count = used * (used + 1) / 2;
    size_t(*pairs)[2] = malloc((count + 1) * sizeof *pairs);
    double *values = malloc((count + 1) * sizeof *values);
    int status = pairs && values ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0) {
        size_t at = 0;
        for (size_t a = 0; a < used; a++)
            for (size_t b = 0; b <= a; b++, at++) {
                pairs[at][0] = tables->used[a];
                pairs[at][1] = tables->used[b];
            }
        status = tree_shap_interactions(shap, row, 1, (const size_t(*)[2])pairs, count, 1, values, err);
    }
    if (status == 0) {
        memset(out, 0, columns * columns * sizeof *out);
        for (size_t i = 0; i < count; i++) {
            out[pairs[i][0] * columns + pairs[i][1]] = values[i];
            out[pairs[i][1] * columns + pairs[i][0]] = values[i];
        }
    }
    free(pairs);
    free(values);
    return status;
}
