/* What the page lets one choose: groups, presets of features, features by theme. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/compare.h"
#include "shared/base/number.h"

enum { LIST = COMPARE_FEATURES * COMPARE_NAME, KEY = 64 };

/* ---- Groups ------------------------------------------------------------------------------------------ */

static const double DAYS_IN_YEAR = 365.25;
enum { FIRST_DECADE = 20, LAST_DECADE = 60 };

/* Clients are compared with those who have the same … */
static const char *const same_kind[] = {"OCCUPATION_TYPE",   "NAME_EDUCATION_TYPE", "NAME_INCOME_TYPE",
                                        "ORGANIZATION_TYPE", "NAME_HOUSING_TYPE",   "NAME_CONTRACT_TYPE"};
/* … or nearly the same; … */
static const char *const same_size[] = {"AMT_INCOME_TOTAL", "AMT_CREDIT", "DAYS_EMPLOYED"};
/* … and with those of any other kind. */
static const char *const any_kind[] = {"NAME_EDUCATION_TYPE", "OCCUPATION_TYPE", "NAME_INCOME_TYPE",
                                       "NAME_HOUSING_TYPE"};

struct menu {
    json_t *groups;
    json_t *options; /* of the group that was begun last */
    const char *chosen;
    bool found; /* the chosen group is among the options */
};

static void begin_group(struct menu *menu, const char *label)
{
    menu->options = json_array();
    json_array_append_new(menu->groups, json_pack("{s:s, s:o}", "label", label, "options", menu->options));
}

static void add_option(struct menu *menu, const char *value, const char *text)
{
    bool selected = !menu->found && strcmp(value, menu->chosen) == 0;
    menu->found |= selected;
    json_array_append_new(menu->options,
                          json_pack("{s:s, s:s, s:b}", "value", value, "text", text, "selected", selected));
}

static const json_t *find(const json_t *entries, const char *name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(entries, i, entry) if (strcmp(answer_text(entry, "name"), name) == 0) return entry;
    return NULL;
}

static void add_own(struct menu *menu, const struct http_exchange *exchange, const json_t *fields,
                    const char *name, const char *key)
{
    const json_t *field = find(fields, name);
    if (!field)
        return;
    json_t *text =
        i18n_say(page_site(exchange)->i18n, exchange->language, key,
                 I18N_VALUES("label", answer_text(field, "label"), "value", answer_text(field, "text")));
    add_option(menu, name, json_string_value(text));
    json_decref(text);
}

static void add_decade(struct menu *menu, const struct http_exchange *exchange, int from, const char *key)
{
    char value[KEY], low[NUMBER_TEXT], high[NUMBER_TEXT];
    snprintf(value, sizeof value, "DAYS_BIRTH:%dy..%dy", from, from + 10);
    number_format(low, from, 0, exchange->language);
    number_format(high, from + 9, 0, exchange->language);
    json_t *text =
        i18n_say(page_site(exchange)->i18n, exchange->language, key, I18N_VALUES("low", low, "high", high));
    add_option(menu, value, json_string_value(text));
    json_decref(text);
}

static void add_own_groups(struct menu *menu, const struct http_exchange *exchange, const json_t *fields)
{
    double days = answer_number(find(fields, "DAYS_BIRTH"), "value");
    begin_group(menu, page_text(exchange, "compare.groups.own"));
    for (size_t i = 0; i < sizeof same_kind / sizeof *same_kind; i++)
        add_own(menu, exchange, fields, same_kind[i], "chart.pair");
    if (days < 0)
        add_decade(menu, exchange, (int)floor(-days / DAYS_IN_YEAR / 10) * 10, "compare.groups.own_age");
    for (size_t i = 0; i < sizeof same_size / sizeof *same_size; i++)
        add_own(menu, exchange, fields, same_size[i], "compare.groups.near");
}

static void add_kinds(struct menu *menu, const json_t *feature)
{
    size_t i;
    json_t *category;
    begin_group(menu, answer_text(feature, "label"));
    json_array_foreach(json_object_get(feature, "categories"), i, category)
    {
        char value[COMPARE_GROUP];
        snprintf(value, sizeof value, "%s:%s", answer_text(feature, "name"), answer_text(category, "value"));
        add_option(menu, value, answer_text(category, "label"));
    }
}

static json_t *groups_view(const struct http_exchange *exchange, const struct compare_sources *sources)
{
    struct menu menu = {.groups = json_array(), .chosen = sources->question->group};
    begin_group(&menu, page_text(exchange, "compare.groups.whole"));
    add_option(&menu, "all", page_text(exchange, "compare.groups.all"));
    add_option(&menu, "similar", page_text(exchange, "compare.groups.similar"));
    json_t *whole = menu.options;
    add_own_groups(&menu, exchange, json_object_get(sources->client, "fields"));
    begin_group(&menu, page_text(exchange, "compare.groups.age"));
    for (int from = FIRST_DECADE; from <= LAST_DECADE; from += 10)
        add_decade(&menu, exchange, from, "compare.groups.decade");
    for (size_t i = 0; i < sizeof any_kind / sizeof *any_kind; i++) {
        const json_t *feature = find(sources->catalogue, any_kind[i]);
        if (feature)
            add_kinds(&menu, feature);
    }
    if (!menu.found) { /* a band, or a group that only the address names */
        menu.options = whole;
        add_option(&menu, menu.chosen, answer_text(sources->group, "label"));
    }
    return menu.groups;
}

/* ---- The band ---------------------------------------------------------------------------------------- */

/* What the form's field `by` says of a feature: its name and how limits are written; "" when it has no bands.
 */
static void write_by(char out[COMPARE_NAME], const json_t *feature)
{
    const char *unit = answer_text(feature, "unit"), *type = answer_text(feature, "type");
    double lowest = answer_number(json_object_get(feature, "range"), "lowest");
    bool days = strcmp(unit, "days") == 0;
    *out = '\0';
    /* Days that may lie after the application are no years before it. */
    if ((strcmp(type, "number") == 0 || strcmp(type, "integer") == 0) && (!days || lowest < 0))
        snprintf(out, COMPARE_NAME, "%s%s", answer_text(feature, "name"),
                 days                         ? ":y"
                 : strcmp(unit, "ratio") == 0 ? ":%"
                                              : "");
}

/* "years", "%", … behind the feature's label; NULL where the number says it all. */
static const char *band_unit(const struct http_exchange *exchange, const json_t *feature)
{
    const char *unit = answer_text(feature, "unit");
    return strcmp(unit, "ratio") == 0                                ? "%"
           : strcmp(unit, "days") == 0 || strcmp(unit, "years") == 0 ? page_text(exchange, "unit.years")
           : strcmp(unit, "months") == 0                             ? page_text(exchange, "unit.months")
                                                                     : NULL;
}

/* A limit of the API's band as the form has it. */
static void write_typed(char out[COMPARE_TYPED], const json_t *band, const char *side, const char *by)
{
    double value = answer_number(band, side);
    const char *scale = strchr(by, ':');
    *out = '\0';
    if (isnan(value))
        return;
    if (scale && scale[1] == 'y')
        value = round(-value / DAYS_IN_YEAR * 10) / 10;
    else if (scale)
        value *= 100;
    snprintf(out, COMPARE_TYPED, "%.9g", value);
}

static json_t *band_view(const struct compare_sources *sources)
{
    const struct compare_question *question = sources->question;
    const json_t *band = json_object_get(sources->group, "band");
    char by[COMPARE_NAME], from[COMPARE_TYPED], to[COMPARE_TYPED];
    snprintf(by, sizeof by, "%s", question->by);
    snprintf(from, sizeof from, "%s", question->from);
    snprintf(to, sizeof to, "%s", question->to);
    const json_t *feature = find(sources->catalogue, answer_text(sources->group, "feature"));
    if (!*by && feature && json_is_object(band)) {
        write_by(by, feature);
        bool turned = strstr(by, ":y") != NULL; /* many years are few days */
        write_typed(from, band, turned ? "highest" : "lowest", by);
        write_typed(to, band, turned ? "lowest" : "highest", by);
    }
    bool wrong = false;
    for (size_t i = 0; i < question->note_count; i++)
        wrong |= question->notes[i].fault == COMPARE_BAND_FEATURE ||
                 question->notes[i].fault == COMPARE_BAND_LIMITS ||
                 question->notes[i].fault == COMPARE_BAND_ORDER;
    json_t *view = json_pack("{s:b}", "wrong", wrong);
    /* What is no UTF-8 is left out. */
    json_object_set_new(view, "by", json_string(by));
    json_object_set_new(view, "from", json_string(from));
    json_object_set_new(view, "to", json_string(to));
    return view;
}

/* ---- Features ---------------------------------------------------------------------------------------- */

/* The theme's entry, which it makes at first: themes come in order of appearance. */
static json_t *theme_of(json_t *themes, const json_t *feature)
{
    size_t i;
    json_t *theme;
    const char *label = answer_text(feature, "theme_label");
    json_array_foreach(themes, i, theme) if (strcmp(answer_text(theme, "label"), label) == 0) return theme;
    theme = json_pack("{s:s, s:s, s:[]}", "label", label, "code", answer_text(feature, "theme"), "features");
    json_array_append_new(themes, theme);
    return theme;
}

static json_t *themes_view(const struct http_exchange *exchange, const struct compare_sources *sources,
                           const char *chosen_band)
{
    const struct compare_question *question = sources->question;
    json_t *themes = json_array(), *feature;
    size_t i;
    json_array_foreach(sources->catalogue, i, feature)
    {
        const char *name = answer_text(feature, "name");
        char by[COMPARE_NAME];
        write_by(by, feature);
        json_t *entry =
            json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:b, s:s?}", "name", name, "label",
                      answer_text(feature, "label"), "chosen", compare_question_has(question, name), "is_x",
                      strcmp(question->x, name) == 0, "is_y", strcmp(question->y, name) == 0, "by", by,
                      "is_by", *by && strcmp(by, chosen_band) == 0, "unit", band_unit(exchange, feature));
        json_array_append_new(json_object_get(theme_of(themes, feature), "features"), entry);
    }
    return themes;
}

/* The chosen features, each with the address without it. */
static json_t *chosen_view(const struct compare_sources *sources)
{
    json_t *chosen = json_array();
    for (size_t i = 0; i < sources->question->count; i++) {
        const char *name = sources->question->features[i];
        const json_t *feature = find(sources->catalogue, name);
        char rest[LIST], address[PAGE_ADDRESS];
        compare_question_features(rest, sizeof rest, sources->question, name);
        compare_address(address, sources->id, sources->question, rest);
        json_array_append_new(chosen,
                              json_pack("{s:s, s:s, s:s}", "name", name, "label",
                                        feature ? answer_text(feature, "label") : name, "without", address));
    }
    return chosen;
}

/* ---- Presets ----------------------------------------------------------------------------------------- */

const char COMPARE_USUAL[] =
    "AMT_INCOME_TOTAL,AMT_CREDIT,EXT_SOURCE_2,EXT_SOURCE_3,DAYS_BIRTH,NAME_EDUCATION_TYPE";

static json_t *presets_view(const struct http_exchange *exchange, const struct compare_sources *sources)
{
    char reasons[LIST] = "", chosen[LIST];
    if (sources->explanation)
        client_compared(reasons, sizeof reasons, sources->explanation);
    compare_question_features(chosen, sizeof chosen, sources->question, NULL);
    const struct {
        const char *key, *features;
    } presets[] = {
        {"compare.presets.usual", COMPARE_USUAL},
        {"compare.presets.reasons", reasons},
        {"compare.presets.income", "AMT_INCOME_TOTAL,DAYS_EMPLOYED,OCCUPATION_TYPE,NAME_INCOME_TYPE,"
                                   "INCOME_PER_PERSON,ANNUITY_TO_INCOME"},
        {"compare.presets.credit", "AMT_CREDIT,AMT_ANNUITY,AMT_GOODS_PRICE,CREDIT_TO_ANNUITY,CREDIT_TO_GOODS,"
                                   "CREDIT_TO_INCOME"},
        {"compare.presets.elsewhere", "EXT_SOURCE_1,EXT_SOURCE_2,EXT_SOURCE_3,BUREAU_COUNT,"
                                      "BUREAU_DEBT_TO_CREDIT,BUREAU_DAYS_CREDIT_MEAN"},
        {"compare.presets.here", "PREV_COUNT,PREV_REFUSED_SHARE,INSTAL_LATE_SHARE,INSTAL_DPD_MEAN,"
                                 "POS_DPD_SHARE,CARD_LIMIT_USE_MEAN"},
    };
    json_t *view = json_array();
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        char address[PAGE_ADDRESS];
        if (!*presets[i].features)
            continue;
        compare_address(address, sources->id, sources->question, presets[i].features);
        json_array_append_new(view, json_pack("{s:s, s:s, s:b}", "label", page_text(exchange, presets[i].key),
                                              "address", address, "chosen",
                                              strcmp(presets[i].features, chosen) == 0));
    }
    return view;
}

json_t *compare_choices_view(const struct http_exchange *exchange, const struct compare_sources *sources)
{
    const struct compare_question *question = sources->question;
    json_t *similar = json_array(), *band = band_view(sources);
    for (int i = COMPARE_SIMILAR_FEWEST; i <= COMPARE_SIMILAR_MOST; i++)
        json_array_append_new(similar,
                              json_pack("{s:i, s:b}", "count", i, "selected", i == question->similar));
    char count[NUMBER_TEXT], most[NUMBER_TEXT];
    number_format(count, (double)question->count, 0, exchange->language);
    number_format(most, COMPARE_FEATURES, 0, exchange->language);
    json_t *themes = themes_view(exchange, sources, answer_text(band, "by"));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:i}", "groups", groups_view(exchange, sources),
                     "band", band, "presets", presets_view(exchange, sources), "chosen", chosen_view(sources),
                     "themes", themes, "similar", similar, "most", most, "limit", (int)COMPARE_FEATURES);
}
