#include "notebooks-port/ml/thresholds.h"

#include <math.h>
#include <stdlib.h>

#include "notebooks-port/ml/bootstrap.h"

static const double LEVEL = 0.95;

/* What the cut reached so far does. Counts and amounts are those of a sample that holds row i times[i] times
 * (once without `times`). */
struct state {
    struct confusion confusion;
    double missed, refused; /* amounts of granted defaults and of refused good clients */
};

static size_t times_of(const uint32_t *times, size_t row)
{
    return times ? times[row] : 1;
}

static double amount_of(const struct threshold_costs *costs, size_t row)
{
    return costs->amounts ? costs->amounts[row] : 1;
}

/* Cut 0: everybody is granted. */
static struct state grant_all(const struct cuts *cuts, const uint32_t *times,
                              const struct threshold_costs *costs)
{
    struct state state = {0};
    for (size_t k = 0; k < cuts->rows; k++) {
        size_t row = cuts->order[k], count = times_of(times, row);
        if (cuts->labels[k]) {
            state.confusion.false_negatives += count;
            state.missed += (double)count * amount_of(costs, row);
        } else {
            state.confusion.true_negatives += count;
        }
    }
    return state;
}

/* Refuses the rows between the cut before and this one. */
static void advance(struct state *state, const struct cuts *cuts, size_t cut, const uint32_t *times,
                    const struct threshold_costs *costs)
{
    for (size_t k = cuts->ends[cut - 1]; k < cuts->ends[cut]; k++) {
        size_t row = cuts->order[k], count = times_of(times, row);
        double amount = (double)count * amount_of(costs, row);
        if (cuts->labels[k]) {
            state->confusion.false_negatives -= count;
            state->confusion.true_positives += count;
            state->missed -= amount;
        } else {
            state->confusion.true_negatives -= count;
            state->confusion.false_positives += count;
            state->refused += amount;
        }
    }
}

static double cost_of(const struct state *state, const struct threshold_costs *costs)
{
    return costs->missed * state->missed + costs->refused * state->refused;
}

/* What is made as large as possible: F-beta, or the cost with its sign turned. */
static double worth_of(const struct state *state, double beta, const struct threshold_costs *costs)
{
    return beta > 0 ? metrics_f_beta(state->confusion, beta) : -cost_of(state, costs);
}

struct found {
    size_t best; /* cut */
    struct state state;
    double at_watched; /* worth of the cut that was watched */
};

/* One pass over all cuts. With `beta` NaN nothing is sought and the watched cut is the best. */
static struct found search(const struct cuts *cuts, const uint32_t *times, double beta,
                           const struct threshold_costs *costs, size_t watched)
{
    struct state state = grant_all(cuts, times, costs);
    struct found found = {.best = 0, .state = state, .at_watched = NAN};
    double best = -INFINITY;
    for (size_t cut = 0; cut < cuts->count; cut++) {
        if (cut > 0)
            advance(&state, cuts, cut, times, costs);
        double worth = worth_of(&state, beta, costs);
        if (cut == watched)
            found.at_watched = worth;
        if (isnan(beta) ? cut == watched : worth >= best) {
            best = worth;
            found.best = cut;
            found.state = state;
        }
    }
    return found;
}

static int check(const struct cuts *cuts, const struct threshold_costs *costs, struct error *err)
{
    if (cuts->positives == 0 || cuts->positives == cuts->rows)
        return error_set(err, ERROR_INVALID,
                         "a threshold needs clients of both classes; there are %zu defaults "
                         "among %zu",
                         cuts->positives, cuts->rows);
    if (!(costs->missed >= 0 && costs->refused >= 0 && costs->missed < INFINITY && costs->refused < INFINITY))
        return error_set(err, ERROR_INVALID,
                         "the costs %g (missed default) and %g (refused good client) must be "
                         "0 or more",
                         costs->missed, costs->refused);
    for (size_t i = 0; costs->amounts && i < cuts->rows; i++)
        if (!(costs->amounts[i] >= 0 && costs->amounts[i] < INFINITY))
            return error_set(err, ERROR_INVALID,
                             "the amount of row %zu is %g; it must be known and 0 or more", i,
                             costs->amounts[i]);
    return 0;
}

static void describe(struct threshold_choice *out, const struct cuts *cuts, const struct found *found,
                     double beta, const struct threshold_costs *costs)
{
    struct state nobody_refused = grant_all(cuts, NULL, costs);
    struct confusion c = found->state.confusion;
    double rows = (double)cuts->rows;
    double cost = cost_of(&found->state, costs), granting_all = cost_of(&nobody_refused, costs);
    *out = (struct threshold_choice){
        .beta = beta,
        .threshold = cuts->thresholds[found->best],
        .goal = beta > 0 ? metrics_f_beta(c, beta) : cost,
        .confusion = c,
        .false_positive_share = (double)c.false_positives / rows,
        .false_negative_share = (double)c.false_negatives / rows,
        .false_ratio = c.false_negatives ? (double)c.false_positives / (double)c.false_negatives : INFINITY,
        .precision = metrics_precision(c),
        .recall = metrics_recall(c),
        .f1 = metrics_f_beta(c, 1),
        .f_beta = beta > 0 ? metrics_f_beta(c, beta) : NAN,
        .cost = cost,
        .cost_of_granting_all = granting_all,
        .savings = granting_all - cost,
        .threshold_low = NAN,
        .threshold_high = NAN,
        .goal_low = NAN,
        .goal_high = NAN,
    };
}

int thresholds_by_f_beta(struct threshold_choice *out, const struct cuts *cuts, double beta,
                         const struct threshold_costs *costs, struct error *err)
{
    if (!(beta > 0 && beta < INFINITY))
        return error_set(err, ERROR_INVALID, "F-beta: beta is %g; it must be above 0", beta);
    if (check(cuts, costs, err))
        return -1;
    struct found found = search(cuts, NULL, beta, costs, 0);
    describe(out, cuts, &found, beta, costs);
    return 0;
}

int thresholds_by_cost(struct threshold_choice *out, const struct cuts *cuts,
                       const struct threshold_costs *costs, struct error *err)
{
    if (check(cuts, costs, err))
        return -1;
    struct found found = search(cuts, NULL, 0, costs, 0);
    describe(out, cuts, &found, 0, costs);
    return 0;
}

int thresholds_at(struct threshold_choice *out, const struct cuts *cuts, double threshold,
                  const struct threshold_costs *costs, struct error *err)
{
    if (isnan(threshold))
        return error_set(err, ERROR_INVALID, "the threshold is not a number");
    if (check(cuts, costs, err))
        return -1;
    struct found found = search(cuts, NULL, NAN, costs, cuts_find(cuts, threshold));
    describe(out, cuts, &found, NAN, costs);
    out->threshold = threshold;
    return 0;
}

struct sampling {
    const struct cuts *cuts;
    const struct threshold_costs *costs;
    double beta;
    size_t chosen;
};

/* A replicate's figures: its own best threshold, and the goal at the chosen one. */
enum { OWN_THRESHOLD, GOAL, FIGURES };

static int measure_replicate(const void *context, const uint32_t *times, double *out, struct error *err)
{
    (void)err;
    const struct sampling *sampling = context;
    struct found found = search(sampling->cuts, times, sampling->beta, sampling->costs, sampling->chosen);
    out[OWN_THRESHOLD] = sampling->cuts->thresholds[found.best];
    out[GOAL] = sampling->beta > 0 ? found.at_watched : -found.at_watched;
    return 0;
}

/* The labels in the order of rows, as the bootstrap wants them. */
static uint8_t *labels_by_row(const struct cuts *cuts)
{
    uint8_t *labels = malloc(cuts->rows + 1);
    for (size_t k = 0; labels && k < cuts->rows; k++)
        labels[cuts->order[k]] = cuts->labels[k];
    return labels;
}

int thresholds_interval(struct threshold_choice *choice, const struct cuts *cuts,
                        const struct threshold_costs *costs, unsigned replicates, uint64_t seed,
                        struct error *err)
{
    struct sampling sampling = {cuts, costs, choice->beta, cuts_find(cuts, choice->threshold)};
    uint8_t *labels = labels_by_row(cuts);
    double *figures = malloc(((size_t)replicates + 1) * FIGURES * sizeof *figures);
    int status =
        labels && figures ? check(cuts, costs, err) : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = bootstrap_run(figures, FIGURES, replicates, labels, cuts->rows, seed, measure_replicate,
                               &sampling, err);
    if (status == 0)
        status = bootstrap_interval(&choice->threshold_low, &choice->threshold_high, figures, FIGURES,
                                    replicates, OWN_THRESHOLD, LEVEL, err);
    if (status == 0)
        status = bootstrap_interval(&choice->goal_low, &choice->goal_high, figures, FIGURES, replicates, GOAL,
                                    LEVEL, err);
    if (status == 0 && isnan(choice->beta))
        choice->threshold_low = choice->threshold_high = choice->threshold;
    free(figures);
    free(labels);
    return status;
}
