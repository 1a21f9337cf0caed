/* What the model looks at, over the population it learnt from. */
#include <math.h>
#include <stdlib.h>

#include "backend/resources/lasting.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/model/decision.h"

struct weight {
    size_t id; /* of a feature or a theme */
    double importance;
};

/* Larger ones first; among equal ones the order of the catalogue. */
static int compare_weights(const void *a, const void *b)
{
    const struct weight *left = a, *right = b;
    if (left->importance != right->importance)
        return left->importance > right->importance ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

static void add_weight(json_t *entry, double importance, double total)
{
    double rounded = scoring_round(importance);
    json_object_set_new(entry, "importance", json_real(rounded));
    json_object_set_new(entry, "points", json_real(fabs(decision_contribution_points(rounded))));
    json_object_set_new(entry, "share", render_number(total > 0 ? importance / total : NAN));
}

static json_t *render_themes(const double *importance, double total, enum language language)
{
    struct weight themes[THEME_COUNT] = {0};
    json_t *list = json_array();
    for (size_t i = 0; i < THEME_COUNT; i++)
        themes[i].id = i;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        themes[catalogue_feature(i)->theme].importance += importance[i];
    qsort(themes, THEME_COUNT, sizeof *themes, compare_weights);
    for (size_t i = 0; i < THEME_COUNT; i++) {
        enum feature_theme theme = (enum feature_theme)themes[i].id;
        json_t *entry = json_pack("{s:s, s:s}", "theme", catalogue_theme_code(theme), "label",
                                  catalogue_theme_label(theme, language));
        add_weight(entry, themes[i].importance, total);
        json_array_append_new(list, entry);
    }
    return list;
}

void model_importance_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange) || lasting_repeat(exchange, ""))
        return;
    const struct model *model = request_model(exchange);
    struct weight features[FEATURE_COUNT] = {0};
    double importance[FEATURE_COUNT], total = 0;
    size_t count = model_feature_count(model);
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        total += importance[i] = model_importance(model, i);
    for (size_t i = 0; i < count; i++)
        features[i] = (struct weight){model_feature(model, i), importance[model_feature(model, i)]};
    qsort(features, count, sizeof *features, compare_weights);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *entry = render_feature(features[i].id, exchange->language);
        add_weight(entry, features[i].importance, total);
        json_array_append_new(list, entry);
    }
    json_t *answer = json_pack("{s:o, s:o, s:o}", "model", render_model(model), "features", list, "themes",
                               render_themes(importance, total, exchange->language));
    render_language(exchange);
    lasting_answer(exchange, "", answer);
    json_decref(answer);
}
