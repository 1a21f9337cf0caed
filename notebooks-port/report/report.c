#include "notebooks-port/report/report.h"

#include <gsl/gsl_version.h>
#include <limits.h>
#include <linear.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/boosting.h"
#include "notebooks-port/report/terminal.h"
#include "shared/base/buffer.h"
#include "shared/base/embed.h"
#include "shared/base/file.h"
#include "shared/base/number.h"
#include "shared/features/catalogue.h"
#include "shared/view/template.h"

EMBED(report_page_html, "notebooks-port/report/report.html");
EMBED(report_block_html, "notebooks-port/report/block.html");
EMBED(report_style_css, "notebooks-port/report/report.css");
EMBED(report_texts_fr, "notebooks-port/report/fr.json");
EMBED(report_texts_en, "notebooks-port/report/en.json");
EMBED(view_chart_html, "shared/view/chart.html");
EMBED(view_heatmap_html, "shared/view/heatmap.html");
EMBED(view_palette_css, "shared/view/palette.css");
EMBED(view_charts_css, "shared/view/charts.css");
EMBED(view_charts_js, "shared/view/charts.js");
EMBED(chart_js, "view/chart.js");

enum { PAGE_BYTES = 48 << 20, KEY_BYTES = 128, SERIES = 8, LABELS = 64, REPORT_DIGITS = 12 };

struct report {
    struct report_about about;
    struct i18n *i18n;
    json_t *sections; /* for the page */
    json_t *document; /* for machines */
    json_t *blocks;   /* of the open section or fold; borrowed */
    json_t *figures;  /* the row of figures that the next figure joins, or NULL; borrowed */
    json_t *data;     /* of the open section in the document; borrowed */
    char section[KEY_BYTES / 2];
    struct error err;
    bool failed;
};

/* ---- Texts -------------------------------------------------------------------------------------------- */

static void fail(struct report *report)
{
    report->failed = true;
}

/* "SECTION.key" or "SECTION.key.part". */
static const char *full_key(char out[KEY_BYTES], const struct report *report, const char *key,
                            const char *part)
{
    snprintf(out, KEY_BYTES, "%s.%s%s%s", report->section, key, part ? "." : "", part ? part : "");
    return out;
}

static bool has_text(const struct report *report, const char *key, const char *part)
{
    char whole[KEY_BYTES];
    return i18n_has(report->i18n, report->about.language, full_key(whole, report, key, part));
}

static const char *part_text(struct report *report, const char *key, const char *part)
{
    char whole[KEY_BYTES];
    full_key(whole, report, key, part);
    if (i18n_has(report->i18n, report->about.language, whole))
        return i18n_text(report->i18n, report->about.language, whole);
    error_set(&report->err, ERROR_INVALID, "the locales of the report %s lack the text %s",
              report->about.name, whole);
    fail(report);
    return "";
}

const char *report_text(struct report *report, const char *key)
{
    return part_text(report, key, NULL);
}

/* The text of a series where there is one, else the label itself. */
static const char *label_text(struct report *report, const char *key, const char *label)
{
    return label && has_text(report, key, label) ? part_text(report, key, label) : label;
}

static void write_number(char out[NUMBER_TEXT], double value, enum report_form form, int decimals,
                         enum language language)
{
    if (form == REPORT_SIGNIFICANT && isfinite(value) && value != floor(value)) {
        int magnitude = (int)floor(log10(fabs(value))) + 1;
        decimals = decimals > magnitude ? decimals - magnitude : 0;
        decimals = decimals > 9 ? 9 : decimals;
    } else if (form == REPORT_SIGNIFICANT) {
        decimals = 0;
    }
    if (form == REPORT_PERCENT)
        number_format_percent(out, value, decimals, language);
    else if (form == REPORT_SIGNED)
        number_format_signed(out, value, decimals, language);
    else
        number_format(out, value, form == REPORT_COUNT ? 0 : decimals, language);
}

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* ---- Start and sections -------------------------------------------------------------------------------- */

int report_new(struct report **out, const struct report_about *about, struct error *err)
{
    const char *const french[] = {report_texts_fr, about->texts[LANGUAGE_FR]};
    const char *const english[] = {report_texts_en, about->texts[LANGUAGE_EN]};
    const char *const *documents[LANGUAGE_COUNT] = {[LANGUAGE_FR] = french, [LANGUAGE_EN] = english};
    struct report *report = calloc(1, sizeof *report);
    if (!report)
        return error_set(err, ERROR_INTERNAL, "no memory for a report");
    report->about = *about;
    report->sections = json_array();
    report->document = json_object();
    if (i18n_parse(&report->i18n, documents, 2, err)) {
        report_free(report);
        return -1;
    }
    *out = report;
    return 0;
}

void report_free(struct report *report)
{
    if (!report)
        return;
    i18n_free(report->i18n);
    json_decref(report->sections);
    json_decref(report->document);
    free(report);
}

void report_section(struct report *report, const char *key)
{
    if (report->failed)
        return;
    snprintf(report->section, sizeof report->section, "%s", key);
    const char *heading = report_text(report, "title");
    const char *why = report_text(report, "why");
    if (json_object_get(report->document, key)) {
        error_set(&report->err, ERROR_CONFLICT, "the report has two sections %s", key);
        fail(report);
    }
    report->blocks = json_array();
    report->data = json_object();
    report->figures = NULL;
    int ordinal = (int)json_array_size(report->sections) + 1;
    json_array_append_new(report->sections,
                          json_pack("{s:s, s:i, s:s, s:s, s:o}", "id", key, "ordinal", ordinal, "heading",
                                    heading, "why", why, "blocks", report->blocks));
    json_object_set_new(report->document, key, report->data);
    terminal_section(ordinal, heading);
}

/* Adds a block of one kind. The others are named, or a block in a fold would find those of the fold. Takes
 * `content` over. */
static void add_block(struct report *report, const char *kind, json_t *content)
{
    static const char *const kinds[] = {"paragraph", "figures", "grid", "chart", "heatmap", "fold"};
    json_t *block = json_object();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        json_object_set_new(block, kinds[i], json_null());
    json_object_set_new(block, kind, content);
    json_array_append_new(report->blocks, block);
    report->figures = NULL;
}

/* Adds figures for machines; takes `value` over. */
static void add_data(struct report *report, const char *key, json_t *value)
{
    if (json_object_get(report->data, key)) {
        error_set(&report->err, ERROR_CONFLICT, "the report's section %s has %s twice", report->section, key);
        fail(report);
    }
    json_object_set_new(report->data, key, value);
}

/* Nothing can be added after a failure or before the first section. */
static bool is_open(struct report *report)
{
    if (!report->failed && !report->blocks) {
        error_set(&report->err, ERROR_INVALID, "the report %s has no section yet", report->about.name);
        fail(report);
    }
    return !report->failed;
}

void report_fold(struct report *report, const char *key)
{
    if (!is_open(report))
        return;
    json_t *inner = json_array();
    /* A second fold stands beside the first, not in it. */
    json_t *section = json_array_get(report->sections, json_array_size(report->sections) - 1);
    report->blocks = json_object_get(section, "blocks");
    add_block(report, "fold", json_pack("{s:s, s:o}", "label", report_text(report, key), "inner", inner));
    report->blocks = inner;
}

/* ---- Words and figures --------------------------------------------------------------------------------- */

void report_say(struct report *report, const char *key, const char *const *values)
{
    if (!is_open(report))
        return;
    char whole[KEY_BYTES];
    report_text(report, key);
    json_t *text = i18n_say(report->i18n, report->about.language, full_key(whole, report, key, NULL), values);
    if (!report->failed)
        terminal_paragraph(json_string_value(text));
    add_block(report, "paragraph", text);
}

void report_figure(struct report *report, const char *key, double value, enum report_form form, int decimals)
{
    if (!is_open(report))
        return;
    char text[NUMBER_TEXT];
    const char *label = report_text(report, key);
    write_number(text, value, form, decimals, report->about.language);
    if (!report->figures) {
        json_t *list = json_array();
        add_block(report, "figures", json_pack("{s:o}", "list", list));
        report->figures = list;
    }
    json_array_append_new(report->figures, json_pack("{s:s, s:s}", "label", label, "text", text));
    add_data(report, key,
             form == REPORT_COUNT && isfinite(value) ? json_integer((json_int_t)value) : real(value));
    terminal_figure(label, text);
}

/* ---- Tables -------------------------------------------------------------------------------------------- */

static json_t *shown_cell(const struct report *report, const struct report_column *column,
                          const json_t *value)
{
    char text[NUMBER_TEXT] = "–";
    bool number = column->form != REPORT_TEXT;
    if (json_is_number(value))
        write_number(text, json_number_value(value), column->form, column->decimals, report->about.language);
    const char *shown = json_is_string(value) ? json_string_value(value) : text;
    return json_pack("{s:s, s:b, s:b}", "text", shown, "number", number, "head", 0);
}

static json_t *shown_row(const struct report *report, const struct report_column *columns, size_t count,
                         const json_t *row)
{
    json_t *cells = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(cells, shown_cell(report, &columns[i], json_array_get(row, i)));
    json_object_set_new(json_array_get(cells, 0), "head", json_boolean(columns[0].form == REPORT_TEXT));
    return json_pack("{s:o}", "cells", cells);
}

/* The same rows as objects. */
static json_t *rows_for_machines(const struct report_column *columns, size_t count, const json_t *rows)
{
    json_t *list = json_array();
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        json_t *object = json_object();
        for (size_t j = 0; j < count; j++)
            json_object_set(object, columns[j].key, json_array_get(row, j));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *more_rows(const struct report *report, size_t rows)
{
    char shown[NUMBER_TEXT];
    char all[NUMBER_TEXT];
    if (rows <= REPORT_ROWS)
        return json_null();
    number_format(shown, REPORT_ROWS, 0, report->about.language);
    number_format(all, (double)rows, 0, report->about.language);
    return i18n_say(report->i18n, report->about.language, "page.more",
                    I18N_VALUES("shown", shown, "rows", all));
}

void report_table(struct report *report, const char *key, const struct report_column *columns, size_t count,
                  json_t *rows)
{
    if (!is_open(report)) {
        json_decref(rows);
        return;
    }
    json_t *headings = json_array();
    json_t *shown = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(headings,
                              json_pack("{s:s, s:b}", "text", part_text(report, key, columns[i].key),
                                        "number", columns[i].form != REPORT_TEXT));
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (json_array_size(row) != count && !report->failed) {
            error_set(&report->err, ERROR_INVALID, "the report's table %s.%s: row %zu has %zu cells, not %zu",
                      report->section, key, i + 1, json_array_size(row), count);
            fail(report);
        }
        if (i < REPORT_ROWS)
            json_array_append_new(shown, shown_row(report, columns, count, row));
    }
    json_t *grid =
        json_pack("{s:s, s:s?, s:o, s:o, s:o}", "title", part_text(report, key, "title"), "note",
                  has_text(report, key, "note") ? part_text(report, key, "note") : NULL, "headings", headings,
                  "rows", shown, "more", more_rows(report, json_array_size(rows)));
    if (!grid) {
        error_set(&report->err, ERROR_INVALID, "the report's table %s.%s has a text that is not UTF-8",
                  report->section, key);
        fail(report);
    }
    add_data(report, key, rows_for_machines(columns, count, rows));
    json_decref(rows);
    if (!report->failed)
        terminal_table(grid);
    add_block(report, "grid", grid ? grid : json_null());
}

/* ---- Charts -------------------------------------------------------------------------------------------- */

/* What every chart says: taken from the texts where the caller left it open. */
static void fill_words(struct report *report, const char *key, const char **title, const char **description)
{
    if (!*title)
        *title = part_text(report, key, "title");
    if (!*description)
        *description = part_text(report, key, "description");
}

static void fill_axis(struct report *report, const char *key, const char *part, const char **text)
{
    if (!*text && has_text(report, key, part))
        *text = part_text(report, key, part);
}

static json_t *numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, real(values[i]));
    return array;
}

static json_t *texts(const char *const *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_string(values[i]));
    return array;
}

/* Puts a drawn chart into the page, or keeps why it could not be drawn. */
static void add_drawing(struct report *report, const char *kind, json_t *view, int status)
{
    if (status)
        fail(report);
    add_block(report, kind, status ? json_null() : view);
}

void report_chart(struct report *report, const char *key, const struct chart *chart)
{
    if (!is_open(report))
        return;
    struct chart shown = *chart;
    struct chart_series series[CHART_SERIES];
    json_t *view = NULL;
    json_t *data = json_pack("{s:o}", "labels", texts(chart->labels, chart->count));
    for (size_t i = 0; i < chart->series_count && i < CHART_SERIES; i++) {
        series[i] = chart->series[i];
        json_object_set_new(data, series[i].label, numbers(series[i].values, chart->count));
        series[i].label = label_text(report, key, series[i].label);
    }
    shown.series = series;
    fill_words(report, key, &shown.title, &shown.description);
    fill_axis(report, key, "x", &shown.x_axis);
    fill_axis(report, key, "y", &shown.y_axis);
    fill_axis(report, key, "label", &shown.label_heading);
    add_data(report, key, data);
    int status = chart_view(&view, &shown, report->about.language, &report->err);
    add_drawing(report, "chart", view, status);
}

void report_lines(struct report *report, const char *key, const struct line_chart *chart)
{
    if (!is_open(report))
        return;
    struct line_chart shown = *chart;
    struct line_series series[LINE_SERIES];
    json_t *view = NULL;
    json_t *data = json_pack("{s:o}", "x", numbers(chart->x, chart->count));
    for (size_t i = 0; i < chart->series_count && i < LINE_SERIES; i++) {
        series[i] = chart->series[i];
        json_t *line = json_pack("{s:o}", "y", numbers(series[i].y, chart->count));
        if (series[i].low && series[i].high) {
            json_object_set_new(line, "low", numbers(series[i].low, chart->count));
            json_object_set_new(line, "high", numbers(series[i].high, chart->count));
        }
        json_object_set_new(data, series[i].label, line);
        series[i].label = label_text(report, key, series[i].label);
    }
    shown.series = series;
    fill_words(report, key, &shown.title, &shown.description);
    fill_axis(report, key, "x", &shown.x_axis);
    fill_axis(report, key, "y", &shown.y_axis);
    fill_axis(report, key, "x", &shown.label_heading);
    shown.mark_label = label_text(report, key, shown.mark_label);
    add_data(report, key, data);
    int status = line_chart_view(&view, &shown, report->about.language, &report->err);
    add_drawing(report, "chart", view, status);
}

void report_points(struct report *report, const char *key, const struct point_chart *chart)
{
    if (!is_open(report))
        return;
    struct point_chart shown = *chart;
    json_t *view = NULL;
    json_t *data =
        json_pack("{s:o, s:o}", "x", numbers(chart->x, chart->count), "y", numbers(chart->y, chart->count));
    if (chart->tone)
        json_object_set_new(data, "tone", numbers(chart->tone, chart->count));
    if (chart->rows)
        json_object_set_new(data, "rows", texts(chart->rows, chart->row_count));
    fill_words(report, key, &shown.title, &shown.description);
    fill_axis(report, key, "x", &shown.x_axis);
    fill_axis(report, key, "y", &shown.y_axis);
    fill_axis(report, key, "tone", &shown.tone_label);
    fill_axis(report, key, "tone_low", &shown.tone_low);
    fill_axis(report, key, "tone_high", &shown.tone_high);
    add_data(report, key, data);
    int status = point_chart_view(&view, &shown, report->about.language, &report->err);
    add_drawing(report, "chart", view, status);
}

void report_heatmap(struct report *report, const char *key, const struct heatmap *heatmap)
{
    if (!is_open(report))
        return;
    struct heatmap shown = *heatmap;
    json_t *view = NULL;
    json_t *values = json_array();
    for (size_t i = 0; i < heatmap->row_count; i++)
        json_array_append_new(values,
                              numbers(heatmap->values + i * heatmap->column_count, heatmap->column_count));
    fill_words(report, key, &shown.title, &shown.description);
    add_data(report, key,
             json_pack("{s:o, s:o, s:o}", "rows", texts(heatmap->rows, heatmap->row_count), "columns",
                       texts(heatmap->columns, heatmap->column_count), "values", values));
    int status = heatmap_view(&view, &shown, report->about.language, &report->err);
    add_drawing(report, "heatmap", view, status);
}

void report_data(struct report *report, const char *key, json_t *data)
{
    if (is_open(report))
        add_data(report, key, data);
    else
        json_decref(data);
}

/* ---- Writing ------------------------------------------------------------------------------------------- */

static json_t *describe_versions(void)
{
    char xgboost[32];
    char liblinear[32];
    boosting_version(xgboost, sizeof xgboost);
    snprintf(liblinear, sizeof liblinear, "%d.%d", liblinear_version / 100, liblinear_version % 100);
    return json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "name", "catalogue",
                     "version", catalogue_version(), "name", "XGBoost", "version", xgboost, "name",
                     "liblinear", "version", liblinear, "name", "GSL", "version", GSL_VERSION, "name",
                     "jansson", "version", JANSSON_VERSION);
}

static int write_machine_file(const struct report *report, json_t *versions, const char *folder,
                              struct error *err)
{
    const struct report_about *about = &report->about;
    char path[PATH_MAX];
    char name[KEY_BYTES];
    snprintf(name, sizeof name, "%s.json", about->name);
    json_t *document = json_pack("{s:{s:s, s:s, s:I, s:s, s:O}, s:O}", "report", "name", about->name,
                                 "command", about->command, "seed", (json_int_t)about->seed, "data_hash",
                                 about->data_hash, "versions", versions, "sections", report->document);
    char *text = document ? json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(REPORT_DIGITS)) : NULL;
    int status = text ? file_path(path, sizeof path, folder, name, err)
                      : error_set(err, ERROR_INVALID, "the report's figures are not UTF-8");
    if (status == 0)
        status = file_write(path, text, strlen(text), err);
    free(text);
    json_decref(document);
    return status;
}

static int read_templates(struct template_set **out, struct error *err)
{
    static const struct {
        const char *name, *text;
    } templates[] = {{"report", report_page_html},
                     {"block", report_block_html},
                     {"chart", view_chart_html},
                     {"heatmap", view_heatmap_html}};
    if (template_set_new(out, err))
        return -1;
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
        if (template_set_add(*out, templates[i].name, templates[i].text, strlen(templates[i].text), err))
            return -1;
    return 0;
}

static int write_page(const struct report *report, json_t *versions, const char *folder, struct error *err)
{
    const struct report_about *about = &report->about;
    struct buffer page = buffer_new(PAGE_BYTES);
    struct buffer style = buffer_new(PAGE_BYTES);
    struct template_set *templates = NULL;
    json_t *view = NULL;
    char path[PATH_MAX];
    char name[KEY_BYTES];
    snprintf(name, sizeof name, "%s.html", about->name);
    int status = read_templates(&templates, err);
    if (status == 0 && (buffer_append_text(&style, view_palette_css, err) ||
                        buffer_append_text(&style, view_charts_css, err) ||
                        buffer_append_text(&style, report_style_css, err)))
        status = -1;
    char seed[32];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)about->seed);
    if (status == 0)
        view = json_pack("{s:s, s:s, s:s, s:O, s:O, s:s, s:s, s:s, s:O, s:s, s:s, s:s}", "lang",
                         language_code(about->language), "title",
                         i18n_text(report->i18n, about->language, "report.title"), "lead",
                         i18n_text(report->i18n, about->language, "report.lead"), "t",
                         i18n_texts(report->i18n, about->language), "sections", report->sections, "command",
                         about->command, "seed", seed, "data_hash", about->data_hash, "versions", versions,
                         "style", style.data, "chart_js", chart_js, "charts_js", view_charts_js);
    if (status == 0 && !view)
        status = error_set(err, ERROR_INVALID, "the report's texts are not UTF-8");
    if (status == 0)
        status = template_render(&page, templates, "report", view, err);
    if (status == 0)
        status = file_path(path, sizeof path, folder, name, err);
    if (status == 0)
        status = file_write(path, page.data, page.length, err);
    json_decref(view);
    template_set_free(templates);
    buffer_free(&style);
    buffer_free(&page);
    return status;
}

int report_write(struct report *report, const char *folder, struct error *err)
{
    if (report->failed)
        return error_set(err, report->err.code, "%s", report->err.message);
    json_t *versions = describe_versions();
    int status = file_make_folder(folder, err);
    if (status == 0)
        status = write_machine_file(report, versions, folder, err);
    if (status == 0)
        status = write_page(report, versions, folder, err);
    json_decref(versions);
    return status;
}
