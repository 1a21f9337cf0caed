/* Charts, histograms and the gauge as the templates get them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "frontend/view/confusion.h"
#include "frontend/view/gauge.h"
#include "frontend/view/histogram.h"
#include "shared/view/chart.h"

#define NARROW "\u202f"
#define DASH "\u00a0\u2013 "

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    return value;
}

static const char *text_at(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void test_chart(void **state)
{
    (void)state;
    struct error err = {0};
    const char *const labels[] = {"</script><b>", "b"};
    const double values[] = {-12.34, 1000};
    const struct chart_series series = {"Points", values, PAINT_BAD};
    const struct chart chart = {.kind = CHART_DIVERGING,
                                .title = "Title",
                                .description = "What it shows",
                                .label_heading = "Data",
                                .labels = labels,
                                .count = 2,
                                .series = &series,
                                .series_count = 1,
                                .decimals = 1,
                                .is_signed = true,
                                .mark = NAN,
                                .highlight = 1};
    json_t *view = NULL;
    assert_int_equal(chart_view(&view, &chart, LANGUAGE_EN, &err), 0);
    assert_string_equal(text_at(view, "kind"), "diverging");
    json_t *data = parse(text_at(view, "data"));
    json_t *drawn = json_array_get(json_object_get(data, "series"), 0);
    assert_string_equal(text_at(drawn, "paint"), "bad");
    assert_true(json_number_value(json_array_get(json_object_get(drawn, "values"), 0)) == -12.34);
    assert_null(json_object_get(data, "mark"));
    json_t *rows = json_object_get(view, "rows");
    assert_int_equal(json_array_size(rows), 2);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json_array_get(rows, 0), "cells"), 0)), "\u2212"
                                                                                                 "12.3");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json_array_get(rows, 1), "cells"), 0)), "+1,000.0");
    assert_true(json_is_true(json_object_get(json_array_get(rows, 1), "highlighted")));
    json_decref(data);
    json_decref(view);

    struct chart large = chart;
    large.count = CHART_POINTS + 1;
    assert_int_equal(chart_view(&view, &large, LANGUAGE_EN, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
}

/* Each step begins where the one before ended, in the drawing's data as in the table. */
static void test_waterfall(void **state)
{
    (void)state;
    struct error err = {0};
    static const char *const labels[] = {"Income", "Debt"};
    static const double steps[] = {12.5, -40};
    const struct waterfall chart = {.title = "Title",
                                    .description = "From 565 to 537.5",
                                    .label_heading = "Data",
                                    .step_label = "points",
                                    .total_label = "Score reached",
                                    .start_label = "Average client",
                                    .end_label = "This client",
                                    .start = 565,
                                    .labels = labels,
                                    .steps = steps,
                                    .count = 2,
                                    .decimals = 1,
                                    .mark = 600,
                                    .mark_label = "Threshold"};
    json_t *view = NULL;
    assert_int_equal(waterfall_view(&view, &chart, LANGUAGE_FR, &err), 0);
    assert_string_equal(text_at(view, "kind"), "waterfall");
    json_t *data = parse(text_at(view, "data"));
    static const double totals[] = {565, 577.5, 537.5};
    for (size_t i = 0; i < 3; i++)
        assert_true(json_number_value(json_array_get(json_object_get(data, "totals"), i)) == totals[i]);
    const json_t *range = json_object_get(data, "x_range");
    assert_true(json_number_value(json_array_get(range, 0)) < 537.5);
    assert_true(json_number_value(json_array_get(range, 1)) > 600); /* the threshold is in sight */
    static const char *const rows[][3] = {{"Average client", "", "565,0"},
                                          {"Income", "+12,5", "577,5"},
                                          {"Debt", "\u221240,0", "537,5"},
                                          {"This client", "", "537,5"}};
    assert_int_equal(json_array_size(json_object_get(view, "rows")), 4);
    for (size_t i = 0; i < 4; i++) {
        const json_t *row = json_array_get(json_object_get(view, "rows"), i);
        assert_string_equal(text_at(row, "label"), rows[i][0]);
        for (size_t j = 0; j < 2; j++)
            assert_string_equal(json_string_value(json_array_get(json_object_get(row, "cells"), j)),
                                rows[i][j + 1]);
    }
    json_decref(data);
    json_decref(view);

    struct waterfall wrong = chart;
    wrong.count = CHART_POINTS + 1;
    assert_int_equal(waterfall_view(&view, &wrong, LANGUAGE_FR, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    wrong = chart;
    wrong.start = NAN;
    err = (struct error){0};
    assert_int_equal(waterfall_view(&view, &wrong, LANGUAGE_FR, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
}

static void read_histogram(struct histogram *out, const char *source, const char *unit, const char *value,
                           int bin, enum language language)
{
    struct error err = {0};
    json_t *document = parse(source), *number = parse(value);
    if (histogram_read(out, document, unit, number, bin, language, &err))
        fail_msg("%s", err.message);
    json_decref(document);
    json_decref(number);
}

static void test_money(void **state)
{
    (void)state;
    struct histogram histogram;
    read_histogram(
        &histogram,
        "{\"edges\": [0, 250000, 1500000], \"categories\": null, \"repaid\": [1, 2], \"defaulted\": [3, 4], "
        "\"unknown\": [5, 6]}",
        "money", "125000", 0, LANGUAGE_FR);
    assert_int_equal(histogram.kind, CHART_HISTOGRAM);
    assert_int_equal(histogram.count, 2);
    assert_string_equal(histogram.labels[0], "0" DASH "250" NARROW "000");
    assert_string_equal(histogram.edges[1], "250" NARROW "k");
    assert_string_equal(histogram.edges[2], "1,5" NARROW "M");
    assert_true(histogram.mark == 0.5);
    assert_int_equal(histogram.bin, 0);
    assert_true(histogram.all[1] == 12);
    assert_null(histogram.unit);
}

/* Days before the application: years, and the order turns round. */
static void test_days(void **state)
{
    (void)state;
    struct histogram histogram;
    read_histogram(&histogram,
                   "{\"edges\": [-14610, -10957.5, -7305], \"categories\": null, \"repaid\": [1, 2], "
                   "\"defaulted\": [3, 4], \"unknown\": [0, 0]}",
                   "days", "-7305", 1, LANGUAGE_EN);
    assert_true(histogram.reversed);
    assert_string_equal(histogram.unit, "unit.years");
    assert_string_equal(histogram.labels[0], "20" DASH "30");
    assert_true(histogram.repaid[0] == 2 && histogram.repaid[1] == 1);
    assert_int_equal(histogram.bin, 0);
    assert_true(histogram.mark == 0);
}

static void test_beyond_the_ends(void **state)
{
    (void)state;
    static const char source[] = "{\"edges\": [0, 0.5, 1], \"categories\": null, \"repaid\": [1, 2], "
                                 "\"defaulted\": [3, 4], \"unknown\": [0, 0]}";
    struct histogram histogram;
    read_histogram(&histogram, source, "score", "7", 1, LANGUAGE_FR);
    assert_true(histogram.mark == 2);
    assert_string_equal(histogram.labels[1], "0,5" DASH "1,0");
    read_histogram(&histogram, source, "ratio", "-7", 0, LANGUAGE_FR);
    assert_true(histogram.mark == 0);
    assert_string_equal(histogram.labels[1], "50" NARROW "%" DASH "100" NARROW "%");
    read_histogram(&histogram, source, "score", "null", -1, LANGUAGE_FR);
    assert_true(isnan(histogram.mark));
    assert_int_equal(histogram.bin, -1);
}

static void test_categories(void **state)
{
    (void)state;
    struct histogram histogram;
    read_histogram(
        &histogram,
        "{\"edges\": null, \"categories\": [{\"value\": \"F\", \"label\": \"Femme\"}, {\"value\": \"M\", "
        "\"label\": \"Homme\"}], \"repaid\": [1, 2], \"defaulted\": [3, 4], \"unknown\": [0, 0]}",
        "category", "\"M\"", 1, LANGUAGE_FR);
    assert_int_equal(histogram.kind, CHART_CATEGORIES);
    assert_string_equal(histogram.labels[1], "Homme");
    assert_int_equal(histogram.bin, 1);
}

/* Lying bars grow with their number, and take half as much room again side by side. */
static void test_room_for_bars_side_by_side(void **state)
{
    (void)state;
    struct error err = {0};
    const char *labels[CHART_POINTS];
    double values[CHART_POINTS] = {0};
    for (size_t i = 0; i < CHART_POINTS; i++)
        labels[i] = "x";
    const struct chart_series series[] = {{"then", values, PAINT_UNKNOWN}, {"now", values, PAINT_GOOD}};
    static const struct {
        size_t count, series;
        const char *size;
    } cases[] = {{8, 1, NULL}, {8, 2, "medium"}, {5, 2, NULL}, {12, 1, "medium"}, {12, 2, "large"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct chart chart = {.kind = CHART_BESIDE,
                                    .title = "t",
                                    .description = "d",
                                    .label_heading = "h",
                                    .labels = labels,
                                    .count = cases[i].count,
                                    .series = series,
                                    .series_count = cases[i].series,
                                    .mark = NAN,
                                    .highlight = -1};
        json_t *view = NULL;
        assert_int_equal(chart_view(&view, &chart, LANGUAGE_EN, &err), 0);
        if (cases[i].size)
            assert_string_equal(text_at(view, "size"), cases[i].size);
        else
            assert_null(text_at(view, "size"));
        json_decref(view);
    }
}

/* The fullest categories stay, the client's among them, and nobody is lost. */
static void test_fold(void **state)
{
    (void)state;
    static const char source[] =
        "{\"edges\": null, \"categories\": [{\"label\": \"a\"}, {\"label\": \"b\"}, {\"label\": \"c\"}, "
        "{\"label\": \"d\"}, {\"label\": \"e\"}], \"repaid\": [5, 20, 0, 9, 30], "
        "\"defaulted\": [1, 2, 1, 0, 3], \"unknown\": [0, 0, 1, 0, 0]}";
    static const struct {
        int bin, folded;
        const char *labels[2];
    } cases[] = {{4, 0, {"e", "b"}}, {1, 1, {"e", "b"}}, {2, 1, {"e", "c"}}, {-1, -1, {"e", "b"}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct histogram histogram;
        read_histogram(&histogram, source, "category", "null", cases[i].bin, LANGUAGE_FR);
        assert_int_equal(histogram_fold(&histogram, 5), 0);
        assert_int_equal(histogram.count, 5);
        assert_int_equal(histogram_fold(&histogram, 3), 3);
        histogram_name_rest(&histogram, "3 autres");
        assert_int_equal(histogram.count, 3);
        assert_int_equal(histogram.bin, cases[i].folded);
        assert_string_equal(histogram.label_list[0], cases[i].labels[0]);
        assert_string_equal(histogram.label_list[1], cases[i].labels[1]);
        assert_string_equal(histogram.label_list[2], "3 autres");
        double repaid = 0, defaulted = 0, unknown = 0, all = 0;
        for (size_t bin = 0; bin < 3; bin++) {
            repaid += histogram.repaid[bin];
            defaulted += histogram.defaulted[bin];
            unknown += histogram.unknown[bin];
            all += histogram.all[bin];
        }
        assert_true(repaid == 64 && defaulted == 7 && unknown == 1 && all == 72);
    }
}

static void test_split(void **state)
{
    (void)state;
    static const char *const document[] = {
        "{\"outcome\": {\"repaid\": \"repaid\", \"defaulted\": \"defaulted\", \"unknown\": \"unknown\"}}"};
    static const char *const *const documents[LANGUAGE_COUNT] = {document, document};
    struct error err = {0};
    struct i18n *i18n = NULL;
    if (i18n_parse(&i18n, (const char *const **)documents, 1, &err))
        fail_msg("%s", err.message);
    struct chart_series series[HISTOGRAM_SERIES];
    struct histogram histogram = {.count = 2, .repaid = {4, 5}, .defaulted = {1, 0}};
    assert_int_equal(histogram_split(series, &histogram, i18n, LANGUAGE_EN), 2);
    assert_string_equal(series[0].label, "defaulted");
    assert_int_equal(series[0].paint, PAINT_BAD);
    assert_true(series[1].values[1] == 5);
    histogram.unknown[1] = 3;
    assert_int_equal(histogram_split(series, &histogram, i18n, LANGUAGE_EN), 3);
    assert_string_equal(series[2].label, "unknown");
    i18n_free(i18n);
}

static void check_histogram_fault(const char *source)
{
    struct error err = {0};
    struct histogram histogram;
    json_t *document = parse(source);
    assert_int_equal(histogram_read(&histogram, document, "none", NULL, -1, LANGUAGE_FR, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    json_decref(document);
}

static void test_histogram_faults(void **state)
{
    (void)state;
    check_histogram_fault("{}");
    check_histogram_fault("{\"edges\": [1]}");
    check_histogram_fault("{\"edges\": [1, 2]}");
    check_histogram_fault("{\"edges\": [1, 2], \"repaid\": [1, 2], \"defaulted\": [1], \"unknown\": [1]}");
    char many[16384] = "{\"edges\": [0";
    for (int i = 1; i <= CHART_POINTS + 1; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ", %d", i);
    snprintf(many + strlen(many), sizeof many - strlen(many), "]}");
    check_histogram_fault(many);
}

static void test_gauge(void **state)
{
    (void)state;
    static const double probabilities[] = {0, 0.0001, 0.05, 1.0 / 11, 0.5, 1};
    double before = -1;
    for (size_t i = 0; i < sizeof probabilities / sizeof *probabilities; i++) {
        json_t *view = gauge_view(probabilities[i], 1.0 / 11, LANGUAGE_FR);
        assert_non_null(view);
        double x = strtod(text_at(json_object_get(view, "needle"), "x2"), NULL);
        double limit = strtod(text_at(json_object_get(view, "limit"), "x2"), NULL);
        assert_true(x >= before && x >= 0 && x <= 320);
        if (probabilities[i] < 0.09)
            assert_true(x < limit);
        if (probabilities[i] > 0.1)
            assert_true(x > limit);
        assert_true(json_array_size(json_object_get(view, "ticks")) >= 4);
        assert_memory_equal(text_at(view, "granted"), "M", 1);
        before = x;
        json_decref(view);
    }
}

/* Two by two cells: the client's below on the right, one empty, one of too few to tell. */
static void test_density(void **state)
{
    (void)state;
    struct error err = {0};
    const char *const columns[] = {"0 – 10", "10 – 20"}, *const rows[] = {"<b>", "other"};
    const char *const edges[] = {"0", "10", "20"};
    const double counts[] = {1000, 10, 0, 5}, rates[] = {0.21, 0.05, NAN, NAN};
    struct density density = {.title = "Title",
                              .description = "What it shows",
                              .x_axis = "Across",
                              .y_axis = "Up",
                              .columns = columns,
                              .rows = rows,
                              .column_edges = edges,
                              .column_count = 2,
                              .row_count = 2,
                              .counts = counts,
                              .rates = rates,
                              .rate = 0.1,
                              .mark_column = 1,
                              .mark_row = 0,
                              .mark_label = "Here",
                              .count_label = "Clients",
                              .rate_label = "Rate",
                              .few_label = "few",
                              .table_label = "Counts and rates"};
    json_t *view = NULL;
    assert_int_equal(density_view(&view, &density, LANGUAGE_EN, &err), 0);
    const json_t *squares = json_object_get(view, "squares");
    assert_int_equal(json_array_size(squares), 3);
    const json_t *largest = json_array_get(squares, 0), *small = json_array_get(squares, 1),
                 *few = json_array_get(squares, 2);
    assert_string_equal(text_at(largest, "tone"), "t4"); /* over twice the rate of all */
    assert_string_equal(text_at(small, "tone"), "t1");   /* at half of it begins the second tone */
    assert_string_equal(text_at(few, "tone"), "few");
    assert_true(strtod(text_at(largest, "width"), NULL) > strtod(text_at(small, "width"), NULL));
    assert_true(strtod(text_at(largest, "y"), NULL) > 50); /* the first row lies at the bottom */
    assert_string_equal(text_at(largest, "figures"), "1,000 \u00b7 21.0%");
    assert_string_equal(text_at(few, "figures"), "5");
    for (size_t i = 0; i < 3; i++) { /* each lies in the middle of its cell */
        const json_t *square = json_array_get(squares, i);
        double middle = strtod(text_at(square, "x"), NULL) + strtod(text_at(square, "width"), NULL) / 2;
        assert_true(fabs(middle - (i == 0 ? 25 : 75)) < 0.02);
    }
    const json_t *mark = json_object_get(view, "mark");
    assert_string_equal(text_at(mark, "x"), "50.00%");
    assert_string_equal(text_at(mark, "y"), "50.00%");
    const json_t *bottom = json_array_get(json_object_get(view, "rows"), 1);
    assert_string_equal(text_at(bottom, "label"), "<b>");
    const json_t *marked = json_array_get(json_object_get(bottom, "cells"), 1);
    assert_true(json_is_true(json_object_get(marked, "marked")));
    assert_string_equal(text_at(marked, "text"), "10 \u00b7 5.0%");
    assert_int_equal(json_array_size(json_object_get(json_object_get(view, "across"), "ticks")), 3);
    assert_int_equal(json_array_size(json_object_get(json_object_get(view, "up"), "names")), 2);
    const json_t *tones = json_object_get(json_object_get(view, "legend"), "tones");
    assert_int_equal(json_array_size(tones), 5);
    assert_string_equal(text_at(json_array_get(tones, 0), "text"), "<\u00a05%");
    json_decref(view);

    density.mark_row = -1;
    density.rate = NAN;
    assert_int_equal(density_view(&view, &density, LANGUAGE_FR, &err), 0);
    assert_null(json_object_get(view, "mark"));
    assert_string_equal(text_at(json_array_get(json_object_get(view, "squares"), 0), "tone"), "few");
    json_decref(view);
    density.column_count = density.row_count = 0;
    assert_int_equal(density_view(&view, &density, LANGUAGE_FR, &err), 0);
    json_decref(view);
    density.column_count = DENSITY_CELLS + 1;
    assert_int_equal(density_view(&view, &density, LANGUAGE_FR, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
}

/* An axis has bins but no counts; narrow ones are told apart. */
static void test_axis(void **state)
{
    (void)state;
    struct error err = {0};
    struct histogram axis;
    json_t *source = parse("{\"edges\": [0.1, 0.125, 0.16], \"categories\": null}");
    assert_int_equal(histogram_read_bins(&axis, source, "ratio", NULL, LANGUAGE_EN, &err), 0);
    assert_int_equal(axis.count, 2);
    assert_int_equal(axis.bin, -1);
    assert_true(isnan(axis.mark));
    assert_string_equal(axis.label_list[0], "10.0%" DASH "12.5%");
    json_decref(source);
    source = parse("{\"edges\": [0.1, 0.105, 0.11], \"categories\": null}");
    assert_int_equal(histogram_read_bins(&axis, source, "ratio", NULL, LANGUAGE_EN, &err), 0);
    assert_string_equal(axis.labels[0], "10.0%" DASH "10.5%");
    json_decref(source);
    source = parse("{\"edges\": [11200, 12500, 14000], \"categories\": null}");
    assert_int_equal(histogram_read_bins(&axis, source, "money", NULL, LANGUAGE_EN, &err), 0);
    assert_string_equal(axis.edges[1], "12.5" NARROW "k");
    json_decref(source);
}

static void test_gauge_with_two_needles(void **state)
{
    (void)state;
    json_t *view = gauge_view(0.2, 1.0 / 11, LANGUAGE_FR), *other = gauge_view(0.05, 1.0 / 11, LANGUAGE_FR);
    assert_null(json_object_get(view, "earlier"));
    gauge_add_earlier(view, 0.05);
    assert_true(json_equal(json_object_get(view, "earlier"), json_object_get(other, "needle")));
    assert_false(json_equal(json_object_get(view, "earlier"), json_object_get(view, "needle")));
    json_decref(view);
    json_decref(other);
}

/* ---- Lines and points -------------------------------------------------------------------------------- */

static json_t *cell_at(const json_t *view, size_t row, size_t column)
{
    const json_t *found = json_array_get(json_object_get(view, "rows"), row);
    return json_array_get(json_object_get(found, "cells"), column);
}

static struct line_chart plain_lines(const struct line_series *series)
{
    static const double x[] = {0.05, 0.5};
    return (struct line_chart){.title = "Title",
                               .description = "What it shows",
                               .label_heading = "Share",
                               .x = x,
                               .count = 2,
                               .series = series,
                               .series_count = 1,
                               .mark = NAN};
}

static void test_shares_along_lines(void **state)
{
    (void)state;
    struct error err = {0};
    const double y[] = {0.125, NAN};
    const struct line_series series = {.label = "Model", .y = y};
    struct line_chart chart = plain_lines(&series);
    chart.x_is_share = chart.y_is_share = true;
    chart.decimals = chart.x_decimals = 1;
    json_t *view = NULL;
    assert_int_equal(line_chart_view(&view, &chart, LANGUAGE_FR, &err), 0);
    json_t *data = parse(text_at(view, "data"));
    assert_true(json_is_true(json_object_get(data, "x_share")) &&
                json_is_true(json_object_get(data, "y_share")));
    assert_true(json_number_value(json_array_get(json_object_get(data, "points"), 0)) == 0.05);
    assert_string_equal(text_at(json_array_get(json_object_get(view, "rows"), 0), "label"), "5,0" NARROW "%");
    assert_string_equal(json_string_value(cell_at(view, 0, 0)), "12,5" NARROW "%");
    assert_string_equal(json_string_value(cell_at(view, 1, 0)), "\u2013");
    json_decref(data);
    json_decref(view);
}

static void test_spots_and_another_table(void **state)
{
    (void)state;
    struct error err = {0};
    const double y[] = {1, 2};
    const struct line_series series = {.label = "Model", .y = y};
    const struct chart_spot spots[] = {{0.1, 1.5, "In service", .below = true}, {0.2, 1.7, "Chosen", false}};
    const char *const headings[] = {"a", "b"}, *const labels[] = {"one", "two", "three"},
                      *const cells[] = {"1", "2", "3", "4", "5", "6"};
    const struct chart_table table = {"Row", headings, 2, labels, cells, 3};
    struct line_chart chart = plain_lines(&series);
    chart.spots = spots;
    chart.spot_count = 2;
    chart.table = &table;
    json_t *view = NULL;
    assert_int_equal(line_chart_view(&view, &chart, LANGUAGE_EN, &err), 0);
    json_t *data = parse(text_at(view, "data"));
    assert_null(json_object_get(data, "x_share"));
    json_t *spot = json_array_get(json_object_get(data, "spots"), 0);
    assert_string_equal(text_at(spot, "label"), "In service");
    assert_true(json_number_value(json_object_get(spot, "y")) == 1.5);
    assert_true(json_is_true(json_object_get(spot, "below")));
    assert_int_equal(json_array_size(json_object_get(view, "rows")), 3);
    assert_string_equal(text_at(view, "label_heading"), "Row");
    assert_string_equal(json_string_value(cell_at(view, 2, 1)), "6");
    json_decref(data);
    json_decref(view);

    chart.spot_count = CHART_SPOTS + 1;
    assert_int_equal(line_chart_view(&view, &chart, LANGUAGE_EN, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    struct chart_table large = table;
    large.row_count = CHART_CELLS;
    chart.spot_count = 2;
    chart.table = &large;
    err = (struct error){0};
    assert_int_equal(line_chart_view(&view, &chart, LANGUAGE_EN, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
}

static void test_points(void **state)
{
    (void)state;
    struct error err = {0};
    const double x[] = {0.1, 0.2}, y[] = {-3, 4}, tone[] = {1, NAN};
    const char *const headings[] = {"mean"}, *const labels[] = {"10 %"}, *const cells[] = {"+0.5"};
    const struct chart_table table = {"Range", headings, 1, labels, cells, 1};
    struct point_chart chart = {.title = "Title",
                                .description = "What it shows",
                                .x = x,
                                .y = y,
                                .tone = tone,
                                .count = 2,
                                .tone_label = "Value:",
                                .tone_low = "low",
                                .tone_high = "high",
                                .x_is_share = true};
    json_t *view = NULL;
    assert_int_equal(point_chart_view(&view, &chart, LANGUAGE_EN, &err), 0);
    json_t *data = parse(text_at(view, "data"));
    assert_true(json_is_null(json_array_get(json_object_get(data, "tones"), 1)));
    assert_true(json_is_true(json_object_get(data, "x_share")));
    assert_true(json_is_false(json_object_get(view, "has_table")));
    assert_string_equal(text_at(json_object_get(view, "tone"), "high"), "high");
    json_decref(data);
    json_decref(view);

    chart.table = &table;
    assert_int_equal(point_chart_view(&view, &chart, LANGUAGE_EN, &err), 0);
    assert_true(json_is_true(json_object_get(view, "has_table")));
    assert_string_equal(json_string_value(cell_at(view, 0, 0)), "+0.5");
    json_decref(view);
}

static void test_confusion(void **state)
{
    (void)state;
    json_t *source = parse("{\"true_negatives\": 6000, \"false_positives\": 3000, \"false_negatives\": 200, "
                           "\"true_positives\": 800}");
    json_t *view = confusion_view(source, LANGUAGE_FR);
    assert_string_equal(text_at(view, "granted_repaid"), "6" NARROW "000");
    assert_string_equal(text_at(view, "granted_repaid_share"), "60,0" NARROW "%");
    assert_string_equal(text_at(view, "refused_repaid"), "3" NARROW "000");
    assert_string_equal(text_at(view, "granted_defaulted_share"), "2,0" NARROW "%");
    assert_string_equal(text_at(view, "refused"), "3" NARROW "800");
    assert_string_equal(text_at(view, "defaulted_share"), "10,0" NARROW "%");
    assert_string_equal(text_at(view, "all"), "10" NARROW "000");
    json_decref(view);
    json_decref(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chart),
        cmocka_unit_test(test_waterfall),
        cmocka_unit_test(test_density),
        cmocka_unit_test(test_axis),
        cmocka_unit_test(test_money),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_beyond_the_ends),
        cmocka_unit_test(test_categories),
        cmocka_unit_test(test_room_for_bars_side_by_side),
        cmocka_unit_test(test_histogram_faults),
        cmocka_unit_test(test_shares_along_lines),
        cmocka_unit_test(test_spots_and_another_table),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_confusion),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_gauge),
        cmocka_unit_test(test_gauge_with_two_needles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
