/* Who the clients are, and who of them defaults. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/explore/applications.h"
#include "notebooks-port/explore/bands.h"
#include "notebooks-port/explore/show.h"
#include "notebooks-port/explore/words.h"
#include "shared/base/number.h"

enum { LABEL = 160, MOST_LEVELS = 64, TEXT_RANGE = 2 * NUMBER_TEXT + 8, MOST_SHIFTS = 10 };
static const double HUNDRED = 100;

/* ---- Histograms ------------------------------------------------------------------------------------------
 */

/* A line across a histogram; NULL: none. */
struct mark {
    double at; /* in units of the bands */
    const char *label;
};

/* Draws the series over the bands, whose edges get `decimals`. */
static void draw_histogram(const struct show *show, const char *key, const struct bands *bands, int decimals,
                           const struct chart_series *series, size_t series_count, const struct mark *mark)
{
    char edges[BANDS_MOST + 1][NUMBER_TEXT];
    char ranges[BANDS_MOST][TEXT_RANGE];
    const char *edge_texts[BANDS_MOST + 1];
    const char *range_texts[BANDS_MOST];
    for (size_t i = 0; i <= bands->count; i++) {
        number_format(edges[i], bands->edges[i], decimals, show->language);
        edge_texts[i] = edges[i];
    }
    for (size_t i = 0; i < bands->count; i++) {
        snprintf(ranges[i], sizeof ranges[i], "%.*s – %.*s", NUMBER_TEXT, edge_texts[i], NUMBER_TEXT,
                 edge_texts[i + 1]);
        range_texts[i] = ranges[i];
    }
    double step = bands->edges[1] - bands->edges[0];
    const struct chart chart = {.kind = CHART_HISTOGRAM,
                                .labels = range_texts,
                                .edges = edge_texts,
                                .count = bands->count,
                                .series = series,
                                .series_count = series_count,
                                .mark = mark ? (mark->at - bands->edges[0]) / step : (double)NAN,
                                .mark_label = mark ? mark->label : NULL,
                                .highlight = -1};
    report_chart(show->report, key, &chart);
}

/* Draws values[rows] in bands, the defaulted on top of the repaid. */
static void show_histogram(const struct show *show, const char *key, const double *values,
                           const uint8_t *labels, size_t rows, const struct bands *bands, int decimals)
{
    struct rate rates[BANDS_MOST];
    double repaid[BANDS_MOST];
    double defaulted[BANDS_MOST];
    rates_by_band(rates, values, labels, rows, bands->edges, bands->count);
    for (size_t i = 0; i < bands->count; i++) {
        defaulted[i] = (double)rates[i].defaults;
        repaid[i] = (double)(rates[i].clients - rates[i].defaults);
    }
    const struct chart_series series[] = {{"repaid", repaid, PAINT_GOOD},
                                          {"defaulted", defaulted, PAINT_BAD}};
    draw_histogram(show, key, bands, decimals, series, 2, NULL);
}

/* How many decimals tell the edges of such bands apart. */
static int decimals_of(const struct bands *bands)
{
    double step = bands->edges[1] - bands->edges[0];
    int decimals = 0;
    for (double rest = step; decimals < 4 && fabs(rest - round(rest)) > 1e-9; rest *= 10)
        decimals++;
    return decimals;
}

/* ---- The classes ----------------------------------------------------------------------------------------
 */

void show_classes(const struct show *show, const struct table *train)
{
    size_t defaults = 0;
    for (size_t row = 0; row < table_rows(train); row++)
        defaults += table_value(train, row, APPLICATION_TARGET) == 1;
    struct rate rate = rate_of(0, table_rows(train), defaults);
    double repaid = (double)(rate.clients - rate.defaults);
    report_figure(show->report, "repaid", repaid, REPORT_COUNT, 0);
    report_figure(show->report, "defaulted", (double)rate.defaults, REPORT_COUNT, 0);
    report_figure(show->report, "rate", rate.share, REPORT_PERCENT, 2);
    report_figure(show->report, "low", rate.low, REPORT_PERCENT, 2);
    report_figure(show->report, "high", rate.high, REPORT_PERCENT, 2);
    report_figure(show->report, "ratio", repaid / (double)rate.defaults, REPORT_NUMBER, 1);
    const char *labels[] = {report_text(show->report, "repaid"), report_text(show->report, "defaulted")};
    const double counts[] = {repaid, (double)rate.defaults};
    const struct chart_series series = {"clients", counts, PAINT_PLAIN};
    const struct chart chart = {.kind = CHART_DOUGHNUT,
                                .labels = labels,
                                .count = 2,
                                .series = &series,
                                .series_count = 1,
                                .mark = (double)NAN,
                                .highlight = -1};
    report_chart(show->report, "balance", &chart);
}

/* ---- Outliers -------------------------------------------------------------------------------------------
 */

static void show_scores(const struct show *show, const struct outliers *outliers)
{
    double low = 0;
    double high = -1;
    for (size_t row = 0; row < outliers->rows; row++) {
        low = fmin(low, outliers->scores[row]);
        high = fmax(high, outliers->scores[row]);
    }
    struct bands bands = bands_even(low, high);
    double counts[BANDS_MOST] = {0};
    double step = bands.edges[1] - bands.edges[0];
    for (size_t row = 0; row < outliers->rows; row++) {
        double place = fmax(0, (outliers->scores[row] - bands.edges[0]) / step);
        counts[place < (double)bands.count ? (size_t)place : bands.count - 1]++;
    }
    const struct chart_series series = {"clients", counts, PAINT_PLAIN};
    const struct mark mark = {outliers->offset, report_text(show->report, "mark")};
    draw_histogram(show, "scores", &bands, decimals_of(&bands), &series, 1, &mark);
}

static void show_shifts(const struct show *show, const struct outliers *outliers)
{
    size_t order[APPLICATION_COLUMNS];
    const char *labels[MOST_SHIFTS];
    double values[MOST_SHIFTS];
    for (size_t i = 0; i < outliers->column_count; i++) {
        size_t at = i;
        for (; at > 0 && fabs(outliers->shift[order[at - 1]]) < fabs(outliers->shift[i]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    size_t count = outliers->column_count < MOST_SHIFTS ? outliers->column_count : MOST_SHIFTS;
    for (size_t i = 0; i < count; i++) {
        labels[i] = words_column(outliers->columns[order[i]], show->language);
        values[i] = words_direction(outliers->columns[order[i]]) * outliers->shift[order[i]];
    }
    const struct chart_series series = {"shift", values, PAINT_UNKNOWN};
    const struct chart chart = {.kind = CHART_DIVERGING,
                                .labels = labels,
                                .count = count,
                                .series = &series,
                                .series_count = 1,
                                .decimals = 2,
                                .is_signed = true,
                                .mark = (double)NAN,
                                .highlight = -1};
    report_chart(show->report, "shifts", &chart);
}

void show_outliers(const struct show *show, const struct outliers *outliers, bool dropped)
{
    report_figure(show->report, "columns", (double)outliers->column_count, REPORT_COUNT, 0);
    if (outliers->column_count == 0) {
        report_say(show->report, "none", NULL);
        return;
    }
    report_figure(show->report, "rounds", (double)outliers->rounds, REPORT_COUNT, 0);
    report_figure(show->report, "outliers", (double)outliers->outliers.clients, REPORT_COUNT, 0);
    report_figure(show->report, "outlier_rate", outliers->outliers.share, REPORT_PERCENT, 2);
    report_figure(show->report, "other_rate", outliers->others.share, REPORT_PERCENT, 2);
    report_say(show->report, dropped ? "dropped" : "kept", NULL);
    show_scores(show, outliers);
    show_shifts(show, outliers);
}

/* ---- Distributions --------------------------------------------------------------------------------------
 */

struct distribution {
    const char *key;
    size_t column;
    bool logarithmic;
    double factor; /* what a value is multiplied with */
};

static const double DAYS_TO_YEARS = -1 / 365.25;

static int show_distribution(const struct show *show, const struct distribution *what,
                             const struct table *train, const struct summary *summary, double *values,
                             const uint8_t *labels)
{
    const struct column_summary *column = &summary->columns[what->column];
    applications_clean_column(values, train, what->column);
    size_t rows = table_rows(train);
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    for (size_t row = 0; row < rows; row++) {
        values[row] *= what->factor;
        bool counts = !isnan(values[row]) && (!what->logarithmic || values[row] > 0);
        low = counts && values[row] < low ? values[row] : low;
        high = counts && values[row] > high ? values[row] : high;
    }
    if (!(low < high))
        return 0;
    /* A few very large values would press all others into one bar. */
    if (!what->logarithmic && what->factor == 1)
        high = fmin(high, column->quantiles[SUMMARY_P99]);
    struct bands bands = what->logarithmic ? bands_logarithmic(low, high) : bands_even(low, high);
    show_histogram(show, what->key, values, labels, rows, &bands,
                   what->logarithmic ? 0 : decimals_of(&bands));
    return 0;
}

int show_distributions(const struct show *show, const struct table *train, const struct summary *summary,
                       struct error *err)
{
    static const struct distribution distributions[] = {
        {"income", APPLICATION_AMT_INCOME_TOTAL, false, 1},
        {"income_log", APPLICATION_AMT_INCOME_TOTAL, true, 1},
        {"credit", APPLICATION_AMT_CREDIT, false, 1},
        {"credit_log", APPLICATION_AMT_CREDIT, true, 1},
        {"annuity", APPLICATION_AMT_ANNUITY, false, 1},
        {"annuity_log", APPLICATION_AMT_ANNUITY, true, 1},
        {"goods", APPLICATION_AMT_GOODS_PRICE, false, 1},
        {"employed", APPLICATION_DAYS_EMPLOYED, false, DAYS_TO_YEARS},
        {"source_1", APPLICATION_EXT_SOURCE_1, false, 1},
        {"source_2", APPLICATION_EXT_SOURCE_2, false, 1},
        {"source_3", APPLICATION_EXT_SOURCE_3, false, 1}};
    size_t rows = table_rows(train);
    double *values = malloc((rows + 1) * sizeof *values);
    uint8_t *labels = malloc(rows + 1);
    int status = values && labels ? 0 : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    if (status == 0)
        applications_labels(labels, train);
    for (size_t i = 0; status == 0 && i < sizeof distributions / sizeof *distributions; i++)
        status = show_distribution(show, &distributions[i], train, summary, values, labels);
    free(values);
    free(labels);
    return status;
}

/* ---- Default rates --------------------------------------------------------------------------------------
 */

/* One categorical variable: its rates and what they tell. */
struct variable {
    size_t column;
    size_t count; /* of rates in use, by falling share */
    struct rate rates[MOST_LEVELS];
    double strength; /* Cramér's V */
};

static int compare_rates(const void *a, const void *b)
{
    const struct rate *x = a;
    const struct rate *y = b;
    if (x->share != y->share)
        return x->share > y->share ? -1 : 1;
    return (x->level > y->level) - (x->level < y->level);
}

static int compare_variables(const void *a, const void *b)
{
    const struct variable *x = a;
    const struct variable *y = b;
    if (x->strength != y->strength)
        return x->strength > y->strength ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

static const char *level_text(const struct show *show, size_t column, size_t level)
{
    bool missing = level == home_credit_schema(TABLE_APPLICATION)->columns[column].category_count;
    return missing ? report_text(show->report, "missing") : words_level(column, level, show->language);
}

static void show_variable(const struct show *show, const struct variable *variable)
{
    char labels[MOST_LEVELS][LABEL];
    const char *texts[MOST_LEVELS];
    double shares[MOST_LEVELS];
    for (size_t i = 0; i < variable->count; i++) {
        char clients[NUMBER_TEXT];
        number_format(clients, (double)variable->rates[i].clients, 0, show->language);
        snprintf(labels[i], sizeof labels[i], "%s · %s",
                 level_text(show, variable->column, variable->rates[i].level), clients);
        texts[i] = labels[i];
        shares[i] = HUNDRED * variable->rates[i].share;
    }
    const struct chart_series series = {"rate", shares, PAINT_BAD};
    const struct chart chart = {.kind = CHART_CATEGORIES,
                                .title = words_column(variable->column, show->language),
                                .description = report_text(show->report, "description"),
                                .label_heading = report_text(show->report, "heading"),
                                .x_axis = report_text(show->report, "axis"),
                                .labels = texts,
                                .count = variable->count,
                                .series = &series,
                                .series_count = 1,
                                .decimals = 1,
                                .mark = (double)NAN,
                                .highlight = -1};
    report_chart(show->report, home_credit_schema(TABLE_APPLICATION)->columns[variable->column].name, &chart);
}

static void show_variables(const struct show *show, const struct variable *variables, size_t count)
{
    static const struct report_column columns[] = {
        {"variable", REPORT_TEXT, 0},   {"label", REPORT_TEXT, 0},  {"levels", REPORT_COUNT, 0},
        {"strength", REPORT_NUMBER, 3}, {"lowest", REPORT_TEXT, 0}, {"low", REPORT_PERCENT, 1},
        {"highest", REPORT_TEXT, 0},    {"high", REPORT_PERCENT, 1}};
    static const size_t ENOUGH = 100; /* clients of a level that may be the lowest or highest */
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct variable *variable = &variables[i];
        const struct rate *high = NULL;
        const struct rate *low = NULL;
        for (size_t j = 0; j < variable->count; j++)
            if (variable->rates[j].clients >= ENOUGH) {
                high = high ? high : &variable->rates[j];
                low = &variable->rates[j];
            }
        json_array_append_new(
            rows, json_pack("[s, s, I, f, s?, o, s?, o]",
                            home_credit_schema(TABLE_APPLICATION)->columns[variable->column].name,
                            words_column(variable->column, show->language), (json_int_t)variable->count,
                            variable->strength, low ? level_text(show, variable->column, low->level) : NULL,
                            words_number(low ? low->share : (double)NAN),
                            high ? level_text(show, variable->column, high->level) : NULL,
                            words_number(high ? high->share : (double)NAN)));
    }
    report_table(show->report, "variables", columns, sizeof columns / sizeof *columns, rows);
}

static void show_levels(const struct show *show, const struct variable *variables, size_t count)
{
    static const struct report_column columns[] = {
        {"variable", REPORT_TEXT, 0}, {"level", REPORT_TEXT, 0},     {"label", REPORT_TEXT, 0},
        {"clients", REPORT_COUNT, 0}, {"defaults", REPORT_COUNT, 0}, {"rate", REPORT_PERCENT, 2},
        {"low", REPORT_PERCENT, 2},   {"high", REPORT_PERCENT, 2}};
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < variables[i].count; j++) {
            const struct column *column =
                &home_credit_schema(TABLE_APPLICATION)->columns[variables[i].column];
            const struct rate *rate = &variables[i].rates[j];
            const char *level = rate->level < column->category_count ? column->categories[rate->level] : NULL;
            json_array_append_new(rows, json_pack("[s, s?, s, I, I, f, f, f]", column->name, level,
                                                  level_text(show, variables[i].column, rate->level),
                                                  (json_int_t)rate->clients, (json_int_t)rate->defaults,
                                                  rate->share, rate->low, rate->high));
        }
    report_table(show->report, "levels", columns, sizeof columns / sizeof *columns, rows);
}

static void measure_variable(struct variable *out, const struct table *train, const uint8_t *labels,
                             double *codes)
{
    size_t levels = home_credit_schema(TABLE_APPLICATION)->columns[out->column].category_count;
    applications_column(codes, train, out->column);
    rates_by_level(out->rates, codes, labels, table_rows(train), levels);
    out->strength = rates_cramer(out->rates, levels + 1);
    for (size_t i = 0; i <= levels; i++)
        if (out->rates[i].clients > 0)
            out->rates[out->count++] = out->rates[i];
    qsort(out->rates, out->count, sizeof *out->rates, compare_rates);
}

/* The variables that the notebook looked at stay in sight; the others follow folded. */
static void show_charts(const struct show *show, const struct variable *variables, size_t count)
{
    static const size_t first[] = {APPLICATION_NAME_CONTRACT_TYPE, APPLICATION_NAME_INCOME_TYPE,
                                   APPLICATION_NAME_TYPE_SUITE,    APPLICATION_NAME_EDUCATION_TYPE,
                                   APPLICATION_NAME_FAMILY_STATUS, APPLICATION_NAME_HOUSING_TYPE,
                                   APPLICATION_OCCUPATION_TYPE};
    enum { FIRST = sizeof first / sizeof *first };
    bool shown[APPLICATION_COLUMNS] = {false};
    for (size_t i = 0; i < FIRST; i++)
        for (size_t j = 0; j < count; j++)
            if (variables[j].column == first[i]) {
                show_variable(show, &variables[j]);
                shown[first[i]] = true;
            }
    report_fold(show->report, "others");
    for (size_t i = 0; i < count; i++)
        if (!shown[variables[i].column])
            show_variable(show, &variables[i]);
    report_fold(show->report, "all");
    show_levels(show, variables, count);
}

int show_rates(const struct show *show, const struct table *train, struct error *err)
{
    const struct table_schema *schema = home_credit_schema(TABLE_APPLICATION);
    size_t rows = table_rows(train);
    double *codes = malloc((rows + 1) * sizeof *codes);
    uint8_t *labels = malloc(rows + 1);
    struct variable *variables = calloc(APPLICATION_COLUMNS, sizeof *variables);
    size_t count = 0;
    int status = -1;
    if (!codes || !labels || !variables) {
        error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
        goto done;
    }
    applications_labels(labels, train);
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        if (schema->columns[c].kind != COLUMN_CATEGORY)
            continue;
        if (schema->columns[c].category_count >= MOST_LEVELS) {
            error_set(err, ERROR_LIMIT, "%s has more than %d levels", schema->columns[c].name,
                      MOST_LEVELS - 1);
            goto done;
        }
        variables[count].column = c;
        measure_variable(&variables[count++], train, labels, codes);
    }
    qsort(variables, count, sizeof *variables, compare_variables);
    show_variables(show, variables, count);
    show_charts(show, variables, count);
    status = 0;
done:
    free(codes);
    free(labels);
    free(variables);
    return status;
}

/* ---- Age ------------------------------------------------------------------------------------------------
 */

enum { AGE_FIRST = 20, AGE_LAST = 70, AGE_STEP = 5, AGE_BANDS = (AGE_LAST - AGE_FIRST) / AGE_STEP };

static void show_age_rates(const struct show *show, const double *ages, const uint8_t *labels, size_t rows)
{
    static const struct report_column columns[] = {
        {"band", REPORT_TEXT, 0},    {"clients", REPORT_COUNT, 0}, {"defaults", REPORT_COUNT, 0},
        {"rate", REPORT_PERCENT, 2}, {"low", REPORT_PERCENT, 2},   {"high", REPORT_PERCENT, 2}};
    double edges[AGE_BANDS + 1];
    struct rate rates[AGE_BANDS];
    double x[AGE_BANDS];
    double shares[AGE_BANDS];
    double low[AGE_BANDS];
    double high[AGE_BANDS];
    size_t count = 0;
    json_t *list = json_array();
    for (size_t i = 0; i <= AGE_BANDS; i++)
        edges[i] = AGE_FIRST + AGE_STEP * (double)i;
    rates_by_band(rates, ages, labels, rows, edges, AGE_BANDS);
    for (size_t i = 0; i < AGE_BANDS; i++) {
        char band[2 * NUMBER_TEXT];
        snprintf(band, sizeof band, "%.0f – %.0f", edges[i], edges[i + 1]);
        json_array_append_new(list, json_pack("[s, I, I, o, o, o]", band, (json_int_t)rates[i].clients,
                                              (json_int_t)rates[i].defaults, words_number(rates[i].share),
                                              words_number(rates[i].low), words_number(rates[i].high)));
        if (rates[i].clients == 0)
            continue;
        x[count] = (edges[i] + edges[i + 1]) / 2;
        shares[count] = HUNDRED * rates[i].share;
        low[count] = HUNDRED * rates[i].low;
        high[count++] = HUNDRED * rates[i].high;
    }
    const struct line_series series = {
        .label = "share", .y = shares, .low = low, .high = high, .paint = PAINT_BAD};
    const struct line_chart chart = {.x = x,
                                     .count = count,
                                     .series = &series,
                                     .series_count = 1,
                                     .decimals = 1,
                                     .x_decimals = 1,
                                     .mark = (double)NAN};
    report_lines(show->report, "rate", &chart);
    report_table(show->report, "bands", columns, sizeof columns / sizeof *columns, list);
}

int show_age(const struct show *show, const struct table *train, struct error *err)
{
    size_t rows = table_rows(train);
    double *ages = malloc((rows + 1) * sizeof *ages);
    uint8_t *labels = malloc(rows + 1);
    int status = ages && labels ? 0 : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    if (status == 0) {
        applications_labels(labels, train);
        applications_column(ages, train, APPLICATION_DAYS_BIRTH);
        for (size_t row = 0; row < rows; row++)
            ages[row] *= DAYS_TO_YEARS;
        struct bands bands = bands_even(AGE_FIRST, AGE_LAST);
        show_histogram(show, "histogram", ages, labels, rows, &bands, decimals_of(&bands));
        show_age_rates(show, ages, labels, rows);
    }
    free(ages);
    free(labels);
    return status;
}
