#include "notebooks-port/explore/report.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/psi.h"
#include "shared/base/buffer.h"
#include "shared/base/file.h"

enum { PAGE_BYTES = 16 << 20, STRONGEST_PAIRS = 20, LEVELS_SHOWN = 12 };
static const double STABLE = 0.1, STRONG = 0.7;

size_t report_worst(size_t *order, const struct summary *summary)
{
    size_t count = 0;
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        if (isnan(summary->columns[c].psi))
            continue;
        size_t at = count++;
        while (at > 0 && summary->columns[order[at - 1]].psi < summary->columns[c].psi) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = c;
    }
    return count;
}

static json_t *number(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static const char *kind_name(enum column_kind kind)
{
    static const char *const names[] = {[COLUMN_KEY] = "key",
                                        [COLUMN_FLAG] = "flag",
                                        [COLUMN_INTEGER] = "integer",
                                        [COLUMN_NUMBER] = "number",
                                        [COLUMN_CATEGORY] = "category"};
    return names[kind];
}

static json_t *column_json(const struct column_summary *column)
{
    json_t *levels = json_array(), *quantiles = json_array();
    bool category = column->column->kind == COLUMN_CATEGORY;
    for (size_t i = 0; i < column->level_count; i++) {
        const struct level_summary *level = &column->levels[i];
        json_t *value = category ? json_string(column->column->categories[(size_t)level->value])
                                 : json_real(level->value);
        json_array_append_new(levels,
                              json_pack("{s:o, s:I, s:o}", "value", value, "rows", (json_int_t)level->rows,
                                        "default_rate", number(level->default_rate)));
    }
    for (size_t i = 0; i < SUMMARY_QUANTILES && !category; i++)
        json_array_append_new(quantiles,
                              json_pack("[f, o]", SUMMARY_PROBABILITIES[i], number(column->quantiles[i])));
    return json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "name", column->column->name, "type",
                     kind_name(column->column->kind), "missing", number(column->missing), "distinct",
                     (json_int_t)column->distinct, "mean", number(column->mean), "deviation",
                     number(column->deviation), "quantiles", quantiles, "levels", levels, "psi",
                     number(column->psi));
}

static json_t *matrix_json(const double *matrix, size_t size)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < size; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < size; j++)
            json_array_append_new(row, number(matrix[i * size + j]));
        json_array_append_new(rows, row);
    }
    return rows;
}

int report_write_json(const struct summary *summary, const struct report_names *names, const char *folder,
                      struct error *err)
{
    json_t *columns = json_array(), *numeric = json_array(), *worst = json_array();
    size_t order[APPLICATION_COLUMNS], ranked = report_worst(order, summary);
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++)
        json_array_append_new(columns, column_json(&summary->columns[c]));
    for (size_t i = 0; i < summary->numeric_count; i++)
        json_array_append_new(numeric, json_string(summary->columns[summary->numeric[i]].column->name));
    for (size_t i = 0; i < ranked; i++)
        json_array_append_new(worst, json_pack("{s:s, s:f}", "name", summary->columns[order[i]].column->name,
                                               "psi", summary->columns[order[i]].psi));
    json_t *document = json_pack(
        "{s:s, s:s?, s:I, s:o, s:o, s:o, s:o}", "data", names->data, "against", names->against, "rows",
        (json_int_t)summary->rows, "default_rate", number(summary->default_rate), "columns", columns,
        "numeric_columns", numeric, "correlation", matrix_json(summary->correlation, summary->numeric_count));
    if (summary->other_correlation != NULL) {
        json_object_set_new(document, "against_rows", json_integer((json_int_t)summary->other_rows));
        json_object_set_new(document, "against_correlation",
                            matrix_json(summary->other_correlation, summary->numeric_count));
        json_object_set_new(document, "correlation_error", number(summary->correlation_error));
        json_object_set_new(document, "psi", json_incref(worst));
    }
    json_decref(worst);
    char path[PATH_MAX];
    char *text = document ? json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(8)) : NULL;
    int failed = -1;
    if (text == NULL)
        error_set(err, ERROR_INTERNAL, "no memory for explore.json");
    else if (file_path(path, sizeof path, folder, "explore.json", err) == 0)
        failed = file_write(path, text, strlen(text), err);
    free(text);
    json_decref(document);
    return failed;
}

/* ---- The page -------------------------------------------------------------------------------------- */

static const char STYLE[] =
    "body{font:15px/1.5 system-ui,sans-serif;color:#1d2733;max-width:84rem;margin:2rem auto;padding:0 1.5rem}"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 "
    ".6rem}p.sub{color:#5b6b7b;margin:.2rem 0 1.4rem}"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th,td{padding:.28rem .6rem;border-bottom:1px solid #e3e8ee;text-align:right;vertical-align:top}"
    "th{color:#5b6b7b;font-weight:600;font-size:.82rem}th:first-child,td:first-child,td.text{text-align:left}"
    ".figures{display:flex;flex-wrap:wrap;gap:2.5rem}.figures b{display:block;font-size:1.5rem}"
    ".figures "
    "span{color:#5b6b7b;font-size:.85rem}meter{width:9rem}table.narrow{width:auto}small{color:#5b6b7b}"
    "@media print{body{margin:0;font-size:10px}tr{break-inside:avoid}}";

static int put_escaped(struct buffer *out, const char *text, struct error *err)
{
    for (; *text; text++) {
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '&' ? "&amp;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if ((entity ? buffer_append_text(out, entity, err) : buffer_append(out, text, 1, err)) < 0)
            return -1;
    }
    return 0;
}

static int put_number(struct buffer *out, double value, struct error *err)
{
    if (isnan(value))
        return buffer_append_text(out, "<td>–</td>", err);
    return buffer_append_format(out, err, "<td>%.5g</td>", value);
}

static int put_level_name(struct buffer *out, const struct column_summary *column, double value,
                          struct error *err)
{
    if (column->column->kind == COLUMN_CATEGORY)
        return put_escaped(out, column->column->categories[(size_t)value], err);
    return buffer_append_format(out, err, "%g", value);
}

static int put_levels(struct buffer *out, const struct column_summary *column, size_t rows, struct error *err)
{
    if (buffer_append_text(out, "<td class=\"text\">", err) < 0)
        return -1;
    for (size_t i = 0; i < column->level_count && i < LEVELS_SHOWN; i++) {
        const struct level_summary *level = &column->levels[i];
        if (put_level_name(out, column, level->value, err) < 0 ||
            buffer_append_format(out, err, " %.1f %%", 100 * (double)level->rows / (double)rows) < 0)
            return -1;
        if (!isnan(level->default_rate) && buffer_append_format(out, err, " <small>(default %.1f %%)</small>",
                                                                100 * level->default_rate) < 0)
            return -1;
        if (buffer_append_text(out, "<br>", err) < 0)
            return -1;
    }
    if (column->level_count > LEVELS_SHOWN &&
        buffer_append_format(out, err, "<small>and %zu more</small>", column->level_count - LEVELS_SHOWN) < 0)
        return -1;
    return buffer_append_text(out, "</td>", err);
}

static int put_columns(struct buffer *out, const struct summary *summary, struct error *err)
{
    if (buffer_append_text(
            out,
            "<h2>Columns</h2><table><thead><tr><th>Column</th><th>Type</th><th>Missing</th><th>Distinct"
            "</th><th>Mean</th><th>1 %</th><th>25 %</th><th>Median</th><th>75 %</th><th>99 %</th>"
            "<th class=\"text\">Levels (share of rows)</th></tr></thead><tbody>\n",
            err) < 0)
        return -1;
    static const size_t shown[] = {1, 3, 4, 5, 7};
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        const struct column_summary *column = &summary->columns[c];
        if (buffer_append_format(out, err, "<tr><td>%s</td><td>%s</td><td>%.1f %%</td><td>%zu</td>",
                                 column->column->name, kind_name(column->column->kind), 100 * column->missing,
                                 column->distinct) < 0 ||
            put_number(out, column->column->kind == COLUMN_KEY ? NAN : column->mean, err) < 0)
            return -1;
        for (size_t q = 0; q < sizeof shown / sizeof *shown; q++)
            if (put_number(out, column->column->kind == COLUMN_KEY ? NAN : column->quantiles[shown[q]], err) <
                0)
                return -1;
        if (put_levels(out, column, summary->rows, err) < 0 || buffer_append_text(out, "</tr>\n", err) < 0)
            return -1;
    }
    return buffer_append_text(out, "</tbody></table>\n", err);
}

static int put_stability(struct buffer *out, const struct summary *summary, struct error *err)
{
    size_t order[APPLICATION_COLUMNS], count = report_worst(order, summary);
    if (buffer_append_format(
            out, err,
            "<h2>Stability, worst column first</h2><p class=\"sub\">Population stability index: under "
            "0.10 stable, 0.10 to 0.25 worth a look, above 0.25 another population. Of two samples of "
            "one population with these sizes, one column of ten bins in twenty exceeds %.4f by chance.</p>"
            "<table class=\"narrow\"><thead><tr><th>Column</th><th>PSI</th><th></th></tr></thead><tbody>\n",
            psi_chance(summary->rows, summary->other_rows, 10)) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct column_summary *column = &summary->columns[order[i]];
        if (buffer_append_format(
                out, err,
                "<tr><td>%s</td><td>%.4f</td><td><meter min=\"0\" max=\"0.3\" low=\"%g\" high=\"0.25\" "
                "optimum=\"0\" value=\"%.4f\">%.4f</meter></td></tr>\n",
                column->column->name, column->psi, STABLE, column->psi, column->psi) < 0)
            return -1;
    }
    return buffer_append_text(out, "</tbody></table>\n", err);
}

struct pair {
    size_t first, second;
    double here, there, size;
};

static int compare_pairs(const void *a, const void *b)
{
    double x = ((const struct pair *)a)->size, y = ((const struct pair *)b)->size;
    return (x < y) - (x > y);
}

/* With another table the pairs that differ most, else the strongest ones. */
static int put_pairs(struct buffer *out, const struct summary *summary, struct error *err)
{
    size_t size = summary->numeric_count, count = 0;
    bool against = summary->other_correlation != NULL;
    struct pair *pairs = malloc((size * size + 1) * sizeof *pairs);
    if (pairs == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for pairs of columns");
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < i; j++) {
            double here = summary->correlation[i * size + j];
            double there = against ? summary->other_correlation[i * size + j] : 0;
            if (!isnan(here) && !isnan(there) && (against || fabs(here) > STRONG))
                pairs[count++] =
                    (struct pair){summary->numeric[i], summary->numeric[j], here, there, fabs(here - there)};
        }
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    int failed = buffer_append_format(
        out, err,
        "<h2>%s</h2><table class=\"narrow\"><thead><tr><th>Column</th><th class=\"text\">with</th>"
        "<th>Correlation</th>%s</tr></thead><tbody>\n",
        against ? "Correlations that differ most" : "Strongest correlations",
        against ? "<th>Against</th>" : "");
    for (size_t i = 0; i < count && i < STRONGEST_PAIRS && !failed; i++) {
        failed = buffer_append_format(out, err, "<tr><td>%s</td><td class=\"text\">%s</td><td>%.3f</td>",
                                      summary->columns[pairs[i].first].column->name,
                                      summary->columns[pairs[i].second].column->name, pairs[i].here);
        if (!failed && against)
            failed = buffer_append_format(out, err, "<td>%.3f</td>", pairs[i].there);
        if (!failed)
            failed = buffer_append_text(out, "</tr>\n", err);
    }
    free(pairs);
    return failed ? -1 : buffer_append_text(out, "</tbody></table>\n", err);
}

static int put_head(struct buffer *out, const struct summary *summary, const struct report_names *names,
                    struct error *err)
{
    if (buffer_append_format(
            out, err,
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width\"><title>Exploration</title>"
            "<style>%s</style></head><body><h1>Exploration of the applications</h1><p class=\"sub\">",
            STYLE) < 0 ||
        put_escaped(out, names->data, err) < 0)
        return -1;
    if (names->against &&
        (buffer_append_text(out, " against ", err) < 0 || put_escaped(out, names->against, err) < 0))
        return -1;
    if (buffer_append_format(out, err,
                             "</p><div class=\"figures\"><div><b>%zu</b><span>applications</span></div>",
                             summary->rows) < 0)
        return -1;
    if (!isnan(summary->default_rate) &&
        buffer_append_format(out, err, "<div><b>%.2f %%</b><span>default</span></div>",
                             100 * summary->default_rate) < 0)
        return -1;
    if (names->against) {
        size_t order[APPLICATION_COLUMNS], count = report_worst(order, summary);
        double worst = count ? summary->columns[order[0]].psi : NAN;
        if (buffer_append_format(
                out, err,
                "<div><b>%zu</b><span>compared with</span></div><div><b>%.4f</b><span>largest PSI</span>"
                "</div><div><b>%.4f</b><span>mean difference of %zu correlations</span></div>",
                summary->other_rows, worst, summary->correlation_error, summary->correlation_pairs) < 0)
            return -1;
    }
    return buffer_append_text(out, "</div>\n", err);
}

int report_write_html(const struct summary *summary, const struct report_names *names, const char *folder,
                      struct error *err)
{
    struct buffer out = buffer_new(PAGE_BYTES);
    char path[PATH_MAX];
    int failed = -1;
    if (put_head(&out, summary, names, err) == 0 &&
        (summary->other_correlation == NULL || put_stability(&out, summary, err) == 0) &&
        put_pairs(&out, summary, err) == 0 && put_columns(&out, summary, err) == 0 &&
        buffer_append_text(&out, "</body></html>\n", err) == 0 &&
        file_path(path, sizeof path, folder, "explore.html", err) == 0)
        failed = file_write(path, out.data, out.length, err);
    buffer_free(&out);
    return failed;
}
