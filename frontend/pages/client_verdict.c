/* What the model proposes, how sure that is and why; what somebody has decided since. */
#include <math.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/page.h"
#include "frontend/view/gauge.h"
#include "shared/base/instant.h"
#include "shared/base/number.h"

enum { REASONS_SHOWN = 4 };

/* Score points between score and threshold. 50 double the odds (shared/model/decision.h): below CLOSE the
 * odds are within a third of those at the threshold, from CLEAR on they are more than twice or less than
 * half. */
enum { CLOSE = 20, CLEAR = 60 };

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

static const char *margin_text(const struct http_exchange *exchange, double distance)
{
    return page_text(exchange, distance < CLOSE   ? "verdict.close"
                               : distance < CLEAR ? "verdict.fair"
                                                  : "verdict.clear");
}

/* A probability as people count: "about 9 clients in 100". */
static json_t *frequency_text(const struct http_exchange *exchange, double probability)
{
    bool rare = probability < 0.01;
    double crowd = rare ? 1000 : 100;
    char of[NUMBER_TEXT];
    number_format(of, crowd, 0, exchange->language);
    long long count = llround(fmin(fmax(probability * crowd, 1), crowd - 1));
    return i18n_count(page_site(exchange)->i18n, exchange->language, "verdict.frequency", count,
                      I18N_VALUES("of", of));
}

json_t *client_verdict_view(const struct http_exchange *exchange, const json_t *explanation,
                            double score_at_threshold)
{
    enum language language = exchange->language;
    const struct i18n *i18n = page_site(exchange)->i18n;
    double probability = answer_number(explanation, "probability"),
           threshold = answer_number(explanation, "threshold"), points = answer_number(explanation, "score");
    double distance = fabs(points - score_at_threshold);
    bool granted = strcmp(answer_text(explanation, "decision"), "granted") == 0;
    char shown[NUMBER_TEXT], limit[NUMBER_TEXT], score[NUMBER_TEXT];
    format_both(shown, limit, probability, threshold, language);
    number_format(score, points, 0, language);
    json_t *gauge = gauge_view(probability, threshold, language);
    json_object_set_new(gauge, "threshold",
                        i18n_say(i18n, language, "verdict.threshold_short", I18N_VALUES("threshold", limit)));
    json_t *view =
        json_pack("{s:b, s:b, s:s, s:s, s:s, s:o}", "granted", granted, "close", distance < CLOSE, "title",
                  page_text(exchange, granted ? "decision.granted" : "decision.refused"), "score", score,
                  "model", answer_text(json_object_get(explanation, "model"), "version"), "gauge", gauge);
    json_object_set_new(view, "sentence",
                        i18n_say(i18n, language, granted ? "verdict.below" : "verdict.above",
                                 I18N_VALUES("probability", shown, "threshold", limit)));
    json_object_set_new(view, "frequency", frequency_text(exchange, probability));
    json_object_set_new(view, "distance", distance_text(exchange, points, score_at_threshold));
    json_object_set_new(view, "margin", json_string(margin_text(exchange, distance)));
    json_object_set_new(view, "against", reasons_view(explanation, "against"));
    json_object_set_new(view, "for", reasons_view(explanation, "for"));
    return view;
}

/* ---- The latest decision of somebody ----------------------------------------------------------------- */

json_t *client_latest_view(const struct http_exchange *exchange, const json_t *decisions)
{
    const json_t *list = json_object_get(decisions, "decisions"), *latest = json_array_get(list, 0);
    int64_t instant;
    if (!json_is_array(list))
        return json_pack("{s:b}", "unknown", 1);
    if (!latest || !instant_read(&instant, answer_text(latest, "time")))
        return json_pack("{s:b}", "none", 1);
    const struct i18n *i18n = page_site(exchange)->i18n;
    const char *advisor = answer_text(latest, "advisor");
    bool granted = strcmp(answer_text(latest, "decision"), "granted") == 0;
    json_t *moment = i18n_moment(i18n, exchange->language, (time_t)(instant / 1000000));
    json_t *sentence = i18n_say(i18n, exchange->language, "latest.by",
                                I18N_VALUES("advisor", *advisor ? advisor : answer_text(latest, "identity"),
                                            "moment", json_string_value(moment)));
    json_decref(moment);
    json_t *view = json_pack("{s:b, s:b, s:o, s:b}", "given", 1, "granted", granted, "sentence", sentence,
                             "override", json_is_true(json_object_get(latest, "override")));
    const char *motive = answer_text(latest, "motive");
    if (*motive)
        json_object_set_new(
            view, "motive",
            i18n_say(i18n, exchange->language, "latest.motive", I18N_VALUES("motive", motive)));
    return view;
}
