#include <stdlib.h>

#include "shared/view/chart.h"
#include "shared/view/chart_parts.h"

static char *data_of(const struct point_chart *chart)
{
    json_t *data = json_pack("{s:s, s:s?, s:s?, s:o, s:o, s:b}", "kind", "points", "x", chart->x_axis, "y",
                             chart->y_axis, "xs", chart_numbers(chart->x, chart->count), "ys",
                             chart_numbers(chart->y, chart->count), "logarithmic", chart->x_logarithmic);
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
    (void)language; /* has no figures in words */
    if (chart->count > CHART_DOTS || (chart->rows && chart->row_count > CHART_ROWS))
        return error_set(err, ERROR_LIMIT, "a chart of over %d points or %d rows", CHART_DOTS, CHART_ROWS);
    char *data = data_of(chart);
    if (!data)
        return error_set(err, ERROR_INTERNAL, "a chart's data are no JSON");
    *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "kind", "points", "title", chart->title, "description",
                     chart->description, "data", data, "size",
                     chart->rows && chart->row_count > LOW_ROWS ? chart_size(chart->row_count, LOW_ROWS)
                                                                : "medium",
                     "has_table", 0);
    free(data);
    if (*out && chart->tone)
        json_object_set_new(*out, "tone",
                            json_pack("{s:s, s:s, s:s}", "label", chart->tone_label, "low", chart->tone_low,
                                      "high", chart->tone_high));
    return *out ? 0 : error_set(err, ERROR_INTERNAL, "a chart's texts are not UTF-8");
}
