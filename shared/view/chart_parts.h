/* What the kinds of charts have in common; for shared/view alone. */
#ifndef CLAIRSCORE_VIEW_CHART_PARTS_H
#define CLAIRSCORE_VIEW_CHART_PARTS_H

#include <jansson.h>
#include <stddef.h>

#include "shared/view/chart.h"

/* "plain", "good", …: the names charts.js knows. */
const char *chart_paint_name(enum chart_paint paint);

/* A new array of numbers; null for what is not finite. */
json_t *chart_numbers(const double *values, size_t count);

/* The style sheet's class for a drawing of `rows` lying bars or rows of points, of which the smallest class
 * takes `least`; NULL: the ordinary height does. */
const char *chart_size(size_t rows, size_t least);

/* Puts the table into a view: "has_table", "label_heading", "headings", "rows". ERROR_LIMIT above
 * CHART_CELLS. */
int chart_put_table(json_t *view, const struct chart_table *table, struct error *err);

/* A new array of texts. */
json_t *chart_texts(const char *const *texts, size_t count);

#endif
