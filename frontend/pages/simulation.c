/* A simulation, from the address and back to it. */
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/simulate.h"

enum { PARAMETER = 96, GROUP_FIELDS = 5 };

/* What matters most and can change while somebody talks; labels and units are the catalogue's. */
static const char *const usual[SIMULATION_GROUPS][GROUP_FIELDS] = {
    {"NAME_CONTRACT_TYPE", "AMT_GOODS_PRICE", "AMT_CREDIT", "AMT_ANNUITY"},
    {"AMT_INCOME_TOTAL", "NAME_INCOME_TYPE", "OCCUPATION_TYPE", "ORGANIZATION_TYPE", "DAYS_EMPLOYED"},
    {"NAME_HOUSING_TYPE", "FLAG_OWN_REALTY"},
    {"EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3"},
};

static const char *const duration_parts[FORM_PARTS] = {".years", ".months"};

static void parameter_name(char out[PARAMETER], const struct form_field *field, size_t part)
{
    snprintf(out, PARAMETER, "%s%s", field->name,
             field->control == FORM_DURATION ? duration_parts[part] : "");
}

static size_t part_count(const struct form_field *field)
{
    return field->control == FORM_DURATION ? FORM_PARTS : 1;
}

/* ---- From the address -------------------------------------------------------------------------------- */

static void read_parameters(struct simulation *out, struct simulated *simulated,
                            const struct http_exchange *exchange)
{
    char name[PARAMETER];
    for (size_t part = 0; part < part_count(&simulated->field); part++) {
        parameter_name(name, &simulated->field, part);
        const char *typed = http_query(exchange, name);
        if (!typed)
            continue;
        simulated->given = true;
        out->parameters++;
        form_text_set(&simulated->typed, part, typed);
    }
    if (simulated->given)
        simulated->fault =
            form_field_parse(&simulated->value, &simulated->field, &simulated->typed, exchange->language);
}

const struct simulated *simulation_find(const struct simulation *simulation, const char *name)
{
    for (size_t i = 0; i < simulation->count; i++)
        if (strcmp(simulation->fields[i].field.name, name) == 0)
            return &simulation->fields[i];
    return NULL;
}

static int add_field(struct simulation *out, const struct http_exchange *exchange, const json_t *feature,
                     size_t group, struct error *err)
{
    if (out->count == SIMULATION_FIELDS)
        return 0;
    struct simulated *simulated = &out->fields[out->count];
    *simulated = (struct simulated){.group = group};
    if (form_field_read(&simulated->field, feature, err))
        return -1;
    out->count++;
    read_parameters(out, simulated, exchange);
    return 0;
}

static int add_usual(struct simulation *out, const struct http_exchange *exchange, const json_t *features,
                     struct error *err)
{
    for (size_t group = 0; group < SIMULATION_GROUPS; group++)
        for (size_t i = 0; i < GROUP_FIELDS && usual[group][i]; i++)
            if (add_field(out, exchange, json_object_get(features, usual[group][i]), group, err))
                return -1;
    return 0;
}

/* The field called by `length` bytes, if it is one of the application and not shown yet. */
static int add_named(struct simulation *out, const struct http_exchange *exchange, const json_t *features,
                     const char *name, size_t length, struct error *err)
{
    const json_t *feature = json_object_getn(features, name, length);
    if (!json_is_true(json_object_get(feature, "application")) ||
        simulation_find(out, answer_text(feature, "name")))
        return 0;
    return add_field(out, exchange, feature, SIMULATION_GROUPS, err);
}

/* Those that `add` names, between commas, and those that are changed. */
static int add_others(struct simulation *out, const struct http_exchange *exchange, const json_t *features,
                      struct error *err)
{
    const char *added = http_query(exchange, "add");
    for (const char *at = added ? added : ""; *at; at += strspn(at, ",")) {
        size_t length = strcspn(at, ",");
        if (add_named(out, exchange, features, at, length, err))
            return -1;
        at += length;
    }
    const char **names = u_map_enum_keys(exchange->request->map_url);
    for (size_t i = 0; names && names[i]; i++)
        if (add_named(out, exchange, features, names[i], strcspn(names[i], "."), err))
            return -1;
    return 0;
}

int simulation_read(struct simulation *out, const struct http_exchange *exchange, const char *id,
                    const json_t *features, struct error *err)
{
    out->id = id;
    out->count = out->parameters = 0;
    return add_usual(out, exchange, features, err) || add_others(out, exchange, features, err) ? -1 : 0;
}

void simulation_clean(struct simulation *simulation)
{
    for (size_t i = 0; i < simulation->count; i++)
        json_decref(simulation->fields[i].value);
    simulation->count = 0;
}

/* ---- Against the application ------------------------------------------------------------------------- */

json_t *simulation_question(const struct simulation *simulation)
{
    json_t *changes = json_object();
    for (size_t i = 0; i < simulation->count; i++)
        if (simulation->fields[i].value)
            json_object_set(changes, simulation->fields[i].field.name, simulation->fields[i].value);
    if (json_object_size(changes))
        return json_pack("{s:o}", "changes", changes);
    json_decref(changes);
    return NULL;
}

static const char *text_of(const json_t *client, const char *name)
{
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(client, "fields"), i,
                       field) if (strcmp(answer_text(field, "name"), name) == 0) return answer_text(field,
                                                                                                    "text");
    return "";
}

/* A value is no change when it is what would stand in the control: 0,2238 for 0.223809701748665. */
static void compare_field(struct simulated *simulated, enum language language)
{
    json_t *unchanged = NULL;
    form_field_parse(&unchanged, &simulated->field, &simulated->original, language);
    simulated->changed = simulated->value && !json_equal(simulated->value, unchanged);
    json_decref(unchanged);
    if (simulated->value)
        form_field_write(&simulated->typed, &simulated->field, simulated->value, language);
    else if (!simulated->given)
        simulated->typed = simulated->original;
}

void simulation_compare(struct simulation *simulation, const json_t *client, enum language language)
{
    const json_t *application = json_object_get(client, "application");
    for (size_t i = 0; i < simulation->count; i++) {
        struct simulated *simulated = &simulation->fields[i];
        simulated->as_filed = json_object_get(application, simulated->field.name);
        simulated->filed = text_of(client, simulated->field.name);
        form_field_write(&simulated->original, &simulated->field, simulated->as_filed, language);
        compare_field(simulated, language);
    }
}

size_t simulation_changes(const struct simulation *simulation)
{
    size_t changes = 0;
    for (size_t i = 0; i < simulation->count; i++)
        changes += simulation->fields[i].changed;
    return changes;
}

bool simulation_has_fault(const struct simulation *simulation)
{
    for (size_t i = 0; i < simulation->count; i++)
        if (simulation->fields[i].fault)
            return true;
    return false;
}

/* ---- To the address ---------------------------------------------------------------------------------- */

bool simulation_add_text(char *out, size_t size, const struct form_field *field, const struct form_text *text)
{
    char name[PARAMETER];
    bool fits = true;
    for (size_t part = 0; part < part_count(field); part++) {
        parameter_name(name, field, part);
        fits = page_add_parameter(out, size, strchr(out, '?') ? '&' : '?', name, text->parts[part]) && fits;
    }
    return fits;
}

static bool is_in_address(const struct simulated *simulated, const char *except)
{
    return (simulated->changed || simulated->fault) &&
           !(except && strcmp(simulated->field.name, except) == 0);
}

static void add_added(char out[PAGE_ADDRESS], const struct simulation *simulation, const char *except)
{
    char names[PAGE_ADDRESS] = "";
    size_t length = 0;
    for (size_t i = 0; i < simulation->count; i++) {
        const struct simulated *simulated = &simulation->fields[i];
        if (simulated->group < SIMULATION_GROUPS || simulated->changed || simulated->fault ||
            (except && strcmp(simulated->field.name, except) == 0))
            continue;
        int wrote =
            snprintf(names + length, sizeof names - length, "%s%s", length ? "," : "", simulated->field.name);
        length += (size_t)wrote;
        if (length >= sizeof names)
            return;
    }
    if (length)
        page_add_parameter(out, PAGE_ADDRESS, strchr(out, '?') ? '&' : '?', "add", names);
}

void simulation_address(char out[PAGE_ADDRESS], const struct simulation *simulation, const char *except)
{
    snprintf(out, PAGE_ADDRESS, "/clients/%s/simulate", simulation->id);
    for (size_t i = 0; i < simulation->count; i++) {
        const struct simulated *simulated = &simulation->fields[i];
        struct form_text text = simulated->typed;
        if (!is_in_address(simulated, except))
            continue;
        if (simulated->value)
            form_field_write_plain(&text, &simulated->field, simulated->value);
        simulation_add_text(out, PAGE_ADDRESS, &simulated->field, &text);
    }
    add_added(out, simulation, except);
}

bool simulation_is_wordy(const struct simulation *simulation)
{
    size_t needed = 0;
    for (size_t i = 0; i < simulation->count; i++)
        if (is_in_address(&simulation->fields[i], NULL))
            needed += part_count(&simulation->fields[i].field);
    return needed < simulation->parameters;
}
