/* How good the model is: what it tells apart, what it gets wrong, whether its probabilities hold. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/backend_client.h"
#include "frontend/pages/model_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/view/confusion.h"
#include "shared/base/number.h"
#include "shared/view/chart.h"

enum {
    CURVE_POINTS = 120,
    ROC_ROWS = 20,
    ROC_COLUMNS = 3,
    BINS = 64,
    CALIBRATION_COLUMNS = 4,
    KEY_BYTES = 64
};
_Static_assert((int)CURVE_POINTS <= (int)LINE_POINTS, "a curve fits into a chart");

/* ---- Figures ----------------------------------------------------------------------------------------- */

static void add_figure(json_t *figures, const struct http_exchange *exchange, const char *name,
                       const char *value, json_t *words)
{
    char label[KEY_BYTES];
    snprintf(label, sizeof label, "%s.%s.label", "model_performance.metrics", name);
    json_array_append_new(figures, json_pack("{s:s, s:s, s:o}", "label", page_text(exchange, label), "value",
                                             value, "words", words));
}

/* The usual figures, each with what it says. */
static json_t *figures_view(const struct http_exchange *exchange, const json_t *metrics)
{
    static const struct {
        const char *name;
        int decimals;
    } others[] = {{"gini", 3}, {"ks", 3}, {"brier", 4}};
    const struct i18n *i18n = page_site(exchange)->i18n;
    enum language language = exchange->language;
    json_t *figures = json_array();
    char value[NUMBER_TEXT], low[NUMBER_TEXT], high[NUMBER_TEXT];
    number_format(value, answer_number(metrics, "auc"), 3, language);
    number_format(low, answer_number(metrics, "auc_low"), 3, language);
    number_format(high, answer_number(metrics, "auc_high"), 3, language);
    add_figure(figures, exchange, "auc", value,
               i18n_say(i18n, language, "model_performance.metrics.auc.words",
                        I18N_VALUES("low", low, "high", high)));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char words[KEY_BYTES];
        snprintf(words, sizeof words, "%s.%s.words", "model_performance.metrics", others[i].name);
        number_format(value, answer_number(metrics, others[i].name), others[i].decimals, language);
        add_figure(figures, exchange, others[i].name, value, json_string(page_text(exchange, words)));
    }
    return figures;
}

/* ---- ROC --------------------------------------------------------------------------------------------- */

struct curve {
    double x[CURVE_POINTS], y[CURVE_POINTS];
    size_t count;
    const char *labels[ROC_ROWS], *cells[ROC_ROWS * ROC_COLUMNS];
    char label_texts[ROC_ROWS][NUMBER_TEXT], texts[ROC_ROWS * ROC_COLUMNS][NUMBER_TEXT];
    size_t rows;
};

/* Some of the cuts in figures, from the strictest threshold to the mildest. */
static void write_row(struct curve *curve, const json_t *cut, enum language language)
{
    static const char *const names[ROC_COLUMNS] = {"true_positive_rate", "false_positive_rate",
                                                   "refused_share"};
    size_t row = curve->rows++;
    number_format_percent(curve->label_texts[row], answer_number(cut, "threshold"), 1, language);
    curve->labels[row] = curve->label_texts[row];
    for (size_t i = 0; i < ROC_COLUMNS; i++) {
        char *text = curve->texts[row * ROC_COLUMNS + i];
        number_format_percent(text, answer_number(cut, names[i]), 1, language);
        curve->cells[row * ROC_COLUMNS + i] = text;
    }
}

static int read_curve(struct curve *curve, const json_t *cuts, enum language language, struct error *err)
{
    curve->count = json_array_size(cuts);
    if (curve->count < 2 || curve->count > CURVE_POINTS)
        return error_set(err, ERROR_INVALID, "the backend's curve has %zu points", curve->count);
    size_t step = (curve->count + ROC_ROWS - 1) / ROC_ROWS;
    for (size_t i = 0; i < curve->count; i++) {
        const json_t *cut = json_array_get(cuts, i);
        curve->x[i] = answer_number(cut, "false_positive_rate");
        curve->y[i] = answer_number(cut, "true_positive_rate");
        if (i % step == step / 2)
            write_row(curve, cut, language);
    }
    return 0;
}

static int roc_view(json_t **out, const struct http_exchange *exchange, const json_t *performance,
                    struct error *err)
{
    struct curve curve = {0};
    const json_t *own = json_object_get(performance, "own");
    if (read_curve(&curve, json_object_get(performance, "cuts"), exchange->language, err))
        return -1;
    const struct line_series series[] = {
        {.label = page_text(exchange, "model_performance.roc_model"), .y = curve.y, .paint = PAINT_PLAIN},
        {.label = page_text(exchange, "model_performance.roc_chance"),
         .y = curve.x,
         .paint = PAINT_UNKNOWN,
         .dashed = true}};
    const struct chart_spot spot = {answer_number(own, "false_positive_rate"), answer_number(own, "recall"),
                                    page_text(exchange, "model_performance.own"), .below = true};
    const char *headings[ROC_COLUMNS] = {page_text(exchange, "model_performance.roc_y"),
                                         page_text(exchange, "model_performance.roc_x"),
                                         page_text(exchange, "model_performance.refused_share")};
    const struct chart_table table = {.label_heading = page_text(exchange, "model_performance.threshold"),
                                      .headings = headings,
                                      .column_count = ROC_COLUMNS,
                                      .labels = curve.labels,
                                      .cells = curve.cells,
                                      .row_count = curve.rows};
    const struct line_chart chart = {.title = page_text(exchange, "model_performance.roc"),
                                     .description = page_text(exchange, "model_performance.roc_description"),
                                     .x_axis = page_text(exchange, "model_performance.roc_x"),
                                     .y_axis = page_text(exchange, "model_performance.roc_y"),
                                     .x = curve.x,
                                     .count = curve.count,
                                     .series = series,
                                     .series_count = 2,
                                     .mark = NAN,
                                     .x_high = 1,
                                     .y_high = 1,
                                     .x_is_share = true,
                                     .y_is_share = true,
                                     .spots = &spot,
                                     .spot_count = isfinite(spot.x) && isfinite(spot.y),
                                     .table = &table};
    return line_chart_view(out, &chart, exchange->language, err);
}

/* ---- Calibration ------------------------------------------------------------------------------------- */

struct calibration_curve {
    double x[BINS], y[BINS], low[BINS], high[BINS];
    size_t count;
    const char *labels[BINS], *cells[BINS * CALIBRATION_COLUMNS];
    char label_texts[BINS][NUMBER_TEXT], texts[BINS * CALIBRATION_COLUMNS][2 * NUMBER_TEXT];
    size_t rows;
};

static void write_bin(struct calibration_curve *curve, const json_t *bin, enum language language)
{
    char from[NUMBER_TEXT], to[NUMBER_TEXT];
    size_t row = curve->rows++;
    char(*texts)[2 * NUMBER_TEXT] = &curve->texts[row * CALIBRATION_COLUMNS];
    number_format_percent(curve->label_texts[row], answer_number(bin, "probability"), 1, language);
    number_format(texts[0], answer_number(bin, "clients"), 0, language);
    number_format(texts[1], answer_number(bin, "defaults"), 0, language);
    number_format_percent(texts[2], answer_number(bin, "default_rate"), 1, language);
    number_format_percent(from, answer_number(bin, "low"), 1, language);
    number_format_percent(to, answer_number(bin, "high"), 1, language);
    snprintf(texts[3], sizeof texts[3], "%.60s\u00a0\u2013 %.60s", from, to);
    curve->labels[row] = curve->label_texts[row];
    for (size_t i = 0; i < CALIBRATION_COLUMNS; i++)
        curve->cells[row * CALIBRATION_COLUMNS + i] = texts[i];
}

static int read_bins(struct calibration_curve *curve, const json_t *bins, enum language language,
                     struct error *err)
{
    if (json_array_size(bins) > BINS)
        return error_set(err, ERROR_INVALID, "the backend's calibration has over %d bins", BINS);
    for (size_t i = 0; i < json_array_size(bins); i++) {
        const json_t *bin = json_array_get(bins, i);
        double x = answer_number(bin, "probability");
        write_bin(curve, bin, language);
        /* Bins that share a mean, such as many clients with one score, are one point. */
        if (isnan(x) || (curve->count > 0 && x <= curve->x[curve->count - 1]))
            continue;
        curve->x[curve->count] = x;
        curve->y[curve->count] = answer_number(bin, "default_rate");
        curve->low[curve->count] = answer_number(bin, "low");
        curve->high[curve->count++] = answer_number(bin, "high");
    }
    return 0;
}

static int calibration_view(json_t **out, const struct http_exchange *exchange, const json_t *performance,
                            struct error *err)
{
    struct calibration_curve curve = {0};
    if (read_bins(&curve, json_object_get(performance, "calibration"), exchange->language, err))
        return -1;
    const struct line_series series[] = {{.label = page_text(exchange, "model_performance.observed"),
                                          .y = curve.y,
                                          .low = curve.low,
                                          .high = curve.high,
                                          .paint = PAINT_PLAIN},
                                         {.label = page_text(exchange, "model_performance.exact"),
                                          .y = curve.x,
                                          .paint = PAINT_UNKNOWN,
                                          .dashed = true}};
    const char *headings[CALIBRATION_COLUMNS] = {
        page_text(exchange, "model_performance.clients"), page_text(exchange, "model_performance.defaults"),
        page_text(exchange, "model_performance.observed"), page_text(exchange, "model_performance.interval")};
    const struct chart_table table = {.label_heading = page_text(exchange, "model_performance.announced"),
                                      .headings = headings,
                                      .column_count = CALIBRATION_COLUMNS,
                                      .labels = curve.labels,
                                      .cells = curve.cells,
                                      .row_count = curve.rows};
    const struct line_chart chart = {.title = page_text(exchange, "model_performance.calibration"),
                                     .description =
                                         page_text(exchange, "model_performance.calibration_description"),
                                     .x_axis = page_text(exchange, "model_performance.announced"),
                                     .y_axis = page_text(exchange, "model_performance.observed"),
                                     .x = curve.x,
                                     .count = curve.count,
                                     .series = series,
                                     .series_count = 2,
                                     .mark = NAN,
                                     .x_is_share = true,
                                     .y_is_share = true,
                                     .table = &table};
    return line_chart_view(out, &chart, exchange->language, err);
}

/* ---- The page ---------------------------------------------------------------------------------------- */

static int fill_view(json_t *view, const struct http_exchange *exchange, const json_t *performance,
                     struct error *err)
{
    char clients[NUMBER_TEXT], defaults[NUMBER_TEXT], threshold[NUMBER_TEXT];
    const struct i18n *i18n = page_site(exchange)->i18n;
    const json_t *own = json_object_get(performance, "own");
    json_t *roc = NULL, *calibration = NULL, *charts = json_array();
    number_format(clients, answer_number(performance, "clients"), 0, exchange->language);
    number_format(defaults, answer_number(performance, "defaults"), 0, exchange->language);
    number_format_percent(threshold, answer_number(own, "threshold"), 1, exchange->language);
    json_object_set_new(view, "measured",
                        i18n_say(i18n, exchange->language, "model_performance.measured",
                                 I18N_VALUES("clients", clients, "defaults", defaults)));
    json_object_set_new(view, "at_threshold",
                        i18n_say(i18n, exchange->language, "model_performance.at_threshold",
                                 I18N_VALUES("threshold", threshold)));
    json_object_set_new(view, "figures", figures_view(exchange, json_object_get(performance, "metrics")));
    json_object_set_new(view, "confusion",
                        confusion_view(json_object_get(own, "confusion"), exchange->language));
    json_object_set_new(view, "charts", charts);
    if (roc_view(&roc, exchange, performance, err))
        return -1;
    json_array_append_new(charts, roc);
    if (calibration_view(&calibration, exchange, performance, err))
        return -1;
    json_array_append_new(charts, calibration);
    return 0;
}

void model_performance_show(struct http_exchange *exchange)
{
    struct error err = {0};
    struct backend_call call = {0};
    snprintf(call.path, BACKEND_PATH, "/model/performance?points=%d", CURVE_POINTS);
    backend_client_run(page_site(exchange)->backend, &call, 1, exchange->request_id, exchange->language);
    if (call.outcome == BACKEND_OK) {
        json_t *view = model_page_view(exchange, "performance", json_object_get(call.answer, "model"));
        int status = fill_view(view, exchange, call.answer, &err);
        model_page_answer(exchange, status, "model_performance", NULL, view, &err);
    } else if (call.outcome == BACKEND_UNKNOWN) {
        /* The artifact does not tell: the page says so. */
        page_answer(exchange, 200, "model_performance", model_page_view(exchange, "performance", NULL));
    } else {
        page_backend_failed(exchange, &call);
    }
    backend_calls_clean(&call, 1);
}
