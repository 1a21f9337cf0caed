/* The clients somebody is compared with. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_GROUP_H
#define CLAIRSCORE_BACKEND_RESOURCES_GROUP_H

#include <jansson.h>

#include "backend/population/population.h"
#include "shared/base/error.h"

enum {
    GROUP_NONE = -1,
    GROUP_ALL = -2,
    GROUP_SIMILAR = -3, /* otherwise the feature whose value is the same */
    GROUP_SIMILAR_SIZE = 500
};

struct group;

/* The group called `name`: "all", "similar" or a feature's name; GROUP_NONE when it is neither. */
int group_find(const char *name);

/* Forms the client's group. The population must outlive it. The caller frees *out. */
int group_form(struct group **out, const struct population *population, int which, size_t row,
               struct error *err);
void group_free(struct group *group);

/* {"name","label","count","default_rate"}. */
json_t *group_render(const struct group *group, enum language language);

/* The feature's distribution over the group; returns the rank of `value` in percent, NaN without one. */
double group_compare(struct distribution *out, const struct group *group, size_t feature, float value);

#endif
