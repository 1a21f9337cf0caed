#include <stdlib.h>

#include "shared/view/chart.h"
#include "shared/view/chart_parts.h"

static char *data_of(const struct point_chart *chart)
{
    json_t *data = json_pack("{s:s, s:s?, s:s?, s:o, s:o, s:b}", "kind", "points", "x", chart->x_axis, "y",
                             chart->y_axis, "xs", chart_numbers(chart->x, chart->count), "ys",
                             chart_numbers(chart->y, chart->count), "logarithmic", chart->x_logarithmic);
    if (chart->x_is_share)
        json_object_set_new(data, "x_share", json_true());
    if (chart->tone)
        json_object_set_new(data, "tones", chart_numbers(chart->tone, chart->count));
    if (chart->rows)
        json_object_set_new(data, "rows", chart_texts(chart->rows, chart->row_count));
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(5));
    json_decref(data);
    return text;
}

enum { LOW_ROWS = 7 };

int point_chart_view(json_t **out, const struct point_chart *chart, enum language language, struct error *err)
{
    (void)language; /* its figures in words are those of the caller's table */
    if (chart->count > CHART_DOTS || (chart->rows && chart->row_count > CHART_ROWS))
        return error_set(err, ERROR_LIMIT, "a chart of over %d points or %d rows", CHART_DOTS, CHART_ROWS);
    char *data = data_of(chart);
    if (!data)
        return error_set(err, ERROR_INTERNAL, "a chart's data are no JSON");
    json_t *view = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b}", "kind", "points", "title", chart->title, "description",
        chart->description, "data", data, "size",
        chart->rows && chart->row_count > LOW_ROWS ? chart_size(chart->row_count, LOW_ROWS) : "medium",
        "has_table", 0);
    int status = view ? 0 : error_set(err, ERROR_INTERNAL, "a chart's texts are not UTF-8");
    free(data);
    if (status == 0 && chart->tone)
        json_object_set_new(view, "tone",
                            json_pack("{s:s, s:s, s:s}", "label", chart->tone_label, "low", chart->tone_low,
                                      "high", chart->tone_high));
    if (status == 0 && chart->table)
        status = chart_put_table(view, chart->table, err);
    if (status)
        json_decref(view);
    else
        *out = view;
    return status;
}
