#include <math.h>
#include <stdlib.h>

#include "shared/base/number.h"
#include "shared/view/chart.h"
#include "shared/view/chart_parts.h"

static bool has_band(const struct line_series *series)
{
    return series->low && series->high;
}

static json_t *series_of(const struct line_chart *chart)
{
    json_t *array = json_array();
    for (size_t i = 0; i < chart->series_count; i++) {
        const struct line_series *series = &chart->series[i];
        json_t *object =
            json_pack("{s:s, s:s, s:o, s:b, s:b}", "label", series->label, "paint",
                      chart_paint_name(series->paint), "values", chart_numbers(series->y, chart->count),
                      "dashed", series->dashed, "stepped", series->stepped);
        if (has_band(series)) {
            json_object_set_new(object, "low", chart_numbers(series->low, chart->count));
            json_object_set_new(object, "high", chart_numbers(series->high, chart->count));
        }
        json_array_append_new(array, object);
    }
    return array;
}

/* The ends of an axis, or null when the data decide. */
static json_t *range_of(double low, double high)
{
    return low < high ? json_pack("[f, f]", low, high) : json_null();
}

static json_t *spots_of(const struct line_chart *chart)
{
    json_t *array = json_array();
    for (size_t i = 0; i < chart->spot_count; i++)
        json_array_append_new(array, json_pack("{s:f, s:f, s:s, s:b}", "x", chart->spots[i].x, "y",
                                               chart->spots[i].y, "label", chart->spots[i].label, "below",
                                               chart->spots[i].below));
    return array;
}

static char *data_of(const struct line_chart *chart)
{
    json_t *data =
        json_pack("{s:s, s:s?, s:s?, s:o, s:o, s:i, s:i, s:o, s:o}", "kind", "lines", "x", chart->x_axis, "y",
                  chart->y_axis, "points", chart_numbers(chart->x, chart->count), "series", series_of(chart),
                  "decimals", chart->decimals, "x_decimals", chart->x_decimals, "x_range",
                  range_of(chart->x_low, chart->x_high), "y_range", range_of(chart->y_low, chart->y_high));
    if (chart->x_is_share)
        json_object_set_new(data, "x_share", json_true());
    if (chart->y_is_share)
        json_object_set_new(data, "y_share", json_true());
    if (chart->spot_count)
        json_object_set_new(data, "spots", spots_of(chart));
    if (!isnan(chart->mark))
        json_object_set_new(data, "mark",
                            json_pack("{s:f, s:s?}", "at", chart->mark, "label", chart->mark_label));
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(7));
    json_decref(data);
    return text;
}

static void format(char out[NUMBER_TEXT], double value, bool is_share, int decimals, enum language language)
{
    if (is_share)
        number_format_percent(out, value, decimals, language);
    else
        number_format(out, value, decimals, language);
}

static json_t *row_of(const struct line_chart *chart, size_t row, enum language language)
{
    char label[NUMBER_TEXT];
    char text[NUMBER_TEXT];
    json_t *cells = json_array();
    format(label, chart->x[row], chart->x_is_share, chart->x_decimals, language);
    for (size_t i = 0; i < chart->series_count; i++) {
        const struct line_series *series = &chart->series[i];
        const double *const columns[] = {series->y, has_band(series) ? series->low : NULL, series->high};
        for (size_t j = 0; j < 3 && columns[j]; j++) {
            format(text, columns[j][row], chart->y_is_share, chart->decimals, language);
            json_array_append_new(cells, json_string(text));
        }
    }
    return json_pack("{s:s, s:o, s:b}", "label", label, "cells", cells, "highlighted", 0);
}

static json_t *headings_of(const struct line_chart *chart, enum language language)
{
    char text[NUMBER_TEXT];
    json_t *headings = json_array();
    for (size_t i = 0; i < chart->series_count; i++) {
        json_array_append_new(headings, json_string(chart->series[i].label));
        if (has_band(&chart->series[i])) {
            for (int end = 0; end < 2; end++) {
                number_format_percent(text, end ? 0.975 : 0.025, 1, language);
                json_array_append_new(headings, json_string(text));
            }
        }
    }
    return headings;
}

/* A row a point. */
static void put_points(json_t *view, const struct line_chart *chart, enum language language)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < chart->count; i++)
        json_array_append_new(rows, row_of(chart, i, language));
    json_object_set_new(view, "has_table", json_true());
    json_object_set_new(view, "label_heading", json_string(chart->label_heading));
    json_object_set_new(view, "headings", headings_of(chart, language));
    json_object_set_new(view, "rows", rows);
}

int line_chart_view(json_t **out, const struct line_chart *chart, enum language language, struct error *err)
{
    if (chart->count > LINE_POINTS || chart->series_count > LINE_SERIES || chart->spot_count > CHART_SPOTS)
        return error_set(err, ERROR_LIMIT, "a chart of over %d points, %d lines or %d spots", LINE_POINTS,
                         LINE_SERIES, CHART_SPOTS);
    char *data = data_of(chart);
    if (!data)
        return error_set(err, ERROR_INTERNAL, "a chart's data are no JSON");
    json_t *view = json_pack("{s:s, s:s, s:s, s:s}", "kind", "lines", "title", chart->title, "description",
                             chart->description, "data", data);
    int status = view ? 0 : error_set(err, ERROR_INTERNAL, "a chart's texts are not UTF-8");
    free(data);
    if (status == 0 && chart->table)
        status = chart_put_table(view, chart->table, err);
    else if (status == 0)
        put_points(view, chart, language);
    if (status)
        json_decref(view);
    else
        *out = view;
    return status;
}
