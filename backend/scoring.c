#include "backend/scoring.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

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

struct share {
    double *value;
    int64_t units;
    double remainder;
};

/* Larger remainders first; among equal ones the order of the values. */
static int compare_shares(const void *a, const void *b)
{
    const struct share *left = a, *right = b;
    if (left->remainder != right->remainder)
        return left->remainder > right->remainder ? -1 : 1;
    return (left->value > right->value) - (left->value < right->value);
}

static int64_t add_share(struct share *share, double *value)
{
    double scaled = *value * UNITS, down = floor(scaled);
    *share = (struct share){value, (int64_t)down, scaled - down};
    return share->units;
}

void scoring_settle(double margin, double *base_value, double contributions[FEATURE_COUNT])
{
    struct share shares[FEATURE_COUNT + 1];
    int64_t count = 0, wanting = (int64_t)nearbyint(margin * UNITS);
    wanting -= add_share(&shares[count++], base_value);
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (contributions[i] != 0)
            wanting -= add_share(&shares[count++], &contributions[i]);
    qsort(shares, (size_t)count, sizeof *shares, compare_shares);

    /* Single precision inside a library can leave more than one unit each: then all take part alike. */
    int64_t each = wanting / count, rest = wanting % count;
    if (rest < 0) {
        each--;
        rest += count;
    }
    for (int64_t i = 0; i < count; i++)
        *shares[i].value = (double)(shares[i].units + each + (i < rest)) / UNITS;
}
