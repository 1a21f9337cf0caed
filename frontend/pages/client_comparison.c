/* How the client compares with all clients, or with a group of them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/page.h"
#include "frontend/view/histogram.h"
#include "shared/base/number.h"
#include "shared/view/chart.h"

enum { REASONS = 16, REASONS_COMPARED = 4, CATEGORIES_SHOWN = 8 };

/* ---- What to compare --------------------------------------------------------------------------------- */

static void add_name(char *out, size_t size, const char *name)
{
    size_t length = strlen(out), more = strlen(name);
    char *found = strstr(out, name);
    bool whole = found && (found == out || found[-1] == ',') && (found[more] == ',' || !found[more]);
    if (!*name || whole || length + more + 2 > size)
        return;
    snprintf(out + length, size - length, "%s%s", length ? "," : "", name);
}

static double size_of(const json_t *reasons, size_t i)
{
    double points = answer_number(json_array_get(reasons, i), "points");
    return isnan(points) ? 0 : fabs(points);
}

void client_compared(char *out, size_t size, const json_t *explanation)
{
    static const char *const always[] = {"AMT_INCOME_TOTAL", "AMT_CREDIT"};
    const json_t *reasons = json_object_get(explanation, "reasons");
    bool taken[REASONS] = {false};
    size_t count = json_array_size(reasons) < REASONS ? json_array_size(reasons) : REASONS;
    *out = '\0';
    for (size_t round = 0; round < REASONS_COMPARED && round < count; round++) {
        size_t strongest = count;
        for (size_t i = 0; i < count; i++)
            if (!taken[i] && (strongest == count || size_of(reasons, i) > size_of(reasons, strongest)))
                strongest = i;
        taken[strongest] = true;
        add_name(out, size, answer_text(json_array_get(reasons, strongest), "code"));
    }
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        add_name(out, size, always[i]);
}

/* ---- Words ------------------------------------------------------------------------------------------- */

/* Whom the client is compared with, after "73 % of": "similar clients". */
static const char *group_text(const struct http_exchange *exchange, const json_t *group)
{
    const char *name = answer_text(group, "name");
    return page_text(exchange, strcmp(name, "all") == 0       ? "comparison.of.all"
                               : strcmp(name, "similar") == 0 ? "comparison.of.similar"
                                                              : "comparison.of.group");
}

/* Where the client stands, in words: "higher than 73 % of similar clients"; of what most have in common, as
 * no late instalment at all, that they do. NULL where there is no rank. */
static json_t *rank_text(const struct http_exchange *exchange, const json_t *feature, const json_t *group,
                         const struct histogram *histogram)
{
    double rank = answer_number(feature, "rank_percent") / 100,
           equal = answer_number(feature, "equal_percent") / 100;
    if (json_is_null(json_object_get(feature, "value")))
        return json_string(page_text(exchange, "comparison.missing"));
    if (isnan(rank) || isnan(equal))
        return NULL;
    double lower = rank - equal / 2, higher = 1 - rank - equal / 2;
    if (histogram->reversed) {
        double swap = lower;
        lower = higher;
        higher = swap;
    }
    const char *key = equal >= lower && equal >= higher ? "comparison.equal"
                      : lower >= higher                 ? "comparison.higher"
                                                        : "comparison.lower";
    double largest = fmax(equal, fmax(lower, higher));
    char share[NUMBER_TEXT];
    number_format_percent(share, fmin(fmax(largest, 0.01), 0.99), 0, exchange->language);
    return i18n_say(page_site(exchange)->i18n, exchange->language, key,
                    I18N_VALUES("share", share, "group", group_text(exchange, group)));
}

/* The share of defaults among clients like this one, beside that of all. NULL where nothing is known. */
static json_t *defaults_text(const struct http_exchange *exchange, const struct histogram *histogram,
                             const json_t *group)
{
    if (histogram->bin < 0)
        return NULL;
    double defaulted = histogram->defaulted[histogram->bin];
    double known = defaulted + histogram->repaid[histogram->bin];
    if (known == 0 || !json_is_number(json_object_get(group, "default_rate")))
        return NULL;
    char here[NUMBER_TEXT], everywhere[NUMBER_TEXT];
    number_format_percent(here, defaulted / known, 1, exchange->language);
    number_format_percent(everywhere, json_number_value(json_object_get(group, "default_rate")), 1,
                          exchange->language);
    return i18n_say(page_site(exchange)->i18n, exchange->language,
                    strcmp(answer_text(group, "name"), "all") == 0 ? "comparison.defaults"
                                                                   : "comparison.defaults_in_group",
                    I18N_VALUES("here", here, "everywhere", everywhere));
}

/* ---- Charts ------------------------------------------------------------------------------------------ */

static int feature_chart(json_t **out, const struct http_exchange *exchange, const json_t *feature,
                         const struct histogram *histogram, struct error *err)
{
    json_t *description = i18n_say(page_site(exchange)->i18n, exchange->language, "comparison.description",
                                   I18N_VALUES("value", answer_text(feature, "text")));
    bool stands = histogram->kind == CHART_HISTOGRAM;
    const char *unit = histogram->unit ? page_text(exchange, histogram->unit) : NULL;
    struct chart_series series[HISTOGRAM_SERIES];
    const struct chart chart = {
        .kind = histogram->kind,
        .title = answer_text(feature, "label"),
        .description = json_string_value(description),
        .label_heading = answer_text(feature, "label"),
        .x_axis = stands ? unit : NULL,
        .labels = histogram->label_list,
        .edges = stands ? histogram->edge_list : NULL,
        .count = histogram->count,
        .series = series,
        .series_count = histogram_split(series, histogram, page_site(exchange)->i18n, exchange->language),
        .legend_apart = true,
        .mark = histogram->mark,
        .mark_label = page_text(exchange, "chart.mark"),
        .highlight = histogram->bin};
    int status = chart_view(out, &chart, exchange->language, err);
    json_decref(description);
    return status;
}

/* A list of 58 employers' branches would be longer than the rest of the page. */
static void fold(struct histogram *histogram, const struct http_exchange *exchange)
{
    size_t rest = histogram_fold(histogram, CATEGORIES_SHOWN);
    if (rest == 0)
        return;
    json_t *label =
        i18n_count(page_site(exchange)->i18n, exchange->language, "comparison.others", (long long)rest, NULL);
    histogram_name_rest(histogram, json_string_value(label));
    json_decref(label);
}

static int feature_view(json_t **out, const struct http_exchange *exchange, const json_t *feature,
                        const json_t *group, struct error *err)
{
    struct histogram histogram;
    const json_t *bin = json_object_get(feature, "bin");
    if (histogram_read(&histogram, json_object_get(feature, "histogram"), answer_text(feature, "unit"),
                       json_object_get(feature, "value"),
                       json_is_integer(bin) ? (int)json_integer_value(bin) : -1, exchange->language, err))
        return -1;
    fold(&histogram, exchange);
    if (feature_chart(out, exchange, feature, &histogram, err))
        return -1;
    json_t *rank = rank_text(exchange, feature, group, &histogram);
    json_t *defaults = defaults_text(exchange, &histogram, group);
    json_object_set_new(*out, "value", json_string(answer_text(feature, "text")));
    if (rank)
        json_object_set_new(*out, "rank", rank);
    if (defaults)
        json_object_set_new(*out, "defaults", defaults);
    return 0;
}

/* Who is in the group and how many of them defaulted. */
static json_t *about_text(const struct http_exchange *exchange, const json_t *group)
{
    char count[NUMBER_TEXT], rate[NUMBER_TEXT];
    number_format(count, answer_number(group, "count"), 0, exchange->language);
    number_format_percent(rate, answer_number(group, "default_rate"), 1, exchange->language);
    return i18n_say(page_site(exchange)->i18n, exchange->language, "comparison.about",
                    I18N_VALUES("group", answer_text(group, "label"), "count", count, "rate", rate));
}

int client_comparison_view(json_t **out, const struct http_exchange *exchange, const json_t *comparison,
                           struct error *err)
{
    const json_t *group = json_object_get(comparison, "group");
    json_t *charts = json_array(), *feature;
    bool some_unknown = false;
    size_t i;
    json_array_foreach(json_object_get(comparison, "features"), i, feature)
    {
        json_t *chart = NULL;
        if (feature_view(&chart, exchange, feature, group, err)) {
            json_decref(charts);
            return -1;
        }
        some_unknown |= json_array_size(json_object_get(chart, "headings")) == HISTOGRAM_SERIES;
        json_array_append_new(charts, chart);
    }
    *out = json_pack("{s:o, s:o, s:b}", "about", about_text(exchange, group), "charts", charts,
                     "some_unknown", some_unknown);
    return 0;
}
