#include "backend/recourse/levers.h"

#include <math.h>
#include <string.h>

static const double STEP = 0.01;     /* between levels, of the client's own value */
enum { DIGITS = 4, DIRECTIONS = 2 }; /* significant digits of amounts that follow from a lever */

/* ---- Levels ---- */

static bool may_move(size_t feature, int direction)
{
    enum feature_action action = catalogue_feature(feature)->action;
    return action == ACTION_EITHER || action == (direction > 0 ? ACTION_RAISE : ACTION_LOWER);
}

/* One direction of a scale while it is laid. */
struct side {
    double next, step, limit; /* step below 0 downwards */
};

static struct side start_side(double own, int direction, const struct distribution *distribution)
{
    double limit = distribution->bulk[direction > 0];
    double step = distribution_round_step(fmax(own * STEP, fabs(limit - own) / LEVER_LEVELS), true);
    double first = direction > 0 ? (floor(own / step) + 1) * step : (ceil(own / step) - 1) * step;
    return (struct side){first, direction * step, limit};
}

static bool is_over(const struct side *side)
{
    return side->step > 0 ? side->next > side->limit : side->next < side->limit || side->next <= 0;
}

/* Takes the nearer of the two directions' next levels until both have ended. */
static void lay_levels(struct lever_scale *scale, size_t feature, double own,
                       const struct distribution *distribution)
{
    static const int directions[DIRECTIONS] = {-1, 1};
    struct side sides[DIRECTIONS];
    size_t open = 0;
    *scale = (struct lever_scale){.feature = feature, .values = {own}};
    if (!(own > 0) || distribution->known == 0)
        return;
    for (size_t i = 0; i < DIRECTIONS; i++)
        if (may_move(feature, directions[i]))
            sides[open++] = start_side(own, directions[i], distribution);
    double share = distribution_share(distribution, own);
    while (scale->count < LEVER_LEVELS) {
        struct side *nearest = NULL;
        double least = LEVER_EFFORT;
        for (size_t i = 0; i < open; i++) {
            double effort = fabs(distribution_share(distribution, sides[i].next) - share);
            if (is_over(&sides[i]) || effort > least || (nearest && effort == least))
                continue;
            nearest = &sides[i];
            least = effort;
        }
        if (!nearest)
            return;
        scale->values[++scale->count] = nearest->next;
        scale->efforts[scale->count] = least;
        nearest->next += nearest->step;
    }
}

/* What the population's bulk spans, widened to where the client is. */
static struct lever_range range_of(const struct population *population, size_t feature, double own)
{
    const double *bulk = population_distribution(population, feature)->bulk;
    return (struct lever_range){fmin(bulk[0], own), fmax(bulk[1], own)};
}

void levers_find(struct levers *out, const double *application, const struct population *population)
{
    double income = application[APPLICATION_AMT_INCOME_TOTAL], credit = application[APPLICATION_AMT_CREDIT];
    double annuity = application[APPLICATION_AMT_ANNUITY], goods = application[APPLICATION_AMT_GOODS_PRICE];
    memset(out, 0, sizeof *out);
    memcpy(out->application, application, sizeof out->application);
    out->revolving = application[APPLICATION_NAME_CONTRACT_TYPE] == CONTRACT_TYPE_REVOLVING_LOANS;
    out->credit = range_of(population, FEATURE_AMT_CREDIT, credit);
    out->annuity = range_of(population, FEATURE_AMT_ANNUITY, annuity);
    out->credit_to_goods = range_of(population, FEATURE_CREDIT_TO_GOODS, credit / goods);
    out->credit_to_annuity = range_of(population, FEATURE_CREDIT_TO_ANNUITY, credit / annuity);

    /* A revolving credit has no goods of its own and its instalment is a fixed share of it. */
    bool has_goods = !out->revolving && goods > 0;
    const struct {
        size_t feature;
        double own;
    } fields[LEVER_COUNT] = {
        [LEVER_INCOME] = {FEATURE_AMT_INCOME_TOTAL, income},
        [LEVER_DEPOSIT] = {FEATURE_AMT_CREDIT, has_goods ? credit : NAN},
        [LEVER_PURCHASE] = {has_goods ? FEATURE_AMT_GOODS_PRICE : FEATURE_AMT_CREDIT,
                            has_goods ? goods : credit},
        [LEVER_TERM] = {FEATURE_AMT_ANNUITY, out->revolving || !(credit > 0) ? NAN : annuity},
    };
    for (size_t lever = 0; lever < LEVER_COUNT; lever++)
        lay_levels(&out->scales[lever], fields[lever].feature, fields[lever].own,
                   population_distribution(population, fields[lever].feature));
}

/* ---- Moves ---- */

/* An amount that nobody chose, as a person would state it. */
static double round_amount(double amount)
{
    double unit = pow(10, floor(log10(amount)) - DIGITS + 1);
    return unit > 1 ? nearbyint(amount / unit) * unit : nearbyint(amount);
}

static bool is_within(struct lever_range range, double value)
{
    return isnan(value) || (value >= range.lowest && value <= range.highest);
}

/* How far the lever scales its own field. */
static double factor_of(const struct levers *levers, enum lever lever, size_t level)
{
    const struct lever_scale *scale = &levers->scales[lever];
    return level == 0 ? 1 : scale->values[level] / scale->values[0];
}

bool levers_apply(const struct levers *levers, const size_t levels[LEVER_COUNT], double *application)
{
    memcpy(application, levers->application, sizeof levers->application);
    double *credit = &application[APPLICATION_AMT_CREDIT], *annuity = &application[APPLICATION_AMT_ANNUITY];
    double *goods = &application[APPLICATION_AMT_GOODS_PRICE];
    double purchase = factor_of(levers, LEVER_PURCHASE, levels[LEVER_PURCHASE]);
    double deposit = factor_of(levers, LEVER_DEPOSIT, levels[LEVER_DEPOSIT]);
    double term = factor_of(levers, LEVER_TERM, levels[LEVER_TERM]);
    if (levels[LEVER_INCOME] > 0)
        application[APPLICATION_AMT_INCOME_TOTAL] = levers->scales[LEVER_INCOME].values[levels[LEVER_INCOME]];
    if (purchase != 1 && !isnan(*goods))
        *goods = round_amount(*goods * purchase);
    if (purchase * deposit != 1)
        *credit = round_amount(*credit * purchase * deposit);
    if (purchase * deposit * term != 1 && !isnan(*annuity))
        *annuity = round_amount(*annuity * purchase * deposit * term);
    return is_within(levers->credit, *credit) && is_within(levers->annuity, *annuity) &&
           is_within(levers->credit_to_goods, *credit / *goods) &&
           is_within(levers->credit_to_annuity, *credit / *annuity);
}

double levers_effort(const struct levers *levers, const size_t levels[LEVER_COUNT])
{
    double effort = 0;
    for (size_t lever = 0; lever < LEVER_COUNT; lever++)
        effort += levers->scales[lever].efforts[levels[lever]];
    return effort;
}

size_t levers_features(size_t out[LEVER_FEATURES])
{
    static const size_t features[] = {
        FEATURE_AMT_INCOME_TOTAL,
        FEATURE_AMT_CREDIT,
        FEATURE_AMT_ANNUITY,
        FEATURE_AMT_GOODS_PRICE,
        FEATURE_CREDIT_TO_ANNUITY,
        FEATURE_CREDIT_TO_GOODS,
        FEATURE_ANNUITY_TO_INCOME,
        FEATURE_CREDIT_TO_INCOME,
        FEATURE_INSURANCE_TO_INCOME,
        FEATURE_INCOME_PER_PERSON,
        FEATURE_BUREAU_ACTIVE_CREDIT_TO_INCOME,
        FEATURE_CREDIT_TO_PREV_APPROVED,
        FEATURE_ANNUITY_TO_PREV_APPROVED,
    };
    memcpy(out, features, sizeof features);
    return sizeof features / sizeof *features;
}
