/* Two features against each other, and where the client stands there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/compare.h"
#include "frontend/view/histogram.h"
#include "shared/base/number.h"
#include "shared/view/chart.h"

enum { AXIS_TITLE = 256, ENOUGH = 50 /* clients of a cell whose rate is told */ };

/* The API's Pair made readable: bins in the order in which they are drawn. */
struct pair {
    struct histogram x, y;
    char x_title[AXIS_TITLE], y_title[AXIS_TITLE];
    double *counts, *rates; /* row after row, y.count rows of x.count */
    int column, row;        /* the client's cell; -1: it has none */
};

static int turned(const struct histogram *axis, int cell)
{
    return cell < 0 || (size_t)cell >= axis->count ? -1 : axis->reversed ? (int)axis->count - 1 - cell : cell;
}

static int client_cell(const json_t *pair, const char *name, const struct histogram *axis)
{
    const json_t *cell = json_object_get(json_object_get(json_object_get(pair, "client"), name), "cell");
    return turned(axis, json_is_integer(cell) ? (int)json_integer_value(cell) : -1);
}

static int read_axis(struct histogram *out, char title[AXIS_TITLE], const struct http_exchange *exchange,
                     const json_t *axis, struct error *err)
{
    if (histogram_read_bins(out, axis, answer_text(axis, "unit"), NULL, exchange->language, err))
        return -1;
    if (out->unit)
        snprintf(title, AXIS_TITLE, "%s (%s)", answer_text(axis, "label"), page_text(exchange, out->unit));
    else
        snprintf(title, AXIS_TITLE, "%s", answer_text(axis, "label"));
    return 0;
}

static void read_cells(struct pair *out, const json_t *pair)
{
    const json_t *counts = json_object_get(pair, "counts"), *rates = json_object_get(pair, "default_rates");
    for (size_t y = 0; y < out->y.count; y++) {
        const json_t *count_row = json_array_get(counts, y), *rate_row = json_array_get(rates, y);
        for (size_t x = 0; x < out->x.count; x++) {
            size_t cell = (size_t)turned(&out->y, (int)y) * out->x.count + (size_t)turned(&out->x, (int)x);
            const json_t *rate = json_array_get(rate_row, x);
            out->counts[cell] = json_number_value(json_array_get(count_row, x));
            out->rates[cell] = json_is_number(rate) ? json_number_value(rate) : (double)NAN;
        }
    }
}

/* The caller frees counts and rates. */
static int read_pair(struct pair *out, const struct http_exchange *exchange, const json_t *pair,
                     struct error *err)
{
    memset(out, 0, sizeof *out);
    if (read_axis(&out->x, out->x_title, exchange, json_object_get(pair, "x"), err) ||
        read_axis(&out->y, out->y_title, exchange, json_object_get(pair, "y"), err))
        return -1;
    out->counts = calloc(out->x.count * out->y.count + 1, sizeof *out->counts);
    out->rates = calloc(out->x.count * out->y.count + 1, sizeof *out->rates);
    if (!out->counts || !out->rates)
        return error_set(err, ERROR_INTERNAL, "no memory for two features of the population");
    out->column = client_cell(pair, "x", &out->x);
    out->row = client_cell(pair, "y", &out->y);
    read_cells(out, pair);
    return 0;
}

/* ---- In words ---------------------------------------------------------------------------------------- */

/* "Income: 100,000 – 125,000; Age (years): 30 – 32". */
static json_t *name_cell(const struct http_exchange *exchange, const struct pair *pair, size_t cell)
{
    return i18n_say(page_site(exchange)->i18n, exchange->language, "compare.pair.cell",
                    I18N_VALUES("x", pair->x_title, "column", pair->x.labels[cell % pair->x.count], "y",
                                pair->y_title, "row", pair->y.labels[cell / pair->x.count]));
}

/* Where the client stands; or which of its values is missing when it stands nowhere. */
static json_t *say_client(const struct http_exchange *exchange, const struct pair *pair, const json_t *source,
                          double everywhere)
{
    const struct i18n *i18n = page_site(exchange)->i18n;
    char rate[NUMBER_TEXT], all[NUMBER_TEXT];
    if (pair->column < 0 || pair->row < 0) {
        const json_t *axis = json_object_get(source, pair->column < 0 ? "x" : "y");
        return i18n_say(i18n, exchange->language, "compare.pair.nowhere",
                        I18N_VALUES("name", answer_text(axis, "label")));
    }
    size_t cell = (size_t)pair->row * pair->x.count + (size_t)pair->column;
    json_t *name = name_cell(exchange, pair, cell);
    number_format_percent(rate, pair->rates[cell], 1, exchange->language);
    number_format_percent(all, everywhere, 1, exchange->language);
    json_t *said = i18n_count(i18n, exchange->language,
                              isnan(pair->rates[cell]) ? "compare.pair.here_few" : "compare.pair.here",
                              (long long)pair->counts[cell],
                              I18N_VALUES("cell", json_string_value(name), "rate", rate, "all", all));
    json_decref(name);
    return said;
}

/* Between which rates the cells lie that hold enough clients for a rate to mean something. NULL when fewer
 * than two do. */
static json_t *say_range(const struct http_exchange *exchange, const struct pair *pair)
{
    size_t cells = pair->x.count * pair->y.count, most = cells, least = cells;
    char low[NUMBER_TEXT], high[NUMBER_TEXT], enough[NUMBER_TEXT];
    for (size_t i = 0; i < cells; i++) {
        if (isnan(pair->rates[i]) || pair->counts[i] < ENOUGH)
            continue;
        if (most == cells || pair->rates[i] > pair->rates[most])
            most = i;
        if (least == cells || pair->rates[i] < pair->rates[least])
            least = i;
    }
    if (most == cells || most == least)
        return NULL;
    number_format_percent(low, pair->rates[least], 1, exchange->language);
    number_format_percent(high, pair->rates[most], 1, exchange->language);
    number_format(enough, ENOUGH, 0, exchange->language);
    json_t *low_cell = name_cell(exchange, pair, least), *high_cell = name_cell(exchange, pair, most);
    json_t *said = i18n_say(page_site(exchange)->i18n, exchange->language, "compare.pair.range",
                            I18N_VALUES("least", enough, "low", low, "low_cell", json_string_value(low_cell),
                                        "high", high, "high_cell", json_string_value(high_cell)));
    json_decref(low_cell);
    json_decref(high_cell);
    return said;
}

static json_t *words_view(const struct http_exchange *exchange, const struct pair *pair, const json_t *source,
                          double everywhere)
{
    json_t *words = json_array();
    json_int_t missing = json_integer_value(json_object_get(source, "missing"));
    json_t *range = say_range(exchange, pair);
    json_array_append_new(words, say_client(exchange, pair, source, everywhere));
    if (range)
        json_array_append_new(words, range);
    if (missing > 0)
        json_array_append_new(words, i18n_count(page_site(exchange)->i18n, exchange->language,
                                                "compare.pair.missing", missing, NULL));
    return words;
}

/* ---- The view ---------------------------------------------------------------------------------------- */

static int draw(json_t **out, const struct http_exchange *exchange, const struct pair *pair,
                const json_t *source, double rate, struct error *err)
{
    char least[NUMBER_TEXT];
    number_format(least, answer_number(source, "least"), 0, exchange->language);
    json_t *title = i18n_say(page_site(exchange)->i18n, exchange->language, "compare.pair.title",
                             I18N_VALUES("x", answer_text(json_object_get(source, "x"), "label"), "y",
                                         answer_text(json_object_get(source, "y"), "label")));
    json_t *few = i18n_say(page_site(exchange)->i18n, exchange->language, "compare.pair.few",
                           I18N_VALUES("least", least));
    const struct density density = {.title = json_string_value(title),
                                    .description = page_text(exchange, "compare.pair.description"),
                                    .x_axis = pair->x_title,
                                    .y_axis = pair->y_title,
                                    .columns = pair->x.label_list,
                                    .rows = pair->y.label_list,
                                    .column_edges =
                                        pair->x.kind == CHART_HISTOGRAM ? pair->x.edge_list : NULL,
                                    .row_edges = pair->y.kind == CHART_HISTOGRAM ? pair->y.edge_list : NULL,
                                    .column_count = pair->x.count,
                                    .row_count = pair->y.count,
                                    .counts = pair->counts,
                                    .rates = pair->rates,
                                    .rate = rate,
                                    .mark_column = pair->column,
                                    .mark_row = pair->row,
                                    .mark_label = page_text(exchange, "chart.mark"),
                                    .count_label = page_text(exchange, "compare.pair.count"),
                                    .rate_label = page_text(exchange, "compare.pair.rate"),
                                    .few_label = json_string_value(few),
                                    .table_label = page_text(exchange, "compare.pair.table")};
    int status = density_view(out, &density, exchange->language, err);
    json_decref(title);
    json_decref(few);
    return status;
}

int compare_pair_view(json_t **out, const struct http_exchange *exchange, const json_t *source,
                      struct error *err)
{
    struct pair pair;
    json_t *density = NULL;
    const json_t *x = json_object_get(source, "x"), *y = json_object_get(source, "y");
    double rate = answer_number(json_object_get(source, "group"), "default_rate");
    if ((json_is_null(json_object_get(x, "edges")) && json_is_null(json_object_get(x, "categories"))) ||
        (json_is_null(json_object_get(y, "edges")) && json_is_null(json_object_get(y, "categories")))) {
        *out = json_pack("{s:b}", "valueless", 1);
        return 0;
    }
    int status = read_pair(&pair, exchange, source, err);
    if (status == 0)
        status = draw(&density, exchange, &pair, source, rate, err);
    if (status == 0)
        *out =
            json_pack("{s:o, s:o}", "density", density, "words", words_view(exchange, &pair, source, rate));
    free(pair.counts);
    free(pair.rates);
    return status;
}
