#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/model_dependence.h"
#include "frontend/pages/model_page.h"
#include "frontend/pages/page.h"
#include "frontend/view/histogram.h"
#include "frontend/view/unit_scale.h"
#include "shared/base/number.h"
#include "shared/model/decision.h"
#include "shared/view/chart.h"
#include "shared/view/swarm.h"

enum { POINTS = 400, COLUMNS = 4, AXIS_LABEL = 256, MISSING = CHART_POINTS, GROUPS = CHART_POINTS + 1 };

/* The clients of one bin or category, or those without a value. */
struct group {
    size_t place; /* of the bin as the histogram shows it; MISSING: no value */
    size_t clients;
    double sum, least, most; /* in points */
};

struct cloud {
    struct histogram histogram; /* of the variable: its bins, in words */
    struct unit_scale scale;
    double effects[POINTS]; /* in score points */
    size_t places[POINTS];
    double tones[POINTS];
    size_t count;
    struct group groups[GROUPS]; /* those that somebody is in */
    size_t group_count;
    double x[POINTS], y[POINTS], tone[POINTS]; /* as drawn */
    size_t drawn;
    const char *labels[GROUPS], *cells[GROUPS * COLUMNS];
    char texts[GROUPS * COLUMNS][NUMBER_TEXT];
};

/* ---- Values ------------------------------------------------------------------------------------------ */

/* The bin or category of a histogram of the API that a value lies in; -1 for none. */
static int bin_of(const json_t *histogram, const json_t *value)
{
    const json_t *edges = json_object_get(histogram, "edges"),
                 *categories = json_object_get(histogram, "categories");
    for (size_t i = 0; i < json_array_size(categories); i++)
        if (json_equal(json_object_get(json_array_get(categories, i), "value"), value))
            return (int)i;
    int bin = -1;
    if (!json_is_number(value))
        return bin;
    for (size_t i = 0; i + 1 < json_array_size(edges); i++)
        if (i == 0 || json_number_value(value) >= json_number_value(json_array_get(edges, i)))
            bin = (int)i;
    return bin;
}

static double edge_at(const json_t *feature, size_t place)
{
    return json_number_value(
        json_array_get(json_object_get(json_object_get(feature, "histogram"), "edges"), place));
}

static int read_points(struct cloud *cloud, const json_t *dependence, const json_t *feature,
                       struct error *err)
{
    const json_t *points = json_object_get(dependence, "points");
    const json_t *histogram = json_object_get(feature, "histogram");
    cloud->count = json_array_size(points);
    if (cloud->count > POINTS)
        return error_set(err, ERROR_INVALID, "the backend's dependence has over %d points", POINTS);
    for (size_t i = 0; i < cloud->count; i++) {
        const json_t *point = json_array_get(points, i);
        int bin = bin_of(histogram, json_object_get(point, "value"));
        cloud->effects[i] = decision_contribution_points(answer_number(point, "contribution"));
        cloud->places[i] = bin < 0 || (size_t)bin >= cloud->histogram.count ? MISSING
                           : cloud->histogram.reversed ? cloud->histogram.count - 1 - (size_t)bin
                                                       : (size_t)bin;
    }
    return 0;
}

static int compare_effects(const void *a, const void *b)
{
    const struct group *left = a, *right = b;
    double x = left->sum / (double)left->clients, y = right->sum / (double)right->clients;
    return (x < y) - (x > y);
}

/* Groups in the order of the histogram; categories from the one that helps most. */
static void group_points(struct cloud *cloud)
{
    struct group groups[GROUPS] = {0};
    for (size_t i = 0; i < cloud->count; i++) {
        struct group *group = &groups[cloud->places[i]];
        double effect = cloud->effects[i];
        group->least = group->clients ? fmin(group->least, effect) : effect;
        group->most = group->clients ? fmax(group->most, effect) : effect;
        group->sum += effect;
        group->clients++;
    }
    for (size_t place = 0; place < GROUPS; place++)
        if (groups[place].clients) {
            groups[place].place = place;
            cloud->groups[cloud->group_count++] = groups[place];
        }
    size_t known = cloud->group_count;
    if (known > 0 && cloud->groups[known - 1].place == MISSING)
        known--;
    if (cloud->histogram.kind == CHART_CATEGORIES)
        qsort(cloud->groups, known, sizeof *cloud->groups, compare_effects);
}

/* ---- Colours ----------------------------------------------------------------------------------------- */

/* What the colour says, and its two ends in words. */
struct tones {
    const char *low, *high;
    char label[AXIS_LABEL];
};

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Whether what is shown runs against the values: more negative days are more years. */
static bool runs_backwards(const json_t *feature)
{
    size_t bins = json_array_size(json_object_get(json_object_get(feature, "histogram"), "edges"));
    return bins > 1 &&
           unit_scale_of(answer_text(feature, "unit"), edge_at(feature, 0), edge_at(feature, bins - 1))
                   .factor < 0;
}

/* Numbers come as the middles of tenths: the colour is which of them. */
static void tone_numbers(struct cloud *cloud, const json_t *points, const json_t *by)
{
    double values[POINTS], sign = runs_backwards(by) ? -1 : 1;
    size_t known = 0, distinct = 0;
    for (size_t i = 0; i < cloud->count; i++) {
        double value = sign * answer_number(json_array_get(points, i), "by");
        if (!isnan(value))
            values[known++] = value;
    }
    qsort(values, known, sizeof *values, compare_numbers);
    for (size_t i = 0; i < known; i++)
        if (i == 0 || values[i] > values[distinct - 1])
            values[distinct++] = values[i];
    for (size_t i = 0; i < cloud->count; i++) {
        double value = sign * answer_number(json_array_get(points, i), "by");
        const double *found =
            isnan(value) ? NULL : bsearch(&value, values, distinct, sizeof value, compare_numbers);
        cloud->tones[i] = !found         ? (double)NAN
                          : distinct < 2 ? 0.5
                                         : (double)(found - values) / (double)(distinct - 1);
    }
}

struct level {
    size_t bin;
    double rate; /* of defaults */
};

static int compare_levels(const void *a, const void *b)
{
    const struct level *left = a, *right = b;
    return (left->rate > right->rate) - (left->rate < right->rate);
}

/* Categories have no order of their own: they get that of their shares of defaults. */
static void tone_categories(struct cloud *cloud, struct tones *tones, const json_t *points, const json_t *by)
{
    const json_t *histogram = json_object_get(by, "histogram");
    const json_t *categories = json_object_get(histogram, "categories");
    struct level levels[CHART_POINTS];
    double tone_of[CHART_POINTS];
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(categories) && i < CHART_POINTS; i++) {
        double repaid = json_number_value(json_array_get(json_object_get(histogram, "repaid"), i));
        double defaulted = json_number_value(json_array_get(json_object_get(histogram, "defaulted"), i));
        tone_of[i] = NAN;
        if (repaid + defaulted > 0)
            levels[count++] = (struct level){i, defaulted / (repaid + defaulted)};
    }
    if (strcmp(answer_text(by, "unit"), "flag") != 0)
        qsort(levels, count, sizeof *levels, compare_levels);
    for (size_t i = 0; i < count; i++)
        tone_of[levels[i].bin] = count < 2 ? 0.5 : (double)i / (double)(count - 1);
    for (size_t i = 0; i < cloud->count; i++) {
        int bin = bin_of(histogram, json_object_get(json_array_get(points, i), "by"));
        cloud->tones[i] = bin < 0 || bin >= CHART_POINTS ? (double)NAN : tone_of[bin];
    }
    if (count > 0) {
        tones->low = answer_text(json_array_get(categories, levels[0].bin), "label");
        tones->high = answer_text(json_array_get(categories, levels[count - 1].bin), "label");
    }
}

static void tone(struct cloud *cloud, struct tones *tones, const struct http_exchange *exchange,
                 const json_t *dependence, const json_t *by)
{
    const json_t *points = json_object_get(dependence, "points");
    bool categorical = json_is_array(json_object_get(json_object_get(by, "histogram"), "categories"));
    bool ordered = !categorical || strcmp(answer_text(by, "unit"), "flag") == 0;
    json_t *label = i18n_say(page_site(exchange)->i18n, exchange->language,
                             ordered ? "model_dependence.tone" : "model_dependence.tone_by_defaults",
                             I18N_VALUES("label", answer_text(by, "label")));
    tones->low = page_text(exchange, "model_dependence.low");
    tones->high = page_text(exchange, "model_dependence.high");
    snprintf(tones->label, sizeof tones->label, "%s", json_string_value(label));
    json_decref(label);
    if (categorical)
        tone_categories(cloud, tones, points, by);
    else
        tone_numbers(cloud, points, by);
}

/* ---- Drawing ----------------------------------------------------------------------------------------- */

/* Along x by value. A value is told by its bin: the points of one lie side by side within it. */
static void place_numbers(struct cloud *cloud, const json_t *feature)
{
    static const double FILLED = 0.8; /* of a bin's width */
    size_t placed[CHART_POINTS] = {0};
    for (size_t i = 0; i < cloud->count; i++) {
        size_t place = cloud->places[i];
        if (place == MISSING)
            continue;
        size_t bin = cloud->histogram.reversed ? cloud->histogram.count - 1 - place : place;
        double low = edge_at(feature, bin), high = edge_at(feature, bin + 1);
        double within = 0.5 + FILLED * swarm_place(placed[place]++);
        cloud->x[cloud->drawn] = cloud->scale.factor * (low + within * (high - low));
        cloud->y[cloud->drawn] = cloud->effects[i];
        cloud->tone[cloud->drawn++] = cloud->tones[i];
    }
    model_page_unround(cloud->y, cloud->drawn); /* points come by bin, then by effect */
}

/* A row a group, the effect along x; returns how many rows. */
static size_t place_categories(struct cloud *cloud, const char *rows[CHART_ROWS])
{
    size_t begin[CHART_ROWS + 1] = {0}, row = 0;
    double low = INFINITY, high = -INFINITY;
    for (; row < cloud->group_count && row < CHART_ROWS; row++) {
        for (size_t i = 0; i < cloud->count; i++)
            if (cloud->places[i] == cloud->groups[row].place) {
                cloud->x[cloud->drawn] = cloud->effects[i];
                cloud->tone[cloud->drawn++] = cloud->tones[i];
            }
        begin[row + 1] = cloud->drawn;
        model_page_unround(cloud->x + begin[row], cloud->drawn - begin[row]);
        rows[row] = cloud->labels[row];
    }
    for (size_t i = 0; i < cloud->drawn; i++) {
        low = fmin(low, cloud->x[i]);
        high = fmax(high, cloud->x[i]);
    }
    for (size_t i = 0; i < row; i++)
        swarm_spread(cloud->y + begin[i], cloud->x + begin[i], begin[i + 1] - begin[i], (double)i, low, high);
    return row;
}

static void write_table(struct cloud *cloud, const struct http_exchange *exchange)
{
    enum language language = exchange->language;
    for (size_t i = 0; i < cloud->group_count; i++) {
        const struct group *group = &cloud->groups[i];
        char(*texts)[NUMBER_TEXT] = &cloud->texts[i * COLUMNS];
        cloud->labels[i] = group->place == MISSING ? page_text(exchange, "model_dependence.missing")
                                                   : cloud->histogram.label_list[group->place];
        number_format(texts[0], (double)group->clients, 0, language);
        number_format_signed(texts[1], group->sum / (double)group->clients, 1, language);
        number_format_signed(texts[2], group->least, 0, language);
        number_format_signed(texts[3], group->most, 0, language);
        for (size_t j = 0; j < COLUMNS; j++)
            cloud->cells[i * COLUMNS + j] = texts[j];
    }
}

/* Numbers that are missing have no place along x: how they act is said. */
static void note_missing(json_t *view, const struct cloud *cloud, const struct http_exchange *exchange)
{
    const struct group *last = cloud->group_count ? &cloud->groups[cloud->group_count - 1] : NULL;
    char mean[NUMBER_TEXT];
    if (!last || last->place != MISSING)
        return;
    number_format_signed(mean, last->sum / (double)last->clients, 1, exchange->language);
    json_object_set_new(view, "missing",
                        i18n_count(page_site(exchange)->i18n, exchange->language, "model_dependence.without",
                                   (long long)last->clients, I18N_VALUES("mean", mean)));
}

static int draw(json_t **out, struct cloud *cloud, const struct http_exchange *exchange,
                const json_t *feature, const struct tones *tones, struct error *err)
{
    const char *headings[COLUMNS] = {
        page_text(exchange, "model_dependence.clients"), page_text(exchange, "model_dependence.mean"),
        page_text(exchange, "model_dependence.least"), page_text(exchange, "model_dependence.most")};
    const char *rows[CHART_ROWS];
    char axis[AXIS_LABEL];
    write_table(cloud, exchange);
    const struct chart_table table = {.label_heading = answer_text(feature, "label"),
                                      .headings = headings,
                                      .column_count = COLUMNS,
                                      .labels = cloud->labels,
                                      .cells = cloud->cells,
                                      .row_count = cloud->group_count};
    struct point_chart chart = {.title = answer_text(feature, "label"),
                                .x = cloud->x,
                                .y = cloud->y,
                                .tone = tones ? cloud->tone : NULL,
                                .tone_label = tones ? tones->label : NULL,
                                .tone_low = tones ? tones->low : NULL,
                                .tone_high = tones ? tones->high : NULL,
                                .table = &table};
    if (cloud->histogram.kind == CHART_CATEGORIES) {
        chart.row_count = place_categories(cloud, rows);
        chart.rows = rows;
        chart.x_axis = page_text(exchange, "model_dependence.effect");
        chart.description = page_text(exchange, "model_dependence.by_category");
    } else {
        place_numbers(cloud, feature);
        snprintf(axis, sizeof axis, cloud->scale.unit ? "%.180s (%.60s)" : "%.180s",
                 answer_text(feature, "label"),
                 cloud->scale.unit ? page_text(exchange, cloud->scale.unit) : "");
        chart.x_axis = axis;
        chart.y_axis = page_text(exchange, "model_dependence.effect");
        chart.x_is_share = cloud->scale.percent;
        chart.description = page_text(exchange, "model_dependence.by_number");
    }
    chart.count = cloud->drawn;
    int status = point_chart_view(out, &chart, exchange->language, err);
    if (status == 0 && !chart.rows)
        note_missing(*out, cloud, exchange);
    return status;
}

static bool has_values(const json_t *feature)
{
    const json_t *histogram = json_object_get(feature, "histogram");
    return json_is_array(json_object_get(histogram, "edges")) ||
           json_is_array(json_object_get(histogram, "categories"));
}

int model_dependence_view(json_t **out, const struct http_exchange *exchange, const json_t *dependence,
                          const json_t *feature, const json_t *by, struct error *err)
{
    struct tones tones = {0};
    *out = NULL;
    if (!has_values(feature))
        return 0;
    struct cloud *cloud = calloc(1, sizeof *cloud);
    int status = cloud ? 0 : error_set(err, ERROR_INTERNAL, "no memory for a chart");
    if (status == 0)
        status = histogram_read(&cloud->histogram, json_object_get(feature, "histogram"),
                                answer_text(feature, "unit"), NULL, -1, exchange->language, err);
    if (status == 0)
        status = read_points(cloud, dependence, feature, err);
    if (status == 0) {
        if (cloud->histogram.kind == CHART_HISTOGRAM)
            cloud->scale = unit_scale_of(answer_text(feature, "unit"), edge_at(feature, 0),
                                         edge_at(feature, cloud->histogram.count));
        group_points(cloud);
        if (by)
            tone(cloud, &tones, exchange, dependence, by);
        status = draw(out, cloud, exchange, feature, by ? &tones : NULL, err);
    }
    free(cloud);
    return status;
}
