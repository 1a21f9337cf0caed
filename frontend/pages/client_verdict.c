/* The decision and its reasons, in words and on a gauge; the contributions behind it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/page.h"
#include "frontend/view/gauge.h"
#include "shared/base/number.h"
#include "shared/view/chart.h"

enum { REASONS_SHOWN = 4, BAR_LABEL = 256 };

/* ---- Verdict ----------------------------------------------------------------------------------------- */

/* Probability and threshold with one decimal, or with as many as tell them apart. */
static void format_both(char probability[NUMBER_TEXT], char threshold[NUMBER_TEXT], double p, double t,
                        enum language language)
{
    for (int decimals = 1; decimals <= 4; decimals++) {
        number_format_percent(probability, p, decimals, language);
        number_format_percent(threshold, t, decimals, language);
        if (strcmp(probability, threshold) != 0)
            return;
    }
}

static json_t *reasons_view(const json_t *explanation, const char *direction)
{
    json_t *reasons = json_array(), *reason;
    size_t i;
    json_array_foreach(json_object_get(explanation, "reasons"), i,
                       reason) if (strcmp(answer_text(reason, "direction"), direction) == 0 &&
                                   json_array_size(reasons) < REASONS_SHOWN)
        json_array_append(reasons, reason);
    return reasons;
}

/* "36 points under the threshold of 554". */
static json_t *distance_text(const struct http_exchange *exchange, double score, double limit)
{
    char points[NUMBER_TEXT];
    long long distance = llround(fabs(round(score) - round(limit)));
    number_format(points, limit, 0, exchange->language);
    return i18n_count(page_site(exchange)->i18n, exchange->language,
                      score >= limit ? "verdict.points_above" : "verdict.points_below", distance,
                      I18N_VALUES("limit", points));
}

json_t *client_verdict_view(const struct http_exchange *exchange, const json_t *explanation,
                            double score_at_threshold)
{
    enum language language = exchange->language;
    double probability = answer_number(explanation, "probability"),
           threshold = answer_number(explanation, "threshold");
    bool granted = strcmp(answer_text(explanation, "decision"), "granted") == 0;
    char shown[NUMBER_TEXT], limit[NUMBER_TEXT], score[NUMBER_TEXT], odds[NUMBER_TEXT];
    format_both(shown, limit, probability, threshold, language);
    number_format(score, answer_number(explanation, "score"), 0, language);
    number_format(odds, probability > 0 ? 1 / probability : INFINITY, 0, language);
    json_t *sentence =
        i18n_say(page_site(exchange)->i18n, language, granted ? "verdict.below" : "verdict.above",
                 I18N_VALUES("probability", shown, "threshold", limit));
    json_t *gauge = gauge_view(probability, threshold, language);
    json_object_set_new(gauge, "threshold",
                        i18n_say(page_site(exchange)->i18n, language, "verdict.threshold_short",
                                 I18N_VALUES("threshold", limit)));
    return json_pack("{s:b, s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s}", "granted", granted, "title",
                     page_text(exchange, granted ? "decision.granted" : "decision.refused"), "sentence",
                     sentence, "probability", shown, "threshold", limit, "score", score, "distance",
                     distance_text(exchange, answer_number(explanation, "score"), score_at_threshold),
                     "gauge", gauge, "against", reasons_view(explanation, "against"), "for",
                     reasons_view(explanation, "for"), "model",
                     answer_text(json_object_get(explanation, "model"), "version"));
}

/* ---- Contributions ----------------------------------------------------------------------------------- */

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

int client_contributions_view(json_t **out, const struct http_exchange *exchange, const json_t *explanation,
                              struct error *err)
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
    const struct chart_series series = {.label = page_text(exchange, "unit.points"), .values = bars.points};
    const struct chart chart = {.kind = CHART_DIVERGING,
                                .title = page_text(exchange, "contributions.title"),
                                .description = json_string_value(description),
                                .label_heading = page_text(exchange, "contributions.heading"),
                                .x_axis = page_text(exchange, "contributions.axis"),
                                .labels = bars.labels,
                                .count = bars.count,
                                .series = &series,
                                .series_count = 1,
                                .decimals = 1,
                                .is_signed = true,
                                .mark = NAN,
                                .highlight = -1};
    int status = chart_view(out, &chart, exchange->language, err);
    json_decref(description);
    return status;
}
