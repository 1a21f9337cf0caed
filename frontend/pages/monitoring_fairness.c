/* Fairness: whom the model grants credit, group by group, and what the four-fifths rule says of it. */
#include <math.h>
#include <stdio.h>

#include "frontend/answer.h"
#include "frontend/pages/monitoring_page.h"
#include "frontend/pages/page.h"
#include "shared/base/number.h"

/* The drawing of a share with its interval: 0 % at the left, 100 % at the right. */
static const double DRAWING_WIDTH = 200, FOUR_FIFTHS = 0.8;

static json_t *place(double share)
{
    char text[32];
    snprintf(text, sizeof text, "%.1f", DRAWING_WIDTH * fmin(fmax(share, 0), 1));
    return json_string(text);
}

static json_t *percent_text(const struct http_exchange *exchange, double share, int decimals)
{
    char text[NUMBER_TEXT];
    number_format_percent(text, share, decimals, exchange->language);
    return json_string(text);
}

static double share_of(const json_t *group, const char *name)
{
    return answer_number(json_object_get(group, name), "share");
}

/* "75.8% (75.1–76.6%)"; a dash of nobody. */
static json_t *interval_text(const struct http_exchange *exchange, const json_t *share)
{
    char middle[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];
    if (!json_is_object(share))
        return json_string("–");
    number_format_percent(middle, answer_number(share, "share"), 1, exchange->language);
    number_format(low, 100 * answer_number(share, "low"), 1, exchange->language);
    number_format_percent(high, answer_number(share, "high"), 1, exchange->language);
    return MONITORING_SAY(exchange, "monitoring.fairness.interval", "share", middle, "low", low, "high",
                          high);
}

static bool is_compared(const json_t *group)
{
    return json_is_number(json_object_get(group, "ratio"));
}

/* The group that is granted most, to which the others are compared, and the one that is granted least. */
struct ends {
    const json_t *most, *least;
};

static struct ends find_ends(const json_t *groups)
{
    struct ends ends = {0};
    size_t i;
    json_t *group;
    json_array_foreach(groups, i, group)
    {
        if (!is_compared(group))
            continue;
        if (!ends.most || share_of(group, "granted") > share_of(ends.most, "granted"))
            ends.most = group;
        if (!ends.least || share_of(group, "granted") < share_of(ends.least, "granted"))
            ends.least = group;
    }
    return ends;
}

static json_t *group_view(const struct http_exchange *exchange, const json_t *group, const struct ends *ends)
{
    char clients[NUMBER_TEXT], gap[NUMBER_TEXT];
    const json_t *granted = json_object_get(group, "granted");
    double ratio = answer_number(group, "ratio");
    bool compared = is_compared(group), passes = json_is_true(json_object_get(group, "four_fifths"));
    number_format(clients, answer_number(group, "clients"), 0, exchange->language);
    number_format_signed(gap, 100 * answer_number(group, "opportunity_gap"), 1, exchange->language);
    json_t *view = json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:b}", "label", answer_text(group, "label"),
                             "clients", clients, "granted", interval_text(exchange, granted), "defaults",
                             interval_text(exchange, json_object_get(group, "default_rate")), "of_repaid",
                             interval_text(exchange, json_object_get(group, "granted_of_repaid")), "compared",
                             compared, "most", group == ends->most);
    if (compared) {
        json_object_set_new(view, "ratio", percent_text(exchange, ratio, 0));
        json_object_set_new(view, "gap", json_string(gap));
        json_object_set_new(view, "state",
                            monitoring_state_view(exchange, passes ? MONITORING_FAIR : MONITORING_ACT));
    }
    if (json_is_object(granted)) {
        json_object_set_new(view, "drawing",
                            json_pack("{s:o, s:o, s:o}", "low", place(answer_number(granted, "low")), "high",
                                      place(answer_number(granted, "high")), "share",
                                      place(answer_number(granted, "share"))));
        if (ends->most)
            json_object_set_new(view, "limit", place(FOUR_FIFTHS * share_of(ends->most, "granted")));
    }
    return view;
}

/* "Under 30: granted 57% as often as 60 and over, below four fifths." */
static json_t *sentence(const struct http_exchange *exchange, const struct ends *ends, bool passes)
{
    char ratio[NUMBER_TEXT];
    number_format_percent(ratio, answer_number(ends->least, "ratio"), 0, exchange->language);
    return MONITORING_SAY(exchange, passes ? "monitoring.fairness.within" : "monitoring.fairness.below",
                          "least", answer_text(ends->least, "label"), "most",
                          answer_text(ends->most, "label"), "ratio", ratio);
}

static json_t *attribute_view(const struct http_exchange *exchange, const json_t *attribute, json_t *summary,
                              bool *below)
{
    const json_t *groups = json_object_get(attribute, "groups");
    struct ends ends = find_ends(groups);
    json_t *rows = json_array(), *group;
    size_t i;
    json_array_foreach(groups, i, group) json_array_append_new(rows, group_view(exchange, group, &ends));
    json_t *view = json_pack("{s:s, s:s, s:o}", "name", answer_text(attribute, "attribute"), "label",
                             answer_text(attribute, "label"), "groups", rows);
    if (ends.most && ends.most != ends.least) {
        bool passes = json_is_true(json_object_get(ends.least, "four_fifths"));
        json_t *text = sentence(exchange, &ends, passes);
        json_object_set(view, "sentence", text);
        json_object_set_new(view, "state",
                            monitoring_state_view(exchange, passes ? MONITORING_FAIR : MONITORING_ACT));
        monitoring_say(summary, exchange, passes ? MONITORING_FAIR : MONITORING_ACT, text, "#fairness");
        *below = *below || !passes;
    }
    return view;
}

json_t *monitoring_fairness_view(const struct http_exchange *exchange, const json_t *fairness,
                                 json_t *summary, json_t *actions)
{
    json_t *attributes = json_array(), *attribute;
    size_t i;
    bool below = false;
    json_array_foreach(json_object_get(fairness, "attributes"), i, attribute)
        json_array_append_new(attributes, attribute_view(exchange, attribute, summary, &below));
    if (below)
        json_array_append_new(actions, json_string(page_text(exchange, "monitoring.actions.fairness")));
    return json_pack("{s:o}", "attributes", attributes);
}
