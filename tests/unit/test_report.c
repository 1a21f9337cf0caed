/* Reports: what is called once stands in the page and in the JSON, in both languages. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "notebooks-port/report/report.h"
#include "shared/base/file.h"

#define TEXTS(title)                                                                                         \
    "{\"report\":{\"title\":\"" title "\",\"lead\":\"L\"},"                                                  \
    "\"one\":{\"title\":\"First\",\"why\":\"Because.\",\"said\":\"{n} of <all>\",\"rate\":\"Rate\","         \
    "\"rows\":\"Rows\",\"all\":\"Everything\","                                                              \
    "\"table\":{\"title\":\"T\",\"note\":\"N\",\"name\":\"Name\",\"share\":\"Share\",\"size\":\"Size\"},"    \
    "\"bars\":{\"title\":\"Bars\",\"description\":\"D\",\"label\":\"L\",\"rows\":\"Rows there\"},"           \
    "\"curve\":{\"title\":\"Curve\",\"description\":\"D\",\"x\":\"X\",\"y\":\"Y\",\"model\":\"Model\"},"     \
    "\"dots\":{\"title\":\"Dots\",\"description\":\"D\",\"x\":\"X\",\"tone\":\"Value\",\"tone_low\":"        \
    "\"low\","                                                                                               \
    "\"tone_high\":\"high\"},"                                                                               \
    "\"map\":{\"title\":\"Map\",\"description\":\"D\"}}}"

static const char *folder(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/clairscore-report-%d", (int)getpid());
    return path;
}

static struct report *start(enum language language)
{
    struct error err = {0};
    struct report *report = NULL;
    const struct report_about about = {
        .name = "sample",
        .texts = {[LANGUAGE_FR] = TEXTS("Essai"), [LANGUAGE_EN] = TEXTS("Trial")},
        .command = "sample --data DIR",
        .seed = 7,
        .data_hash = "0123abcd",
        .language = language};
    if (report_new(&report, &about, &err))
        fail_msg("%s", err.message);
    return report;
}

static void write_sections(struct report *report)
{
    enum { POINTS = 200, STEPS = 50, SIDE = 12 };
    double x[POINTS], y[POINTS], tone[POINTS], low[STEPS], high[STEPS], cells[SIDE * SIDE];
    report_section(report, "one");
    report_say(report, "said", REPORT_VALUES("n", "3"));
    report_figure(report, "rate", 0.0807, REPORT_PERCENT, 2);
    report_figure(report, "rows", 35808, REPORT_COUNT, 0);
    const struct report_column columns[] = {
        {"name", REPORT_TEXT, 0}, {"share", REPORT_PERCENT, 1}, {"size", REPORT_SIGNIFICANT, 3}};
    report_table(report, "table", columns, 3,
                 json_pack("[[s, f, f], [s, n, f]]", "<b>", 0.5, 1234.5, "b", 0.00012345));
    const char *const labels[] = {"alpha", "beta"};
    const struct chart_series bars = {"rows", (const double[]){3, 5}, PAINT_PLAIN};
    report_chart(report, "bars",
                 &(struct chart){.kind = CHART_CATEGORIES,
                                 .labels = labels,
                                 .count = 2,
                                 .series = &bars,
                                 .series_count = 1,
                                 .mark = NAN,
                                 .highlight = -1});
    for (int i = 0; i < POINTS; i++) {
        x[i] = sin(i * 1.7) + i / 150.0;
        y[i] = i % 4 + 0.3 * cos(i * 0.9);
        tone[i] = i % 7 ? (i % 100) / 100.0 : (double)NAN;
    }
    double step[STEPS], line[STEPS];
    for (int i = 0; i < STEPS; i++) {
        step[i] = i / (STEPS - 1.0);
        line[i] = sqrt(step[i]);
        low[i] = fmax(line[i] - 0.05, 0);
        high[i] = fmin(line[i] + 0.05, 1);
    }
    const struct line_series series[] = {{"model", line, low, high, PAINT_PLAIN, false, false},
                                         {"chance", step, NULL, NULL, PAINT_UNKNOWN, true, false}};
    report_lines(report, "curve",
                 &(struct line_chart){.x = step,
                                      .count = STEPS,
                                      .series = series,
                                      .series_count = 2,
                                      .decimals = 3,
                                      .x_decimals = 2,
                                      .mark = 0.25,
                                      .mark_label = "here",
                                      .x_high = 1,
                                      .y_high = 1});
    report_fold(report, "all");
    const char *const rows[] = {"first row", "second row", "third row", "a fourth row with a long name"};
    report_points(
        report, "dots",
        &(struct point_chart){.x = x, .y = y, .tone = tone, .count = POINTS, .rows = rows, .row_count = 4});
    const char *names[SIDE];
    for (int i = 0; i < SIDE; i++)
        names[i] = rows[i % 4];
    for (int i = 0; i < SIDE * SIDE; i++)
        cells[i] = i % (SIDE + 1) ? sin(i) : 1;
    report_heatmap(report, "map",
                   &(struct heatmap){.rows = names,
                                     .columns = names,
                                     .row_count = SIDE,
                                     .column_count = SIDE,
                                     .values = cells,
                                     .low = -1,
                                     .high = 1,
                                     .decimals = 2});
    report_data(report, "more", json_pack("{s:i}", "answer", 42));
}

static json_t *read_json(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/sample.json", folder());
    json_t *document = json_load_file(path, 0, NULL);
    assert_non_null(document);
    return document;
}

static void read_page(struct buffer *page)
{
    char path[128];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/sample.html", folder());
    assert_int_equal(file_read(page, path, &err), 0);
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder());
    if (!getenv("KEEP_REPORT"))
        assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
}

static void test_page_and_figures(void **state)
{
    (void)state;
    struct error err = {0};
    struct report *report = start(LANGUAGE_EN);
    write_sections(report);
    if (report_write(report, folder(), &err))
        fail_msg("%s", err.message);
    report_free(report);

    json_t *document = read_json();
    json_t *section = json_object_get(json_object_get(document, "sections"), "one");
    assert_true(json_real_value(json_object_get(section, "rate")) == 0.0807);
    assert_int_equal(json_integer_value(json_object_get(section, "rows")), 35808);
    json_t *second = json_array_get(json_object_get(section, "table"), 1);
    assert_true(json_is_null(json_object_get(second, "share")));
    assert_true(json_real_value(json_object_get(second, "size")) == 0.00012345);
    json_t *bars = json_object_get(json_object_get(section, "bars"), "rows");
    assert_true(json_real_value(json_array_get(bars, 1)) == 5);
    assert_non_null(json_object_get(json_object_get(json_object_get(section, "curve"), "model"), "low"));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(section, "more"), "answer")), 42);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(document, "report"), "seed")), 7);
    json_decref(document);

    struct buffer page = buffer_new(8 << 20);
    read_page(&page);
    assert_non_null(strstr(page.data, "<h1>Trial</h1>"));
    assert_non_null(strstr(page.data, "3 of &lt;all&gt;"));
    assert_non_null(strstr(page.data, "8.07%"));
    assert_non_null(strstr(page.data, "35,808"));
    assert_non_null(strstr(page.data, "&lt;b&gt;"));
    assert_non_null(strstr(page.data, "0.000123"));
    assert_non_null(strstr(page.data, "Rows there"));
    assert_non_null(strstr(page.data, "new Chart(canvas"));
    assert_null(strstr(page.data, "src=\"http"));
    buffer_free(&page);
    remove_folder();
}

static void test_french(void **state)
{
    (void)state;
    struct error err = {0};
    struct report *report = start(LANGUAGE_FR);
    write_sections(report);
    assert_int_equal(report_write(report, folder(), &err), 0);
    report_free(report);
    struct buffer page = buffer_new(8 << 20);
    read_page(&page);
    assert_non_null(strstr(page.data, "<html lang=\"fr\">"));
    assert_non_null(strstr(page.data, "<h1>Essai</h1>"));
    assert_non_null(strstr(page.data, "Voir les chiffres"));
    buffer_free(&page);
    remove_folder();
}

/* The same calls give the same bytes. */
static void test_reproduces(void **state)
{
    (void)state;
    struct error err = {0};
    char first[FILE_HASH_HEX], second[FILE_HASH_HEX], path[128];
    snprintf(path, sizeof path, "%s/sample.html", folder());
    for (int i = 0; i < 2; i++) {
        struct report *report = start(LANGUAGE_EN);
        write_sections(report);
        assert_int_equal(report_write(report, folder(), &err), 0);
        assert_int_equal(file_hash(i ? second : first, path, &err), 0);
        report_free(report);
    }
    assert_string_equal(first, second);
    remove_folder();
}

static void expect_failure(struct report *report, const char *words)
{
    struct error err = {0};
    assert_int_equal(report_write(report, folder(), &err), -1);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" is not in \"%s\"", words, err.message);
    assert_false(file_exists(folder()));
    report_free(report);
}

static void test_failures(void **state)
{
    (void)state;
    struct report *report = start(LANGUAGE_EN);
    report_figure(report, "rate", 1, REPORT_COUNT, 0);
    expect_failure(report, "no section");

    report = start(LANGUAGE_EN);
    report_section(report, "one");
    report_figure(report, "absent", 1, REPORT_COUNT, 0);
    report_figure(report, "rate", 1, REPORT_COUNT, 0); /* the first error is the one that is told */
    expect_failure(report, "one.absent");

    report = start(LANGUAGE_EN);
    report_section(report, "one");
    report_figure(report, "rate", 1, REPORT_COUNT, 0);
    report_figure(report, "rate", 2, REPORT_COUNT, 0);
    expect_failure(report, "twice");

    report = start(LANGUAGE_EN);
    report_section(report, "one");
    const struct report_column column = {"name", REPORT_TEXT, 0};
    report_table(report, "table", &column, 1, json_pack("[[s, s]]", "a", "b"));
    expect_failure(report, "2 cells");

    struct error err = {0};
    const struct report_about about = {.name = "x",
                                       .texts = {[LANGUAGE_FR] = "{\"a\":\"b\"}", [LANGUAGE_EN] = "{}"},
                                       .language = LANGUAGE_EN};
    report = NULL;
    assert_int_equal(report_new(&report, &about, &err), -1);
    assert_non_null(strstr(err.message, "lacks a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_and_figures),
        cmocka_unit_test(test_french),
        cmocka_unit_test(test_reproduces),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
