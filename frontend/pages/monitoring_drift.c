/* Drift: which variables moved, and how one of them did. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/monitoring_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/view/search.h"
#include "shared/base/log.h"
#include "shared/base/number.h"
#include "shared/view/chart.h"

enum {
    SHOWN = 15, /* variables, before somebody asks for all */
    BARS = 20,  /* of one variable's chart; smaller categories go together */
    LABEL_BYTES = 256,
    INDEX_DECIMALS = 3
};

/* Where a bar of the index ends: twice the limit from which one acts. */
static const double BAR_LIMITS = 2;

/* ---- Verdicts ---- */

static enum monitoring_state verdict_of(const json_t *entry)
{
    const char *verdict = answer_text(entry, "verdict");
    return strcmp(verdict, "act") == 0    ? MONITORING_ACT
           : strcmp(verdict, "look") == 0 ? MONITORING_WATCH
                                          : MONITORING_STABLE;
}

/* What few clients do by chance is told, but is not counted. */
static enum monitoring_state state_of(const json_t *entry)
{
    return json_is_true(json_object_get(entry, "beyond_chance")) ? verdict_of(entry) : MONITORING_STABLE;
}

static json_t *percent(double share, int decimals, enum language language)
{
    char text[NUMBER_TEXT];
    number_format_percent(text, share, decimals, language);
    return json_string(text);
}

static json_t *index_text(double index, enum language language)
{
    char text[NUMBER_TEXT];
    number_format(text, index, INDEX_DECIMALS, language);
    return json_string(text);
}

/* Index, bar, verdict: what the table's row and a variable's own page both show. */
static void add_index(json_t *view, const struct http_exchange *exchange, const json_t *entry, double act)
{
    char width[32];
    double psi = answer_number(entry, "psi");
    enum monitoring_state verdict = verdict_of(entry);
    snprintf(width, sizeof width, "%.1f", 100 * fmin(fmax(psi / (BAR_LIMITS * act), 0), 1));
    json_object_set_new(view, "psi", index_text(psi, exchange->language));
    json_object_set_new(view, "width", json_string(width));
    json_object_set_new(view, "state", monitoring_state_view(exchange, verdict));
    json_object_set_new(view, "by_chance", json_boolean(verdict != state_of(entry)));
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
    add_index(view, exchange, feature, act);
    return view;
}

static bool is_shown(const json_t *feature, const struct monitoring_question *question,
                     const struct search *search)
{
    const char *texts[] = {answer_text(feature, "name"), answer_text(feature, "label"),
                           answer_text(feature, "theme_label")};
    return (!question->moved || state_of(feature) != MONITORING_STABLE) &&
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
        enum monitoring_state state = state_of(feature);
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
    enum monitoring_state state = state_of(score);
    json_t *psi = index_text(answer_number(score, "psi"), exchange->language);
    monitoring_say(summary, exchange, state,
                   MONITORING_SAY(exchange, keys[state], "psi", json_string_value(psi)), "#drift");
    json_decref(psi);
    if (state != MONITORING_STABLE)
        json_array_append_new(actions, json_string(page_text(exchange, "monitoring.actions.score")));
}

static json_t *limits_text(const struct http_exchange *exchange, const json_t *drift)
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
    json_object_set_new(view, "limits", limits_text(exchange, drift));
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
        add_index(shown, exchange, score, act);
        json_object_set_new(view, "score", shown);
    }
    return view;
}

/* ---- One variable ---- */

/* What the chart shows: bins, or categories of which the smallest have gone together. */
struct bars {
    size_t count;
    char labels[BARS + 2][LABEL_BYTES];
    const char *label_list[BARS + 2];
    double then[BARS + 2], now[BARS + 2]; /* percent */
};

static void label_bin(char out[LABEL_BYTES], const struct http_exchange *exchange, const json_t *bin,
                      bool reversed)
{
    const char *kind = answer_text(bin, "kind");
    const char *low = answer_text(bin, reversed ? "high_text" : "low_text");
    const char *high = answer_text(bin, reversed ? "low_text" : "high_text");
    json_t *text = NULL;
    if (strcmp(kind, "missing") == 0)
        text = json_string(page_text(exchange, "monitoring.one.missing"));
    else if (strcmp(kind, "range") != 0)
        text = json_string(low);
    else if (!*low && !*high)
        text = json_string(page_text(exchange, "monitoring.one.every"));
    else if (!*low)
        text = MONITORING_SAY(exchange, "monitoring.one.below", "high", high);
    else if (!*high)
        text = MONITORING_SAY(exchange, "monitoring.one.above", "low", low);
    else
        text = MONITORING_SAY(exchange, "monitoring.one.between", "low", low, "high", high);
    snprintf(out, LABEL_BYTES, "%s", json_string_value(text));
    json_decref(text);
}

static double larger_share(const json_t *bin)
{
    return fmax(answer_number(bin, "then"), answer_number(bin, "now"));
}

/* Days before the application, which are negative, read as time that has passed: shortest first. */
static bool is_reversed(const json_t *drift)
{
    const json_t *first = json_array_get(json_object_get(drift, "bins"), 0);
    return strcmp(answer_text(json_object_get(drift, "feature"), "unit"), "days") == 0 &&
           answer_number(first, "high") < 0;
}

static int compare_shares(const void *a, const void *b)
{
    double left = larger_share(((const struct item *)a)->json);
    double right = larger_share(((const struct item *)b)->json);
    return (left < right) - (left > right);
}

static void add_bar(struct bars *bars, const struct http_exchange *exchange, const json_t *bin, bool reversed)
{
    label_bin(bars->labels[bars->count], exchange, bin, reversed);
    bars->then[bars->count] = 100 * answer_number(bin, "then");
    bars->now[bars->count] = 100 * answer_number(bin, "now");
    bars->count++;
}

/* Categories by size, the last of many together. Bins of numbers keep their order; those that are many are
 * the values that many clients have, of which the smallest go together too. */
static void read_bars(struct bars *bars, const struct http_exchange *exchange, const json_t *drift)
{
    const json_t *bins = json_object_get(drift, "bins");
    size_t all = json_array_size(bins), used = 0;
    const json_t *missing = NULL;
    struct item *list = malloc((all + 1) * sizeof *list);
    bool reversed = is_reversed(drift);
    memset(bars, 0, sizeof *bars);
    for (size_t i = 0; list && i < all; i++) {
        const json_t *bin = json_array_get(bins, reversed ? all - 1 - i : i);
        if (strcmp(answer_text(bin, "kind"), "missing") == 0)
            missing = bin;
        else if (larger_share(bin) > 0)
            list[used++].json = bin;
    }
    bool categories = used > 0 && strcmp(answer_text(list[0].json, "kind"), "category") == 0;
    if (categories || used > BARS)
        qsort(list, used, sizeof *list, compare_shares);
    for (size_t i = 0; i < used && i < BARS; i++)
        add_bar(bars, exchange, list[i].json, reversed);
    if (used > BARS) {
        snprintf(bars->labels[bars->count], LABEL_BYTES, "%s", page_text(exchange, "monitoring.one.others"));
        for (size_t i = BARS; i < used; i++) {
            bars->then[bars->count] += 100 * answer_number(list[i].json, "then");
            bars->now[bars->count] += 100 * answer_number(list[i].json, "now");
        }
        bars->count++;
    }
    if (missing && larger_share(missing) > 0)
        add_bar(bars, exchange, missing, false);
    for (size_t i = 0; i < bars->count; i++)
        bars->label_list[i] = bars->labels[i];
    free(list);
}

static int chart_of(json_t **out, const struct http_exchange *exchange, const json_t *drift,
                    struct error *err)
{
    struct bars bars;
    read_bars(&bars, exchange, drift);
    const struct chart_series series[] = {
        {page_text(exchange, "monitoring.one.then"), bars.then, PAINT_UNKNOWN},
        {page_text(exchange, "monitoring.one.now"), bars.now, PAINT_GOOD},
    };
    char trained_on[NUMBER_TEXT], clients[NUMBER_TEXT];
    number_format(trained_on, answer_number(drift, "trained_on"), 0, exchange->language);
    number_format(clients, answer_number(drift, "clients"), 0, exchange->language);
    json_t *description =
        MONITORING_SAY(exchange, "monitoring.one.description", "trained_on", trained_on, "clients", clients);
    const struct chart chart = {.kind = CHART_BESIDE,
                                .title = page_text(exchange, "monitoring.one.chart"),
                                .description = json_string_value(description),
                                .label_heading = page_text(exchange, "monitoring.one.heading"),
                                .x_axis = page_text(exchange, "monitoring.one.axis"),
                                .labels = bars.label_list,
                                .count = bars.count,
                                .series = series,
                                .series_count = 2,
                                .decimals = 1,
                                .mark = NAN,
                                .highlight = -1};
    int status = chart_view(out, &chart, exchange->language, err);
    json_decref(description);
    return status;
}

/* What the index says, and what to do about it. */
static void add_words(json_t *view, const struct http_exchange *exchange, const json_t *drift)
{
    static const char *const advice[] = {[MONITORING_STABLE] = "monitoring.one.stable",
                                         [MONITORING_WATCH] = "monitoring.one.watch",
                                         [MONITORING_ACT] = "monitoring.one.act"};
    json_t *psi = index_text(answer_number(drift, "psi"), exchange->language);
    json_t *chance = index_text(answer_number(drift, "chance"), exchange->language);
    bool beyond = json_is_true(json_object_get(drift, "beyond_chance"));
    bool by_chance = verdict_of(drift) != state_of(drift);
    json_object_set_new(view, "sentence",
                        MONITORING_SAY(exchange, beyond ? "monitoring.one.beyond" : "monitoring.one.within",
                                       "psi", json_string_value(psi), "chance", json_string_value(chance)));
    json_object_set_new(
        view, "advice",
        json_string(page_text(exchange, by_chance ? "monitoring.one.wait" : advice[state_of(drift)])));
    json_object_set_new(view, "limits", limits_text(exchange, drift));
    json_decref(psi);
    json_decref(chance);
}

static void answer_one(struct http_exchange *exchange, const json_t *drift, bool recent)
{
    struct error err = {0};
    const json_t *feature = json_object_get(drift, "feature");
    bool score = !json_is_object(feature);
    json_t *chart = NULL;
    if (chart_of(&chart, exchange, drift, &err)) {
        log_event(LOG_ERROR, "drift", "{s:s, s:s}", "fault", err.message, "request_id", exchange->request_id);
        page_fail(exchange, 502, "failure.broken");
        return;
    }
    json_t *view = page_view(exchange, score ? page_text(exchange, "monitoring.one.score")
                                             : answer_text(feature, "label"));
    if (!score)
        json_object_set_new(view, "name", json_string(answer_text(feature, "name")));
    json_object_set_new(view, "back", json_string(recent ? "/monitoring?of=scorings" : "/monitoring"));
    json_object_set_new(view, "charts", json_pack("[o]", chart));
    json_object_set_new(view, "has_charts", json_true());
    add_index(view, exchange, drift, answer_number(json_object_get(drift, "limits"), "act"));
    add_words(view, exchange, drift);
    page_answer(exchange, 200, "monitoring_one", view);
}

void monitoring_drift_show(struct http_exchange *exchange)
{
    struct backend_call call = {0};
    const struct monitoring_question question = monitoring_question_of(exchange);
    const char *name = http_path(exchange, "name");
    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name)) {
        page_fail(exchange, 404, "failure.unknown");
        return;
    }
    int length = snprintf(call.path, sizeof call.path, "/monitoring/drift/%s?of=%s", name,
                          question.recent ? "scorings" : "population");
    if (length < 0 || (size_t)length >= sizeof call.path) {
        page_fail(exchange, 404, "failure.unknown");
        return;
    }
    backend_client_run(page_site(exchange)->backend, &call, 1, exchange->request_id, exchange->language);
    if (call.outcome == BACKEND_OK)
        answer_one(exchange, call.answer, question.recent);
    else if (call.outcome == BACKEND_UNKNOWN)
        page_fail(exchange, 404, "monitoring.unknown");
    else
        page_backend_failed(exchange, &call);
    backend_calls_clean(&call, 1);
}
