#include "backend/scoring.h"

#include <math.h>
#include <stdint.h>

#include "shared/base/rank.h"
#include "shared/model/decision.h"

static const double UNITS = 1e9;

double scoring_round(double log_odds)
{
    return nearbyint(log_odds * UNITS) / UNITS;
}

struct verdict scoring_verdict(const struct model *model, double margin)
{
    struct verdict verdict = {.margin = scoring_round(margin)};
    verdict.probability = decision_probability(verdict.margin);
    verdict.points = decision_points(verdict.margin);
    verdict.refused = verdict.probability >= model_threshold(model);
    return verdict;
}

const char *scoring_decision(const struct verdict *verdict)
{
    return verdict->refused ? "refused" : "granted";
}

/* The value rounded down, in units; what is lost is ranked. */
static int64_t round_down(struct ranked *rank, size_t item, double value)
{
    double scaled = value * UNITS, down = floor(scaled);
    *rank = (struct ranked){scaled - down, item};
    return (int64_t)down;
}

void scoring_settle(double margin, double *base_value, double contributions[FEATURE_COUNT])
{
    struct ranked ranks[FEATURE_COUNT + 1]; /* of those that take part */
    double *values[FEATURE_COUNT + 1];
    int64_t units[FEATURE_COUNT + 1];
    size_t count = 0;
    int64_t wanting = (int64_t)nearbyint(margin * UNITS);
    values[count++] = base_value;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (contributions[i] != 0)
            values[count++] = &contributions[i];
    for (size_t i = 0; i < count; i++)
        wanting -= units[i] = round_down(&ranks[i], i, *values[i]);
    rank_sort(ranks, count);

    /* Single precision inside a library can leave more than one unit each: then all take part alike. */
    int64_t each = wanting / (int64_t)count, rest = wanting % (int64_t)count;
    if (rest < 0) {
        each--;
        rest += (int64_t)count;
    }
    for (size_t i = 0; i < count; i++) {
        size_t item = ranks[i].item;
        *values[item] = (double)(units[item] + each + ((int64_t)i < rest)) / UNITS;
    }
}
