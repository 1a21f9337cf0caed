#include "frontend/view/histogram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double DAYS_IN_YEAR = 365.25;
enum { COMPACT_FROM = 10000 };

/* How a unit's numbers become what is shown. */
struct scale {
    double factor;
    int decimals; /* -1: as the bins' width asks */
    bool percent;
    const char *unit; /* key in the locales, or NULL */
};

static struct scale scale_of(const char *unit, double lowest, double highest)
{
    bool days = strcmp(unit, "days") == 0;
    if (days && highest <= 0)
        return (struct scale){-1 / DAYS_IN_YEAR, -1, false, "unit.years"};
    if (days && highest - lowest > 2 * DAYS_IN_YEAR)
        return (struct scale){1 / DAYS_IN_YEAR, -1, false, "unit.years"};
    if (days)
        return (struct scale){1, -1, false, "unit.days"};
    if (strcmp(unit, "ratio") == 0)
        return (struct scale){1, 0, true, NULL};
    if (strcmp(unit, "months") == 0)
        return (struct scale){1, -1, false, "unit.months"};
    if (strcmp(unit, "years") == 0)
        return (struct scale){1, -1, false, "unit.years"};
    return (struct scale){1, -1, false, NULL};
}

/* As few decimals as tell neighbouring edges apart. */
static int decimals_of(double width)
{
    return width >= 1 ? 0 : width >= 0.1 ? 1 : width >= 0.01 ? 2 : 3;
}

static void format_edge(char out[NUMBER_TEXT], double value, const struct scale *scale, int decimals,
                        enum language language)
{
    if (scale->percent)
        number_format_percent(out, value, scale->decimals, language);
    else
        number_format(out, value, decimals, language);
}

/* Room on an axis is short: 250 000 is "250 k" there, 1 200 000 "1,2 M". */
static void format_tick(char out[NUMBER_TEXT], double value, const struct scale *scale, int decimals,
                        enum language language)
{
    char number[NUMBER_TEXT];
    double size = fabs(value);
    if (scale->percent || size < COMPACT_FROM) {
        format_edge(out, value, scale, decimals, language);
        return;
    }
    double divisor = size < 1e6 ? 1e3 : 1e6;
    double shown = value / divisor;
    number_format(number, shown, divisor > 1e3 && fabs(shown - round(shown)) >= 0.05 ? 1 : 0, language);
    snprintf(out, NUMBER_TEXT, "%.50s\u202f%s", number, divisor > 1e3 ? "M" : "k");
}

static int read_counts(double *out, const json_t *source, const char *name, const struct histogram *histogram,
                       struct error *err)
{
    const json_t *counts = json_object_get(source, name);
    if (json_array_size(counts) != histogram->count)
        return error_set(err, ERROR_INVALID, "the backend's histogram has no %zu counts of %s",
                         histogram->count, name);
    for (size_t i = 0; i < histogram->count; i++) {
        size_t from = histogram->reversed ? histogram->count - 1 - i : i;
        out[i] = json_number_value(json_array_get(counts, from));
    }
    return 0;
}

/* Position of `value` in bins; what lies beyond the ends stands at them. */
static double position_of(const double *edges, size_t count, double value)
{
    if (value <= edges[0])
        return 0;
    for (size_t i = 0; i < count; i++)
        if (value < edges[i + 1])
            return (double)i + (value - edges[i]) / (edges[i + 1] - edges[i]);
    return (double)count;
}

static int read_edges(struct histogram *out, const json_t *edges, const char *unit, const json_t *value,
                      enum language language, struct error *err)
{
    double values[CHART_POINTS + 1];
    size_t count = json_array_size(edges) - 1;
    if (count > CHART_POINTS)
        return error_set(err, ERROR_INVALID, "the backend's histogram has over %d bins", CHART_POINTS);
    double lowest = json_number_value(json_array_get(edges, 0));
    double highest = json_number_value(json_array_get(edges, count));
    struct scale scale = scale_of(unit, lowest, highest);
    out->kind = CHART_HISTOGRAM;
    out->count = count;
    out->reversed = scale.factor < 0;
    out->unit = scale.unit;
    for (size_t i = 0; i <= count; i++)
        values[i] = scale.factor * json_number_value(json_array_get(edges, out->reversed ? count - i : i));
    int decimals = decimals_of((values[count] - values[0]) / (double)count);
    for (size_t i = 0; i <= count; i++) {
        format_tick(out->edges[i], values[i], &scale, decimals, language);
        out->edge_list[i] = out->edges[i];
    }
    for (size_t i = 0; i < count; i++) {
        char from[NUMBER_TEXT], to[NUMBER_TEXT];
        format_edge(from, values[i], &scale, decimals, language);
        format_edge(to, values[i + 1], &scale, decimals, language);
        snprintf(out->labels[i], sizeof out->labels[i], "%s\u00a0\u2013 %s", from, to);
    }
    if (json_is_number(value))
        out->mark = position_of(values, count, scale.factor * json_number_value(value));
    return 0;
}

static int read_categories(struct histogram *out, const json_t *categories, struct error *err)
{
    out->kind = CHART_CATEGORIES;
    out->count = json_array_size(categories);
    if (out->count > CHART_POINTS)
        return error_set(err, ERROR_INVALID, "the backend's histogram has over %d categories", CHART_POINTS);
    for (size_t i = 0; i < out->count; i++) {
        const char *label = json_string_value(json_object_get(json_array_get(categories, i), "label"));
        snprintf(out->labels[i], sizeof out->labels[i], "%s", label ? label : "");
    }
    return 0;
}

int histogram_read(struct histogram *out, const json_t *source, const char *unit, const json_t *value,
                   int bin, enum language language, struct error *err)
{
    const json_t *edges = json_object_get(source, "edges"),
                 *categories = json_object_get(source, "categories");
    memset(out, 0, sizeof *out);
    out->mark = NAN;
    int status;
    if (json_array_size(edges) >= 2)
        status = read_edges(out, edges, unit, value, language, err);
    else if (json_is_array(categories))
        status = read_categories(out, categories, err);
    else
        status = error_set(err, ERROR_INVALID, "the backend's histogram has neither edges nor categories");
    if (status || read_counts(out->repaid, source, "repaid", out, err) ||
        read_counts(out->defaulted, source, "defaulted", out, err) ||
        read_counts(out->unknown, source, "unknown", out, err))
        return -1;
    for (size_t i = 0; i < out->count; i++) {
        out->all[i] = out->repaid[i] + out->defaulted[i] + out->unknown[i];
        out->label_list[i] = out->labels[i];
    }
    out->bin = bin < 0 || (size_t)bin >= out->count ? -1 : out->reversed ? (int)out->count - 1 - bin : bin;
    if (isnan(out->mark) && out->bin >= 0)
        out->mark = out->bin + 0.5;
    return 0;
}

/* ---- Long lists of categories ------------------------------------------------------------------------ */

/* Bins from the fullest to the emptiest, in `order`; equal ones stay as they are. The value's bin comes into
 * the first `kept`. */
static void order_bins(size_t order[CHART_POINTS], const struct histogram *histogram, size_t kept)
{
    for (size_t i = 0; i < histogram->count; i++) {
        size_t at = i;
        for (; at > 0 && histogram->all[order[at - 1]] < histogram->all[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    size_t at = 0;
    while (at < histogram->count && (int)order[at] != histogram->bin)
        at++;
    if (at == histogram->count || at < kept)
        return;
    memmove(&order[kept], &order[kept - 1], (at - kept + 1) * sizeof *order);
    order[kept - 1] = (size_t)histogram->bin;
}

static void add_bin(struct histogram *to, size_t into, const struct histogram *from, size_t bin)
{
    to->repaid[into] += from->repaid[bin];
    to->defaulted[into] += from->defaulted[bin];
    to->unknown[into] += from->unknown[bin];
    to->all[into] += from->all[bin];
}

size_t histogram_fold(struct histogram *histogram, size_t most)
{
    if (histogram->kind != CHART_CATEGORIES || histogram->count <= most)
        return 0;
    size_t order[CHART_POINTS], kept = most - 1, rest = histogram->count - kept;
    struct histogram folded = {.kind = CHART_CATEGORIES, .count = most, .mark = NAN, .bin = -1};
    order_bins(order, histogram, kept);
    for (size_t i = 0; i < histogram->count; i++) {
        size_t into = i < kept ? i : kept;
        add_bin(&folded, into, histogram, order[i]);
        if (i >= kept)
            continue;
        memcpy(folded.labels[i], histogram->labels[order[i]], HISTOGRAM_LABEL);
        if ((int)order[i] == histogram->bin) {
            folded.bin = (int)i;
            folded.mark = (double)i + 0.5;
        }
    }
    *histogram = folded;
    for (size_t i = 0; i < most; i++)
        histogram->label_list[i] = histogram->labels[i];
    return rest;
}

void histogram_name_rest(struct histogram *histogram, const char *label)
{
    snprintf(histogram->labels[histogram->count - 1], HISTOGRAM_LABEL, "%s", label);
}

/* ---- By outcome -------------------------------------------------------------------------------------- */

size_t histogram_split(struct chart_series out[HISTOGRAM_SERIES], const struct histogram *histogram,
                       const struct i18n *i18n, enum language language)
{
    bool some_unknown = false;
    for (size_t i = 0; i < histogram->count; i++)
        some_unknown |= histogram->unknown[i] > 0;
    out[0] = (struct chart_series){i18n_text(i18n, language, "outcome.defaulted"), histogram->defaulted,
                                   PAINT_BAD};
    out[1] =
        (struct chart_series){i18n_text(i18n, language, "outcome.repaid"), histogram->repaid, PAINT_GOOD};
    out[2] = (struct chart_series){i18n_text(i18n, language, "outcome.unknown"), histogram->unknown,
                                   PAINT_UNKNOWN};
    return some_unknown ? HISTOGRAM_SERIES : HISTOGRAM_SERIES - 1;
}
