/* What the model looks at: which variables and themes weigh most, and which way they pull. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "frontend/answer.h"
#include "frontend/backend_client.h"
#include "frontend/pages/model_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/view/unit_scale.h"
#include "shared/base/number.h"
#include "shared/model/decision.h"
#include "shared/view/chart.h"
#include "shared/view/swarm.h"

enum { IMPORTANCE, SUMMARY, CALLS };
_Static_assert((int)CALLS <= (int)BACKEND_CALLS, "calls run at once");
enum { BARS = 15, SWARM_ROWS = 12, SWARM_DOTS = 400, SWARM_COLUMNS = 4 };
_Static_assert((int)SWARM_ROWS *SWARM_DOTS <= (int)CHART_DOTS, "a beeswarm fits into a chart");

/* ---- Bars -------------------------------------------------------------------------------------------- */

/* The leading entries of a list of /model/importance. */
static int add_bars(json_t *charts, const struct http_exchange *exchange, const json_t *list,
                    const char *words, struct error *err)
{
    const char *labels[CHART_POINTS];
    double points[CHART_POINTS];
    char title[64], description[64], heading[64];
    size_t count = json_array_size(list) < BARS ? json_array_size(list) : BARS;
    for (size_t i = 0; i < count; i++) {
        labels[i] = answer_text(json_array_get(list, i), "label");
        points[i] = answer_number(json_array_get(list, i), "points");
    }
    snprintf(title, sizeof title, "%s.title", words);
    snprintf(description, sizeof description, "%s.description", words);
    snprintf(heading, sizeof heading, "%s.heading", words);
    const struct chart_series series = {page_text(exchange, "model_importance.weight"), points, PAINT_PLAIN};
    const struct chart chart = {.kind = CHART_CATEGORIES,
                                .title = page_text(exchange, title),
                                .description = page_text(exchange, description),
                                .label_heading = page_text(exchange, heading),
                                .x_axis = page_text(exchange, "model_importance.weight"),
                                .labels = labels,
                                .count = count,
                                .series = &series,
                                .series_count = 1,
                                .decimals = 1,
                                .mark = NAN,
                                .highlight = -1};
    json_t *view = NULL;
    int status = chart_view(&view, &chart, exchange->language, err);
    if (status == 0)
        json_array_append_new(charts, view);
    return status;
}

/* ---- The beeswarm ------------------------------------------------------------------------------------ */

/* Dots of the rows, one row after the other; texts of the table behind them. */
struct swarm {
    double x[SWARM_ROWS * SWARM_DOTS], y[SWARM_ROWS * SWARM_DOTS], tone[SWARM_ROWS * SWARM_DOTS];
    size_t begin[SWARM_ROWS + 1]; /* of each row's dots */
    size_t rows;
    const char *labels[SWARM_ROWS], *cells[SWARM_ROWS * SWARM_COLUMNS];
    char texts[SWARM_ROWS * SWARM_COLUMNS][NUMBER_TEXT];
};

static int read_row(struct swarm *swarm, const json_t *feature, struct error *err)
{
    const json_t *contributions = json_object_get(feature, "contributions"),
                 *ranks = json_object_get(feature, "ranks");
    const json_t *range = json_object_get(feature, "range");
    struct unit_scale scale =
        unit_scale_of(answer_text(feature, "unit"), json_number_value(json_array_get(range, 0)),
                      json_number_value(json_array_get(range, 1)));
    bool reversed = json_is_array(range) && scale.factor < 0; /* more negative days are more years */
    size_t count = json_array_size(contributions), at = swarm->begin[swarm->rows];
    if (count > SWARM_DOTS || json_array_size(ranks) != count)
        return error_set(err, ERROR_INVALID, "the backend's summary has over %d points or not as many ranks",
                         SWARM_DOTS);
    for (size_t i = 0; i < count; i++, at++) {
        const json_t *rank = json_array_get(ranks, i);
        swarm->x[at] = decision_contribution_points(json_number_value(json_array_get(contributions, i)));
        swarm->tone[at] = !json_is_number(rank) ? (double)NAN
                          : reversed            ? 1 - json_number_value(rank)
                                                : json_number_value(rank);
    }
    swarm->labels[swarm->rows++] = answer_text(feature, "label");
    swarm->begin[swarm->rows] = at;
    return 0;
}

static void spread(struct swarm *swarm)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t row = 0; row < swarm->rows; row++)
        model_page_unround(swarm->x + swarm->begin[row], swarm->begin[row + 1] - swarm->begin[row]);
    for (size_t i = 0; i < swarm->begin[swarm->rows]; i++) {
        low = fmin(low, swarm->x[i]);
        high = fmax(high, swarm->x[i]);
    }
    for (size_t row = 0; row < swarm->rows; row++) {
        size_t begin = swarm->begin[row];
        swarm_spread(swarm->y + begin, swarm->x + begin, swarm->begin[row + 1] - begin, (double)row, low,
                     high);
    }
}

/* Mean of a row's dots whose tone lies within; NaN without any. */
static double mean_within(const struct swarm *swarm, size_t row, double low, double high)
{
    double sum = 0, count = 0;
    for (size_t i = swarm->begin[row]; i < swarm->begin[row + 1]; i++)
        if (swarm->tone[i] >= low && swarm->tone[i] <= high) {
            sum += swarm->x[i];
            count++;
        }
    return count > 0 ? sum / count : (double)NAN;
}

/* The same as the drawing in figures: what low and high values do, and how far it goes. */
static void write_cells(struct swarm *swarm, enum language language)
{
    static const double LOW = 1.0 / 3, HIGH = 2.0 / 3;
    for (size_t row = 0; row < swarm->rows; row++) {
        double least = NAN, most = NAN;
        for (size_t i = swarm->begin[row]; i < swarm->begin[row + 1]; i++) {
            least = fmin(least, swarm->x[i]);
            most = fmax(most, swarm->x[i]);
        }
        const double figures[SWARM_COLUMNS] = {mean_within(swarm, row, 0, LOW),
                                               mean_within(swarm, row, HIGH, 1), least, most};
        for (size_t i = 0; i < SWARM_COLUMNS; i++) {
            size_t cell = row * SWARM_COLUMNS + i;
            number_format_signed(swarm->texts[cell], figures[i], 0, language);
            swarm->cells[cell] = swarm->texts[cell];
        }
    }
}

static int draw_swarm(json_t **out, const struct http_exchange *exchange, struct swarm *swarm,
                      struct error *err)
{
    const char *headings[SWARM_COLUMNS] = {
        page_text(exchange, "model_importance.when_low"), page_text(exchange, "model_importance.when_high"),
        page_text(exchange, "model_importance.least"), page_text(exchange, "model_importance.most")};
    write_cells(swarm, exchange->language);
    spread(swarm);
    const struct chart_table table = {.label_heading =
                                          page_text(exchange, "model_importance.leading.heading"),
                                      .headings = headings,
                                      .column_count = SWARM_COLUMNS,
                                      .labels = swarm->labels,
                                      .cells = swarm->cells,
                                      .row_count = swarm->rows};
    const struct point_chart chart = {.title = page_text(exchange, "model_importance.swarm"),
                                      .description =
                                          page_text(exchange, "model_importance.swarm_description"),
                                      .x_axis = page_text(exchange, "model_importance.effect"),
                                      .x = swarm->x,
                                      .y = swarm->y,
                                      .tone = swarm->tone,
                                      .count = swarm->begin[swarm->rows],
                                      .tone_label = page_text(exchange, "model_importance.tone"),
                                      .tone_low = page_text(exchange, "model_importance.tone_low"),
                                      .tone_high = page_text(exchange, "model_importance.tone_high"),
                                      .rows = swarm->labels,
                                      .row_count = swarm->rows,
                                      .table = &table};
    return point_chart_view(out, &chart, exchange->language, err);
}

static int swarm_view(json_t **out, const struct http_exchange *exchange, const json_t *summary,
                      struct error *err)
{
    struct swarm *swarm = calloc(1, sizeof *swarm);
    const json_t *features = json_object_get(summary, "features");
    int status = swarm ? 0 : error_set(err, ERROR_INTERNAL, "no memory for a beeswarm");
    for (size_t i = 0; status == 0 && i < json_array_size(features) && i < SWARM_ROWS; i++)
        status = read_row(swarm, json_array_get(features, i), err);
    if (status == 0)
        status = draw_swarm(out, exchange, swarm, err);
    free(swarm);
    return status;
}

/* ---- All variables ----------------------------------------------------------------------------------- */

static json_t *rows_view(const struct http_exchange *exchange, const json_t *features)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(features); i++) {
        const json_t *feature = json_array_get(features, i);
        char points[NUMBER_TEXT], share[NUMBER_TEXT];
        number_format(points, answer_number(feature, "points"), 2, exchange->language);
        number_format_percent(share, answer_number(feature, "share"), 1, exchange->language);
        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", answer_text(feature, "name"), "label",
                            answer_text(feature, "label"), "theme", answer_text(feature, "theme_label"),
                            "points", points, "share", share));
    }
    return rows;
}

static int fill_view(json_t *view, const struct http_exchange *exchange,
                     const struct backend_call calls[CALLS], struct error *err)
{
    const json_t *features = json_object_get(calls[IMPORTANCE].answer, "features");
    const json_t *themes = json_object_get(calls[IMPORTANCE].answer, "themes");
    json_t *bars = json_array(), *swarm = NULL;
    json_object_set_new(view, "bars", bars);
    json_object_set_new(view, "rows", rows_view(exchange, features));
    if (!json_is_array(features) || !json_is_array(themes))
        return error_set(err, ERROR_INVALID, "the backend's importance has no features or no themes");
    if (add_bars(bars, exchange, features, "model_importance.leading", err) ||
        add_bars(bars, exchange, themes, "model_importance.themes", err))
        return -1;
    if (calls[SUMMARY].outcome != BACKEND_OK)
        return 0; /* the page says so */
    if (swarm_view(&swarm, exchange, calls[SUMMARY].answer, err))
        return -1;
    json_object_set_new(view, "swarm", swarm);
    return 0;
}

void model_importance_show(struct http_exchange *exchange)
{
    struct error err = {0};
    struct backend_call calls[CALLS] = {{.path = "/model/importance"}};
    snprintf(calls[SUMMARY].path, BACKEND_PATH, "/model/summary?top=%d", SWARM_ROWS);
    backend_client_run(page_site(exchange)->backend, calls, CALLS, exchange->request_id, exchange->language);
    const json_t *importance = calls[IMPORTANCE].answer;
    if (calls[IMPORTANCE].outcome != BACKEND_OK) {
        page_backend_failed(exchange, &calls[IMPORTANCE]);
    } else {
        json_t *view = model_page_view(exchange, "importance", json_object_get(importance, "model"));
        int status = fill_view(view, exchange, calls, &err);
        model_page_answer(exchange, status, "model_importance", NULL, view, &err);
    }
    backend_calls_clean(calls, CALLS);
}
