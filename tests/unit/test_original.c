/* The feature set `original`: its columns and texts, its values against a plain recomputation, and the
 * reading of both sets in one pass. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notebooks-port/portfolio/description.h"
#include "notebooks-port/portfolio/generate.h"
#include "shared/base/file.h"
#include "shared/data/table.h"
#include "shared/features/features.h"
#include "shared/features/history.h"
#include "tests/support/temporary_folder.h"

enum { CLIENTS = 400, TEST_CLIENTS = 20, SEED = 5, ROWS = 60 };

static struct original_columns columns;

static int list_columns(void **state)
{
    (void)state;
    original_list(&columns);
    return 0;
}

static size_t place_of(const char *name)
{
    for (size_t i = 0; i < columns.count; i++)
        if (strcmp(columns.columns[i].name, name) == 0)
            return i;
    fail_msg("there is no column %s", name);
    return 0;
}

static bool has(const char *name)
{
    for (size_t i = 0; i < columns.count; i++)
        if (strcmp(columns.columns[i].name, name) == 0)
            return true;
    return false;
}

static void columns_are_those_of_the_notebook(void **state)
{
    (void)state;
    static const char *const there[] = {"FLAG_OWN_CAR",
                                        "EMERGENCYSTATE_MODE",
                                        "CODE_GENDER_M",
                                        "NAME_FAMILY_STATUS_Married",
                                        "EXT_SOURCE_2",
                                        "Age",
                                        "Percent_Days_employed",
                                        "Annuity_as_percent_income",
                                        "Credit_as_percent_income",
                                        "BUREAU_DAYS_CREDIT",
                                        "BUREAU_CREDIT_ACTIVE_Closed",
                                        "BUREAU_LOAN_TYPES",
                                        "DEBT_CREDIT_RATIO",
                                        "OVERDUE_DEBT_RATIO",
                                        "PREV_APP_COUNT",
                                        "PREV_AMT_ANNUITY",
                                        "INSTA_AMT_PAYMENT",
                                        "CREDIT_AMT_BALANCE",
                                        "CREDIT_NAME_CONTRACT_STATUS_Completed"};
    static const char *const gone[] = {"TARGET",
                                       "SK_ID_CURR",
                                       "DAYS_BIRTH",
                                       "CODE_GENDER",
                                       "CODE_GENDER_F",
                                       "FLAG_OWN_CAR_Y",
                                       "BUREAU_SK_ID_BUREAU",
                                       "PREV_SK_ID_PREV",
                                       "BUREAU_CREDIT_ACTIVE_Active",
                                       "PREV_NAME_CONTRACT_STATUS"};
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        place_of(there[i]);
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        if (has(gone[i]))
            fail_msg("%s is no column", gone[i]);
    for (size_t i = 0; i < columns.count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(columns.columns[i].name, columns.columns[j].name);
    assert_true(place_of("CNT_CHILDREN") < place_of("CNT_FAM_MEMBERS"));
}

static void every_column_is_told_in_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < columns.count; i++) {
        const struct original_column *column = &columns.columns[i];
        char texts[2 * LANGUAGE_COUNT][ORIGINAL_TEXT];
        for (int language = 0; language < LANGUAGE_COUNT; language++) {
            original_label(texts[2 * language], column, (enum language)language);
            original_description(texts[2 * language + 1], column, (enum language)language);
        }
        for (int j = 0; j < 2 * LANGUAGE_COUNT; j++) {
            size_t length = strlen(texts[j]);
            if (length < 3 || length >= ORIGINAL_TEXT - 1 || strchr(texts[j], '{') ||
                strstr(texts[j], "“”") || strstr(texts[j], "  ") || texts[j][length - 1] == ' ' ||
                strcmp(texts[j], column->name) == 0)
                if (strcmp(column->name, "Age") != 0)
                    fail_msg("%s: \"%s\"", column->name, texts[j]);
        }
        if (strcmp(texts[1], texts[3]) == 0)
            fail_msg("%s: \"%s\" in both languages", column->name, texts[1]);
        assert_true(original_unit(column) < UNIT_COUNT_OF_UNITS);
        assert_int_not_equal(original_unit(column), UNIT_CATEGORY);
    }
    char text[ORIGINAL_TEXT];
    original_label(text, &columns.columns[place_of("NAME_INCOME_TYPE_Pensioner")], LANGUAGE_FR);
    assert_string_equal(text, "Source de revenu\u00a0: Retraité");
    original_label(text, &columns.columns[place_of("BUREAU_AMT_CREDIT_SUM_DEBT")], LANGUAGE_EN);
    assert_string_equal(text, "Credits elsewhere: debt left, mean");
    assert_int_equal(original_unit(&columns.columns[place_of("FLAG_OWN_CAR")]), UNIT_FLAG);
    assert_int_equal(original_unit(&columns.columns[place_of("BUREAU_AMT_CREDIT_SUM_DEBT")]), UNIT_MONEY);
    assert_int_equal(original_unit(&columns.columns[place_of("BUREAU_CREDIT_ACTIVE_Sold")]), UNIT_RATIO);
}

/* ---- Values ---- */

static void draw_row(enum home_credit_table table, double *row, unsigned *seed)
{
    const struct table_schema *schema = home_credit_schema(table);
    for (size_t i = 0; i < schema->column_count; i++) {
        const struct column *column = &schema->columns[i];
        double low = fmax(column->lowest, -3000);
        double high = fmin(column->highest, 3000);
        row[i] = low + (double)(rand_r(seed) % 1000) / 999 * (high - low);
        if (column->kind != COLUMN_NUMBER)
            row[i] = floor(row[i]);
        if (column->highest == 365243 && rand_r(seed) % 4 == 0)
            row[i] = 365243;
        if (!column->required && rand_r(seed) % 5 == 0)
            row[i] = NAN;
    }
}

static void check(const float *vector, const char *name, double expected)
{
    float value = vector[place_of(name)];
    if (isnan(expected) ? !isnan(value)
                        : !(fabs((double)value - expected) <= 1e-6 * fmax(1e-3, fabs(expected))))
        fail_msg("%s is %g and should be %g", name, (double)value, expected);
}

/* Mean of a column of drawn rows, sentinels and gaps left out. */
static double plain_mean(double (*rows)[APPLICATION_COLUMNS], size_t count, const struct column *column,
                         size_t place)
{
    double sum = 0;
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        bool sentinel = strncmp(column->name, "DAYS_", 5) == 0 && rows[i][place] == 365243;
        if (isnan(rows[i][place]) || sentinel)
            continue;
        sum += rows[i][place];
        known++;
    }
    return known ? fabs(sum / (double)known) : (double)NAN;
}

static void *sums_of(struct original_history *history, enum home_credit_table table)
{
    return (char *)history + original_part(table).offset;
}

static void histories_are_means_and_shares(void **state)
{
    (void)state;
    static const struct {
        enum home_credit_table table;
        const char *prefix;
        bool levels;
    } parts[] = {{TABLE_BUREAU, "BUREAU_", true},
                 {TABLE_PREVIOUS_APPLICATION, "PREV_", false},
                 {TABLE_INSTALLMENTS_PAYMENTS, "INSTA_", false},
                 {TABLE_CREDIT_CARD_BALANCE, "CREDIT_", true}};
    static double rows[ROWS][APPLICATION_COLUMNS];
    double application[APPLICATION_COLUMNS];
    float vector[ORIGINAL_COLUMNS_MOST];
    unsigned seed = 3;
    draw_row(TABLE_APPLICATION, application, &seed);
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        struct original_history history = {0};
        const struct table_schema *schema = home_credit_schema(parts[part].table);
        for (size_t i = 0; i < ROWS; i++) {
            draw_row(parts[part].table, rows[i], &seed);
            original_add(sums_of(&history, parts[part].table), parts[part].table, rows[i]);
        }
        original_build(vector, &columns, application, &history);
        for (size_t i = 0; i < schema->column_count; i++) {
            const struct column *column = &schema->columns[i];
            char name[ORIGINAL_NAME];
            if (column->kind == COLUMN_KEY)
                continue;
            if (column->kind != COLUMN_CATEGORY) {
                snprintf(name, sizeof name, "%s%s", parts[part].prefix, column->name);
                check(vector, name, plain_mean(rows, ROWS, column, i));
                continue;
            }
            for (size_t level = 1; parts[part].levels && level < column->category_count; level++) {
                double share = 0;
                for (size_t row = 0; row < ROWS; row++)
                    share += rows[row][i] == (double)level ? 1.0 / ROWS : 0;
                snprintf(name, sizeof name, "%s%s_%s", parts[part].prefix, column->name,
                         column->categories[level]);
                check(vector, name, share);
            }
        }
    }
}

static void ratios_divide_what_is_the_clients(void **state)
{
    (void)state;
    double application[APPLICATION_COLUMNS];
    double row[APPLICATION_COLUMNS];
    float vector[ORIGINAL_COLUMNS_MOST];
    struct original_history history = {0};
    unsigned seed = 9;
    draw_row(TABLE_APPLICATION, application, &seed);
    for (int i = 0; i < 3; i++) {
        draw_row(TABLE_BUREAU, row, &seed);
        row[BUREAU_AMT_CREDIT_SUM] = i == 1 ? NAN : 1000;
        row[BUREAU_AMT_CREDIT_SUM_DEBT] = 250;
        row[BUREAU_AMT_CREDIT_SUM_OVERDUE] = i == 0 ? 75 : 0;
        row[BUREAU_CREDIT_TYPE] = i == 2 ? CREDIT_TYPE_CAR_LOAN : CREDIT_TYPE_CONSUMER_CREDIT;
        original_add(&history.bureau, TABLE_BUREAU, row);
    }
    original_build(vector, &columns, application, &history);
    check(vector, "DEBT_CREDIT_RATIO", 0.375);
    check(vector, "OVERDUE_DEBT_RATIO", 0.1);
    check(vector, "BUREAU_LOAN_TYPES", 2);

    struct original_history free_of_debt = {0};
    row[BUREAU_AMT_CREDIT_SUM] = row[BUREAU_AMT_CREDIT_SUM_DEBT] = 0;
    row[BUREAU_AMT_CREDIT_SUM_OVERDUE] = 5;
    original_add(&free_of_debt.bureau, TABLE_BUREAU, row);
    original_build(vector, &columns, application, &free_of_debt);
    check(vector, "DEBT_CREDIT_RATIO", 0);
    check(vector, "OVERDUE_DEBT_RATIO", 0);
}

static void without_rows_everything_of_a_table_is_missing(void **state)
{
    (void)state;
    const struct original_history none = {0};
    double application[APPLICATION_COLUMNS];
    float known[ORIGINAL_COLUMNS_MOST];
    float unknown[ORIGINAL_COLUMNS_MOST];
    unsigned seed = 4;
    draw_row(TABLE_APPLICATION, application, &seed);
    original_build(known, &columns, application, &none);
    original_build(unknown, &columns, application, NULL);
    for (size_t i = 0; i < columns.count; i++)
        if (columns.columns[i].table != TABLE_APPLICATION)
            assert_true(isnan(known[i]) && isnan(unknown[i]));
    check(known, "CNT_CHILDREN", application[APPLICATION_CNT_CHILDREN]);
}

static void applications_become_numbers(void **state)
{
    (void)state;
    double row[APPLICATION_COLUMNS];
    float vector[ORIGINAL_COLUMNS_MOST];
    unsigned seed = 8;
    draw_row(TABLE_APPLICATION, row, &seed);
    row[APPLICATION_DAYS_BIRTH] = -36500;
    row[APPLICATION_DAYS_EMPLOYED] = -3650;
    row[APPLICATION_AMT_INCOME_TOTAL] = 2000;
    row[APPLICATION_AMT_ANNUITY] = 100;
    row[APPLICATION_AMT_CREDIT] = 5000;
    row[APPLICATION_CODE_GENDER] = CODE_GENDER_M;
    row[APPLICATION_FLAG_OWN_CAR] = YES_NO_LETTER_Y;
    row[APPLICATION_FLAG_OWN_REALTY] = YES_NO_LETTER_N;
    row[APPLICATION_EMERGENCYSTATE_MODE] = NAN;
    row[APPLICATION_OCCUPATION_TYPE] = NAN;
    row[APPLICATION_DAYS_REGISTRATION] = -12;
    row[APPLICATION_EXT_SOURCE_1] = NAN;
    original_build(vector, &columns, row, NULL);
    check(vector, "Age", 100);
    check(vector, "Percent_Days_employed", 10);
    check(vector, "Annuity_as_percent_income", 5);
    check(vector, "Credit_as_percent_income", 250);
    check(vector, "CODE_GENDER_M", 1);
    check(vector, "CODE_GENDER_XNA", 0);
    check(vector, "FLAG_OWN_CAR", 1);
    check(vector, "FLAG_OWN_REALTY", 0);
    check(vector, "EMERGENCYSTATE_MODE", NAN);
    check(vector, "OCCUPATION_TYPE_Laborers", 0);
    check(vector, "DAYS_REGISTRATION", 12);
    check(vector, "EXT_SOURCE_1", NAN);

    row[APPLICATION_DAYS_EMPLOYED] = 365243;
    row[APPLICATION_AMT_INCOME_TOTAL] = 0;
    original_build(vector, &columns, row, NULL);
    check(vector, "DAYS_EMPLOYED", NAN);
    check(vector, "Percent_Days_employed", NAN);
    check(vector, "Annuity_as_percent_income", NAN);
}

/* ---- Folders ---- */

static void make_portfolio(char folder[TEMPORARY_FOLDER])
{
    const struct generate_options options = {CLIENTS, TEST_CLIENTS, SEED};
    struct description *description = NULL;
    struct generate_report report;
    struct error err = {0};
    temporary_folder_make(folder);
    if (description_load(&description, "models/portfolio.json", &err) ||
        portfolio_generate(&report, description, &options, folder, &err))
        fail_msg("%s", err.message);
    description_free(description);
}

/* Every client's vectors by one set of sums; NaN-filled parts stay comparable as bytes. */
static void one_pass_feeds_both_sets(void **state)
{
    (void)state;
    char folder[TEMPORARY_FOLDER];
    char path[PATH_MAX];
    struct error err = {0};
    struct history_set *full = NULL;
    struct history_set *original = NULL;
    struct history_set *both = NULL;
    struct table_reader *reader = NULL;
    double row[APPLICATION_COLUMNS];
    size_t clients = 0;
    size_t with_history = 0;
    make_portfolio(folder);
    assert_int_equal(history_set_read(&full, folder, false, &err), 0);
    assert_int_equal(history_set_read_sums(&original, folder, HISTORY_ORIGINAL, false, &err), 0);
    assert_int_equal(history_set_read_sums(&both, folder, HISTORY_BOTH, false, &err), 0);
    assert_int_equal(history_set_rows(full, TABLE_BUREAU), history_set_rows(original, TABLE_BUREAU));
    assert_int_equal(history_set_rows(original, TABLE_POS_CASH_BALANCE), 0); /* not needed, not read */
    assert_int_equal(file_path(path, sizeof path, folder, "application_train.csv", &err), 0);
    assert_int_equal(table_open(&reader, path, TABLE_APPLICATION, &err), 0);
    while (table_next(reader, row, &err) == 1) {
        float a[FEATURE_COUNT];
        float b[FEATURE_COUNT];
        float c[ORIGINAL_COLUMNS_MOST];
        float d[ORIGINAL_COLUMNS_MOST];
        struct original_history of_original;
        struct original_history of_both;
        int64_t id = (int64_t)row[APPLICATION_SK_ID_CURR];
        features_build(row, history_set_get(full, id), a);
        features_build(row, history_set_get(both, id), b);
        assert_memory_equal(a, b, sizeof a);
        assert_true(history_set_original(&of_original, original, id));
        assert_true(history_set_original(&of_both, both, id));
        original_build(c, &columns, row, &of_original);
        original_build(d, &columns, row, &of_both);
        assert_memory_equal(c, d, columns.count * sizeof *c);
        float previous = c[place_of("PREV_APP_COUNT")];
        assert_true(isnan(previous) ? b[FEATURE_PREV_COUNT] == 0 : previous == b[FEATURE_PREV_COUNT]);
        with_history += isnan(previous) ? 0 : 1;
        clients++;
    }
    assert_int_equal(clients, CLIENTS);
    assert_true(with_history > CLIENTS / 2);
    table_close(reader);
    history_set_free(full);
    history_set_free(original);
    history_set_free(both);
    temporary_folder_remove(folder);
}

/* Of two files with a fault the first table's is told, whichever thread met its own first. */
static void a_fault_names_its_file_and_line(void **state)
{
    (void)state;
    char folder[TEMPORARY_FOLDER];
    char path[PATH_MAX];
    static const char *const faulty[] = {"bureau_balance.csv", "POS_CASH_balance.csv"};
    make_portfolio(folder);
    for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
        struct error err = {0};
        assert_int_equal(file_path(path, sizeof path, folder, faulty[i], &err), 0);
        FILE *file = fopen(path, "a");
        assert_non_null(file);
        fputs("nonsense\n", file);
        fclose(file);
    }
    for (int round = 0; round < 5; round++) {
        struct error err = {0};
        struct history_set *set = NULL;
        assert_int_equal(history_set_read(&set, folder, false, &err), -1);
        assert_null(set);
        assert_non_null(strstr(err.message, "bureau_balance.csv:"));
    }
    temporary_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_those_of_the_notebook),
        cmocka_unit_test(every_column_is_told_in_both_languages),
        cmocka_unit_test(histories_are_means_and_shares),
        cmocka_unit_test(ratios_divide_what_is_the_clients),
        cmocka_unit_test(without_rows_everything_of_a_table_is_missing),
        cmocka_unit_test(applications_become_numbers),
        cmocka_unit_test(one_pass_feeds_both_sets),
        cmocka_unit_test(a_fault_names_its_file_and_line),
    };
    return cmocka_run_group_tests_name("original", tests, list_columns, NULL);
}
