/* The clients: search by id, and the portfolio's figures. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/pages/recent.h"
#include "frontend/view/histogram.h"
#include "shared/base/log.h"
#include "shared/base/number.h"
#include "shared/view/chart.h"

enum { QUERY_DIGITS = 15, TYPED_BYTES = 64, CURSOR_BYTES = 64, HITS_OF_A_PAGE = 14 };

/* ---- What is asked for ------------------------------------------------------------------------------- */

struct question {
    const char *typed;            /* as it came, to be shown again */
    char query[QUERY_DIGITS + 2]; /* its digits; empty when it is wrong */
    const char *cursor;           /* "" on the first page */
    bool wrong;                   /* the query was no beginning of an id */
};

/* People paste ids with blanks and points in them; those are left out. */
static struct question read_question(const struct http_exchange *exchange)
{
    struct question question = {.typed = http_query(exchange, "query"),
                                .cursor = http_query(exchange, "cursor")};
    if (!question.typed || strlen(question.typed) >= TYPED_BYTES)
        question.typed = "";
    if (!question.cursor || strlen(question.cursor) >= CURSOR_BYTES)
        question.cursor = "";
    size_t length = 0;
    for (const char *at = question.typed; *at && !question.wrong; at++) {
        if (strchr(" \t.,", *at))
            continue;
        question.wrong = *at < '0' || *at > '9' || length == QUERY_DIGITS;
        question.query[length++] = *at;
    }
    question.query[question.wrong ? 0 : length] = '\0';
    return question;
}

static void ask(struct backend_call calls[2], const struct question *question)
{
    snprintf(calls[0].path, sizeof calls[0].path, "/clients?limit=%d", HITS_OF_A_PAGE);
    if (*question->query)
        page_add_parameter(calls[0].path, sizeof calls[0].path, '&', "query", question->query);
    if (*question->cursor)
        page_add_parameter(calls[0].path, sizeof calls[0].path, '&', "cursor", question->cursor);
    snprintf(calls[1].path, sizeof calls[1].path, "/population");
}

/* ---- Hits -------------------------------------------------------------------------------------------- */

static json_t *hit_view(const struct http_exchange *exchange, const json_t *client)
{
    static const char *const outcomes[] = {"outcome.repaid", "outcome.defaulted"};
    char score[NUMBER_TEXT], probability[NUMBER_TEXT];
    const json_t *outcome = json_object_get(client, "outcome");
    bool granted = strcmp(answer_text(client, "decision"), "granted") == 0;
    number_format(score, answer_number(client, "score"), 0, exchange->language);
    number_format_percent(probability, answer_number(client, "probability"), 1, exchange->language);
    const char *known =
        json_is_integer(outcome) ? outcomes[json_integer_value(outcome) != 0] : "outcome.unknown";
    return json_pack("{s:I, s:s, s:s, s:b, s:s}", "id",
                     json_integer_value(json_object_get(client, "client_id")), "score", score, "probability",
                     probability, "granted", granted, "outcome", page_text(exchange, known));
}

static json_t *next_address(const struct question *question, const char *cursor)
{
    char address[PAGE_ADDRESS] = "/clients";
    char separator = '?';
    if (*question->query) {
        page_add_parameter(address, sizeof address, separator, "query", question->query);
        separator = '&';
    }
    page_add_parameter(address, sizeof address, separator, "cursor", cursor);
    return json_string(address);
}

static json_t *hits_view(const struct http_exchange *exchange, const struct question *question,
                         const json_t *page)
{
    json_t *hits = json_array();
    size_t i;
    json_t *client;
    json_array_foreach(json_object_get(page, "clients"), i, client)
        json_array_append_new(hits, hit_view(exchange, client));
    const char *next = json_string_value(json_object_get(page, "next"));
    json_t *view = json_pack("{s:o, s:b}", "rows", hits, "later_page", *question->cursor != '\0');
    if (next)
        json_object_set_new(view, "next", next_address(question, next));
    return view;
}

/* The one client whose whole id was typed, or 0. */
static json_int_t only_hit(const struct question *question, const json_t *page)
{
    const json_t *clients = json_object_get(page, "clients");
    char id[24];
    if (json_array_size(clients) != 1 || *question->cursor)
        return 0;
    json_int_t client = json_integer_value(json_object_get(json_array_get(clients, 0), "client_id"));
    snprintf(id, sizeof id, "%" JSON_INTEGER_FORMAT, client);
    return strcmp(id, question->query) == 0 ? client : 0;
}

/* ---- The portfolio ----------------------------------------------------------------------------------- */

static void add_tile(json_t *tiles, const struct http_exchange *exchange, const char *key, const char *value)
{
    json_array_append_new(tiles, json_pack("{s:s, s:s}", "label", page_text(exchange, key), "value", value));
}

static json_t *tiles_view(const struct http_exchange *exchange, const json_t *population)
{
    static const struct {
        const char *key, *field;
        bool percent;
    } figures[] = {
        {"portfolio.size", "size", false},
        {"portfolio.mean_income", "mean_income", false},
        {"portfolio.mean_credit", "mean_credit", false},
        {"portfolio.default_rate", "default_rate", true},
        {"portfolio.refused_share", "refused_share", true},
    };
    json_t *tiles = json_array();
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        char value[NUMBER_TEXT];
        double number = answer_number(population, figures[i].field);
        if (figures[i].percent)
            number_format_percent(value, number, 1, exchange->language);
        else
            number_format(value, number, 0, exchange->language);
        add_tile(tiles, exchange, figures[i].key, value);
    }
    return tiles;
}

static int add_outcomes(json_t *charts, const struct http_exchange *exchange, const json_t *population,
                        struct error *err)
{
    static const char *const names[] = {"repaid", "defaulted", "unknown"};
    static const char *const keys[] = {"outcome.repaid", "outcome.defaulted", "outcome.unknown"};
    const struct i18n *i18n = page_site(exchange)->i18n;
    const char *labels[3];
    double values[3];
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        double value = answer_number(json_object_get(population, "outcomes"), names[i]);
        if (i == 2 && value == 0)
            continue; /* every outcome is known: no empty part in the ring */
        labels[count] = page_text(exchange, keys[i]);
        values[count++] = value;
    }
    char share[NUMBER_TEXT];
    number_format_percent(share, answer_number(population, "default_rate"), 1, exchange->language);
    json_t *description =
        i18n_say(i18n, exchange->language, "portfolio.outcomes.description", I18N_VALUES("share", share));
    const struct chart_series series = {.label = page_text(exchange, "chart.clients"), .values = values};
    const struct chart chart = {.kind = CHART_DOUGHNUT,
                                .title = page_text(exchange, "portfolio.outcomes.title"),
                                .description = json_string_value(description),
                                .label_heading = page_text(exchange, "portfolio.outcomes.heading"),
                                .labels = labels,
                                .count = count,
                                .series = &series,
                                .series_count = 1,
                                .mark = NAN,
                                .highlight = -1};
    json_t *view = NULL;
    int status = chart_view(&view, &chart, exchange->language, err);
    if (status == 0)
        json_array_append_new(charts, view);
    json_decref(description);
    return status;
}

static int add_scores(json_t *charts, const struct http_exchange *exchange, const json_t *population,
                      struct error *err)
{
    struct histogram histogram;
    const json_t *limit = json_object_get(population, "score_at_threshold");
    if (histogram_read(&histogram, json_object_get(population, "scores"), "none", limit, -1,
                       exchange->language, err))
        return -1;
    char points[NUMBER_TEXT], share[NUMBER_TEXT];
    number_format(points, json_number_value(limit), 0, exchange->language);
    number_format_percent(share, answer_number(population, "refused_share"), 1, exchange->language);
    json_t *description =
        i18n_say(page_site(exchange)->i18n, exchange->language, "portfolio.scores.description",
                 I18N_VALUES("points", points, "share", share));
    struct chart_series series[HISTOGRAM_SERIES];
    const struct chart chart = {
        .kind = histogram.kind,
        .title = page_text(exchange, "portfolio.scores.title"),
        .description = json_string_value(description),
        .label_heading = page_text(exchange, "portfolio.scores.heading"),
        .x_axis = page_text(exchange, "unit.points"),
        .y_axis = page_text(exchange, "chart.clients"),
        .labels = histogram.label_list,
        .edges = histogram.edge_list,
        .count = histogram.count,
        .series = series,
        .series_count = histogram_split(series, &histogram, page_site(exchange)->i18n, exchange->language),
        .mark = histogram.mark,
        .mark_label = page_text(exchange, "portfolio.scores.mark"),
        .highlight = -1};
    json_t *view = NULL;
    int status = chart_view(&view, &chart, exchange->language, err);
    if (status == 0)
        json_array_append_new(charts, view);
    json_decref(description);
    return status;
}

static json_t *portfolio_view(const struct http_exchange *exchange, const json_t *population)
{
    struct error err = {0};
    json_t *charts = json_array();
    if (add_outcomes(charts, exchange, population, &err) || add_scores(charts, exchange, population, &err)) {
        log_event(LOG_ERROR, "portfolio", "{s:s, s:s}", "fault", err.message, "request_id",
                  exchange->request_id);
        json_decref(charts);
        return NULL;
    }
    return json_pack("{s:o, s:o}", "tiles", tiles_view(exchange, population), "charts", charts);
}

/* ---- The page ---------------------------------------------------------------------------------------- */

static void answer(struct http_exchange *exchange, const struct question *question,
                   const struct backend_call calls[2])
{
    json_t *portfolio = portfolio_view(exchange, calls[1].answer);
    if (!portfolio) {
        page_fail(exchange, 502, "failure.broken");
        return;
    }
    json_t *view = page_view(exchange, page_text(exchange, "clients.title"));
    json_object_set_new(view, "bar_search", json_false()); /* the page has its own */
    json_object_set_new(view, "query", json_string(question->typed));
    json_object_set_new(view, "wrong_query", json_boolean(question->wrong));
    json_object_set_new(view, "searching", json_boolean(*question->query != '\0'));
    json_object_set_new(view, "recent", recent_view(exchange));
    json_object_set_new(view, "any_recent",
                        json_boolean(json_array_size(json_object_get(view, "recent")) > 0));
    json_object_set_new(view, "hits", hits_view(exchange, question, calls[0].answer));
    json_object_set_new(view, "portfolio", portfolio);
    json_object_set_new(view, "has_charts", json_true());
    page_answer(exchange, 200, "clients", view);
}

void clients_show(struct http_exchange *exchange)
{
    struct backend_call calls[2] = {0};
    struct question question = read_question(exchange);
    ask(calls, &question);
    backend_client_run(page_site(exchange)->backend, calls, 2, exchange->request_id, exchange->language);
    json_int_t only = calls[0].outcome == BACKEND_OK ? only_hit(&question, calls[0].answer) : 0;
    if (only) {
        char address[64];
        snprintf(address, sizeof address, "/clients/%" JSON_INTEGER_FORMAT, only);
        page_redirect(exchange, address);
    } else if (calls[0].outcome != BACKEND_OK || calls[1].outcome != BACKEND_OK) {
        page_backend_failed(exchange, calls[0].outcome != BACKEND_OK ? &calls[0] : &calls[1]);
    } else {
        answer(exchange, &question, calls);
    }
    backend_calls_clean(calls, 2);
}
