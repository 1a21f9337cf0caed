/* What notebook 1 computes, against plain recomputation on a generated portfolio. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/explore/anomalies.h"
#include "notebooks-port/explore/applications.h"
#include "notebooks-port/explore/bands.h"
#include "notebooks-port/explore/history_summary.h"
#include "notebooks-port/explore/outliers.h"
#include "notebooks-port/explore/rates.h"
#include "notebooks-port/explore/sketch.h"
#include "notebooks-port/explore/summary.h"
#include "notebooks-port/explore/table_drift.h"
#include "notebooks-port/portfolio/generate.h"
#include "shared/base/file.h"
#include "tests/support/temporary_folder.h"

enum { CLIENTS = 1500, DRAWN = 4000 };

struct fixture {
    char folder[TEMPORARY_FOLDER];
    struct table *table;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct description *description = NULL;
    struct generate_report report;
    struct error err = {0};
    const struct generate_options options = {.clients = CLIENTS, .test_clients = 60, .seed = 5};
    temporary_folder_make(fixture->folder);
    if (description_load(&description, "models/portfolio.json", &err) ||
        portfolio_generate(&report, description, &options, fixture->folder, &err) ||
        applications_load(&fixture->table, fixture->folder, &err)) {
        print_error("%s\n", err.message);
        return -1;
    }
    description_free(description);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    table_free(fixture->table);
    temporary_folder_remove(fixture->folder);
    free(fixture);
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- Sketches -------------------------------------------------------------------------------------------
 */

/* The smallest value that at least the share `probability` do not exceed. */
static double ranked(const double *sorted, size_t count, double probability)
{
    size_t rank = (size_t)ceil(probability * (double)count);
    return sorted[rank > 0 ? rank - 1 : 0];
}

static void check_sketch(const struct column *column, double *values, double tolerance)
{
    static const double probabilities[] = {0, 0.01, 0.25, 0.5, 0.75, 0.99, 1};
    struct sketch sketch;
    struct error err = {0};
    double sum = 0, squares = 0;
    assert_int_equal(sketch_init(&sketch, column, &err), 0);
    for (size_t i = 0; i < DRAWN; i++) {
        sketch_add(&sketch, values[i]);
        sketch_add(&sketch, i % 4 ? NAN : values[i]); /* a quarter twice */
        sum += (i % 4 ? 1 : 2) * values[i];
    }
    size_t known = DRAWN + DRAWN / 4;
    double *sorted = malloc(known * sizeof *sorted);
    for (size_t i = 0, at = 0; i < DRAWN; i++)
        for (int times = i % 4 ? 1 : 2; times > 0; times--)
            sorted[at++] = values[i];
    qsort(sorted, known, sizeof *sorted, compare);
    double mean = sum / (double)known;
    for (size_t i = 0; i < known; i++)
        squares += (sorted[i] - mean) * (sorted[i] - mean);
    assert_int_equal(sketch.known, known);
    assert_int_equal(sketch.missing, DRAWN - DRAWN / 4);
    assert_true(sketch.minimum == sorted[0] && sketch.maximum == sorted[known - 1]);
    assert_true(fabs(sketch.mean - mean) <= 1e-9 * (1 + fabs(mean)));
    double deviation = sqrt(squares / (double)(known - 1));
    assert_true(fabs(sketch_deviation(&sketch) - deviation) <= 1e-9 * deviation);
    for (size_t i = 0; i < sizeof probabilities / sizeof *probabilities; i++) {
        double expected = ranked(sorted, known, probabilities[i]);
        assert_true(fabs(sketch_quantile(&sketch, probabilities[i]) - expected) <=
                    tolerance * fabs(expected));
    }
    free(sorted);
    sketch_free(&sketch);
}

static void test_sketch(void **state)
{
    (void)state;
    const struct column days = {.name = "days", .kind = COLUMN_INTEGER, .lowest = -45000, .highest = 365243};
    const struct column amount = {.name = "amount", .kind = COLUMN_NUMBER, .lowest = -1e9, .highest = 1e9};
    double values[DRAWN];
    unsigned seed = 3;
    for (size_t i = 0; i < DRAWN; i++)
        values[i] = i % 50 ? -(double)(rand_r(&seed) % 20000) : 365243;
    check_sketch(&days, values, 0);
    for (size_t i = 0; i < DRAWN; i++)
        values[i] = exp(20.0 * rand_r(&seed) / RAND_MAX - 3) * (i % 3 ? 1 : -1);
    values[7] = values[11] = 0;
    check_sketch(&amount, values, 1.0 / 256);
}

static void test_sketch_of_levels_and_keys(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "b", "c", NULL};
    const struct column level = {
        .name = "level", .kind = COLUMN_CATEGORY, .categories = texts, .category_count = 3};
    const struct column key = {.name = "key", .kind = COLUMN_KEY, .lowest = 1, .highest = 4294967295};
    struct sketch sketch;
    struct error err = {0};
    assert_int_equal(sketch_init(&sketch, &level, &err), 0);
    assert_true(isnan(sketch_mode(&sketch)) && isnan(sketch_quantile(&sketch, 0.5)));
    for (int i = 0; i < 9; i++)
        sketch_add(&sketch, i < 2 ? 0 : i < 6 ? 2 : i < 8 ? 1 : NAN);
    assert_true(sketch_mode(&sketch) == 2);
    assert_int_equal(sketch_count(&sketch, 2), 4);
    assert_int_equal(sketch_count(&sketch, 3), 0);
    assert_int_equal(sketch_count(&sketch, 0.5), 0);
    sketch_free(&sketch);
    assert_int_equal(sketch_init(&sketch, &key, &err), 0);
    sketch_add(&sketch, 4294967295);
    assert_true(sketch.known == 1 && isnan(sketch_quantile(&sketch, 0.5)) &&
                isnan(sketch_deviation(&sketch)));
    sketch_free(&sketch);
}

/* ---- Rates and bands ------------------------------------------------------------------------------------
 */

static void test_wilson(void **state)
{
    (void)state;
    /* Both limits solve (p − share)² = z² p (1 − p) / n. */
    static const struct {
        size_t clients, defaults;
    } cases[] = {{10, 2}, {263, 81}, {5, 0}, {7, 7}, {1000000, 80700}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rate rate = rate_of(3, cases[i].clients, cases[i].defaults);
        double limits[] = {rate.low, rate.high};
        assert_int_equal(rate.level, 3);
        assert_true(rate.low <= rate.share && rate.share <= rate.high && rate.low < rate.high);
        for (size_t j = 0; j < 2; j++) {
            double p = limits[j], n = (double)cases[i].clients;
            double left = (p - rate.share) * (p - rate.share);
            assert_true(fabs(left - 1.959963984540054 * 1.959963984540054 * p * (1 - p) / n) < 1e-12);
        }
    }
    assert_true(fabs(rate_of(0, 10, 2).low - 0.05668215) < 1e-7); /* R: prop.test(2, 10, correct = FALSE) */
    struct rate nobody = rate_of(0, 0, 0);
    assert_true(isnan(nobody.share) && isnan(nobody.low) && isnan(nobody.high));
}

static void test_rates(void **state)
{
    (void)state;
    const double codes[] = {0, 2, 2, NAN, 0, 2};
    const uint8_t labels[] = {1, 0, 1, 1, 0, 0};
    struct rate rates[4];
    rates_by_level(rates, codes, labels, 6, 3);
    assert_true(rates[0].clients == 2 && rates[0].defaults == 1);
    assert_true(rates[1].clients == 0 && isnan(rates[1].share));
    assert_true(rates[2].clients == 3 && rates[2].defaults == 1);
    assert_true(rates[3].clients == 1 && rates[3].defaults == 1 && rates[3].level == 3);
    const double values[] = {20, 24.9, 25, 30, 30.1, 19};
    const double edges[] = {20, 25, 30};
    rates_by_band(rates, values, labels, 6, edges, 2);
    assert_true(rates[0].clients == 2 && rates[0].defaults == 1);
    assert_true(rates[1].clients == 2 && rates[1].defaults == 2); /* the last band has its upper edge */
}

static void test_cramer(void **state)
{
    (void)state;
    struct rate wholly[] = {rate_of(0, 30, 0), rate_of(1, 20, 20)};
    struct rate not_at_all[] = {rate_of(0, 30, 3), rate_of(1, 0, 0), rate_of(2, 50, 5)};
    struct rate table[] = {rate_of(0, 40, 10), rate_of(1, 60, 30)};
    assert_true(fabs(rates_cramer(wholly, 2) - 1) < 1e-12);
    assert_true(rates_cramer(not_at_all, 3) < 1e-12);
    /* Of a two by two table: |ad − bc| / √ of the product of the margins. */
    assert_true(fabs(rates_cramer(table, 2) - fabs(30.0 * 30 - 10.0 * 30) / sqrt(60.0 * 40 * 40 * 60)) <
                1e-12);
    assert_true(rates_cramer(wholly, 1) == 0);
}

static void check_bands(const struct bands *bands, double low, double high)
{
    assert_in_range(bands->count, 1, BANDS_MOST);
    assert_true(bands->edges[0] <= low * (1 + 1e-12) && bands->edges[bands->count] >= high * (1 - 1e-12));
    for (size_t i = 0; i < bands->count; i++)
        assert_true(bands->edges[i] < bands->edges[i + 1]);
}

static void test_bands(void **state)
{
    (void)state;
    static const double ends[][2] = {{0, 472500}, {25650, 117e6}, {0.013, 0.963}, {1, 1.5}, {450, 4.05e6}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct bands bands = bands_even(ends[i][0], ends[i][1]);
        check_bands(&bands, ends[i][0], ends[i][1]);
        assert_true(bands.count >= 10);
        if (ends[i][0] > 0) {
            bands = bands_logarithmic(ends[i][0], ends[i][1]);
            check_bands(&bands, ends[i][0], ends[i][1]);
        }
    }
    assert_int_equal(bands_even(3, 3).count, 1);
    assert_int_equal(bands_logarithmic(0, 10).count, 1);
}

/* ---- The application table ------------------------------------------------------------------------------
 */

static void test_summary(void **state)
{
    const struct fixture *fixture = *state;
    struct summary summary;
    struct error err = {0};
    assert_int_equal(summary_make(&summary, fixture->table, &err), 0);
    assert_int_equal(summary.rows, CLIENTS);
    double values[CLIENTS];
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        const struct column_summary *column = &summary.columns[c];
        size_t known = 0, distinct = 0;
        applications_column(values, fixture->table, c);
        for (size_t i = 0; i < CLIENTS; i++)
            if (!isnan(values[i]))
                values[known++] = values[i];
        qsort(values, known, sizeof *values, compare);
        for (size_t i = 0; i < known; i++)
            distinct += i == 0 || values[i] != values[i - 1];
        assert_true(fabs(column->missing - (1 - (double)known / CLIENTS)) < 1e-12);
        assert_int_equal(column->distinct, distinct);
        if (isnan(column->mean))
            continue;
        assert_true(column->quantiles[SUMMARY_MINIMUM] == values[0]);
        assert_true(column->quantiles[SUMMARY_MAXIMUM] == values[known - 1]);
        double middle = (values[(known - 1) / 2] + values[known / 2]) / 2;
        assert_true(fabs(column->quantiles[SUMMARY_MEDIAN] - middle) <= 1e-9 * fabs(middle));
    }
    assert_int_equal(summary_numeric(&summary, APPLICATION_CODE_GENDER), -1);
    assert_int_equal(summary_numeric(&summary, APPLICATION_TARGET), 0);
    summary_free(&summary);
}

static void test_drift_of_the_same_is_none(void **state)
{
    const struct fixture *fixture = *state;
    struct table_drift drift;
    struct error err = {0};
    assert_int_equal(table_drift_measure(&drift, fixture->table, fixture->table, &err), 0);
    assert_int_equal(drift.count, APPLICATION_COLUMNS - 1);
    for (size_t i = 0; i < drift.count; i++)
        assert_true(drift.columns[i].psi == 0 && drift.columns[i].chance >= 0);
}

static void test_drift_of_another_is_by_falling_index(void **state)
{
    const struct fixture *fixture = *state;
    struct table_drift drift;
    struct table *test = NULL;
    struct error err = {0};
    assert_int_equal(applications_load_test(&test, fixture->folder, &err), 0);
    assert_non_null(test);
    assert_int_equal(table_drift_measure(&drift, fixture->table, test, &err), 0);
    assert_int_equal(drift.count, APPLICATION_COLUMNS - 2); /* without the key and TARGET */
    for (size_t i = 1; i < drift.count; i++)
        assert_true(drift.columns[i - 1].psi >= drift.columns[i].psi);
    table_free(test);
}

static void test_anomalies(void **state)
{
    const struct fixture *fixture = *state;
    struct rate rates[ANOMALY_COUNT];
    struct error err = {0};
    size_t unemployed = 0, defaults = 0, old_cars = 0;
    assert_int_equal(anomalies_count(rates, fixture->table, &err), 0);
    for (size_t i = 0; i < CLIENTS; i++) {
        bool is = table_value(fixture->table, i, APPLICATION_DAYS_EMPLOYED) == 365243;
        unemployed += is;
        defaults += is && table_value(fixture->table, i, APPLICATION_TARGET) == 1;
        old_cars += table_value(fixture->table, i, APPLICATION_OWN_CAR_AGE) > 60;
    }
    assert_true(unemployed > 100);
    assert_int_equal(rates[ANOMALY_EMPLOYED_365243].clients, unemployed);
    assert_int_equal(rates[ANOMALY_EMPLOYED_365243].defaults, defaults);
    assert_int_equal(rates[ANOMALY_CAR_AGE].clients, old_cars);
    assert_int_equal(rates[ANOMALY_AGE].clients, 0);
    double days[CLIENTS];
    applications_clean_column(days, fixture->table, APPLICATION_DAYS_EMPLOYED);
    for (size_t i = 0; i < CLIENTS; i++)
        unemployed -= isnan(days[i]) ? 1u : 0u;
    assert_int_equal(unemployed, 0);
}

static void test_outliers_on_any_number_of_threads(void **state)
{
    const struct fixture *fixture = *state;
    struct summary summary;
    struct outliers one, four;
    struct error err = {0};
    assert_int_equal(summary_make(&summary, fixture->table, &err), 0);
    omp_set_num_threads(1);
    assert_int_equal(outliers_find(&one, fixture->table, &summary, 3, &err), 0);
    omp_set_num_threads(4);
    assert_int_equal(outliers_find(&four, fixture->table, &summary, 3, &err), 0);
    assert_true(one.column_count > 3);
    assert_memory_equal(one.scores, four.scores, CLIENTS * sizeof *one.scores);
    assert_memory_equal(one.marks, four.marks, CLIENTS * sizeof *one.marks);
    assert_in_range(one.outliers.clients, CLIENTS / 10 - 10, CLIENTS / 10);
    assert_int_equal(one.outliers.clients + one.others.clients, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(one.marks[i], one.scores[i] < one.offset);
    outliers_free(&one);
    outliers_free(&four);
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++)
        summary.columns[c].distinct = OUTLIERS_DISTINCT;
    assert_int_equal(outliers_find(&one, fixture->table, &summary, 3, &err), 0);
    assert_true(one.column_count == 0 && !one.marks);
    outliers_free(&one);
    summary_free(&summary);
}

/* ---- Files that are made for the test -------------------------------------------------------------------
 */

/* Copies the first `rows` applications of `from` into a folder of their own; every TARGET becomes `target`
 * unless it is 0; `repeats` more rows repeat the first under other numbers. */
static void write_applications(char folder[TEMPORARY_FOLDER], const char *from, int rows, int repeats,
                               char target)
{
    char path[PATH_MAX], line[1 << 14], first[1 << 14] = "";
    temporary_folder_make(folder);
    snprintf(path, sizeof path, "%s/application_train.csv", from);
    FILE *in = fopen(path, "r");
    snprintf(path, sizeof path, "%s/application_train.csv", folder);
    FILE *out = fopen(path, "w");
    assert_true(in && out && fgets(line, sizeof line, in));
    fputs(line, out);
    for (int i = 0; i < rows && fgets(line, sizeof line, in); i++) {
        char *rest = strchr(line, ',');
        rest[1] = target ? target : rest[1];
        fputs(line, out);
        if (i == 0)
            snprintf(first, sizeof first, "%s", rest);
    }
    for (int i = 0; i < repeats; i++)
        fprintf(out, "%d%s", 900000 + i, first);
    fclose(in);
    fclose(out);
}

static void test_duplicates(void **state)
{
    const struct fixture *fixture = *state;
    char folder[TEMPORARY_FOLDER];
    struct table *table = NULL;
    struct error err = {0};
    size_t duplicates = 99;
    assert_int_equal(applications_duplicates(&duplicates, fixture->table, &err), 0);
    assert_int_equal(duplicates, 0);
    write_applications(folder, fixture->folder, 300, 3, 0);
    assert_int_equal(applications_load(&table, folder, &err), 0);
    assert_int_equal(applications_duplicates(&duplicates, table, &err), 0);
    assert_int_equal(duplicates, 3);
    table_free(table);
    temporary_folder_remove(folder);
}

static void expect_refusal(const char *folder, enum error_code code, const char *words)
{
    struct table *table = NULL;
    struct error err = {0};
    assert_int_equal(applications_load(&table, folder, &err), -1);
    assert_null(table);
    assert_int_equal(err.code, code);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
}

static void test_too_little_to_explore(void **state)
{
    const struct fixture *fixture = *state;
    char folder[TEMPORARY_FOLDER];
    expect_refusal("/nowhere", ERROR_NOT_FOUND, "must hold Home Credit's CSV files");
    write_applications(folder, fixture->folder, 99, 0, 0);
    expect_refusal(folder, ERROR_INVALID, "99 rows; at least 100");
    temporary_folder_remove(folder);
    write_applications(folder, fixture->folder, 200, 0, '0');
    expect_refusal(folder, ERROR_INVALID, "TARGET is 0 in every row");
    temporary_folder_remove(folder);
}

/* ---- History --------------------------------------------------------------------------------------------
 */

static void check_history(const struct history_summary *summary, const char *folder,
                          enum home_credit_table kind)
{
    const struct table_schema *schema = home_credit_schema(kind);
    const struct history_table *found = &summary->tables[kind];
    struct table *table = NULL;
    struct error err = {0};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, schema->file);
    assert_int_equal(table_load(&table, path, kind, &err), 0);
    size_t rows = table_rows(table);
    assert_true(found->present && found->rows == rows && found->bytes == file_size(path));
    double *values = malloc((rows + 1) * sizeof *values);
    for (size_t c = 0; c < schema->column_count; c++) {
        size_t known = 0;
        for (size_t i = 0; i < rows; i++) {
            values[known] = table_value(table, i, c);
            known += isnan(values[known]) ? 0u : 1u;
        }
        assert_int_equal(found->columns[c].known, known);
        assert_int_equal(found->columns[c].missing, rows - known);
        if (known == 0 || schema->columns[c].kind == COLUMN_KEY)
            continue;
        qsort(values, known, sizeof *values, compare);
        double median = ranked(values, known, 0.5);
        assert_true(fabs(sketch_quantile(&found->columns[c], 0.5) - median) <= fabs(median) / 256);
    }
    for (size_t i = 0; i < rows; i++)
        values[i] = table_value(table, i, (size_t)found->owner);
    qsort(values, rows, sizeof *values, compare);
    size_t owners = 0, most = 0;
    for (size_t i = 0, run = 0; i < rows; i++) {
        run = i > 0 && values[i] == values[i - 1] ? run + 1 : 1;
        owners += run == 1;
        most = run > most ? run : most;
    }
    assert_int_equal(found->owners, owners);
    assert_int_equal(found->rows_most, most);
    assert_in_range(found->rows_median, 1, most);
    free(values);
    table_free(table);
}

static void test_history_on_any_number_of_threads(void **state)
{
    const struct fixture *fixture = *state;
    struct history_summary one, four;
    struct error err = {0};
    omp_set_num_threads(1);
    assert_int_equal(history_summary_read(&one, fixture->folder, false, &err), 0);
    omp_set_num_threads(4);
    assert_int_equal(history_summary_read(&four, fixture->folder, false, &err), 0);
    for (int i = TABLE_BUREAU; i < TABLE_COUNT; i++) {
        check_history(&one, fixture->folder, (enum home_credit_table)i);
        for (size_t c = 0; c < home_credit_schema((enum home_credit_table)i)->column_count; c++)
            assert_memory_equal(&one.tables[i].columns[c].mean, &four.tables[i].columns[c].mean, 8);
    }
    history_summary_free(&one);
    history_summary_free(&four);
}

static void test_history_that_is_not_there(void **state)
{
    (void)state;
    struct history_summary summary;
    struct error err = {0};
    assert_int_equal(history_summary_read(&summary, "/nowhere", false, &err), 0);
    for (int i = 0; i < TABLE_COUNT; i++)
        assert_true(!summary.tables[i].present && summary.tables[i].rows == 0);
    history_summary_free(&summary);
}

static void test_history_with_a_wrong_value(void **state)
{
    (void)state;
    char folder[TEMPORARY_FOLDER], path[PATH_MAX];
    struct history_summary summary;
    struct error err = {0};
    static const char TEXT[] = "SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n1,0,C\n1,-1,Q\n";
    temporary_folder_make(folder);
    snprintf(path, sizeof path, "%s/bureau_balance.csv", folder);
    assert_int_equal(file_write(path, TEXT, strlen(TEXT), &err), 0);
    assert_int_equal(history_summary_read(&summary, folder, false, &err), -1);
    assert_non_null(strstr(err.message, "bureau_balance.csv:3: STATUS: \"Q\""));
    history_summary_free(&summary);
    temporary_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sketch),
        cmocka_unit_test(test_sketch_of_levels_and_keys),
        cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_cramer),
        cmocka_unit_test(test_bands),
        cmocka_unit_test(test_summary),
        cmocka_unit_test(test_drift_of_the_same_is_none),
        cmocka_unit_test(test_drift_of_another_is_by_falling_index),
        cmocka_unit_test(test_anomalies),
        cmocka_unit_test(test_outliers_on_any_number_of_threads),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_too_little_to_explore),
        cmocka_unit_test(test_history_on_any_number_of_threads),
        cmocka_unit_test(test_history_that_is_not_there),
        cmocka_unit_test(test_history_with_a_wrong_value),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
