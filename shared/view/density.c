#include <math.h>
#include <stdio.h>
#include <string.h>

#include "shared/base/number.h"
#include "shared/view/chart.h"
#include "shared/view/chart_parts.h"

/* Where the colours of rates change, as multiples of the rate of all. */
static const double steps[] = {0.5, 0.8, 1.25, 2};
enum { STEPS = sizeof steps / sizeof *steps, TONES = STEPS + 1 };

enum { MANY_NAMES = 16 /* from which on they need more room than a screen gives */ };
enum { PLACE = 24, CELL_TEXT = 192, TICKS_ACROSS = 8, TICKS_UP = 12, SIZES = 3 };

/* Counts of cells differ by orders of magnitude: areas grow as their square roots, or most squares could not
 * be seen beside the largest. None is smaller than what can be. */
static const double SIZE_EXPONENT = 0.35, LEAST_SIZE = 0.16, LARGEST_SIZE = 0.94;

static double size_of(double count, double largest)
{
    return fmax(LEAST_SIZE, LARGEST_SIZE * pow(count / largest, SIZE_EXPONENT));
}

static json_t *percent(double share)
{
    char text[PLACE];
    snprintf(text, sizeof text, "%.2f%%", 100 * share);
    return json_string(text);
}

/* ---- Rates ------------------------------------------------------------------------------------------- */

/* The limits between the tones, rounded to what a legend can say: 4.04 % is 4 %, 0.26 % stays so. */
static void find_limits(double limits[STEPS], double rate)
{
    for (size_t i = 0; i < STEPS; i++) {
        double limit = steps[i] * rate;
        double grain = limit >= 0.1 ? 0.01 : limit >= 0.02 ? 0.005 : limit >= 0.002 ? 0.001 : 0.0001;
        limits[i] = isnan(rate) ? rate : fmin(grain * fmax(round(limit / grain), 1), 1);
    }
}

/* 0 (far below the rate of all) to TONES - 1 (far above); -1 without a rate. */
static int tone_of(const double limits[STEPS], double rate)
{
    int tone = 0;
    if (isnan(rate) || isnan(limits[0]))
        return -1;
    while (tone < STEPS && rate >= limits[tone])
        tone++;
    return tone;
}

static void write_tone(char out[PLACE], int tone)
{
    if (tone < 0)
        snprintf(out, PLACE, "few");
    else
        snprintf(out, PLACE, "t%d", tone);
}

/* ---- Parts of the view ------------------------------------------------------------------------------- */

/* The texts of an axis: of edges as many as there is room for, at their places; of kinds every one. */
static json_t *axis_view(const char *const *edges, const char *const *names, size_t count, size_t room,
                         bool up)
{
    if (!edges) {
        json_t *shown = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(shown, json_string(names[up ? count - 1 - i : i]));
        return json_pack("{s:b, s:o}", "named", 1, "names", shown);
    }
    json_t *ticks = json_array();
    size_t stride = count / room + 1;
    for (size_t i = 0; i <= count; i += stride) {
        double at = count ? (double)i / (double)count : 0;
        json_array_append_new(ticks,
                              json_pack("{s:o, s:s}", "at", percent(up ? 1 - at : at), "text", edges[i]));
    }
    return json_pack("{s:o}", "ticks", ticks);
}

static void write_figures(char out[CELL_TEXT], const struct density *density, size_t cell,
                          enum language language)
{
    char count[NUMBER_TEXT], rate[NUMBER_TEXT];
    number_format(count, density->counts[cell], 0, language);
    number_format_percent(rate, density->rates[cell], 1, language);
    snprintf(out, CELL_TEXT, isnan(density->rates[cell]) ? "%s" : "%s \u00b7 %s", count, rate);
}

static json_t *square_view(const struct density *density, const double limits[STEPS], double largest,
                           size_t row, size_t column, enum language language)
{
    size_t cell = row * density->column_count + column;
    double across = (double)density->column_count, up = (double)density->row_count;
    double size = size_of(density->counts[cell], largest);
    char tone[PLACE], figures[CELL_TEXT];
    write_tone(tone, tone_of(limits, density->rates[cell]));
    write_figures(figures, density, cell, language);
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s}", "x",
                     percent(((double)column + (1 - size) / 2) / across), "y",
                     percent((up - 1 - (double)row + (1 - size) / 2) / up), "width", percent(size / across),
                     "height", percent(size / up), "tone", tone, "column", density->columns[column], "row",
                     density->rows[row], "figures", figures);
}

static json_t *squares_view(const struct density *density, const double limits[STEPS], double largest,
                            enum language language)
{
    json_t *squares = json_array();
    for (size_t row = 0; row < density->row_count; row++)
        for (size_t column = 0; column < density->column_count; column++)
            if (density->counts[row * density->column_count + column] > 0)
                json_array_append_new(squares, square_view(density, limits, largest, row, column, language));
    return squares;
}

/* The client's cell, its row and column. */
static json_t *mark_view(const struct density *density)
{
    if (density->mark_column < 0 || density->mark_row < 0)
        return NULL;
    double across = (double)density->column_count, up = (double)density->row_count;
    double column = density->mark_column, row = up - 1 - density->mark_row;
    bool right = column + 0.5 > across / 2, low = row < 1;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s}", "x", percent(column / across),
                     "y", percent(row / up), "width", percent(1 / across), "height", percent(1 / up),
                     "middle_x", percent((column + 0.5) / across), "middle_y", percent((row + 0.5) / up),
                     "text_x", percent((right ? column : column + 1) / across), "anchor",
                     right ? "end" : "start", "shift", right ? "-8" : "8", "drop", low ? "16" : "-7", "label",
                     density->mark_label);
}

static json_t *legend_view(const double limits[STEPS], double largest, enum language language)
{
    json_t *tones = json_array(), *sizes = json_array();
    for (int i = 0; i < TONES && !isnan(limits[0]); i++) {
        char tone[PLACE], low[NUMBER_TEXT], high[NUMBER_TEXT], text[CELL_TEXT];
        int decimals = limits[0] < 0.02 ? 1
                                        : fabs(100 * limits[0] - round(100 * limits[0])) > 1e-9 ||
                                              fabs(100 * limits[1] - round(100 * limits[1])) > 1e-9;
        write_tone(tone, i);
        number_format_percent(low, i > 0 ? limits[i - 1] : 0, decimals, language);
        number_format_percent(high, i < STEPS ? limits[i] : 1, decimals, language);
        if (i == 0)
            snprintf(text, sizeof text, "<\u00a0%s", high);
        else if (i == STEPS)
            snprintf(text, sizeof text, "≥\u00a0%s", low);
        else
            snprintf(text, sizeof text, "%s – %s", low, high);
        json_array_append_new(tones, json_pack("{s:s, s:s}", "tone", tone, "text", text));
    }
    double count = pow(10, floor(log10(largest)));
    for (int i = 0; i < SIZES && count >= 1; i++, count /= 10) {
        char text[NUMBER_TEXT];
        double size = size_of(count, largest);
        number_format(text, count, 0, language);
        json_array_insert_new(
            sizes, 0,
            json_pack("{s:o, s:o, s:s}", "at", percent((1 - size) / 2), "size", percent(size), "text", text));
    }
    return json_pack("{s:o, s:o}", "tones", tones, "sizes", sizes);
}

/* The rows as they are drawn, the highest first. */
static json_t *rows_view(const struct density *density, enum language language)
{
    json_t *rows = json_array();
    for (size_t i = density->row_count; i-- > 0;) {
        json_t *cells = json_array();
        for (size_t j = 0; j < density->column_count; j++) {
            size_t cell = i * density->column_count + j;
            char text[CELL_TEXT] = "";
            if (density->counts[cell] > 0)
                write_figures(text, density, cell, language);
            json_array_append_new(cells,
                                  json_pack("{s:s, s:b}", "text", text, "marked",
                                            density->mark_row == (int)i && density->mark_column == (int)j));
        }
        json_array_append_new(rows, json_pack("{s:s, s:o}", "label", density->rows[i], "cells", cells));
    }
    return rows;
}

int density_view(json_t **out, const struct density *density, enum language language, struct error *err)
{
    double limits[STEPS], largest = 1;
    if (density->column_count > DENSITY_CELLS || density->row_count > DENSITY_CELLS)
        return error_set(err, ERROR_LIMIT, "a density of over %d columns or rows", DENSITY_CELLS);
    for (size_t i = 0; i < density->column_count * density->row_count; i++)
        largest = fmax(largest, density->counts[i]);
    find_limits(limits, density->rate);
    *out = json_pack(
        "{s:b, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o*}", "wide",
        !density->column_edges && density->column_count > MANY_NAMES, "high",
        !density->row_edges && density->row_count > MANY_NAMES, "title", density->title, "description",
        density->description, "x_axis", density->x_axis, "y_axis", density->y_axis, "count_label",
        density->count_label, "rate_label", density->rate_label, "few_label", density->few_label,
        "table_label", density->table_label, "across",
        axis_view(density->column_edges, density->columns, density->column_count, TICKS_ACROSS, false), "up",
        axis_view(density->row_edges, density->rows, density->row_count, TICKS_UP, true), "squares",
        squares_view(density, limits, largest, language), "legend", legend_view(limits, largest, language),
        "columns", chart_texts(density->columns, density->column_count), "rows", rows_view(density, language),
        "mark", mark_view(density));
    return *out ? 0 : error_set(err, ERROR_INTERNAL, "a density's texts are not UTF-8");
}
