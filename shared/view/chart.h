/* What a chart shows, typed. Chart.js draws it from the JSON that the page carries; the same figures stand in
 * a table under it, for those who do not see the drawing and where scripts do not run. */
#ifndef CLAIRSCORE_VIEW_CHART_H
#define CLAIRSCORE_VIEW_CHART_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/error.h"
#include "shared/base/language.h"

enum chart_kind {
    CHART_HISTOGRAM,  /* one bar a bin, series stacked */
    CHART_CATEGORIES, /* the same lying down, a bar a category */
    CHART_DIVERGING,  /* bars to the left and right of zero */
    CHART_DOUGHNUT    /* parts of a whole: one series */
};

/* How a series is painted. The style sheet gives each a colour for light and dark; beside it each has a
 * pattern of its own, so that colour is never the only sign. */
enum chart_paint {
    PAINT_PLAIN,
    PAINT_GOOD,   /* repaid, speaks for the client */
    PAINT_BAD,    /* defaulted, speaks against */
    PAINT_UNKNOWN /* not known */
};

struct chart_series {
    const char *label;
    const double *values; /* one a label */
    enum chart_paint paint;
};

struct chart {
    enum chart_kind kind;
    const char *title, *description; /* description: the chart in a sentence */
    const char *label_heading;       /* of the table's first column: what the labels are */
    const char *x_axis, *y_axis;     /* may be NULL */
    const char *const *labels;       /* `count` of them */
    size_t count;
    const char *const *edges; /* histogram: `count` + 1 short texts for the axis */
    const struct chart_series *series;
    size_t series_count;
    int decimals;   /* of the values in the table and the tips */
    bool is_signed; /* values carry a plus sign */
    double mark;    /* histogram: where to draw a line, in bins: 2.5 is the middle of the third; NAN: none */
    const char *mark_label;
    int highlight; /* the bin or category that is the client's, or -1 */
};

enum { CHART_POINTS = 64, CHART_SERIES = 4 };

/* What the template `chart` needs: kind, title, description, data (JSON text for Chart.js), headings and rows
 * of the table. A new object. ERROR_LIMIT above CHART_POINTS or CHART_SERIES. */
int chart_view(json_t **out, const struct chart *chart, enum language language, struct error *err);

#endif
