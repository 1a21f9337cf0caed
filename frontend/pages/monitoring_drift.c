/* Drift: which variables moved, and whether the score did. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/monitoring_page.h"
#include "frontend/pages/page.h"
#include "frontend/view/search.h"
#include "shared/base/number.h"

enum { SHOWN = 15 /* variables, before somebody asks for all */, INDEX_DECIMALS = 3 };

/* Where a bar of the index ends: twice the limit from which one acts. */
static const double BAR_LIMITS = 2;

/* ---- Verdicts ---- */

enum monitoring_state monitoring_drift_verdict(const json_t *entry)
{
    const char *verdict = answer_text(entry, "verdict");
    return strcmp(verdict, "act") == 0    ? MONITORING_ACT
           : strcmp(verdict, "look") == 0 ? MONITORING_WATCH
                                          : MONITORING_STABLE;
}

enum monitoring_state monitoring_drift_state(const json_t *entry)
{
    return json_is_true(json_object_get(entry, "beyond_chance")) ? monitoring_drift_verdict(entry)
                                                                 : MONITORING_STABLE;
}

static json_t *percent(double share, int decimals, enum language language)
{
    char text[NUMBER_TEXT];
    number_format_percent(text, share, decimals, language);
    return json_string(text);
}

json_t *monitoring_index_text(double index, enum language language)
{
    char text[NUMBER_TEXT];
    number_format(text, index, INDEX_DECIMALS, language);
    return json_string(text);
}

void monitoring_add_index(json_t *view, const struct http_exchange *exchange, const json_t *entry, double act)
{
    char width[32];
    double psi = answer_number(entry, "psi");
    enum monitoring_state verdict = monitoring_drift_verdict(entry);
    snprintf(width, sizeof width, "%.1f", 100 * fmin(fmax(psi / (BAR_LIMITS * act), 0), 1));
    json_object_set_new(view, "psi", monitoring_index_text(psi, exchange->language));
    json_object_set_new(view, "width", json_string(width));
    json_object_set_new(view, "state", monitoring_state_view(exchange, verdict));
    json_object_set_new(view, "by_chance", json_boolean(verdict != monitoring_drift_state(entry)));
}

/* ---- The table ---- */

static json_t *address_of(const char *name, bool recent)
{
    return json_sprintf("/monitoring/drift/%s%s", name, recent ? "?of=scorings" : "");
}

static json_t *row_view(const struct http_exchange *exchange, const json_t *feature, bool recent, double act)
{
    char change[NUMBER_TEXT];
    double then = answer_number(feature, "missing_then"), now = answer_number(feature, "missing_now");
    number_format_signed(change, 100 * (now - then), 1, exchange->language);
    json_t *view = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:s}", "label", answer_text(feature, "label"), "theme",
        answer_text(feature, "theme_label"), "href", address_of(answer_text(feature, "name"), recent), "then",
        percent(then, 1, exchange->language), "now", percent(now, 1, exchange->language), "change", change);
    monitoring_add_index(view, exchange, feature, act);
    return view;
}

static bool is_shown(const json_t *feature, const struct monitoring_question *question,
                     const struct search *search)
{
    const char *texts[] = {answer_text(feature, "name"), answer_text(feature, "label"),
                           answer_text(feature, "theme_label")};
    return (!question->moved || monitoring_drift_state(feature) != MONITORING_STABLE) &&
           search_finds(search, texts, sizeof texts / sizeof *texts);
}

static double missing_change(const json_t *feature)
{
    return fabs(answer_number(feature, "missing_now") - answer_number(feature, "missing_then"));
}

/* What is put in order. */
struct item {
    const json_t *json;
};

static int compare_missing(const void *a, const void *b)
{
    double left = missing_change(((const struct item *)a)->json);
    double right = missing_change(((const struct item *)b)->json);
    return (left < right) - (left > right);
}

/* The variables in the order that is asked for: an array of borrowed ones, the caller's (free). */
static struct item *order(const json_t *features, bool missing)
{
    size_t count = json_array_size(features);
    struct item *list = malloc((count + 1) * sizeof *list);
    for (size_t i = 0; list && i < count; i++)
        list[i].json = json_array_get(features, i);
    if (list && missing)
        qsort(list, count, sizeof *list, compare_missing);
    return list;
}

static void add_rows(json_t *view, const struct http_exchange *exchange,
                     const struct monitoring_question *question, const json_t *drift, double act)
{
    struct search search;
    const json_t *features = json_object_get(drift, "features");
    struct item *list = order(features, question->missing);
    json_t *rows = json_array();
    size_t found = 0;
    search_read(&search, question->find);
    for (size_t i = 0; list && i < json_array_size(features); i++) {
        if (!is_shown(list[i].json, question, &search))
            continue;
        if (question->all || found < SHOWN)
            json_array_append_new(rows, row_view(exchange, list[i].json, question->recent, act));
        found++;
    }
    free(list);
    json_object_set_new(view, "found",
                        i18n_count(page_site(exchange)->i18n, exchange->language, "monitoring.drift.found",
                                   (long long)found, NULL));
    json_object_set_new(view, "any", json_boolean(found > 0));
    json_object_set_new(view, "more", json_boolean(found > json_array_size(rows)));
    json_object_set_new(view, "rows", rows);
}

/* An address of the page with what is asked for and one thing changed. */
static json_t *address_with(const struct monitoring_question *question, const char *name, const char *value)
{
    char address[PAGE_ADDRESS] = "/monitoring";
    const char *const parameters[][2] = {{"of", question->recent ? "scorings" : ""},
                                         {"find", question->find},
                                         {"show", question->moved ? "moved" : ""},
                                         {"sort", question->missing ? "missing" : ""},
                                         {"all", question->all ? "1" : ""}};
    char separator = '?';
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        const char *given = strcmp(parameters[i][0], name) == 0 ? value : parameters[i][1];
        if (*given && page_add_parameter(address, sizeof address, separator, parameters[i][0], given))
            separator = '&';
    }
    return json_string(address);
}

static void add_choices(json_t *view, const struct monitoring_question *question)
{
    json_object_set_new(view, "find", json_string(question->find));
    json_object_set_new(view, "recent", json_boolean(question->recent));
    json_object_set_new(view, "moved", json_boolean(question->moved));
    json_object_set_new(view, "missing", json_boolean(question->missing));
    json_object_set_new(view, "of_population", address_with(question, "of", ""));
    json_object_set_new(view, "of_scorings", address_with(question, "of", "scorings"));
    json_object_set_new(view, "everything", address_with(question, "all", "1"));
}

/* ---- In sentences ---- */

struct tally {
    size_t features, watched, acted;
    const json_t *first; /* the one that moved most, among those to act on */
};

static struct tally count(const json_t *features)
{
    struct tally tally = {0};
    size_t i;
    json_t *feature;
    json_array_foreach(features, i, feature)
    {
        enum monitoring_state state = monitoring_drift_state(feature);
        tally.features++;
        tally.watched += state == MONITORING_WATCH;
        tally.acted += state == MONITORING_ACT;
        if (state == MONITORING_ACT && !tally.first)
            tally.first = feature;
    }
    return tally;
}

static void say_features(const struct http_exchange *exchange, const struct tally *tally, json_t *summary,
                         json_t *actions)
{
    char all[NUMBER_TEXT];
    const struct i18n *i18n = page_site(exchange)->i18n;
    size_t moved = tally->watched + tally->acted;
    number_format(all, (double)tally->features, 0, exchange->language);
    enum monitoring_state state = tally->acted ? MONITORING_ACT
                                  : moved      ? MONITORING_WATCH
                                               : MONITORING_STABLE;
    json_t *text = moved ? i18n_count(i18n, exchange->language, "monitoring.drift.moved", (long long)moved,
                                      I18N_VALUES("all", all))
                         : MONITORING_SAY(exchange, "monitoring.drift.none_moved", "all", all);
    monitoring_say(summary, exchange, state, text, "#drift");
    if (tally->acted)
        json_array_append_new(actions, MONITORING_SAY(exchange, "monitoring.actions.features", "label",
                                                      answer_text(tally->first, "label")));
    else if (moved)
        json_array_append_new(actions, json_string(page_text(exchange, "monitoring.actions.watched")));
}

static void say_score(const struct http_exchange *exchange, const json_t *score, json_t *summary,
                      json_t *actions)
{
    static const char *const keys[] = {[MONITORING_STABLE] = "monitoring.drift.score_stable",
                                       [MONITORING_WATCH] = "monitoring.drift.score_watch",
                                       [MONITORING_ACT] = "monitoring.drift.score_act"};
    enum monitoring_state state = monitoring_drift_state(score);
    json_t *psi = monitoring_index_text(answer_number(score, "psi"), exchange->language);
    monitoring_say(summary, exchange, state,
                   MONITORING_SAY(exchange, keys[state], "psi", json_string_value(psi)), "#drift");
    json_decref(psi);
    if (state != MONITORING_STABLE)
        json_array_append_new(actions, json_string(page_text(exchange, "monitoring.actions.score")));
}

json_t *monitoring_limits_text(const struct http_exchange *exchange, const json_t *drift)
{
    char look[NUMBER_TEXT], act[NUMBER_TEXT];
    const json_t *limits = json_object_get(drift, "limits");
    number_format(look, answer_number(limits, "look"), 2, exchange->language);
    number_format(act, answer_number(limits, "act"), 2, exchange->language);
    return MONITORING_SAY(exchange, "monitoring.drift.limits", "look", look, "act", act);
}

json_t *monitoring_drift_view(const struct http_exchange *exchange,
                              const struct monitoring_question *question, const json_t *drift,
                              json_t *summary, json_t *actions)
{
    const json_t *score = json_object_get(drift, "score");
    double act = answer_number(json_object_get(drift, "limits"), "act");
    json_t *view = json_object();
    struct tally tally = count(json_object_get(drift, "features"));
    add_choices(view, question);
    json_object_set_new(view, "limits", monitoring_limits_text(exchange, drift));
    if (tally.features > 0) {
        say_features(exchange, &tally, summary, actions);
        json_object_set_new(view, "measured", json_true());
        add_rows(view, exchange, question, drift, act);
    } else {
        monitoring_say(summary, exchange, MONITORING_WATCH,
                       json_string(page_text(exchange, question->recent ? "monitoring.drift.nothing_scored"
                                                                        : "monitoring.drift.nobody")),
                       "#drift");
    }
    if (json_is_object(score)) {
        say_score(exchange, score, summary, actions);
        json_t *shown = json_pack("{s:o}", "href", address_of("score", question->recent));
        monitoring_add_index(shown, exchange, score, act);
        json_object_set_new(view, "score", shown);
    }
    return view;
}
