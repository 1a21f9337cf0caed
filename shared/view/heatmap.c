#include <math.h>
#include <stdio.h>

#include "shared/base/number.h"
#include "shared/view/chart.h"
#include "shared/view/chart_parts.h"

enum { TONES = 10 };

/* The style sheet's class of a value: "pos s7", "neg s3". */
static void write_tone(char out[16], const struct heatmap *heatmap, double value)
{
    double middle = heatmap->low < 0 && heatmap->high > 0 ? 0 : heatmap->low;
    double span = value < middle ? middle - heatmap->low : heatmap->high - middle;
    double strength = isnan(value) || span <= 0 ? 0 : fmin(fabs(value - middle) / span, 1);
    snprintf(out, 16, "%s s%d", value < middle ? "neg" : "pos", (int)lround(strength * TONES));
}

static json_t *row_of(const struct heatmap *heatmap, size_t row, enum language language)
{
    json_t *cells = json_array();
    for (size_t i = 0; i < heatmap->column_count; i++) {
        double value = heatmap->values[row * heatmap->column_count + i];
        char tone[16];
        char text[NUMBER_TEXT];
        write_tone(tone, heatmap, value);
        number_format(text, value, heatmap->decimals, language);
        json_array_append_new(cells, json_pack("{s:s, s:s}", "tone", tone, "text", text));
    }
    return json_pack("{s:s, s:o}", "label", heatmap->rows[row], "cells", cells);
}

int heatmap_view(json_t **out, const struct heatmap *heatmap, enum language language, struct error *err)
{
    if (heatmap->row_count * heatmap->column_count > HEATMAP_CELLS)
        return error_set(err, ERROR_LIMIT, "a heat map of over %d cells", HEATMAP_CELLS);
    json_t *rows = json_array();
    for (size_t i = 0; i < heatmap->row_count; i++)
        json_array_append_new(rows, row_of(heatmap, i, language));
    *out = json_pack("{s:s, s:s, s:o, s:o, s:b}", "title", heatmap->title, "description",
                     heatmap->description, "columns", chart_texts(heatmap->columns, heatmap->column_count),
                     "rows", rows, "dense", heatmap->column_count > 16);
    return *out ? 0 : error_set(err, ERROR_INTERNAL, "a heat map's texts are not UTF-8");
}
