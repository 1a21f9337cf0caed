#include <math.h>
#include <stdlib.h>

#include "shared/base/number.h"
#include "shared/view/chart.h"
#include "shared/view/chart_parts.h"

/* Room beside the lowest and the highest total, for the figures, as a part of what the totals span. */
static const double MARGIN = 0.14;

enum { OUTER_BARS = 2, LOW_BARS = 7 };

static bool is_finite(const struct waterfall *chart)
{
    for (size_t i = 0; i < chart->count; i++)
        if (!isfinite(chart->steps[i]))
            return false;
    return isfinite(chart->start);
}

/* Totals after no step, the first, the second, …: `count` + 1 of them. */
static void add_up(double *totals, const struct waterfall *chart)
{
    totals[0] = chart->start;
    for (size_t i = 0; i < chart->count; i++)
        totals[i + 1] = totals[i] + chart->steps[i];
}

/* The axis' ends: bars do not begin at 0, which would press the steps together. */
static json_t *range_of(const struct waterfall *chart, const double *totals)
{
    double low = totals[0], high = low;
    for (size_t i = 1; i <= chart->count; i++) {
        low = fmin(low, totals[i]);
        high = fmax(high, totals[i]);
    }
    low = fmin(low, chart->mark); /* which leaves out NaN */
    high = fmax(high, chart->mark);
    double margin = MARGIN * (high > low ? high - low : 1);
    return json_pack("[f, f]", low - margin, high + margin);
}

static char *data_of(const struct waterfall *chart, const double *totals)
{
    json_t *data = json_pack(
        "{s:s, s:s, s:s?, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:i}", "kind", "waterfall", "title",
        chart->title, "x", chart->x_axis, "step_label", chart->step_label, "start_label", chart->start_label,
        "end_label", chart->end_label, "labels", chart_texts(chart->labels, chart->count), "steps",
        chart_numbers(chart->steps, chart->count), "totals", chart_numbers(totals, chart->count + 1),
        "x_range", range_of(chart, totals), "decimals", chart->decimals);
    if (!isnan(chart->mark))
        json_object_set_new(data, "mark",
                            json_pack("{s:f, s:s?}", "at", chart->mark, "label", chart->mark_label));
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(7));
    json_decref(data);
    return text;
}

static json_t *row_of(const char *label, const char *step, double total, int decimals, enum language language)
{
    char text[NUMBER_TEXT];
    number_format(text, total, decimals, language);
    return json_pack("{s:s, s:[s, s], s:b}", "label", label, "cells", step, text, "highlighted", 0);
}

static json_t *rows_of(const struct waterfall *chart, const double *totals, enum language language)
{
    json_t *rows = json_array();
    json_array_append_new(rows, row_of(chart->start_label, "", totals[0], chart->decimals, language));
    for (size_t i = 0; i < chart->count; i++) {
        char step[NUMBER_TEXT];
        number_format_signed(step, chart->steps[i], chart->decimals, language);
        json_array_append_new(rows, row_of(chart->labels[i], step, totals[i + 1], chart->decimals, language));
    }
    json_array_append_new(rows,
                          row_of(chart->end_label, "", totals[chart->count], chart->decimals, language));
    return rows;
}

int waterfall_view(json_t **out, const struct waterfall *chart, enum language language, struct error *err)
{
    double totals[CHART_POINTS + 1];
    if (chart->count > CHART_POINTS)
        return error_set(err, ERROR_LIMIT, "a waterfall of over %d steps", CHART_POINTS);
    if (!is_finite(chart))
        return error_set(err, ERROR_INVALID, "a waterfall needs finite numbers: a start and its steps");
    add_up(totals, chart);
    char *data = data_of(chart, totals);
    if (!data)
        return error_set(err, ERROR_INTERNAL, "a chart's data are no JSON");
    *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:b, s:[s, s], s:o}", "kind", "waterfall", "title",
                     chart->title, "description", chart->description, "label_heading", chart->label_heading,
                     "data", data, "size", chart_size(chart->count + OUTER_BARS, LOW_BARS), "has_table", 1,
                     "headings", chart->step_label, chart->total_label, "rows",
                     rows_of(chart, totals, language));
    free(data);
    return *out ? 0 : error_set(err, ERROR_INTERNAL, "a chart's texts are not UTF-8");
}
