/* What each piece of data did to the score. */
#include <math.h>
#include <stdio.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/page.h"
#include "shared/base/number.h"
#include "shared/view/chart.h"

enum { BAR_LABEL = 256 };

struct bars {
    char texts[CHART_POINTS][BAR_LABEL];
    const char *labels[CHART_POINTS];
    double points[CHART_POINTS];
    size_t count;
    double sum;
};

static void add_bar(struct bars *bars, double points, const char *label)
{
    if (bars->count == CHART_POINTS)
        return;
    snprintf(bars->texts[bars->count], BAR_LABEL, "%s", label);
    bars->labels[bars->count] = bars->texts[bars->count];
    bars->points[bars->count] = points;
    bars->sum += points;
    bars->count++;
}

static void fill_bars(struct bars *bars, const struct http_exchange *exchange, const json_t *explanation)
{
    const struct i18n *i18n = page_site(exchange)->i18n;
    const json_t *rest = json_object_get(explanation, "rest");
    size_t i;
    json_t *contribution;
    json_array_foreach(json_object_get(explanation, "contributions"), i, contribution)
    {
        json_t *label = i18n_say(i18n, exchange->language, "chart.pair",
                                 I18N_VALUES("label", answer_text(contribution, "label"), "value",
                                             answer_text(contribution, "text")));
        add_bar(bars, answer_number(contribution, "points"), json_string_value(label));
        json_decref(label);
    }
    json_int_t others = json_integer_value(json_object_get(rest, "count"));
    if (others > 0) {
        json_t *label = i18n_count(i18n, exchange->language, "contributions.others", others, NULL);
        add_bar(bars, answer_number(rest, "points"), json_string_value(label));
        json_decref(label);
    }
}

/* What both ways of drawing have in common. */
struct contributions {
    const struct http_exchange *exchange;
    const struct bars *bars;
    const char *description;
    double score, score_at_threshold;
};

static int draw_bars(json_t **out, const struct contributions *shown, struct error *err)
{
    const struct http_exchange *exchange = shown->exchange;
    const struct chart_series series = {.label = page_text(exchange, "unit.points"),
                                        .values = shown->bars->points};
    const struct chart chart = {.kind = CHART_DIVERGING,
                                .title = page_text(exchange, "contributions.title"),
                                .description = shown->description,
                                .label_heading = page_text(exchange, "contributions.heading"),
                                .x_axis = page_text(exchange, "contributions.axis"),
                                .labels = shown->bars->labels,
                                .count = shown->bars->count,
                                .series = &series,
                                .series_count = 1,
                                .decimals = 1,
                                .is_signed = true,
                                .mark = NAN,
                                .highlight = -1};
    return chart_view(out, &chart, exchange->language, err);
}

static int draw_waterfall(json_t **out, const struct contributions *shown, struct error *err)
{
    const struct http_exchange *exchange = shown->exchange;
    const struct waterfall chart = {.title = page_text(exchange, "contributions.title"),
                                    .description = shown->description,
                                    .label_heading = page_text(exchange, "contributions.heading"),
                                    .x_axis = page_text(exchange, "contributions.score_axis"),
                                    .step_label = page_text(exchange, "unit.points"),
                                    .total_label = page_text(exchange, "contributions.total"),
                                    .start_label = page_text(exchange, "contributions.start"),
                                    .end_label = page_text(exchange, "contributions.end"),
                                    .start = shown->score - shown->bars->sum,
                                    .labels = shown->bars->labels,
                                    .steps = shown->bars->points,
                                    .count = shown->bars->count,
                                    .decimals = 1,
                                    .mark = shown->score_at_threshold,
                                    .mark_label = page_text(exchange, "contributions.threshold")};
    return waterfall_view(out, &chart, exchange->language, err);
}

int client_contributions_view(json_t **out, const struct http_exchange *exchange, const json_t *explanation,
                              double score_at_threshold, bool as_bars, struct error *err)
{
    struct bars bars = {.count = 0};
    fill_bars(&bars, exchange, explanation);
    double score = answer_number(explanation, "score");
    char end[NUMBER_TEXT], start[NUMBER_TEXT], change[NUMBER_TEXT];
    number_format(end, score, 0, exchange->language);
    number_format(start, score - bars.sum, 0, exchange->language);
    number_format_signed(change, round(score) - round(score - bars.sum), 0, exchange->language);
    json_t *description = i18n_say(page_site(exchange)->i18n, exchange->language, "contributions.description",
                                   I18N_VALUES("start", start, "end", end, "change", change));
    const struct contributions shown = {exchange, &bars, json_string_value(description), score,
                                        score_at_threshold};
    int status = (as_bars ? draw_bars : draw_waterfall)(out, &shown, err);
    json_decref(description);
    return status;
}
