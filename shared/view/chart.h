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
    CHART_BESIDE,     /* the same, series side by side to be compared */
    CHART_DIVERGING,  /* bars to the left and right of zero: the right is good, with PAINT_BAD the left,
                         with PAINT_UNKNOWN neither */
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
    int decimals;      /* of the values in the table and the tips */
    bool is_signed;    /* values carry a plus sign */
    bool legend_apart; /* the page explains the series once for several charts: template `outcome_legend` */
    double mark; /* histogram: where to draw a line, in bins: 2.5 is the middle of the third; NAN: none */
    const char *mark_label;
    int highlight; /* the bin or category that is the client's, or -1 */
};

/* The table behind a chart, where another says more than the chart's own points. */
struct chart_table {
    const char *label_heading;   /* of the first column */
    const char *const *headings; /* `column_count` of them, of the others */
    size_t column_count;
    const char *const *labels; /* `row_count` of them */
    const char *const *cells;  /* texts, row after row, without the labels */
    size_t row_count;
};

enum { CHART_POINTS = 64, CHART_SERIES = 4, CHART_CELLS = 4096, CHART_SPOTS = 4 };

/* What the template `chart` needs: kind, title, description, data (JSON text for Chart.js), headings and rows
 * of the table. A new object. ERROR_LIMIT above CHART_POINTS or CHART_SERIES. */
int chart_view(json_t **out, const struct chart *chart, enum language language, struct error *err);

/* How steps lead from one total to another: lying bars, each beginning where the one before ended, between a
 * bar for the first total and one for the last. The right is good. */
struct waterfall {
    const char *title, *description;
    const char *label_heading;            /* of the table's first column: what the steps are */
    const char *x_axis;                   /* may be NULL */
    const char *step_label, *total_label; /* headings of the table's figures */
    const char *start_label, *end_label;  /* of the outer bars */
    double start;                         /* the total before the first step */
    const char *const *labels;            /* `count` of them */
    const double *steps;                  /* the same */
    size_t count;                         /* at most CHART_POINTS */
    int decimals;                         /* of steps and totals in the table */
    double mark;                          /* a total where to draw a line; NAN: none */
    const char *mark_label;
};

/* A place on a curve that readers look for, with its name. */
struct chart_spot {
    double x, y;
    const char *label;
    bool below; /* the name stands under it, not above */
};

/* Curves over a common numeric x. */
struct line_series {
    const char *label;
    const double *y;          /* one an x; NaN leaves a gap */
    const double *low, *high; /* a band around the line; NULL: none */
    enum chart_paint paint;
    bool dashed, stepped;
};

struct line_chart {
    const char *title, *description;
    const char *label_heading; /* of the table's first column: what x is */
    const char *x_axis, *y_axis;
    const double *x; /* ascending */
    size_t count;
    const struct line_series *series;
    size_t series_count;
    int decimals, x_decimals;
    double mark; /* an x where to draw a line; NAN: none */
    const char *mark_label;
    double x_low, x_high, y_low, y_high; /* fixed ends of the axes; both equal: as the data want */
    bool x_is_share, y_is_share;         /* 0.1 is shown as 10 % */
    const struct chart_spot *spots;
    size_t spot_count;
    const struct chart_table *table; /* NULL: a row a point */
};

/* Points in a plane, each coloured by a third quantity: dependence plots, beeswarms. */
struct point_chart {
    const char *title, *description;
    const char *x_axis, *y_axis;
    const double *x, *y;
    const double *tone; /* 0 (low) to 1 (high), NaN: unknown; NULL: all alike */
    size_t count;
    const char *tone_label, *tone_low, *tone_high; /* what the colour is, and its two ends in words */
    const char *const *rows; /* names of y = 0, 1, 2 … from the top, for a beeswarm; or NULL */
    size_t row_count;
    bool x_logarithmic, x_is_share;
    const struct chart_table *table; /* NULL: none */
};

/* A matrix of numbers as coloured cells: an HTML table, so it needs no script. */
struct heatmap {
    const char *title, *description;
    const char *const *rows, *const *columns;
    size_t row_count, column_count;
    const double *values; /* row after row; NaN: empty */
    double low, high; /* the values of the strongest colours; colours diverge from 0 when low < 0 < high */
    int decimals;
};

/* Two quantities against each other, in cells: the larger a cell's square, the more are in it; its colour
 * tells how often something (a default) happens there, against how often it happens to all. An SVG drawing
 * with a table of the same figures, so it needs no script. */
struct density {
    const char *title, *description;
    const char *x_axis, *y_axis;
    const char *const *columns, *const *rows;           /* names of the cells; rows from the bottom */
    const char *const *column_edges, *const *row_edges; /* one more than cells, short; NULL: cells are kinds
                                                           of things, and named themselves */
    size_t column_count, row_count;
    const double *counts;      /* row after row, from the bottom */
    const double *rates;       /* 0..1; NaN: too few to tell */
    double rate;               /* of all: the middle of the colours; NaN: unknown, then no cell is coloured */
    int mark_column, mark_row; /* the cell to be marked; -1: none */
    const char *mark_label;
    const char *count_label, *rate_label; /* what counts and rates are, for the legend */
    const char *few_label;                /* of cells without a rate */
    const char *table_label;              /* what the cells of the table hold */
};

enum {
    LINE_POINTS = 512,
    LINE_SERIES = 8,
    CHART_DOTS = 6000,
    CHART_ROWS = 40,
    HEATMAP_CELLS = 64 * 64,
    DENSITY_CELLS = 64
};

/* As chart_view, for the same template. ERROR_LIMIT above the limits; ERROR_INVALID when a waterfall's
 * numbers are not finite. */
int waterfall_view(json_t **out, const struct waterfall *chart, enum language language, struct error *err);
int line_chart_view(json_t **out, const struct line_chart *chart, enum language language, struct error *err);
int point_chart_view(json_t **out, const struct point_chart *chart, enum language language,
                     struct error *err);

/* What the template `heatmap` needs. */
int heatmap_view(json_t **out, const struct heatmap *heatmap, enum language language, struct error *err);

/* What the template `density` needs. ERROR_LIMIT above DENSITY_CELLS columns or rows. */
int density_view(json_t **out, const struct density *density, enum language language, struct error *err);

#endif
