/* Whom the model would grant credit to in the portfolio, by gender and age. */
#include <math.h>

#include "backend/fairness.h"
#include "backend/resources/lasting.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/model/proportion.h"

static const double FOUR_FIFTHS = 0.8;

/* {"share","low","high"} with the 95 % interval; null of nobody. */
static json_t *render_share(size_t hits, size_t of)
{
    double low, high;
    if (of == 0)
        return json_null();
    proportion_interval(&low, &high, (double)hits, (double)of);
    return json_pack("{s:f, s:f, s:f}", "share", (double)hits / (double)of, "low", low, "high", high);
}

static json_t *render_group(const struct fairness_group *group, enum fairness_attribute attribute,
                            size_t position, enum language language)
{
    size_t known = group->repaid + group->defaulted;
    return json_pack(
        "{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "group",
        fairness_group_name(attribute, position), "label",
        fairness_group_label(attribute, position, language), "clients", (json_int_t)group->clients,
        "outcomes_known", (json_int_t)known, "default_rate", render_share(group->defaulted, known), "granted",
        render_share(group->granted, group->clients), "ratio", render_number(group->ratio), "four_fifths",
        isnan(group->ratio) ? json_null() : json_boolean(group->ratio >= FOUR_FIFTHS), "granted_of_repaid",
        render_share(group->repaid_granted, group->repaid), "opportunity_gap", render_number(group->gap));
}

void fairness_get(struct http_exchange *exchange)
{
    static const char *const names[FAIRNESS_ATTRIBUTES] = {"gender", "age"};
    static const size_t features[FAIRNESS_ATTRIBUTES] = {FEATURE_CODE_GENDER, FEATURE_DAYS_BIRTH};
    if (!request_has_no_query(exchange))
        return;
    const struct population *population = request_population(exchange);
    if (!population || lasting_repeat(exchange, ""))
        return;
    const struct model *model = request_model(exchange);
    json_t *attributes = json_array();
    for (int attribute = 0; attribute < FAIRNESS_ATTRIBUTES; attribute++) {
        struct fairness_group groups[FAIRNESS_GROUPS];
        json_t *list = json_array();
        size_t count = fairness_measure(groups, (enum fairness_attribute)attribute, population, model);
        for (size_t i = 0; i < count; i++)
            if (groups[i].clients > 0)
                json_array_append_new(list, render_group(&groups[i], (enum fairness_attribute)attribute, i,
                                                         exchange->language));
        json_array_append_new(attributes,
                              json_pack("{s:s, s:s, s:o}", "attribute", names[attribute], "label",
                                        catalogue_feature(features[attribute])->label[exchange->language],
                                        "groups", list));
    }
    json_t *answer =
        json_pack("{s:o, s:f, s:I, s:o}", "model", render_model(model), "threshold", model_threshold(model),
                  "clients", (json_int_t)population_count(population), "attributes", attributes);
    render_language(exchange);
    lasting_answer(exchange, "", answer);
    json_decref(answer);
}
