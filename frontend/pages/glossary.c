/* Every variable explained, by theme; ?q= finds some of them. */
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/view/search.h"

enum { KEY_BYTES = 64 };

/* Everything that is said of the variable. */
static bool is_found(const struct search *search, const json_t *feature)
{
    const char *texts[] = {answer_text(feature, "name"), answer_text(feature, "label"),
                           answer_text(feature, "description"), answer_text(feature, "theme_label")};
    return search_finds(search, texts, sizeof texts / sizeof *texts);
}

static json_t *values_view(const json_t *feature)
{
    json_t *values = json_array(), *category;
    size_t i;
    json_array_foreach(json_object_get(feature, "categories"), i, category)
        json_array_append_new(values, json_string(answer_text(category, "label")));
    return values;
}

/* How it is counted, such as "in days"; NULL where that says nothing. */
static json_t *unit_view(const struct http_exchange *exchange, const json_t *feature)
{
    char key[KEY_BYTES];
    snprintf(key, sizeof key, "%s.%s", "glossary.units", answer_text(feature, "unit"));
    return i18n_has(page_site(exchange)->i18n, exchange->language, key)
               ? json_string(page_text(exchange, key))
               : NULL;
}

static json_t *entry_view(const struct http_exchange *exchange, const json_t *feature)
{
    json_t *view =
        json_pack("{s:s, s:s, s:s, s:o, s:b, s:b, s:b}", "name", answer_text(feature, "name"), "label",
                  answer_text(feature, "label"), "description", answer_text(feature, "description"), "values",
                  values_view(feature), "used", json_is_true(json_object_get(feature, "used")), "actionable",
                  json_is_true(json_object_get(feature, "actionable")), "sensitive",
                  json_is_true(json_object_get(feature, "sensitive")));
    json_t *unit = unit_view(exchange, feature);
    json_object_set_new(view, "values_given",
                        json_boolean(json_array_size(json_object_get(view, "values")) > 0));
    if (unit)
        json_object_set_new(view, "unit", unit);
    return view;
}

/* The theme's part of the page, which it makes at first: themes come in order of appearance. */
static json_t *theme_of(json_t *themes, const json_t *feature)
{
    size_t i;
    json_t *theme;
    json_array_foreach(themes, i, theme) if (strcmp(answer_text(theme, "code"),
                                                    answer_text(feature, "theme")) == 0) return theme;
    theme = json_pack("{s:s, s:s, s:[]}", "code", answer_text(feature, "theme"), "label",
                      answer_text(feature, "theme_label"), "entries");
    json_array_append_new(themes, theme);
    return theme;
}

static void answer(struct http_exchange *exchange, const char *typed, const struct search *search,
                   const json_t *features)
{
    const struct i18n *i18n = page_site(exchange)->i18n;
    json_t *themes = json_array(), *feature;
    size_t i, found = 0;
    json_array_foreach(features, i, feature)
    {
        if (!is_found(search, feature))
            continue;
        json_array_append_new(json_object_get(theme_of(themes, feature), "entries"),
                              entry_view(exchange, feature));
        found++;
    }
    json_t *view = page_view(exchange, page_text(exchange, "glossary.title"));
    json_object_set_new(view, "query", json_string(typed));
    json_object_set_new(view, "searching", json_boolean(search->count > 0));
    json_object_set_new(view, "found",
                        i18n_count(i18n, exchange->language,
                                   search->count ? "glossary.found" : "glossary.size", (long long)found,
                                   NULL));
    json_object_set_new(view, "any", json_boolean(found > 0));
    json_object_set_new(view, "themes", themes);
    page_answer(exchange, 200, "glossary", view);
}

void glossary_show(struct http_exchange *exchange)
{
    struct search search;
    struct backend_call call = {.path = "/features"};
    const char *typed = http_query(exchange, "q");
    if (!typed || !search_read(&search, typed)) {
        typed = "";
        search_read(&search, typed);
    }
    backend_client_run(page_site(exchange)->backend, &call, 1, exchange->request_id, exchange->language);
    const json_t *features = json_object_get(call.answer, "features");
    if (call.outcome != BACKEND_OK)
        page_backend_failed(exchange, &call);
    else if (!json_is_array(features))
        page_fail(exchange, 502, "failure.broken");
    else
        answer(exchange, typed, &search, features);
    backend_calls_clean(&call, 1);
}
