/* A histogram of the backend as a chart: bins with readable ranges in the unit a person thinks in (days
 * before the application become years, shares become percent), and where one value stands in it. */
#ifndef CLAIRSCORE_FRONTEND_VIEW_HISTOGRAM_H
#define CLAIRSCORE_FRONTEND_VIEW_HISTOGRAM_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/base/number.h"
#include "shared/view/chart.h"
#include "shared/view/i18n.h"

enum { HISTOGRAM_LABEL = 160 };

/* A histogram made readable. */
struct histogram {
    enum chart_kind kind;
    size_t count;
    bool reversed; /* bins run against the backend's: more negative days are more years */
    char labels[CHART_POINTS][HISTOGRAM_LABEL];
    char edges[CHART_POINTS + 1][NUMBER_TEXT]; /* of CHART_HISTOGRAM */
    const char *label_list[CHART_POINTS], *edge_list[CHART_POINTS + 1];
    double repaid[CHART_POINTS], defaulted[CHART_POINTS], unknown[CHART_POINTS], all[CHART_POINTS];
    const char *unit; /* key of the axis' unit in the locales, or NULL */
    double mark;      /* of the value, in bins; NAN without one */
    int bin;          /* that holds the value, or -1 */
};

/* Reads the API's Histogram `source` of a feature in `unit` ("money", "days", …), and marks `value` (a number
 * or NULL) or else bin `bin` (-1: none). ERROR_INVALID when the document is not as the contract says. */
int histogram_read(struct histogram *out, const json_t *source, const char *unit, const json_t *value,
                   int bin, enum language language, struct error *err);

/* Shortens a list of more than `most` (at least 3) categories to those with most clients, the largest first,
 * the value's always among them, and a last one that holds the others. Returns how many those are, so that
 * the caller can name them with histogram_name_rest; 0 when nothing was to be shortened. */
size_t histogram_fold(struct histogram *histogram, size_t most);
void histogram_name_rest(struct histogram *histogram, const char *label);

/* Room for the series of a histogram split by outcome. */
enum { HISTOGRAM_SERIES = 3 };

/* The histogram as series to be stacked: defaulted on the ground, where heights can be compared, then repaid,
 * then those whose outcome is not known, if there are any; named by the locales' `outcome`. Returns how many
 * series that is. They borrow from `histogram` and `i18n`. */
size_t histogram_split(struct chart_series out[HISTOGRAM_SERIES], const struct histogram *histogram,
                       const struct i18n *i18n, enum language language);

#endif
