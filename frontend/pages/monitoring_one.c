/* Drift of one variable, or of the score: how it was spread where the model learnt, and how it is now. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/monitoring_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "shared/base/log.h"
#include "shared/base/number.h"
#include "shared/view/chart.h"

enum {
    BARS = 20, /* of the chart; smaller categories go together */
    LABEL_BYTES = 256
};

/* ---- The chart ---- */

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

/* What is put in order. */
struct bin {
    const json_t *json;
};

static int compare_shares(const void *a, const void *b)
{
    double left = larger_share(((const struct bin *)a)->json);
    double right = larger_share(((const struct bin *)b)->json);
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
    struct bin *list = malloc((all + 1) * sizeof *list);
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

/* ---- The page ---- */

/* What the index says, and what to do about it. */
static void add_words(json_t *view, const struct http_exchange *exchange, const json_t *drift)
{
    static const char *const advice[] = {[MONITORING_STABLE] = "monitoring.one.stable",
                                         [MONITORING_WATCH] = "monitoring.one.watch",
                                         [MONITORING_ACT] = "monitoring.one.act"};
    json_t *psi = monitoring_index_text(answer_number(drift, "psi"), exchange->language);
    json_t *chance = monitoring_index_text(answer_number(drift, "chance"), exchange->language);
    bool beyond = json_is_true(json_object_get(drift, "beyond_chance"));
    bool by_chance = monitoring_drift_verdict(drift) != monitoring_drift_state(drift);
    json_object_set_new(view, "sentence",
                        MONITORING_SAY(exchange, beyond ? "monitoring.one.beyond" : "monitoring.one.within",
                                       "psi", json_string_value(psi), "chance", json_string_value(chance)));
    json_object_set_new(view, "advice",
                        json_string(page_text(exchange, by_chance ? "monitoring.one.wait"
                                                                  : advice[monitoring_drift_state(drift)])));
    json_object_set_new(view, "limits", monitoring_limits_text(exchange, drift));
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
    monitoring_add_index(view, exchange, drift, answer_number(json_object_get(drift, "limits"), "act"));
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
