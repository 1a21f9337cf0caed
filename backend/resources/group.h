/* The clients somebody is compared with:
 * - all: everybody;
 * - similar: the GROUP_SIMILAR_SIZE nearest clients (population_nearest);
 * - FIELD: those with the client's category, or in the client's tenth of a number's values; those without a
 *   value when the client has none;
 * - FIELD:CATEGORY: those with this category (0 or 1 of a flag), whatever the client's own;
 * - FIELD:LOW..HIGH: those with LOW <= value < HIGH, in the feature's own unit; either may be left out. Of
 *   days before the application, LOWy..HIGHy are years: DAYS_BIRTH:30y..40y. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_GROUP_H
#define CLAIRSCORE_BACKEND_RESOURCES_GROUP_H

#include <jansson.h>

#include "backend/population/population.h"
#include "shared/base/error.h"

enum { GROUP_SIMILAR_SIZE = 500 };

enum group_kind { GROUP_ALL, GROUP_SIMILAR, GROUP_OWN, GROUP_CATEGORY, GROUP_BAND };

struct group_choice {
    enum group_kind kind;
    size_t feature;         /* of OWN, CATEGORY, BAND */
    float category;         /* of CATEGORY: the feature's value */
    double lowest, highest; /* of BAND: infinite where it is open */
};

struct group;

/* Reads a choice as it is written above; NULL is all. What is wrong is listed in `problems` at "?group". */
void group_read(struct group_choice *out, const char *text, json_t *problems);

/* True when the choice depends on who is compared. */
bool group_needs_client(const struct group_choice *choice);

/* Forms the group of the client in `row` (-1: nobody's). The population must outlive it. The caller frees
 * *out. */
int group_form(struct group **out, const struct population *population, const struct group_choice *choice,
               int64_t row, struct error *err);
void group_free(struct group *group);

/* Its rows, or NULL for everybody; how many. */
const uint32_t *group_members(const struct group *group);
size_t group_count(const struct group *group);

/* {"name","label","feature","category","band","count","default_rate","member"}. */
json_t *group_render(const struct group *group, enum language language);

/* The feature's distribution over the group; returns where `value` stands in it. */
struct rank group_compare(struct distribution *out, const struct group *group, size_t feature, float value);

#endif
