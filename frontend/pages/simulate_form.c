/* The form of a simulation: each field's control with what stands in it, what is wrong with it, how it was.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/simulate.h"
#include "shared/base/number.h"

enum { KEY_BYTES = 96 };

static const char *const titles[SIMULATION_GROUPS + 1] = {"client.credit", "client.work", "client.housing",
                                                          "client.bureaus", "simulate.others"};

/* ---- What is said of a field ------------------------------------------------------------------------- */

/* The text KEY.NAME where there is one, such as a hint for that very field or unit; else NULL. */
static json_t *special_text(const struct http_exchange *exchange, const char *key, const char *name)
{
    char whole[KEY_BYTES];
    snprintf(whole, sizeof whole, "%s.%s", key, name);
    return i18n_has(page_site(exchange)->i18n, exchange->language, whole)
               ? json_string(page_text(exchange, whole))
               : NULL;
}

static json_t *range_text(const struct http_exchange *exchange, const struct form_field *field)
{
    char lowest[NUMBER_TEXT], highest[NUMBER_TEXT];
    bool duration = field->control == FORM_DURATION;
    number_format(lowest, field->lowest, 0, exchange->language);
    number_format(highest, duration ? floor(field->highest / 12) : field->highest, 0, exchange->language);
    return i18n_say(page_site(exchange)->i18n, exchange->language,
                    duration ? "simulate.faults.duration" : "simulate.faults.range",
                    I18N_VALUES("lowest", lowest, "highest", highest));
}

static json_t *fault_text(const struct http_exchange *exchange, const struct simulated *simulated)
{
    char half[NUMBER_TEXT];
    bool share = simulated->field.highest <= 1;
    number_format(half, share ? 0.5 : 1, share, exchange->language);
    const char *example = *simulated->original.parts[0] ? simulated->original.parts[0] : half;
    switch (simulated->fault) {
    case FORM_NO_NUMBER:
        return i18n_say(page_site(exchange)->i18n, exchange->language, "simulate.faults.number",
                        I18N_VALUES("example", example));
    case FORM_NOT_WHOLE:
        return json_string(page_text(exchange, "simulate.faults.whole"));
    case FORM_OUT_OF_RANGE:
        return range_text(exchange, &simulated->field);
    case FORM_NO_CHOICE:
        return json_string(page_text(exchange, "simulate.faults.choice"));
    case FORM_FINE:
        break;
    }
    return NULL;
}

/* ---- What follows from a change ---------------------------------------------------------------------- */

/* Amounts that stay in proportion unless somebody wants otherwise: the instalment follows the credit as long
 * as the term stays, the credit follows the price as long as the deposit's share does. The backend changes
 * only what it is told, so the page offers it. */
static const struct companion {
    const char *leader, *follower;
    const char *text; /* key in the locales, with {value} */
} companions[] = {{"AMT_CREDIT", "AMT_ANNUITY", "simulate.companions.same_term"},
                  {"AMT_GOODS_PRICE", "AMT_CREDIT", "simulate.companions.same_share"}};

/* What the follower would be; NAN where the leader has not moved or nothing can be told. */
static double proportional(const struct simulated *leader, const struct simulated *follower)
{
    double from = json_number_value(leader->as_filed), to = json_number_value(leader->value),
           own = json_number_value(follower->as_filed);
    if (!leader->changed || follower->changed || follower->fault || from <= 0 || to <= 0 || own <= 0)
        return (double)NAN;
    return round(own * to / from);
}

static json_t *offer_view(const struct http_exchange *exchange, const struct simulation *simulation,
                          const struct simulated *follower, double value, const char *key)
{
    char address[PAGE_ADDRESS];
    struct form_text text, plain;
    json_t *number = json_real(value);
    simulation_address(address, simulation, follower->field.name);
    form_field_write(&text, &follower->field, number, exchange->language);
    form_field_write_plain(&plain, &follower->field, number);
    json_decref(number);
    if (!simulation_add_text(address, sizeof address, &follower->field, &plain))
        return NULL;
    return json_pack(
        "{s:o, s:s, s:s}", "text",
        i18n_say(page_site(exchange)->i18n, exchange->language, key, I18N_VALUES("value", text.parts[0])),
        "typed", text.parts[0], "href", address);
}

static json_t *companion_view(const struct http_exchange *exchange, const struct simulation *simulation,
                              const struct simulated *follower)
{
    for (size_t i = 0; i < sizeof companions / sizeof *companions; i++) {
        const struct simulated *leader = simulation_find(simulation, companions[i].leader);
        double value = strcmp(follower->field.name, companions[i].follower) == 0 && leader
                           ? proportional(leader, follower)
                           : (double)NAN;
        if (!isnan(value))
            return offer_view(exchange, simulation, follower, value, companions[i].text);
    }
    return NULL;
}

/* ---- Controls ---------------------------------------------------------------------------------------- */

/* The first one carries the field's name as its id, so that an address can lead to it. */
static void add_option(json_t *options, const char *value, const char *label,
                       const struct simulated *simulated)
{
    json_array_append_new(options,
                          json_pack("{s:s, s:s, s:b, s:s}", "value", value, "option", label, "selected",
                                    strcmp(value, simulated->typed.parts[0]) == 0, "option_id",
                                    json_array_size(options) == 0 ? simulated->field.name : ""));
}

/* That the value is not known can be chosen among many; of two it stands only where it is or was so. */
static json_t *options_view(const struct http_exchange *exchange, const struct simulated *simulated)
{
    const struct form_field *field = &simulated->field;
    json_t *options = json_array(), *category;
    size_t i;
    if (field->control == FORM_CHOICE || form_text_is_empty(&simulated->original) ||
        form_text_is_empty(&simulated->typed))
        add_option(options, "", page_text(exchange, "simulate.unknown"), simulated);
    json_array_foreach(json_object_get(field->feature, "categories"), i, category)
    {
        struct form_text text;
        form_field_write_plain(&text, field, json_object_get(category, "value"));
        add_option(options, text.parts[0], answer_text(category, "label"), simulated);
    }
    return options;
}

static void add_step(json_t *view, const struct simulated *simulated)
{
    char step[NUMBER_TEXT];
    const struct form_field *field = &simulated->field;
    snprintf(step, sizeof step, "%.15g",
             form_field_step(field, json_number_value(simulated->as_filed) * field->factor));
    json_object_set_new(view, "step", json_string(step));
}

static void add_control(json_t *view, const struct http_exchange *exchange, const struct simulated *simulated)
{
    static const char *const controls[] = {[FORM_NUMBER] = "number",
                                           [FORM_DURATION] = "duration",
                                           [FORM_CHOICE] = "choice",
                                           [FORM_SWITCH] = "switch"};
    enum form_control control = simulated->field.control;
    json_object_set_new(view, controls[control], json_true());
    if (control == FORM_CHOICE || control == FORM_SWITCH) {
        json_object_set_new(view, "options", options_view(exchange, simulated));
    } else {
        json_t *unit =
            special_text(exchange, "simulate.units", answer_text(simulated->field.feature, "unit"));
        add_step(view, simulated);
        if (unit && control == FORM_NUMBER)
            json_object_set_new(view, "unit", unit);
        json_decref(control == FORM_NUMBER ? NULL : unit);
    }
}

static void set_some(json_t *view, const char *key, json_t *value)
{
    if (value)
        json_object_set_new(view, key, value);
}

static json_t *field_view(const struct http_exchange *exchange, const struct simulation *simulation,
                          const struct simulated *simulated)
{
    char without[PAGE_ADDRESS];
    const struct form_field *field = &simulated->field;
    const struct form_text *typed = &simulated->typed, *original = &simulated->original;
    bool added = simulated->group == SIMULATION_GROUPS;
    simulation_address(without, simulation, field->name);
    json_t *view = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:s}", "name", field->name, "label",
        field->label, "typed", typed->parts[0], "typed_months", typed->parts[1], "original",
        original->parts[0], "original_months", original->parts[1], "filed", simulated->filed, "changed",
        simulated->changed || simulated->fault, "faulty", simulated->fault != FORM_FINE, "added", added,
        "sensitive", json_is_true(json_object_get(field->feature, "sensitive")), "reset", without);
    add_control(view, exchange, simulated);
    set_some(view, "hint", special_text(exchange, "simulate.hints", field->name));
    set_some(view, "fault", fault_text(exchange, simulated));
    set_some(view, "companion", companion_view(exchange, simulation, simulated));
    return view;
}

json_t *simulate_form_view(const struct http_exchange *exchange, const struct simulation *simulation)
{
    json_t *groups = json_array();
    for (size_t group = 0; group <= SIMULATION_GROUPS; group++) {
        json_t *fields = json_array();
        for (size_t i = 0; i < simulation->count; i++)
            if (simulation->fields[i].group == group)
                json_array_append_new(fields, field_view(exchange, simulation, &simulation->fields[i]));
        if (json_array_size(fields))
            json_array_append_new(groups, json_pack("{s:b, s:s, s:O}", "added_group",
                                                    group == SIMULATION_GROUPS, "group_title",
                                                    page_text(exchange, titles[group]), "fields", fields));
        json_decref(fields);
    }
    return groups;
}

/* ---- Other fields ------------------------------------------------------------------------------------ */

/* The theme's part of the list, which it makes at first. */
static json_t *options_of(json_t *themes, const char *label)
{
    size_t i;
    json_t *theme, *options;
    json_array_foreach(themes, i, theme) if (strcmp(answer_text(theme, "theme"), label) ==
                                             0) return json_object_get(theme, "options");
    options = json_array();
    json_array_append_new(themes, json_pack("{s:s, s:o}", "theme", label, "options", options));
    return options;
}

/* Sensitive ones come last, under a heading that says so: they are for looking at the model, not for advice.
 */
json_t *simulate_picker_view(const struct http_exchange *exchange, const struct simulation *simulation,
                             const json_t *features)
{
    json_t *themes = json_array(), *feature;
    if (simulation->count == SIMULATION_FIELDS)
        return themes;
    for (int sensitive = 0; sensitive < 2; sensitive++) {
        const char *name;
        json_object_foreach((json_t *)features, name, feature)
        {
            if (!json_is_true(json_object_get(feature, "application")) || simulation_find(simulation, name) ||
                json_is_true(json_object_get(feature, "sensitive")) != sensitive)
                continue;
            const char *theme = sensitive ? page_text(exchange, "simulate.sensitive_theme")
                                          : answer_text(feature, "theme_label");
            json_array_append_new(options_of(themes, theme), json_pack("{s:s, s:s}", "value", name, "option",
                                                                       answer_text(feature, "label")));
        }
    }
    return themes;
}
