/* Activity: what the service did over the last day, and what advisors decided over the last weeks. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "frontend/answer.h"
#include "frontend/pages/monitoring_page.h"
#include "frontend/pages/page.h"
#include "shared/base/instant.h"
#include "shared/base/number.h"
#include "shared/view/chart.h"

enum { LABEL_BYTES = 96 };

/* More than one answer in a hundred that fails is worth a call; more than one in twenty is a breakdown. */
static const double ERRORS_WATCH = 0.01, ERRORS_ACT = 0.05;

static void add_tile(json_t *tiles, const struct http_exchange *exchange, const char *key, const char *value)
{
    json_array_append_new(tiles, json_pack("{s:s, s:s}", "label", page_text(exchange, key), "value", value));
}

static void add_count(json_t *tiles, const struct http_exchange *exchange, const char *key, double count)
{
    char text[NUMBER_TEXT];
    number_format(text, count, 0, exchange->language);
    add_tile(tiles, exchange, key, text);
}

static void add_share(json_t *tiles, const struct http_exchange *exchange, const char *key, double share)
{
    char text[NUMBER_TEXT];
    number_format_percent(text, share, 1, exchange->language);
    add_tile(tiles, exchange, key, text);
}

static void add_milliseconds(json_t *tiles, const struct http_exchange *exchange, const char *key,
                             double value)
{
    char number[NUMBER_TEXT];
    number_format(number, value, value < 10 ? 1 : 0, exchange->language);
    json_t *text = MONITORING_SAY(exchange, "monitoring.activity.milliseconds", "number", number);
    add_tile(tiles, exchange, key, isfinite(value) ? json_string_value(text) : "–");
    json_decref(text);
}

/* ---- A chart of two series over time ---- */

struct timeline {
    size_t count;
    char labels[CHART_POINTS][LABEL_BYTES], edges[CHART_POINTS + 1][LABEL_BYTES];
    const char *label_list[CHART_POINTS], *edge_list[CHART_POINTS + 1];
    double first[CHART_POINTS], second[CHART_POINTS];
};

static int draw(json_t **out, const struct http_exchange *exchange, struct timeline *timeline,
                const char *key, const char *description, struct error *err)
{
    char title[64], heading[64], first[64], second[64], axis[64];
    snprintf(title, sizeof title, "%s.title", key);
    snprintf(heading, sizeof heading, "%s.heading", key);
    snprintf(first, sizeof first, "%s.first", key);
    snprintf(second, sizeof second, "%s.second", key);
    snprintf(axis, sizeof axis, "%s.axis", key);
    for (size_t i = 0; i < timeline->count; i++)
        timeline->label_list[i] = timeline->labels[i];
    for (size_t i = 0; i <= timeline->count; i++)
        timeline->edge_list[i] = timeline->edges[i];
    const struct chart_series series[] = {
        {page_text(exchange, first), timeline->first, PAINT_GOOD},
        {page_text(exchange, second), timeline->second, PAINT_BAD},
    };
    const struct chart chart = {.kind = CHART_HISTOGRAM,
                                .title = page_text(exchange, title),
                                .description = description,
                                .label_heading = page_text(exchange, heading),
                                .y_axis = page_text(exchange, axis),
                                .labels = timeline->label_list,
                                .edges = timeline->edge_list,
                                .count = timeline->count,
                                .series = series,
                                .series_count = 2,
                                .mark = NAN,
                                .highlight = -1};
    return chart_view(out, &chart, exchange->language, err);
}

/* ---- The last day ---- */

static void write_hour(char out[LABEL_BYTES], const struct http_exchange *exchange, const char *key,
                       time_t at)
{
    struct tm local;
    char hour[8], next[8];
    time_t later = at + 3600;
    localtime_r(&at, &local);
    strftime(hour, sizeof hour, "%H:%M", &local);
    localtime_r(&later, &local);
    strftime(next, sizeof next, "%H:%M", &local);
    json_t *text = MONITORING_SAY(exchange, key, "hour", hour, "next", next);
    snprintf(out, LABEL_BYTES, "%s", json_string_value(text));
    json_decref(text);
}

static void read_hours(struct timeline *timeline, const struct http_exchange *exchange, const json_t *slices)
{
    size_t i;
    json_t *slice;
    json_array_foreach(slices, i, slice)
    {
        int64_t from = 0;
        if (i == CHART_POINTS || !instant_read(&from, answer_text(slice, "from")))
            break;
        double failed = answer_number(slice, "server_errors");
        time_t at = (time_t)(from / 1000000);
        timeline->first[i] = answer_number(slice, "requests") - failed;
        timeline->second[i] = failed;
        write_hour(timeline->labels[i], exchange, "monitoring.activity.hours", at);
        write_hour(timeline->edges[i], exchange, "monitoring.activity.hour", at);
        write_hour(timeline->edges[i + 1], exchange, "monitoring.activity.hour", at + 3600);
        timeline->count = i + 1;
    }
}

static void say(const struct http_exchange *exchange, const json_t *total, json_t *summary, json_t *actions)
{
    char requests[NUMBER_TEXT], share[NUMBER_TEXT], p99[NUMBER_TEXT];
    double all = answer_number(total, "requests"), failed = answer_number(total, "server_errors");
    double slow = answer_number(json_object_get(total, "latency_ms"), "p99");
    double errors = all > 0 ? failed / all : 0;
    enum monitoring_state state = errors > ERRORS_ACT     ? MONITORING_ACT
                                  : errors > ERRORS_WATCH ? MONITORING_WATCH
                                                          : MONITORING_NORMAL;
    number_format(requests, all, 0, exchange->language);
    number_format_percent(share, errors, 1, exchange->language);
    number_format(p99, slow, slow < 10 ? 1 : 0, exchange->language);
    const char *key = all == 0      ? "monitoring.activity.idle"
                      : failed == 0 ? "monitoring.activity.well"
                                    : "monitoring.activity.failing";
    monitoring_say(summary, exchange, state,
                   MONITORING_SAY(exchange, key, "requests", requests, "share", share, "longest", p99),
                   "#activity");
    if (state != MONITORING_NORMAL)
        json_array_append_new(actions, json_string(page_text(exchange, "monitoring.actions.errors")));
}

json_t *monitoring_activity_view(const struct http_exchange *exchange, const json_t *activity,
                                 json_t *summary, json_t *actions, struct error *err)
{
    const json_t *total = json_object_get(activity, "total");
    const json_t *latency = json_object_get(total, "latency_ms");
    double all = answer_number(total, "requests"), granted = answer_number(total, "granted");
    double refused = answer_number(total, "refused");
    struct timeline timeline = {0};
    int64_t since;
    say(exchange, total, summary, actions);
    json_t *tiles = json_array(), *chart = NULL;
    add_count(tiles, exchange, "monitoring.activity.requests", all);
    add_share(tiles, exchange, "monitoring.activity.errors",
              all > 0 ? answer_number(total, "server_errors") / all : (double)NAN);
    add_milliseconds(tiles, exchange, "monitoring.activity.half_within", answer_number(latency, "p50"));
    add_milliseconds(tiles, exchange, "monitoring.activity.most_within", answer_number(latency, "p99"));
    add_count(tiles, exchange, "monitoring.activity.scored", granted + refused);
    add_share(tiles, exchange, "monitoring.activity.refused",
              granted + refused > 0 ? refused / (granted + refused) : (double)NAN);
    read_hours(&timeline, exchange, json_object_get(activity, "slices"));
    json_t *moment =
        instant_read(&since, answer_text(activity, "since"))
            ? i18n_moment(page_site(exchange)->i18n, exchange->language, (time_t)(since / 1000000))
            : json_string("–");
    json_t *note = MONITORING_SAY(exchange, "monitoring.activity.note", "since", json_string_value(moment));
    json_decref(moment);
    if (draw(&chart, exchange, &timeline, "monitoring.activity.chart",
             page_text(exchange, "monitoring.activity.chart.description"), err)) {
        json_decref(tiles);
        json_decref(note);
        return NULL;
    }
    return json_pack("{s:o, s:o, s:[o]}", "tiles", tiles, "note", note, "charts", chart);
}

/* ---- The last weeks ---- */

/* "2026-11-25" as people write it: "25/11", "25 Nov". */
static void write_day(char out[LABEL_BYTES], const struct http_exchange *exchange, const char *date)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    int year = 0, month = 1, day = 1;
    char key[64], number[8];
    if (sscanf(date, "%4d-%2d-%2d", &year, &month, &day) != 3 || month < 1 || month > 12)
        month = 1;
    snprintf(key, sizeof key, "months.%s", months[month - 1]);
    snprintf(number, sizeof number, "%d", day % 100);
    json_t *text = MONITORING_SAY(exchange, "monitoring.decisions.day", "day", number, "month",
                                  page_text(exchange, key));
    snprintf(out, LABEL_BYTES, "%s", json_string_value(text));
    json_decref(text);
}

struct decided {
    double all, against, granted_against, refused_against;
};

static struct decided read_days(struct timeline *timeline, const struct http_exchange *exchange,
                                const json_t *days)
{
    struct decided sum = {0};
    size_t i;
    json_t *day;
    json_array_foreach(days, i, day)
    {
        if (i == CHART_POINTS)
            break;
        double granted_against = answer_number(day, "granted_against");
        double refused_against = answer_number(day, "refused_against");
        double all = answer_number(day, "granted") + answer_number(day, "refused");
        timeline->second[i] = granted_against + refused_against;
        timeline->first[i] = all - timeline->second[i];
        write_day(timeline->labels[i], exchange, answer_text(day, "day"));
        snprintf(timeline->edges[i], LABEL_BYTES, "%s", timeline->labels[i]);
        timeline->count = i + 1;
        sum.all += all;
        sum.against += timeline->second[i];
        sum.granted_against += granted_against;
        sum.refused_against += refused_against;
    }
    return sum;
}

json_t *monitoring_decisions_view(const struct http_exchange *exchange, const json_t *decisions,
                                  struct error *err)
{
    struct timeline timeline = {0};
    json_t *tiles = json_array(), *chart = NULL;
    struct decided sum = read_days(&timeline, exchange, json_object_get(decisions, "days"));
    add_count(tiles, exchange, "monitoring.decisions.all", sum.all);
    add_share(tiles, exchange, "monitoring.decisions.against",
              sum.all > 0 ? sum.against / sum.all : (double)NAN);
    add_count(tiles, exchange, "monitoring.decisions.granted_against", sum.granted_against);
    add_count(tiles, exchange, "monitoring.decisions.refused_against", sum.refused_against);
    if (draw(&chart, exchange, &timeline, "monitoring.decisions.chart",
             page_text(exchange, "monitoring.decisions.chart.description"), err)) {
        json_decref(tiles);
        return NULL;
    }
    json_t *view = json_pack("{s:o, s:b}", "tiles", tiles, "any", sum.all > 0);
    if (sum.all > 0)
        json_object_set_new(view, "charts", json_pack("[o]", chart));
    else
        json_decref(chart);
    return view;
}
