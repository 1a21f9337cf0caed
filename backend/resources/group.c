#include "backend/resources/group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/render.h"

struct group {
    const struct population *population;
    int which;
    size_t row;
    uint32_t *members; /* NULL: everybody */
    size_t count;
    size_t outcomes[CLASS_COUNT];
    int8_t *member_outcomes;
    float *values;     /* room for one feature of the members */
    uint32_t *scratch; /* room for its distribution */
};

int group_find(const char *name)
{
    if (strcmp(name, "all") == 0)
        return GROUP_ALL;
    if (strcmp(name, "similar") == 0)
        return GROUP_SIMILAR;
    return catalogue_find(name);
}

/* ---- Forming ---- */

/* The clients who have the client's category or lie in the same tenth; those without a value when the
 * client has none. */
static void gather_same(struct group *group, size_t feature)
{
    const struct distribution *distribution = population_distribution(group->population, feature);
    const float *column = population_column(group->population, feature);
    const float own = column[group->row];
    const int tenth = isnan(own) || distribution->categorical ? 0 : distribution_tenth(distribution, own);
    for (size_t i = 0; i < population_count(group->population); i++) {
        bool same;
        if (isnan(own) || isnan(column[i]))
            same = isnan(own) && isnan(column[i]);
        else if (distribution->categorical)
            same = column[i] == own;
        else
            same = distribution_tenth(distribution, column[i]) == tenth;
        if (same)
            group->members[group->count++] = (uint32_t)i;
    }
}

static void count_outcomes(struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        int outcome = population_outcome(group->population, group->members[i]);
        group->member_outcomes[i] = (int8_t)outcome;
        group->outcomes[outcome < 0 ? CLASS_UNKNOWN : outcome]++;
    }
}

int group_form(struct group **out, const struct population *population, int which, size_t row,
               struct error *err)
{
    struct group *group = calloc(1, sizeof *group);
    if (!group)
        goto no_memory;
    *group = (struct group){.population = population, .which = which, .row = row};
    if (which == GROUP_ALL) {
        group->count = population_count(population);
        memcpy(group->outcomes, population_figures(population)->outcomes, sizeof group->outcomes);
        *out = group;
        return 0;
    }
    size_t most = which == GROUP_SIMILAR ? GROUP_SIMILAR_SIZE : population_count(population);
    group->members = malloc(most * sizeof *group->members);
    if (!group->members)
        goto no_memory;
    if (which == GROUP_SIMILAR)
        group->count = population_nearest(population, row, most, group->members, NULL);
    else
        gather_same(group, (size_t)which);
    group->member_outcomes = malloc(group->count + 1);
    group->values = malloc((group->count + 1) * sizeof *group->values);
    group->scratch = malloc((2 * group->count + 1) * sizeof *group->scratch);
    if (!group->member_outcomes || !group->values || !group->scratch)
        goto no_memory;
    count_outcomes(group);
    *out = group;
    return 0;

no_memory:
    group_free(group);
    return error_set(err, ERROR_INTERNAL, "no memory for a group");
}

void group_free(struct group *group)
{
    if (!group)
        return;
    free(group->members);
    free(group->member_outcomes);
    free(group->values);
    free(group->scratch);
    free(group);
}

/* ---- Telling ---- */

/* "Occupation: Laborers", "Income: 135,000 – 157,500". */
static void label_same(char *out, size_t size, const struct group *group, enum language language)
{
    size_t feature = (size_t)group->which;
    const struct distribution *distribution = population_distribution(group->population, feature);
    const float own = population_column(group->population, feature)[group->row];
    const char *label = catalogue_feature(feature)->label[language];
    char low[128], high[128];
    if (isnan(own) || distribution->categorical) {
        catalogue_format(low, sizeof low, feature, own, language);
        snprintf(out, size, language == LANGUAGE_FR ? "%s : %s" : "%s: %s", label, low);
        return;
    }
    int tenth = distribution_tenth(distribution, own);
    const float *limits = distribution->tenths;
    if (tenth > 0)
        catalogue_format(low, sizeof low, feature, limits[tenth - 1], language);
    if (tenth < DISTRIBUTION_TENTHS)
        catalogue_format(high, sizeof high, feature, limits[tenth], language);
    const char *colon = language == LANGUAGE_FR ? " :" : ":";
    if (tenth == 0)
        snprintf(out, size, "%s%s < %s", label, colon, high);
    else if (tenth == DISTRIBUTION_TENTHS)
        snprintf(out, size, "%s%s ≥ %s", label, colon, low);
    else
        snprintf(out, size, "%s%s %s – %s", label, colon, low, high);
}

json_t *group_render(const struct group *group, enum language language)
{
    static const char *const all[LANGUAGE_COUNT] = {"Tous les clients", "All clients"};
    static const char *const similar[LANGUAGE_COUNT] = {"Clients semblables", "Similar clients"};
    char label[512];
    const char *name;
    if (group->which == GROUP_ALL) {
        name = "all";
        snprintf(label, sizeof label, "%s", all[language]);
    } else if (group->which == GROUP_SIMILAR) {
        name = "similar";
        snprintf(label, sizeof label, "%s", similar[language]);
    } else {
        name = catalogue_feature((size_t)group->which)->name;
        label_same(label, sizeof label, group, language);
    }
    size_t known = group->outcomes[CLASS_REPAID] + group->outcomes[CLASS_DEFAULTED];
    double rate = known ? (double)group->outcomes[CLASS_DEFAULTED] / (double)known : NAN;
    return json_pack("{s:s, s:s, s:I, s:o}", "name", name, "label", label, "count", (json_int_t)group->count,
                     "default_rate", render_number(rate));
}

double group_compare(struct distribution *out, const struct group *group, size_t feature, float value)
{
    const float *column = population_column(group->population, feature);
    if (!group->members) {
        *out = *population_distribution(group->population, feature);
        return distribution_rank(column, group->count, value);
    }
    for (size_t i = 0; i < group->count; i++)
        group->values[i] = column[group->members[i]];
    distribution_compute(out, (int)feature, group->values, group->member_outcomes, group->count,
                         group->scratch);
    return distribution_rank(group->values, group->count, value);
}
