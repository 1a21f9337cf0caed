#include "shared/view/chart.h"

#include <math.h>
#include <stdlib.h>

#include "shared/base/number.h"
#include "shared/view/chart_parts.h"

static const char *const kind_names[] = {[CHART_HISTOGRAM] = "histogram",
                                         [CHART_CATEGORIES] = "categories",
                                         [CHART_BESIDE] = "beside",
                                         [CHART_DIVERGING] = "diverging",
                                         [CHART_DOUGHNUT] = "doughnut"};
static const char *const paint_names[] = {
    [PAINT_PLAIN] = "plain", [PAINT_GOOD] = "good", [PAINT_BAD] = "bad", [PAINT_UNKNOWN] = "unknown"};

const char *chart_paint_name(enum chart_paint paint)
{
    return paint_names[paint];
}

const char *chart_size(size_t rows, size_t least)
{
    static const char *const classes[] = {NULL, "medium", "large", "tall", "huge"};
    enum { CLASSES = sizeof classes / sizeof *classes, ROWS_A_CLASS = 5 };
    size_t class = rows <= least ? 0 : (rows - least - 1) / ROWS_A_CLASS + 1;
    return classes[class < CLASSES ? class : CLASSES - 1];
}

/* Lying bars need room for their labels; those of a client's contributions for their figures too. */
static const char *size_of(const struct chart *chart)
{
    enum { LOW_BARS = 8, LOW_FIGURES = 6 };
    return chart->kind == CHART_CATEGORIES ? chart_size(chart->count, LOW_BARS)
           : chart->kind == CHART_BESIDE ? chart_size(chart->count * (1 + chart->series_count) / 2, LOW_BARS)
           : chart->kind == CHART_DIVERGING ? chart_size(chart->count, LOW_FIGURES)
                                            : NULL;
}

json_t *chart_texts(const char *const *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(texts[i]));
    return array;
}

json_t *chart_numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, isfinite(values[i]) ? json_real(values[i]) : json_null());
    return array;
}

int chart_put_table(json_t *view, const struct chart_table *table, struct error *err)
{
    if (table->row_count * table->column_count > CHART_CELLS)
        return error_set(err, ERROR_LIMIT, "a chart's table of over %d cells", CHART_CELLS);
    json_t *rows = json_array();
    for (size_t i = 0; i < table->row_count; i++)
        json_array_append_new(
            rows, json_pack("{s:s, s:o, s:b}", "label", table->labels[i], "cells",
                            chart_texts(table->cells + i * table->column_count, table->column_count),
                            "highlighted", 0));
    json_object_set_new(view, "has_table", json_true());
    json_object_set_new(view, "label_heading", json_string(table->label_heading));
    json_object_set_new(view, "headings", chart_texts(table->headings, table->column_count));
    json_object_set_new(view, "rows", rows);
    return 0;
}

static json_t *series_of(const struct chart *chart)
{
    json_t *array = json_array();
    for (size_t i = 0; i < chart->series_count; i++) {
        const struct chart_series *series = &chart->series[i];
        json_array_append_new(array, json_pack("{s:s, s:s, s:o}", "label", series->label, "paint",
                                               paint_names[series->paint], "values",
                                               chart_numbers(series->values, chart->count)));
    }
    return array;
}

/* What charts.js reads. */
static char *data_of(const struct chart *chart)
{
    json_t *data =
        json_pack("{s:s, s:s, s:s?, s:s?, s:o, s:o, s:i, s:b, s:i}", "kind", kind_names[chart->kind], "title",
                  chart->title, "x", chart->x_axis, "y", chart->y_axis, "labels",
                  chart_texts(chart->labels, chart->count), "series", series_of(chart), "decimals",
                  chart->decimals, "signed", chart->is_signed, "highlight", chart->highlight);
    if (chart->legend_apart)
        json_object_set_new(data, "legend_apart", json_true());
    if (chart->edges)
        json_object_set_new(data, "edges", chart_texts(chart->edges, chart->count + 1));
    if (!isnan(chart->mark))
        json_object_set_new(data, "mark",
                            json_pack("{s:f, s:s?}", "at", chart->mark, "label", chart->mark_label));
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(7));
    json_decref(data);
    return text;
}

static json_t *row_of(const struct chart *chart, size_t row, enum language language)
{
    json_t *cells = json_array();
    for (size_t i = 0; i < chart->series_count; i++) {
        char text[NUMBER_TEXT];
        (chart->is_signed ? number_format_signed : number_format)(text, chart->series[i].values[row],
                                                                  chart->decimals, language);
        json_array_append_new(cells, json_string(text));
    }
    return json_pack("{s:s, s:o, s:b}", "label", chart->labels[row], "cells", cells, "highlighted",
                     chart->highlight == (int)row);
}

int chart_view(json_t **out, const struct chart *chart, enum language language, struct error *err)
{
    if (chart->count > CHART_POINTS || chart->series_count > CHART_SERIES)
        return error_set(err, ERROR_LIMIT, "a chart of over %d points or %d series", CHART_POINTS,
                         CHART_SERIES);
    char *data = data_of(chart);
    if (!data)
        return error_set(err, ERROR_INTERNAL, "a chart's data are no JSON");
    json_t *headings = json_array(), *rows = json_array();
    for (size_t i = 0; i < chart->series_count; i++)
        json_array_append_new(headings, json_string(chart->series[i].label));
    for (size_t i = 0; i < chart->count; i++)
        json_array_append_new(rows, row_of(chart, i, language));
    *out =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:b, s:o, s:o}", "kind", kind_names[chart->kind], "title",
                  chart->title, "description", chart->description, "label_heading", chart->label_heading,
                  "data", data, "size", size_of(chart), "has_table", 1, "headings", headings, "rows", rows);
    free(data);
    return *out ? 0 : error_set(err, ERROR_INTERNAL, "a chart's texts are not UTF-8");
}
