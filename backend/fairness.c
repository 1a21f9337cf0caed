#include "backend/fairness.h"

#include <math.h>
#include <string.h>

#include "backend/scoring.h"

static const double DAYS_A_YEAR = 365.25;

struct group_text {
    const char *name, *label[LANGUAGE_COUNT];
};

static const struct group_text ages[] = {
    {"under_30", {[LANGUAGE_FR] = "Moins de 30 ans", [LANGUAGE_EN] = "Under 30"}},
    {"30_to_39", {[LANGUAGE_FR] = "30 à 39 ans", [LANGUAGE_EN] = "30 to 39"}},
    {"40_to_49", {[LANGUAGE_FR] = "40 à 49 ans", [LANGUAGE_EN] = "40 to 49"}},
    {"50_to_59", {[LANGUAGE_FR] = "50 à 59 ans", [LANGUAGE_EN] = "50 to 59"}},
    {"60_and_over", {[LANGUAGE_FR] = "60 ans et plus", [LANGUAGE_EN] = "60 and over"}},
};
enum { AGES = sizeof ages / sizeof *ages, FIRST_AGE = 30, AGE_STEP = 10 };
static const struct group_text unknown = {"unknown",
                                          {[LANGUAGE_FR] = "Non connu", [LANGUAGE_EN] = "Not known"}};

/* The genders that are told apart: the schema's first ones, without its code for "not available". */
enum { GENDERS = 2 };

static size_t known_groups(enum fairness_attribute attribute)
{
    return attribute == FAIRNESS_GENDER ? GENDERS : AGES;
}

static size_t feature_of(enum fairness_attribute attribute)
{
    return attribute == FAIRNESS_GENDER ? FEATURE_CODE_GENDER : FEATURE_DAYS_BIRTH;
}

static size_t group_of(enum fairness_attribute attribute, float value)
{
    const size_t none = known_groups(attribute);
    if (isnan(value))
        return none;
    if (attribute == FAIRNESS_GENDER)
        return value < (float)GENDERS ? (size_t)value : none;
    double years = -(double)value / DAYS_A_YEAR;
    double band = floor((years - FIRST_AGE) / AGE_STEP) + 1;
    return band < 0 ? 0 : band < AGES ? (size_t)band : AGES - 1;
}

static double granted_share(const struct fairness_group *group)
{
    return (double)group->granted / (double)group->clients;
}

static double opportunity(const struct fairness_group *group)
{
    return (double)group->repaid_granted / (double)group->repaid;
}

static void compare(struct fairness_group *groups, size_t count)
{
    double most = NAN, best = NAN; /* fmax prefers what is a number */
    for (size_t i = 0; i < count; i++) {
        if (groups[i].clients >= FAIRNESS_LEAST)
            most = fmax(most, granted_share(&groups[i]));
        if (groups[i].repaid >= FAIRNESS_LEAST)
            best = fmax(best, opportunity(&groups[i]));
    }
    for (size_t i = 0; i < count; i++) {
        groups[i].ratio =
            groups[i].clients >= FAIRNESS_LEAST && most > 0 ? granted_share(&groups[i]) / most : NAN;
        groups[i].gap = groups[i].repaid >= FAIRNESS_LEAST ? opportunity(&groups[i]) - best : NAN;
    }
}

size_t fairness_measure(struct fairness_group out[FAIRNESS_GROUPS], enum fairness_attribute attribute,
                        const struct population *population, const struct model *model)
{
    const size_t feature = feature_of(attribute), known = known_groups(attribute);
    memset(out, 0, FAIRNESS_GROUPS * sizeof *out);
    for (size_t row = 0; row < population_count(population); row++) {
        struct fairness_group *group = &out[group_of(attribute, population_value(population, feature, row))];
        bool granted = !scoring_verdict(model, population_margin(population, row)).refused;
        int outcome = population_outcome(population, row);
        group->clients++;
        group->granted += granted;
        group->repaid += outcome == OUTCOME_REPAID;
        group->defaulted += outcome == OUTCOME_DEFAULTED;
        group->repaid_granted += granted && outcome == OUTCOME_REPAID;
    }
    compare(out, known);
    out[known].ratio = out[known].gap = NAN;
    return known + 1;
}

const char *fairness_group_name(enum fairness_attribute attribute, size_t group)
{
    if (group >= known_groups(attribute))
        return unknown.name;
    return attribute == FAIRNESS_GENDER ? catalogue_column(FEATURE_CODE_GENDER)->categories[group]
                                        : ages[group].name;
}

const char *fairness_group_label(enum fairness_attribute attribute, size_t group, enum language language)
{
    if (group >= known_groups(attribute))
        return unknown.label[language];
    return attribute == FAIRNESS_GENDER
               ? catalogue_category_label(catalogue_column(FEATURE_CODE_GENDER), group, language)
               : ages[group].label[language];
}
