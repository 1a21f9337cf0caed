/* What goes with what: columns with the outcome, with each other, and with another table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/explore/show.h"
#include "notebooks-port/explore/words.h"

enum { TARGET_BARS = 24, HEATMAP_COLUMNS = 16, DRIFT_BARS = 20 };
static const double STRONG = 0.7;
static const double STABLE = 0.1;
static const double MOVED = 0.25;

/* ---- Correlation with the outcome ------------------------------------------------------------------------
 */

/* Places among summary->numeric by falling absolute correlation with TARGET, which is left out, as is what
 * has none. Returns how many. */
static size_t order_by_target(size_t order[APPLICATION_COLUMNS], const struct summary *summary)
{
    size_t target = (size_t)summary_numeric(summary, APPLICATION_TARGET);
    const double *with = summary->correlation + target * summary->numeric_count;
    size_t count = 0;
    for (size_t i = 0; i < summary->numeric_count; i++) {
        if (i == target || isnan(with[i]))
            continue;
        size_t at = count++;
        for (; at > 0 && fabs(with[order[at - 1]]) < fabs(with[i]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return count;
}

/* The interval of 95 % of a correlation by Fisher's z (Fisher 1921). */
static void interval_of(double *low, double *high, double r, double pairs)
{
    static const double NORMAL_975 = 1.959963984540054;
    double half = pairs > 3 ? NORMAL_975 / sqrt(pairs - 3) : (double)INFINITY;
    *low = tanh(atanh(r) - half);
    *high = tanh(atanh(r) + half);
}

void show_target(const struct show *show, const struct summary *summary)
{
    static const struct report_column columns[] = {
        {"column", REPORT_TEXT, 0}, {"label", REPORT_TEXT, 0},  {"correlation", REPORT_SIGNED, 3},
        {"low", REPORT_SIGNED, 3},  {"high", REPORT_SIGNED, 3}, {"clients", REPORT_COUNT, 0}};
    size_t order[APPLICATION_COLUMNS];
    size_t count = order_by_target(order, summary);
    size_t at = (size_t)summary_numeric(summary, APPLICATION_TARGET) * summary->numeric_count;
    const char *labels[TARGET_BARS];
    double values[TARGET_BARS];
    size_t bars = count < TARGET_BARS ? count : TARGET_BARS;
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        size_t column = summary->numeric[order[i]];
        double r = words_direction(column) * summary->correlation[at + order[i]];
        double pairs = summary->pairs[at + order[i]];
        double low = 0;
        double high = 0;
        interval_of(&low, &high, r, pairs);
        json_array_append_new(rows, json_pack("[s, s, f, o, o, I]", summary->columns[column].column->name,
                                              words_column(column, show->language), r, words_number(low),
                                              words_number(high), (json_int_t)pairs));
        if (i < bars) {
            labels[i] = words_column(column, show->language);
            values[i] = r;
        }
    }
    const struct chart_series series = {"correlation", values, PAINT_BAD};
    const struct chart chart = {.kind = CHART_DIVERGING,
                                .labels = labels,
                                .count = bars,
                                .series = &series,
                                .series_count = 1,
                                .decimals = 3,
                                .is_signed = true,
                                .mark = (double)NAN,
                                .highlight = -1};
    report_chart(show->report, "strongest", &chart);
    report_fold(show->report, "all");
    report_table(show->report, "columns", columns, sizeof columns / sizeof *columns, rows);
}

/* ---- Correlations with each other ------------------------------------------------------------------------
 */

struct pair {
    size_t a, b; /* places among summary->numeric */
    double r;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;
    if (fabs(x->r) != fabs(y->r))
        return fabs(x->r) > fabs(y->r) ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

/* The columns of the heat map: those that go with the outcome most, but of those that go together more than
 * STRONG only the first. */
static size_t choose_map(size_t chosen[HEATMAP_COLUMNS], const struct summary *summary)
{
    size_t order[APPLICATION_COLUMNS];
    size_t count = order_by_target(order, summary);
    size_t size = 0;
    chosen[size++] = (size_t)summary_numeric(summary, APPLICATION_TARGET);
    for (size_t i = 0; i < count && size < HEATMAP_COLUMNS; i++) {
        bool told = false;
        for (size_t j = 1; j < size; j++)
            told = told || fabs(summary->correlation[order[i] * summary->numeric_count + chosen[j]]) > STRONG;
        if (!told)
            chosen[size++] = order[i];
    }
    return size;
}

static void show_map(const struct show *show, const struct summary *summary)
{
    size_t chosen[HEATMAP_COLUMNS];
    const char *labels[HEATMAP_COLUMNS];
    double values[HEATMAP_COLUMNS * HEATMAP_COLUMNS];
    size_t size = choose_map(chosen, summary);
    for (size_t i = 0; i < size; i++) {
        size_t column = summary->numeric[chosen[i]];
        labels[i] = column == APPLICATION_TARGET ? report_text(show->report, "target")
                                                 : words_column(column, show->language);
        for (size_t j = 0; j < size; j++)
            values[i * size + j] = words_direction(column) * words_direction(summary->numeric[chosen[j]]) *
                                   summary->correlation[chosen[i] * summary->numeric_count + chosen[j]];
    }
    const struct heatmap heatmap = {.rows = labels,
                                    .columns = labels,
                                    .row_count = size,
                                    .column_count = size,
                                    .values = values,
                                    .low = -1,
                                    .high = 1,
                                    .decimals = 2};
    report_heatmap(show->report, "map", &heatmap);
}

static json_t *pair_row(const struct show *show, const struct summary *summary, const struct pair *pair)
{
    size_t a = summary->numeric[pair->a];
    size_t b = summary->numeric[pair->b];
    return json_pack("[s, s, s, s, f, I]", summary->columns[a].column->name, words_column(a, show->language),
                     summary->columns[b].column->name, words_column(b, show->language),
                     words_direction(a) * words_direction(b) * pair->r,
                     (json_int_t)summary->pairs[pair->a * summary->numeric_count + pair->b]);
}

void show_correlations(const struct show *show, const struct summary *summary)
{
    static const struct report_column columns[] = {
        {"first", REPORT_TEXT, 0},        {"first_label", REPORT_TEXT, 0},   {"second", REPORT_TEXT, 0},
        {"second_label", REPORT_TEXT, 0}, {"correlation", REPORT_SIGNED, 3}, {"clients", REPORT_COUNT, 0}};
    size_t size = summary->numeric_count;
    bool involved[APPLICATION_COLUMNS] = {false};
    struct pair *pairs = malloc((size * size + 1) * sizeof *pairs);
    size_t count = 0;
    json_t *rows = json_array();
    for (size_t i = 0; pairs && i < size; i++)
        for (size_t j = i + 1; j < size; j++) {
            double r = summary->correlation[i * size + j];
            if (!(fabs(r) > STRONG))
                continue;
            pairs[count++] = (struct pair){i, j, r};
            involved[i] = involved[j] = true;
        }
    size_t columns_involved = 0;
    for (size_t i = 0; i < size; i++)
        columns_involved += involved[i];
    if (pairs)
        qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows, pair_row(show, summary, &pairs[i]));
    free(pairs);
    report_figure(show->report, "columns", (double)size - 1, REPORT_COUNT, 0);
    report_figure(show->report, "count", (double)count, REPORT_COUNT, 0);
    report_figure(show->report, "involved", (double)columns_involved, REPORT_COUNT, 0);
    show_map(show, summary);
    report_fold(show->report, "all");
    report_table(show->report, "pairs", columns, sizeof columns / sizeof *columns, rows);
}

/* ---- Drift ----------------------------------------------------------------------------------------------
 */

void show_drift(const struct show *show, const struct table_drift *drift)
{
    static const struct report_column columns[] = {{"column", REPORT_TEXT, 0}, {"label", REPORT_TEXT, 0},
                                                   {"psi", REPORT_NUMBER, 4},  {"chance", REPORT_NUMBER, 4},
                                                   {"bins", REPORT_COUNT, 0},  {"verdict", REPORT_TEXT, 0}};
    const char *labels[DRIFT_BARS];
    double values[DRIFT_BARS];
    size_t bars = drift->count < DRIFT_BARS ? drift->count : DRIFT_BARS;
    size_t beyond_chance = 0;
    size_t unstable = 0;
    json_t *rows = json_array();
    for (size_t i = 0; i < drift->count; i++) {
        const struct column_drift *column = &drift->columns[i];
        const char *verdict = column->psi > MOVED            ? "moved"
                              : column->psi > STABLE         ? "look"
                              : column->psi > column->chance ? "slight"
                                                             : "stable";
        beyond_chance += column->psi > column->chance;
        unstable += column->psi > STABLE;
        json_array_append_new(
            rows, json_pack("[s, s, f, f, I, s]",
                            home_credit_schema(TABLE_APPLICATION)->columns[column->column].name,
                            words_column(column->column, show->language), column->psi, column->chance,
                            (json_int_t)column->bins, report_text(show->report, verdict)));
        if (i < bars) {
            labels[i] = words_column(column->column, show->language);
            values[i] = column->psi;
        }
    }
    const struct chart_series series = {"psi", values, PAINT_PLAIN};
    const struct chart chart = {.kind = CHART_CATEGORIES,
                                .labels = labels,
                                .count = bars,
                                .series = &series,
                                .series_count = 1,
                                .decimals = 3,
                                .mark = (double)NAN,
                                .highlight = -1};
    report_figure(show->report, "expected", (double)drift->expected_rows, REPORT_COUNT, 0);
    report_figure(show->report, "actual", (double)drift->actual_rows, REPORT_COUNT, 0);
    report_figure(show->report, "unstable", (double)unstable, REPORT_COUNT, 0);
    report_figure(show->report, "beyond_chance", (double)beyond_chance, REPORT_COUNT, 0);
    report_figure(show->report, "worst", drift->count ? drift->columns[0].psi : (double)NAN, REPORT_NUMBER,
                  3);
    report_chart(show->report, "largest", &chart);
    report_fold(show->report, "all");
    report_table(show->report, "columns", columns, sizeof columns / sizeof *columns, rows);
}

void show_correlation_drift(const struct show *show, double difference, size_t pairs)
{
    report_figure(show->report, "correlations", (double)pairs, REPORT_COUNT, 0);
    report_figure(show->report, "difference", difference, REPORT_NUMBER, 4);
}
