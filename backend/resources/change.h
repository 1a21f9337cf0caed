/* Fields of an application before and after a change, as the JSON that openapi.json describes. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_CHANGE_H
#define CLAIRSCORE_BACKEND_RESOURCES_CHANGE_H

#include <jansson.h>

#include "shared/data/home_credit.h"
#include "shared/features/catalogue.h"

/* An application (a row of TABLE_APPLICATION) and the features built from it. */
struct change_side {
    const double *application;
    const float *vector;
};

/* {"field","label","from","to","from_text","to_text","text"} for each column of which `changed` is true. */
json_t *change_render(const struct change_side *before, const struct change_side *after,
                      const bool changed[APPLICATION_COLUMNS], enum language language);

#endif
