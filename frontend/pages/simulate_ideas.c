/* The smallest changes that would lead to a grant, each one click away. */
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/simulate.h"
#include "shared/base/number.h"

/* Writes the address that tries the changes; false when it cannot. Sensitive fields are never proposed,
 * whatever the answer says. */
static bool idea_address(char out[PAGE_ADDRESS], const struct simulation *simulation, const json_t *changes,
                         const json_t *features)
{
    size_t i;
    json_t *change;
    snprintf(out, PAGE_ADDRESS, "/clients/%s/simulate", simulation->id);
    json_array_foreach(changes, i, change)
    {
        struct form_field field;
        struct form_text text;
        struct error err = {0};
        const json_t *feature = json_object_get(features, answer_text(change, "field"));
        if (form_field_read(&field, feature, &err) || json_is_true(json_object_get(feature, "sensitive")))
            return false;
        form_field_write_plain(&text, &field, json_object_get(change, "to"));
        if (!simulation_add_text(out, PAGE_ADDRESS, &field, &text))
            return false;
    }
    return i > 0;
}

/* Whether the form holds these very changes. */
static bool is_tried(const struct simulation *simulation, const json_t *changes)
{
    size_t i;
    json_t *change;
    json_array_foreach(changes, i, change)
    {
        const struct simulated *simulated = simulation_find(simulation, answer_text(change, "field"));
        struct form_text wanted, typed;
        if (!simulated || !simulated->changed)
            return false;
        form_field_write_plain(&wanted, &simulated->field, json_object_get(change, "to"));
        form_field_write_plain(&typed, &simulated->field, simulated->value);
        if (strcmp(wanted.parts[0], typed.parts[0]) != 0 || strcmp(wanted.parts[1], typed.parts[1]) != 0)
            return false;
    }
    return i == simulation_changes(simulation);
}

/* The idea for the template, or NULL where there is nothing to try. */
static json_t *idea_view(const struct http_exchange *exchange, const struct simulation *simulation,
                         const json_t *idea, const json_t *features)
{
    char address[PAGE_ADDRESS], probability[NUMBER_TEXT], score[NUMBER_TEXT];
    if (!idea_address(address, simulation, json_object_get(idea, "changes"), features))
        return NULL;
    number_format_percent(probability, answer_number(idea, "probability"), 1, exchange->language);
    number_format(score, answer_number(idea, "score"), 0, exchange->language);
    return json_pack("{s:s, s:s, s:b, s:o}", "idea", answer_text(idea, "text"), "href", address, "tried",
                     is_tried(simulation, json_object_get(idea, "changes")), "outcome",
                     i18n_say(page_site(exchange)->i18n, exchange->language, "simulate.ideas.outcome",
                              I18N_VALUES("probability", probability, "score", score)));
}

json_t *simulate_ideas_view(const struct http_exchange *exchange, const struct simulation *simulation,
                            const json_t *counterfactuals, const json_t *features)
{
    json_t *list, *idea;
    size_t i;
    if (strcmp(answer_text(counterfactuals, "status"), "granted") == 0)
        return NULL;
    list = json_array();
    json_array_foreach(json_object_get(counterfactuals, "counterfactuals"), i, idea)
    {
        json_t *view = idea_view(exchange, simulation, idea, features);
        if (view)
            json_array_append_new(list, view);
    }
    json_t *best = idea_view(exchange, simulation, json_object_get(counterfactuals, "best"), features);
    const char *said = answer_text(counterfactuals, "text");
    json_t *ideas =
        json_pack("{s:s, s:b}", "conclusion", *said ? said : page_text(exchange, "simulate.ideas.away"),
                  "some", json_array_size(list) > 0);
    json_object_set_new(ideas, "list", list);
    if (best)
        json_object_set_new(ideas, "best", best);
    return ideas;
}
