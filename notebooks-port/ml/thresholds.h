/* Where to draw the line: the threshold that is best by F-beta or by money, found exactly (all scores are
 * tried), with what it does to the clients. A score at or above the threshold is refused. */
#ifndef CLAIRSCORE_ML_THRESHOLDS_H
#define CLAIRSCORE_ML_THRESHOLDS_H

#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/cuts.h"
#include "shared/base/error.h"

/* What errors cost. With `amounts` (one a row, in the order the scores were given in) the two are rates of
 * the client's amount: a granted default costs missed × amount (loss given default × credit), a refused good
 * client refused × amount (margin × credit). Without (NULL) every amount is 1: 10 and 1 say that a default
 * costs ten times a refusal. Borrowed. */
struct threshold_costs {
    double missed, refused;
    const double *amounts;
};

struct threshold_choice {
    double beta;      /* of the F-beta that was maximised; 0: money; NaN: the threshold was given */
    double threshold; /* one of the scores; INFINITY: refuse nobody */
    double goal;      /* F-beta there, or the cost */
    struct confusion confusion;
    double false_positive_share; /* of all rows, as the original notebook has them */
    double false_negative_share;
    double false_ratio; /* false positives / false negatives; INFINITY with no false negative */
    double precision, recall, f1, f_beta;       /* f_beta: NaN without a beta */
    double cost, cost_of_granting_all, savings; /* savings: what the threshold saves against granting all */
    double threshold_low, threshold_high;       /* 95 %, by thresholds_interval; else NaN */
    double goal_low, goal_high;                 /* of the goal at this threshold */
};

/* The threshold with the largest F-beta (van Rijsbergen 1979), the lowest of several. `beta` > 0. */
int thresholds_by_f_beta(struct threshold_choice *out, const struct cuts *cuts, double beta,
                         const struct threshold_costs *costs, struct error *err);

/* The threshold with the least cost, the lowest of several. */
int thresholds_by_cost(struct threshold_choice *out, const struct cuts *cuts,
                       const struct threshold_costs *costs, struct error *err);

/* What a given threshold does; `goal` is its cost. */
int thresholds_at(struct threshold_choice *out, const struct cuts *cuts, double threshold,
                  const struct threshold_costs *costs, struct error *err);

/* Adds the 95 % stratified bootstrap intervals: of the threshold (found again in each replicate; as given
 * for thresholds_at) and of the goal at the chosen threshold. */
int thresholds_interval(struct threshold_choice *choice, const struct cuts *cuts,
                        const struct threshold_costs *costs, unsigned replicates, uint64_t seed,
                        struct error *err);

#endif
