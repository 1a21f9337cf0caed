#include <math.h>

#include "backend/resources/lasting.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"

static const char *type_of(const struct feature *feature, const struct column *column)
{
    if (feature->unit == UNIT_CATEGORY)
        return "category";
    if (feature->unit == UNIT_FLAG)
        return "flag";
    bool whole = feature->unit == UNIT_COUNT || (column && column->kind == COLUMN_INTEGER);
    return whole ? "integer" : "number";
}

static json_t *render_range(const struct feature *feature, const struct column *column)
{
    if (!column || feature->unit == UNIT_CATEGORY || feature->unit == UNIT_FLAG)
        return json_null();
    return json_pack("{s:o, s:o}", "lowest", render_number(column->lowest), "highest",
                     render_number(column->highest));
}

static json_t *render_entry(size_t id, const struct model *model, enum language language)
{
    static const char *const actions[] = {"none", "raise", "lower", "either"};
    const struct feature *feature = catalogue_feature(id);
    const struct column *column = catalogue_column(id);
    json_t *entry = render_feature(id, language);
    json_object_set_new(entry, "description", json_string(feature->description[language]));
    json_object_set_new(entry, "story", json_pack("s?", catalogue_story_code(feature->story)));
    json_object_set_new(entry, "type", json_string(type_of(feature, column)));
    json_object_set_new(entry, "application", json_boolean(column != NULL));
    json_object_set_new(entry, "categories", render_categories(id, language));
    json_object_set_new(entry, "range", render_range(feature, column));
    json_object_set_new(entry, "actionable", json_boolean(feature->action != ACTION_NONE));
    json_object_set_new(entry, "action", json_string(actions[feature->action]));
    json_object_set_new(entry, "sensitive", json_boolean(feature->sensitive));
    json_object_set_new(entry, "used", json_boolean(model_uses(model, id)));
    return entry;
}

void features_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange) || lasting_repeat(exchange, ""))
        return;
    const struct model *model = request_model(exchange);
    json_t *features = json_array();
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        json_array_append_new(features, render_entry(i, model, exchange->language));
    json_t *answer = json_pack("{s:s, s:o}", "version", catalogue_version(), "features", features);
    render_language(exchange);
    lasting_answer(exchange, "", answer);
    json_decref(answer);
}
