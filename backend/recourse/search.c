#include "backend/recourse/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/scoring.h"
#include "shared/features/features.h"
#include "shared/model/decision.h"

/* A set of levers must cost this share of what its own parts cost, or less. */
static const double WORTH_MORE_LEVERS = 0.9;

/* How many levels of each lever are tried when so many move at once. */
static const size_t resolutions[LEVER_COUNT + 1] = {0, LEVER_LEVELS, 32, 12, 6};

struct search {
    const struct levers *levers;
    const struct history *history;
    const struct model *model;
    struct model_slice *slice;
    double limit; /* the largest margin that is granted */
    struct recourse_move best;
    double efforts[RECOURSE_SETS]; /* of the least answer to each set or any within it; INFINITY: none */
};

/* One set of levers. */
struct question {
    enum lever levers[LEVER_COUNT];
    size_t count;
    size_t strides[LEVER_COUNT]; /* between the levels tried, by lever */
};

/* ---- Trying ---- */

static bool is_safer(const struct recourse_move *a, const struct recourse_move *b)
{
    return a->margin < b->margin || (a->margin == b->margin && a->effort < b->effort);
}

/* Scores a move. False when its figures are not plausible together. */
static bool try_move(struct search *search, struct recourse_move *move)
{
    double application[APPLICATION_COLUMNS];
    float vector[FEATURE_COUNT];
    if (!levers_apply(search->levers, move->levels, application))
        return false;
    features_build(application, search->history, vector);
    move->margin = model_slice_margin(search->slice, vector);
    if (is_safer(move, &search->best))
        search->best = *move;
    return true;
}

/* A move that seems to be granted is scored by the whole model, whose word counts to the last digit. */
static bool is_granted(const struct search *search, struct recourse_move *move)
{
    double application[APPLICATION_COLUMNS];
    float vector[FEATURE_COUNT];
    struct score score;
    if (move->margin > search->limit)
        return false;
    levers_apply(search->levers, move->levels, application);
    features_build(application, search->history, vector);
    if (model_predict(search->model, vector, 1, &score, NULL))
        return false;
    move->margin = score.margin;
    return move->margin <= search->limit;
}

static bool try_level(struct search *search, struct recourse_move *move, enum lever lever, size_t level)
{
    move->levels[lever] = level;
    move->effort = levers_effort(search->levers, move->levels);
    return try_move(search, move);
}

/* Moves `lever` as little as it can, `reach` levels back at most and not below `lowest`: so that the move is
 * still granted, or, when it is not, no less safe. True when that is less than before. */
static bool move_back(struct search *search, struct recourse_move *move, enum lever lever, size_t reach,
                      size_t lowest, bool granted)
{
    size_t now = move->levels[lever];
    size_t from = now > reach + lowest ? now - reach : lowest;
    for (size_t level = from; level < now; level++) {
        struct recourse_move less = *move;
        if (!try_level(search, &less, lever, level) ||
            !(granted ? is_granted(search, &less) : less.margin <= move->margin))
            continue;
        *move = less;
        return true;
    }
    return false;
}

/* Improves search->best one lever at a time, over all its levels, until none gives a safer move. */
static void descend(struct search *search)
{
    double before;
    do {
        before = search->best.margin;
        for (size_t lever = 0; lever < LEVER_COUNT; lever++) {
            struct recourse_move move = search->best;
            for (size_t level = 0; level <= search->levers->scales[lever].count; level++)
                try_level(search, &move, (enum lever)lever, level);
        }
    } while (search->best.margin < before);
}

/* ---- One set ---- */

/* False when a lever of the set cannot be moved. */
static bool pose(struct question *question, const struct levers *levers, unsigned set)
{
    memset(question, 0, sizeof *question);
    for (size_t lever = 0; lever < LEVER_COUNT; lever++) {
        if (!(set >> lever & 1))
            continue;
        if (levers->scales[lever].count == 0)
            return false;
        question->levers[question->count++] = (enum lever)lever;
    }
    for (size_t i = 0; i < question->count; i++) {
        enum lever lever = question->levers[i];
        size_t resolution = resolutions[question->count];
        question->strides[lever] = (levers->scales[lever].count + resolution - 1) / resolution;
    }
    return true;
}

/* The next point of the lattice in `levels`; false after the last, when it begins again. The last level of
 * each lever is always tried. */
static bool step(const struct question *question, const struct levers *levers, size_t levels[LEVER_COUNT])
{
    for (size_t i = 0; i < question->count; i++) {
        enum lever lever = question->levers[i];
        size_t last = levers->scales[lever].count;
        if (levels[lever] < last) {
            levels[lever] += question->strides[lever];
            if (levels[lever] > last)
                levels[lever] = last;
            return true;
        }
        levels[lever] = question->strides[lever];
    }
    return false;
}

/* The least answer on the lattice that costs less than `bound`. */
static bool scan(struct search *search, const struct question *question, double bound,
                 struct recourse_move *found)
{
    struct recourse_move move = {0};
    bool any = false;
    for (size_t i = 0; i < question->count; i++)
        move.levels[question->levers[i]] = question->strides[question->levers[i]];
    do {
        move.effort = levers_effort(search->levers, move.levels);
        if (move.effort < bound && try_move(search, &move) && is_granted(search, &move)) {
            *found = move;
            bound = move.effort;
            any = true;
        }
    } while (step(question, search->levers, move.levels));
    return any;
}

/* Goes back from an answer on the lattice to the least around it. */
static void refine(struct search *search, const struct question *question, struct recourse_move *move)
{
    bool less = true;
    while (less) {
        less = false;
        for (size_t i = 0; i < question->count; i++) {
            enum lever lever = question->levers[i];
            less = move_back(search, move, lever, 2 * question->strides[lever], 1, true) || less;
        }
    }
}

static void answer(struct search *search, unsigned set, struct recourse *out)
{
    struct question question;
    struct recourse_move move;
    double bound = INFINITY;
    for (size_t lever = 0; lever < LEVER_COUNT; lever++)
        if (set >> lever & 1)
            bound = fmin(bound, search->efforts[set & ~(1U << lever)]);
    search->efforts[set] = bound;
    bound *= WORTH_MORE_LEVERS;
    if (!pose(&question, search->levers, set) || !scan(search, &question, bound, &move))
        return;
    if (question.count > 1)
        refine(search, &question, &move);
    search->efforts[set] = move.effort;
    out->moves[out->count++] = move;
}

/* ---- All sets ---- */

/* Nothing on the lattices is granted: the safest move there may lead to one that is. */
static void settle_for_best(struct search *search, struct recourse *out)
{
    descend(search);
    struct recourse_move move = search->best;
    bool granted = is_granted(search, &move), less = true;
    while (less) {
        less = false;
        for (size_t lever = 0; lever < LEVER_COUNT; lever++)
            less = move_back(search, &move, (enum lever)lever, LEVER_LEVELS, 0, granted) || less;
    }
    if (granted)
        out->moves[out->count++] = move;
    else
        out->best = move;
}

static int compare_moves(const void *a, const void *b)
{
    const struct recourse_move *left = a, *right = b;
    if (left->effort != right->effort)
        return left->effort < right->effort ? -1 : 1;
    return memcmp(left->levels, right->levels, sizeof left->levels);
}

int recourse_search(struct recourse *out, const struct levers *levers, const struct history *history,
                    const struct model *model, struct error *err)
{
    size_t moving[LEVER_FEATURES];
    float vector[FEATURE_COUNT];
    struct search search = {.levers = levers, .history = history, .model = model};
    memset(out, 0, sizeof *out);
    features_build(levers->application, history, vector);
    if (model_slice_new(&search.slice, model, vector, moving, levers_features(moving), err))
        return -1;
    /* Below the threshold by what rounding can add to the margin. */
    search.limit = decision_margin(model_threshold(model)) - SCORING_UNIT;
    search.best.margin = model_slice_margin(search.slice, vector);
    search.efforts[0] = INFINITY;
    for (size_t size = 1; size <= LEVER_COUNT; size++)
        for (unsigned set = 1; set < RECOURSE_SETS; set++)
            if ((size_t)__builtin_popcount(set) == size)
                answer(&search, set, out);
    if (out->count == 0)
        settle_for_best(&search, out);
    qsort(out->moves, out->count, sizeof *out->moves, compare_moves);
    model_slice_free(search.slice);
    return 0;
}
