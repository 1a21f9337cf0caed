/* The files, their columns, gaps, duplicates and impossible values. */
#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "notebooks-port/explore/applications.h"
#include "notebooks-port/explore/show.h"
#include "notebooks-port/explore/words.h"
#include "shared/base/file.h"

enum { MOST_BARS = 24 };
static const double MEGABYTE = 1e6;
static const double HUNDRED = 100;

/* ---- Files ----------------------------------------------------------------------------------------------
 */

static json_t *file_row(const char *folder, const char *file, double rows, double columns, double owners)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return json_pack("[s, o, o, o, o]", file, words_number(rows), words_number(columns), words_number(owners),
                     words_number((double)file_size(path) / MEGABYTE));
}

void show_files(const struct show *show, const char *folder, const struct table *train,
                const struct table *test, const struct history_summary *history)
{
    static const struct report_column columns[] = {{"file", REPORT_TEXT, 0},
                                                   {"rows", REPORT_COUNT, 0},
                                                   {"columns", REPORT_COUNT, 0},
                                                   {"clients", REPORT_COUNT, 0},
                                                   {"megabytes", REPORT_NUMBER, 1}};
    json_t *rows = json_array();
    double trained = (double)table_rows(train);
    double all = trained;
    json_array_append_new(rows,
                          file_row(folder, "application_train.csv", trained, APPLICATION_COLUMNS, trained));
    if (test) {
        double tested = (double)table_rows(test);
        all += tested;
        json_array_append_new(rows, file_row(folder, "application_test.csv", tested,
                                             APPLICATION_COLUMNS - !table_loaded_target(test), tested));
    }
    double files = (double)json_array_size(rows);
    for (int i = TABLE_BUREAU; i < TABLE_COUNT; i++) {
        const struct table_schema *schema = home_credit_schema((enum home_credit_table)i);
        const struct history_table *table = &history->tables[i];
        double clients = schema->client >= 0 ? (double)table->owners : (double)NAN;
        if (!table->present)
            continue;
        json_array_append_new(
            rows, file_row(folder, schema->file, (double)table->rows, (double)schema->column_count, clients));
        all += (double)table->rows;
        files++;
    }
    report_figure(show->report, "count", files, REPORT_COUNT, 0);
    report_figure(show->report, "applications", trained, REPORT_COUNT, 0);
    report_figure(show->report, "rows", all, REPORT_COUNT, 0);
    report_table(show->report, "files", columns, sizeof columns / sizeof *columns, rows);
}

/* ---- History tables -------------------------------------------------------------------------------------
 */

static void show_history_columns(const struct show *show, const struct table_schema *schema,
                                 const struct history_table *table)
{
    static const struct report_column columns[] = {
        {"column", REPORT_TEXT, 0},         {"missing", REPORT_PERCENT, 1},
        {"mean", REPORT_SIGNIFICANT, 4},    {"deviation", REPORT_SIGNIFICANT, 4},
        {"minimum", REPORT_SIGNIFICANT, 4}, {"p25", REPORT_SIGNIFICANT, 4},
        {"median", REPORT_SIGNIFICANT, 4},  {"p75", REPORT_SIGNIFICANT, 4},
        {"p99", REPORT_SIGNIFICANT, 4},     {"maximum", REPORT_SIGNIFICANT, 4},
        {"mode", REPORT_TEXT, 0},           {"mode_share", REPORT_PERCENT, 1}};
    static const double LOWER = 0.25;
    static const double MIDDLE = 0.5;
    static const double UPPER = 0.75;
    static const double TOP = 0.99;
    json_t *rows = json_array();
    for (size_t c = 0; c < schema->column_count; c++) {
        const struct column *column = &schema->columns[c];
        const struct sketch *sketch = &table->columns[c];
        bool number = column->kind != COLUMN_CATEGORY && sketch->counts;
        double none = (double)NAN;
        double mode = sketch_mode(sketch);
        double share = isnan(mode) ? none : (double)sketch_count(sketch, mode) / (double)table->rows;
        json_array_append_new(rows,
                              json_pack("[s, o, o, o, o, o, o, o, o, o, o, o]", column->name,
                                        words_number((double)sketch->missing / (double)table->rows),
                                        words_number(number && sketch->known ? sketch->mean : none),
                                        words_number(number ? sketch_deviation(sketch) : none),
                                        words_number(number ? sketch->minimum : none),
                                        words_number(number ? sketch_quantile(sketch, LOWER) : none),
                                        words_number(number ? sketch_quantile(sketch, MIDDLE) : none),
                                        words_number(number ? sketch_quantile(sketch, UPPER) : none),
                                        words_number(number ? sketch_quantile(sketch, TOP) : none),
                                        words_number(number ? sketch->maximum : none),
                                        words_value(column, mode, show->language), words_number(share)));
    }
    report_table(show->report, schema->name, columns, sizeof columns / sizeof *columns, rows);
}

void show_history(const struct show *show, const struct history_summary *history)
{
    static const struct report_column columns[] = {{"table", REPORT_TEXT, 0},     {"owner", REPORT_TEXT, 0},
                                                   {"owners", REPORT_COUNT, 0},   {"mean", REPORT_NUMBER, 1},
                                                   {"median", REPORT_COUNT, 0},   {"most", REPORT_COUNT, 0},
                                                   {"missing", REPORT_PERCENT, 1}};
    json_t *rows = json_array();
    for (int i = TABLE_BUREAU; i < TABLE_COUNT; i++) {
        const struct table_schema *schema = home_credit_schema((enum home_credit_table)i);
        const struct history_table *table = &history->tables[i];
        if (!table->present || table->rows == 0)
            continue;
        uint64_t missing = 0;
        for (size_t c = 0; c < schema->column_count; c++)
            missing += table->columns[c].missing;
        double cells = (double)table->rows * (double)schema->column_count;
        json_array_append_new(rows, json_pack("[s, s, I, f, I, I, f]", schema->name,
                                              schema->columns[table->owner].name, (json_int_t)table->owners,
                                              (double)table->rows / (double)table->owners,
                                              (json_int_t)table->rows_median, (json_int_t)table->rows_most,
                                              (double)missing / cells));
    }
    if (json_array_size(rows) == 0) {
        report_say(show->report, "none", NULL);
        json_decref(rows);
        return;
    }
    report_table(show->report, "owners", columns, sizeof columns / sizeof *columns, rows);
    report_fold(show->report, "columns");
    for (int i = TABLE_BUREAU; i < TABLE_COUNT; i++)
        if (history->tables[i].present && history->tables[i].rows > 0)
            show_history_columns(show, home_credit_schema((enum home_credit_table)i), &history->tables[i]);
}

/* ---- Columns --------------------------------------------------------------------------------------------
 */

static const char *const KINDS[] = {[COLUMN_KEY] = "kind_key",
                                    [COLUMN_FLAG] = "kind_flag",
                                    [COLUMN_INTEGER] = "kind_integer",
                                    [COLUMN_NUMBER] = "kind_number",
                                    [COLUMN_CATEGORY] = "kind_category"};

void show_types(const struct show *show, const struct summary *summary)
{
    enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };
    static const struct report_column kinds[] = {
        {"kind", REPORT_TEXT, 0}, {"columns", REPORT_COUNT, 0}, {"example", REPORT_TEXT, 0}};
    static const struct report_column columns[] = {{"column", REPORT_TEXT, 0},
                                                   {"label", REPORT_TEXT, 0},
                                                   {"kind", REPORT_TEXT, 0},
                                                   {"missing", REPORT_PERCENT, 1},
                                                   {"distinct", REPORT_COUNT, 0},
                                                   {"mean", REPORT_SIGNIFICANT, 4},
                                                   {"deviation", REPORT_SIGNIFICANT, 4},
                                                   {"minimum", REPORT_SIGNIFICANT, 4},
                                                   {"median", REPORT_SIGNIFICANT, 4},
                                                   {"p99", REPORT_SIGNIFICANT, 4},
                                                   {"maximum", REPORT_SIGNIFICANT, 4},
                                                   {"mode", REPORT_TEXT, 0},
                                                   {"mode_share", REPORT_PERCENT, 1}};
    size_t count[KIND_COUNT] = {0};
    const char *example[KIND_COUNT] = {NULL};
    json_t *all = json_array();
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        const struct column_summary *column = &summary->columns[c];
        enum column_kind kind = column->column->kind;
        double mode = kind == COLUMN_KEY ? (double)NAN : column->mode;
        if (count[kind]++ == 0 || c == APPLICATION_AMT_CREDIT)
            example[kind] = column->column->name;
        json_array_append_new(all, json_pack("[s, s, s, o, I, o, o, o, o, o, o, o, o]", column->column->name,
                                             words_column(c, show->language),
                                             report_text(show->report, KINDS[kind]),
                                             words_number(column->missing), (json_int_t)column->distinct,
                                             words_number(column->mean), words_number(column->deviation),
                                             words_number(column->quantiles[SUMMARY_MINIMUM]),
                                             words_number(column->quantiles[SUMMARY_MEDIAN]),
                                             words_number(column->quantiles[SUMMARY_P99]),
                                             words_number(column->quantiles[SUMMARY_MAXIMUM]),
                                             words_value(column->column, mode, show->language),
                                             words_number(isnan(mode) ? mode : column->mode_share)));
    }
    json_t *rows = json_array();
    for (size_t kind = 0; kind < KIND_COUNT; kind++)
        json_array_append_new(rows, json_pack("[s, I, s?]", report_text(show->report, KINDS[kind]),
                                              (json_int_t)count[kind], example[kind]));
    report_table(show->report, "kinds", kinds, sizeof kinds / sizeof *kinds, rows);
    report_fold(show->report, "all");
    report_table(show->report, "columns", columns, sizeof columns / sizeof *columns, all);
}

/* Columns by falling share of missing values; how many miss any. */
static size_t order_missing(size_t order[APPLICATION_COLUMNS], const struct summary *summary)
{
    size_t count = 0;
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        if (summary->columns[c].missing <= 0)
            continue;
        size_t at = count++;
        for (; at > 0 && summary->columns[order[at - 1]].missing < summary->columns[c].missing; at--)
            order[at] = order[at - 1];
        order[at] = c;
    }
    return count;
}

/* Default rates of those who lack a column and of those who have it. */
static void rates_of_missing(struct rate out[2], const struct table *train, size_t column)
{
    size_t clients[2] = {0};
    size_t defaults[2] = {0};
    for (size_t row = 0; row < table_rows(train); row++) {
        bool known = !isnan(table_value(train, row, column));
        clients[known]++;
        defaults[known] += table_value(train, row, APPLICATION_TARGET) == 1;
    }
    for (size_t known = 0; known < 2; known++)
        out[known] = rate_of(known, clients[known], defaults[known]);
}

void show_missing(const struct show *show, const struct summary *summary, const struct table *train)
{
    static const struct report_column columns[] = {
        {"column", REPORT_TEXT, 0},   {"label", REPORT_TEXT, 0},           {"rows", REPORT_COUNT, 0},
        {"share", REPORT_PERCENT, 1}, {"rate_missing", REPORT_PERCENT, 1}, {"rate_known", REPORT_PERCENT, 1}};
    size_t order[APPLICATION_COLUMNS];
    size_t count = order_missing(order, summary);
    double cells = 0;
    size_t mostly = 0;
    const char *labels[MOST_BARS];
    double shares[MOST_BARS];
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct column_summary *column = &summary->columns[order[i]];
        struct rate rates[2];
        rates_of_missing(rates, train, order[i]);
        cells += column->missing / APPLICATION_COLUMNS;
        mostly += column->missing > 0.5;
        if (i < MOST_BARS) {
            labels[i] = words_column(order[i], show->language);
            shares[i] = HUNDRED * column->missing;
        }
        json_array_append_new(rows, json_pack("[s, s, I, f, o, o]", column->column->name,
                                              words_column(order[i], show->language),
                                              (json_int_t)rates[0].clients, column->missing,
                                              words_number(rates[0].share), words_number(rates[1].share)));
    }
    report_figure(show->report, "incomplete", (double)count, REPORT_COUNT, 0);
    report_figure(show->report, "mostly", (double)mostly, REPORT_COUNT, 0);
    report_figure(show->report, "cells", cells, REPORT_PERCENT, 1);
    if (count == 0) {
        json_decref(rows);
        return;
    }
    const struct chart_series series = {"share", shares, PAINT_PLAIN};
    const struct chart chart = {.kind = CHART_CATEGORIES,
                                .labels = labels,
                                .count = count < MOST_BARS ? count : MOST_BARS,
                                .series = &series,
                                .series_count = 1,
                                .decimals = 1,
                                .mark = (double)NAN,
                                .highlight = -1};
    report_chart(show->report, "most", &chart);
    report_fold(show->report, "all");
    report_table(show->report, "columns", columns, sizeof columns / sizeof *columns, rows);
}

void show_duplicates(const struct show *show, size_t rows, size_t duplicates)
{
    report_figure(show->report, "rows", (double)duplicates, REPORT_COUNT, 0);
    report_figure(show->report, "share", (double)duplicates / (double)rows, REPORT_PERCENT, 2);
}

/* ---- Impossible values ----------------------------------------------------------------------------------
 */

static void show_history_sentinels(const struct show *show, const struct history_summary *history)
{
    static const struct report_column columns[] = {{"column", REPORT_TEXT, 0},
                                                   {"table", REPORT_TEXT, 0},
                                                   {"rows", REPORT_COUNT, 0},
                                                   {"share", REPORT_PERCENT, 1}};
    json_t *rows = json_array();
    for (int i = TABLE_BUREAU; i < TABLE_COUNT; i++) {
        const struct table_schema *schema = home_credit_schema((enum home_credit_table)i);
        const struct history_table *table = &history->tables[i];
        for (size_t c = 0; table->columns && c < schema->column_count; c++) {
            uint64_t count = sketch_count(&table->columns[c], DAYS_UNKNOWN);
            if (count > 0)
                json_array_append_new(rows,
                                      json_pack("[s, s, I, f]", schema->columns[c].name, schema->name,
                                                (json_int_t)count, (double)count / (double)table->rows));
        }
    }
    if (json_array_size(rows) > 0)
        report_table(show->report, "sentinels", columns, sizeof columns / sizeof *columns, rows);
    else
        json_decref(rows);
}

void show_anomalies(const struct show *show, const struct rate anomalies[ANOMALY_COUNT], size_t rows,
                    const struct history_summary *history)
{
    static const struct report_column columns[] = {{"what", REPORT_TEXT, 0},     {"column", REPORT_TEXT, 0},
                                                   {"clients", REPORT_COUNT, 0}, {"share", REPORT_PERCENT, 2},
                                                   {"rate", REPORT_PERCENT, 1},  {"low", REPORT_PERCENT, 1},
                                                   {"high", REPORT_PERCENT, 1}};
    json_t *list = json_array();
    json_t *counts = json_object();
    for (size_t i = 0; i < ANOMALY_COUNT; i++) {
        const struct rate *rate = &anomalies[i];
        enum anomaly_kind kind = (enum anomaly_kind)i;
        json_object_set_new(counts, anomaly_code(kind), json_integer((json_int_t)rate->clients));
        json_array_append_new(
            list, json_pack("[s, s, I, f, o, o, o]", report_text(show->report, anomaly_code(kind)),
                            home_credit_schema(TABLE_APPLICATION)->columns[anomaly_column(kind)].name,
                            (json_int_t)rate->clients, (double)rate->clients / (double)rows,
                            words_number(rate->share), words_number(rate->low), words_number(rate->high)));
    }
    report_data(show->report, "counts", counts);
    report_table(show->report, "application", columns, sizeof columns / sizeof *columns, list);
    show_history_sentinels(show, history);
}
