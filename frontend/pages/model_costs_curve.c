#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "frontend/answer.h"
#include "frontend/pages/model_costs.h"
#include "frontend/pages/page.h"
#include "shared/view/chart.h"

enum { SHOWN = 120, ROWS = 24, COLUMNS = 2 };
static const double STEP = 0.05; /* of the chart's end */
static const double THOUSAND = 1000, LEAST_REFUSED = 0.01, WHOLE_FROM = 100;

void model_costs_format(char out[NUMBER_TEXT], double cost, enum language language)
{
    number_format(out, cost, cost == 0 || fabs(cost) >= WHOLE_FROM ? 0 : 2, language);
}

struct cost_curve {
    double clients, defaults, missed, refused_cost;
    double thresholds[MODEL_COSTS_CUTS], refused[MODEL_COSTS_CUTS], positives[MODEL_COSTS_CUTS];
    size_t count;
    size_t shown[SHOWN]; /* cuts by ascending threshold */
    size_t shown_count;
    double x[SHOWN], y[SHOWN];
    size_t rows[ROWS];
    size_t row_count;
    const char *labels[ROWS], *cells[ROWS * COLUMNS];
    char label_texts[ROWS][NUMBER_TEXT], texts[ROWS * COLUMNS][NUMBER_TEXT];
};

/* Of a thousand applications. */
static double cost_of(const struct cost_curve *curve, size_t cut)
{
    double missed = curve->defaults - curve->positives[cut];
    double refused_good = curve->refused[cut] - curve->positives[cut];
    return (missed * curve->missed + refused_good * curve->refused_cost) / curve->clients * THOUSAND;
}

static int read_cuts(struct cost_curve *curve, const json_t *performance, struct error *err)
{
    const json_t *cuts = json_object_get(performance, "cuts"), *costs = json_object_get(performance, "costs");
    curve->clients = answer_number(performance, "clients");
    curve->defaults = answer_number(performance, "defaults");
    curve->missed = answer_number(costs, "missed");
    curve->refused_cost = answer_number(costs, "refused");
    curve->count = json_array_size(cuts);
    if (curve->count < 2 || curve->count > MODEL_COSTS_CUTS || !(curve->clients > 0))
        return error_set(err, ERROR_INVALID, "the backend's performance has %zu cuts", curve->count);
    for (size_t i = 0; i < curve->count; i++) {
        const json_t *cut = json_array_get(cuts, i);
        curve->thresholds[i] = answer_number(cut, "threshold");
        /* Shares of counts: the counts come back exactly. */
        curve->refused[i] = round(answer_number(cut, "refused_share") * curve->clients);
        curve->positives[i] = round(answer_number(cut, "true_positive_rate") * curve->defaults);
    }
    return 0;
}

/* At most SHOWN of the cuts, evenly, from where refusing begins to tell to where all are refused; and some of
 * those for the table. */
static void choose_shown(struct cost_curve *curve)
{
    size_t first = 1; /* 0 is refusing nobody, which has no threshold of its own */
    while (first + 1 < curve->count && curve->refused[first] < LEAST_REFUSED * curve->clients)
        first++;
    size_t cuts = curve->count - first;
    curve->shown_count = cuts < SHOWN ? cuts : SHOWN;
    for (size_t i = 0; i < curve->shown_count; i++) {
        size_t place = curve->shown_count > 1 ? i * (cuts - 1) / (curve->shown_count - 1) : 0;
        curve->shown[i] = curve->count - 1 - place;
        curve->x[i] = curve->thresholds[curve->shown[i]];
        curve->y[i] = cost_of(curve, curve->shown[i]);
    }
    size_t step = (curve->shown_count + ROWS - 1) / ROWS;
    for (size_t i = step / 2; i < curve->shown_count; i += step)
        curve->rows[curve->row_count++] = curve->shown[i];
}

static void write_rows(struct cost_curve *curve, enum language language)
{
    for (size_t row = 0; row < curve->row_count; row++) {
        size_t cut = curve->rows[row];
        number_format_percent(curve->label_texts[row], curve->thresholds[cut], 1, language);
        number_format_percent(curve->texts[row * COLUMNS], curve->refused[cut] / curve->clients, 1, language);
        model_costs_format(curve->texts[row * COLUMNS + 1], cost_of(curve, cut), language);
        curve->labels[row] = curve->label_texts[row];
        for (size_t i = 0; i < COLUMNS; i++)
            curve->cells[row * COLUMNS + i] = curve->texts[row * COLUMNS + i];
    }
}

static json_t *places_of(const size_t *places, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer((json_int_t)places[i]));
    return array;
}

static json_t *counts_text(const struct cost_curve *curve, double own)
{
    enum { DIGITS = 10 }; /* of thresholds: the script compares them with as much tolerance */
    json_t *thresholds = json_array(), *refused = json_array(), *positives = json_array();
    for (size_t i = 0; i < curve->count; i++) {
        json_array_append_new(thresholds, json_real(curve->thresholds[i]));
        json_array_append_new(refused, json_integer((json_int_t)curve->refused[i]));
        json_array_append_new(positives, json_integer((json_int_t)curve->positives[i]));
    }
    json_t *counts =
        json_pack("{s:I, s:I, s:f, s:o, s:o, s:o, s:o, s:o}", "clients", (json_int_t)curve->clients,
                  "defaults", (json_int_t)curve->defaults, "own", own, "thresholds", thresholds, "refused",
                  refused, "positives", positives, "shown", places_of(curve->shown, curve->shown_count),
                  "rows", places_of(curve->rows, curve->row_count));
    char *text = json_dumps(counts, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_t *string = json_string(text);
    json_decref(counts);
    free(text);
    return string;
}

/* The threshold in service, and the one for these costs where that is another; those that the chart has. */
static size_t find_spots(struct chart_spot spots[2], const struct cost_curve *curve,
                         const struct http_exchange *exchange, const json_t *performance)
{
    static const double SAME = 1e-9;
    static const char *const names[] = {"own", "analytic"};
    double own = answer_number(json_object_get(performance, "own"), "threshold");
    size_t count = 0;
    for (int i = 0; i < 2; i++) {
        const json_t *choice = json_object_get(performance, names[i]);
        double x = answer_number(choice, "threshold");
        if (!(x >= curve->x[0] && x <= curve->x[curve->shown_count - 1]) || (i && fabs(x - own) < SAME))
            continue;
        spots[count++] = (struct chart_spot){
            x, answer_number(choice, "cost") / curve->clients * THOUSAND,
            page_text(exchange, i ? "model_costs.chosen" : "model_costs.own"), .below = i == 1};
    }
    return count;
}

static int draw(json_t **out, struct cost_curve *curve, const struct http_exchange *exchange,
                const json_t *performance, struct error *err)
{
    struct chart_spot spots[2];
    const struct line_series series = {
        .label = page_text(exchange, "model_costs.rows.cost_thousand"), .y = curve->y, .paint = PAINT_PLAIN};
    const char *headings[COLUMNS] = {page_text(exchange, "model_costs.rows.refused"),
                                     page_text(exchange, "model_costs.rows.cost_thousand")};
    write_rows(curve, exchange->language);
    const struct chart_table table = {.label_heading = page_text(exchange, "model_costs.rows.threshold"),
                                      .headings = headings,
                                      .column_count = COLUMNS,
                                      .labels = curve->labels,
                                      .cells = curve->cells,
                                      .row_count = curve->row_count};
    const struct line_chart chart = {.title = page_text(exchange, "model_costs.curve"),
                                     .description = page_text(exchange, "model_costs.curve_description"),
                                     .x_axis = page_text(exchange, "model_costs.rows.threshold"),
                                     .y_axis = page_text(exchange, "model_costs.rows.cost_thousand"),
                                     .x = curve->x,
                                     .count = curve->shown_count,
                                     .series = &series,
                                     .series_count = 1,
                                     .decimals = 2,
                                     .mark = NAN,
                                     .x_low = 0,
                                     .x_high = ceil(curve->x[curve->shown_count - 1] / STEP) * STEP,
                                     .x_is_share = true,
                                     .spots = spots,
                                     .spot_count = find_spots(spots, curve, exchange, performance),
                                     .table = &table};
    return line_chart_view(out, &chart, exchange->language, err);
}

int model_costs_curve(json_t **out, const struct http_exchange *exchange, const json_t *performance,
                      struct error *err)
{
    json_t *chart = NULL;
    struct cost_curve *curve = calloc(1, sizeof *curve);
    int status = curve ? 0 : error_set(err, ERROR_INTERNAL, "no memory for a chart");
    if (status == 0)
        status = read_cuts(curve, performance, err);
    if (status == 0) {
        choose_shown(curve);
        status = draw(&chart, curve, exchange, performance, err);
    }
    if (status == 0)
        *out = json_pack("{s:o, s:o}", "chart", chart, "counts",
                         counts_text(curve, answer_number(json_object_get(performance, "own"), "threshold")));
    free(curve);
    return status;
}
