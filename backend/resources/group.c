#include "backend/resources/group.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "shared/base/number.h"
#include "shared/data/record.h"

struct group {
    const struct population *population;
    struct group_choice choice; /* OWN is told as what it comes to: CATEGORY or BAND */
    int64_t row;
    bool valueless;    /* those without a value */
    bool member;       /* the client belongs to it */
    uint32_t *members; /* NULL: everybody */
    size_t count;
    size_t outcomes[CLASS_COUNT];
    int8_t *member_outcomes;
    float *values;     /* room for one feature of the members */
    uint32_t *scratch; /* room for its distribution */
};

/* ---- Reading ---- */

enum { NAME_BYTES = 65 /* no feature has a name so long */ };
static const char pointer[] = "?group";
static const double DAYS_A_YEAR = 365.25;

static bool is_categorical(size_t feature)
{
    enum feature_unit unit = catalogue_feature(feature)->unit;
    return unit == UNIT_FLAG || (unit == UNIT_CATEGORY && catalogue_column(feature));
}

static void read_category(struct group_choice *out, const char *text, json_t *problems)
{
    const struct column *column = catalogue_column(out->feature);
    const char *name = catalogue_feature(out->feature)->name;
    int category;
    out->kind = GROUP_CATEGORY;
    if (catalogue_feature(out->feature)->unit == UNIT_FLAG) {
        category = strcmp(text, "0") == 0 ? 0 : strcmp(text, "1") == 0 ? 1 : -1;
        if (category < 0)
            request_problem(problems, pointer, "Write %s:0 or %s:1.", name, name);
    } else {
        category = home_credit_category(column, text, strlen(text));
        const char *near =
            category < 0 ? record_nearest(text, column->categories, column->category_count) : NULL;
        if (category < 0)
            request_problem(problems, pointer, "\"%.64s\" is no category of %s.%s%s%s", text, name,
                            near ? " Did you mean " : " /features lists them", near ? near : "",
                            near ? "?" : ".");
    }
    out->category = (float)category;
}

/* One limit of a band as it is written, and the unit behind it. */
struct limit {
    bool given, years;
    double value;
};

static bool read_limit(struct limit *out, const char *text, size_t length)
{
    *out = (struct limit){.given = length > 0, .years = length > 1 && text[length - 1] == 'y'};
    return !out->given || number_read(&out->value, text, length - out->years);
}

/* Whole days before the application count backwards: at least so many years are at most so many days. */
static double days_above(const struct limit *years)
{
    return floor(-years->value * DAYS_A_YEAR) + 1;
}

/* False when the limits are not as they are to be written. */
static bool set_band(struct group_choice *out, const struct limit *low, const struct limit *high)
{
    bool years = low->years || high->years;
    if ((!low->given && !high->given) || (low->given && high->given && low->years != high->years) ||
        (years && catalogue_feature(out->feature)->unit != UNIT_DAYS))
        return false;
    if (years) {
        out->lowest = high->given ? days_above(high) : -(double)INFINITY;
        out->highest = low->given ? days_above(low) : INFINITY;
    } else {
        out->lowest = low->given ? low->value : -(double)INFINITY;
        out->highest = high->given ? high->value : INFINITY;
    }
    return true;
}

static void read_band(struct group_choice *out, const char *text, json_t *problems)
{
    const struct feature *feature = catalogue_feature(out->feature);
    const char *name = feature->name, *dots = strstr(text, "..");
    struct limit low, high;
    out->kind = GROUP_BAND;
    if (!dots || !read_limit(&low, text, (size_t)(dots - text)) ||
        !read_limit(&high, dots + 2, strlen(dots + 2)) || !set_band(out, &low, &high))
        request_problem(problems, pointer, "Write %s:LOW..HIGH, %s:LOW.. or %s:..HIGH with numbers%s.", name,
                        name, name, feature->unit == UNIT_DAYS ? " of days, or of years as in 2y..5y" : "");
    else if (!(out->lowest < out->highest))
        request_problem(problems, pointer, "The lower limit of %s must be below the upper one.", name);
}

void group_read(struct group_choice *out, const char *text, json_t *problems)
{
    char name[NAME_BYTES];
    *out = (struct group_choice){.kind = GROUP_ALL};
    if (!text || strcmp(text, "all") == 0)
        return;
    if (strcmp(text, "similar") == 0) {
        out->kind = GROUP_SIMILAR;
        return;
    }
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : (int)sizeof name - 1, text);
    int feature = request_feature(name, pointer, "neither all nor similar and ", problems);
    if (feature < 0)
        return;
    out->feature = (size_t)feature;
    out->kind = GROUP_OWN;
    if (colon && is_categorical(out->feature))
        read_category(out, colon + 1, problems);
    else if (colon)
        read_band(out, colon + 1, problems);
}

bool group_needs_client(const struct group_choice *choice)
{
    return choice->kind == GROUP_SIMILAR || choice->kind == GROUP_OWN;
}

/* ---- Forming ---- */

/* What the client's own category or tenth is. */
static void resolve_own(struct group *group)
{
    struct group_choice *choice = &group->choice;
    const struct distribution *distribution = population_distribution(group->population, choice->feature);
    const float own = population_column(group->population, choice->feature)[group->row];
    group->valueless = isnan(own);
    choice->category = own;
    choice->kind = distribution->categorical ? GROUP_CATEGORY : GROUP_BAND;
    if (group->valueless || distribution->categorical)
        return;
    int tenth = distribution_tenth(distribution, own);
    choice->lowest = tenth == 0 ? -(double)INFINITY : (double)distribution->tenths[tenth - 1];
    choice->highest = tenth == DISTRIBUTION_TENTHS ? INFINITY : (double)distribution->tenths[tenth];
}

static bool belongs(const struct group *group, float value)
{
    if (group->valueless || isnan(value))
        return group->valueless && isnan(value);
    if (group->choice.kind == GROUP_CATEGORY)
        return value == group->choice.category;
    return (double)value >= group->choice.lowest && (double)value < group->choice.highest;
}

static void gather(struct group *group)
{
    const float *column = population_column(group->population, group->choice.feature);
    for (size_t i = 0; i < population_count(group->population); i++)
        if (belongs(group, column[i]))
            group->members[group->count++] = (uint32_t)i;
    group->member = group->row >= 0 && belongs(group, column[group->row]);
}

static void count_outcomes(struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        int outcome = population_outcome(group->population, group->members[i]);
        group->member_outcomes[i] = (int8_t)outcome;
        group->outcomes[outcome < 0 ? CLASS_UNKNOWN : outcome]++;
    }
}

int group_form(struct group **out, const struct population *population, const struct group_choice *choice,
               int64_t row, struct error *err)
{
    struct group *group = calloc(1, sizeof *group);
    if (!group)
        goto no_memory;
    *group = (struct group){.population = population, .choice = *choice, .row = row, .member = row >= 0};
    if (choice->kind == GROUP_ALL) {
        group->count = population_count(population);
        memcpy(group->outcomes, population_figures(population)->outcomes, sizeof group->outcomes);
        *out = group;
        return 0;
    }
    size_t most = choice->kind == GROUP_SIMILAR ? GROUP_SIMILAR_SIZE : population_count(population);
    group->members = malloc((most + 1) * sizeof *group->members);
    if (!group->members)
        goto no_memory;
    if (choice->kind == GROUP_OWN)
        resolve_own(group);
    if (choice->kind == GROUP_SIMILAR) {
        group->count = population_nearest(population, (size_t)row, most, group->members, NULL);
        group->member = false;
    } else {
        gather(group);
    }
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

const uint32_t *group_members(const struct group *group)
{
    return group->members;
}

size_t group_count(const struct group *group)
{
    return group->count;
}

/* ---- Telling ---- */

enum { VALUE_TEXT = 128, LABEL_TEXT = 512 };

/* "135,000 – 157,500", "< 135,000", "≥ 900,000". Days before the application run backwards: from the day
 * behind the upper limit up to, but without, that behind the lower one. */
static void write_band(char out[LABEL_TEXT], const struct group *group, enum language language)
{
    const struct group_choice *choice = &group->choice;
    double first = choice->lowest, last = choice->highest;
    if (catalogue_feature(choice->feature)->unit == UNIT_DAYS && fmin(first, last) < 0 &&
        (last <= 0 || isinf(last))) {
        first = choice->highest - 1;
        last = choice->lowest - 1;
    }
    char low[VALUE_TEXT], high[VALUE_TEXT];
    catalogue_format(low, sizeof low, choice->feature, first, language);
    catalogue_format(high, sizeof high, choice->feature, last, language);
    if (isinf(first))
        snprintf(out, LABEL_TEXT, "<\u00a0%s", high);
    else if (isinf(last))
        snprintf(out, LABEL_TEXT, "≥\u00a0%s", low);
    else
        snprintf(out, LABEL_TEXT, "%s – %s", low, high);
}

/* "Occupation: Laborers", "Income: 135,000 – 157,500". */
static void write_label(char *out, size_t size, const struct group *group, enum language language)
{
    char text[LABEL_TEXT];
    size_t feature = group->choice.feature;
    if (group->choice.kind == GROUP_BAND && !group->valueless)
        write_band(text, group, language);
    else
        catalogue_format(text, sizeof text, feature, (double)group->choice.category, language);
    snprintf(out, size, "%s%s: %s", catalogue_feature(feature)->label[language],
             language == LANGUAGE_FR ? "\u00a0" : "", text);
}

json_t *group_render(const struct group *group, enum language language)
{
    static const char *const all[LANGUAGE_COUNT] = {"Tous les clients", "All clients"};
    static const char *const similar[LANGUAGE_COUNT] = {"Clients semblables", "Similar clients"};
    const struct group_choice *choice = &group->choice;
    char label[LABEL_TEXT + VALUE_TEXT];
    const char *feature = NULL, *name = choice->kind == GROUP_ALL ? "all" : "similar";
    json_t *band = json_null(), *category = json_null();
    if (choice->kind == GROUP_ALL || choice->kind == GROUP_SIMILAR) {
        snprintf(label, sizeof label, "%s", (choice->kind == GROUP_ALL ? all : similar)[language]);
    } else {
        name = feature = catalogue_feature(choice->feature)->name;
        write_label(label, sizeof label, group, language);
        if (choice->kind == GROUP_CATEGORY)
            category = render_value(choice->feature, choice->category);
        else if (!group->valueless)
            band = json_pack("{s:o, s:o}", "lowest", render_number(choice->lowest), "highest",
                             render_number(choice->highest));
    }
    size_t known = group->outcomes[CLASS_REPAID] + group->outcomes[CLASS_DEFAULTED];
    double rate = known ? (double)group->outcomes[CLASS_DEFAULTED] / (double)known : NAN;
    return json_pack("{s:s, s:s, s:s?, s:o, s:o, s:I, s:o, s:o}", "name", name, "label", label, "feature",
                     feature, "category", category, "band", band, "count", (json_int_t)group->count,
                     "default_rate", render_number(rate), "member",
                     group->row < 0 ? json_null() : json_boolean(group->member));
}

struct rank group_compare(struct distribution *out, const struct group *group, size_t feature, float value)
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
