#include "backend/resources/client_quality.h"

#include <math.h>

#include "backend/resources/render.h"

enum { VALUE_TEXT = 128 };

/* A limit of what is usual as the feature's values are written: the nearest float, which the client's is. */
static json_t *render_limit(size_t feature, double limit, enum language language)
{
    char text[VALUE_TEXT];
    catalogue_format(text, sizeof text, feature, limit, language);
    return json_pack("{s:o, s:s}", "value", render_float((float)limit), "text", text);
}

static json_t *render_unusual(size_t feature, float value, const struct distribution *distribution,
                              enum language language)
{
    json_t *field = render_field(feature, value, language);
    json_object_del(field, "missing");
    json_object_set_new(field, "lowest", render_limit(feature, distribution->bulk[0], language));
    json_object_set_new(field, "highest", render_limit(feature, distribution->bulk[1], language));
    return field;
}

/* The limits may lie between two clients' values, and a value at one of them is usual. */
static bool is_unusual(const struct distribution *distribution, float value)
{
    return !distribution->categorical && distribution->known > 0 && !isnan(value) &&
           (value < (float)distribution->bulk[0] || value > (float)distribution->bulk[1]);
}

json_t *client_quality_render(const struct population *population, const float *vector,
                              const json_t *application, enum language language)
{
    json_t *impossible = json_array(), *unusual = json_array();
    const uint16_t *order = population_by_importance(population);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        size_t feature = order[i];
        const struct distribution *distribution = population_distribution(population, feature);
        json_t *raw = json_object_get(application, catalogue_feature(feature)->name);
        if (is_unusual(distribution, vector[feature]))
            json_array_append_new(unusual, render_unusual(feature, vector[feature], distribution, language));
        if (!isnan(vector[feature]) || !catalogue_column(feature) || !raw || json_is_null(raw))
            continue;
        json_t *field = render_feature(feature, language);
        json_object_set(field, "value", raw);
        json_array_append_new(impossible, field);
    }
    return json_pack("{s:o, s:o}", "impossible", impossible, "unusual", unusual);
}
