/* Rows of the Home Credit tables: each kind of error names file, line, column and value. */
#include <limits.h>
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

#include "shared/data/table.h"
#include "tests/support/shared_data.h"

static const char HEADER[] = "SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n";

/* Writes `content` to a new file; the caller unlinks. */
static void write_file(char path[64], const char *content)
{
    snprintf(path, 64, "/tmp/clairscore-table-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

/* Reads to the end; 0, or -1 with the error. */
static int read_all(const char *path, enum home_credit_table table, size_t *rows, struct error *err)
{
    struct table_reader *reader = NULL;
    double row[APPLICATION_COLUMNS];
    int got = 0;
    *rows = 0;
    if (table_open(&reader, path, table, err))
        return -1;
    while ((got = table_next(reader, row, err)) == 1)
        ++*rows;
    table_close(reader);
    return got;
}

static void expect_error(const char *content, enum home_credit_table table, const char *part)
{
    char path[64];
    struct error err = {0};
    size_t rows = 0;
    write_file(path, content);
    assert_int_equal(read_all(path, table, &rows, &err), -1);
    if (!strstr(err.message, part) || !strstr(err.message, path))
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
    unlink(path);
}

static void wrong_files_are_refused(void **state)
{
    (void)state;
    char text[512];
    expect_error("", TABLE_BUREAU_BALANCE, "empty; the first line must name the columns of bureau_balance");
    expect_error("SK_ID_BUREAU,STATUS\n", TABLE_BUREAU_BALANCE, ":1: column MONTHS_BALANCE is missing");
    expect_error("SK_ID_BUREAU,MONTHS_BALANCE,STATUS,STATUS\n", TABLE_BUREAU_BALANCE,
                 ":1: column STATUS stands twice");
    expect_error("SK_ID_BUREAU,MONTHS_BALANCE,STATUS,WHO\n", TABLE_BUREAU_BALANCE,
                 ":1: unknown column \"WHO\"");
    expect_error("\n\nSK_ID_BUREAU,STATUS\n", TABLE_BUREAU_BALANCE, ":3: column MONTHS_BALANCE is missing");
    static const struct {
        const char *line, *part;
    } cases[] = {
        {"1,-1,0\n2,x,0\n", ":3: MONTHS_BALANCE: \"x\" is not a whole number"},
        {"1,-1.5,0\n", ":2: MONTHS_BALANCE: \"-1.5\" is not a whole number"},
        {"1,1,0\n", ":2: MONTHS_BALANCE: \"1\" is not between -1200 and 0"},
        {"1,-1,\"\xE9\n\"\n", ":2: STATUS: \"\\xE9\\x0A\" is not a known category"},
        {"1,-1,Z\n", ":2: STATUS: \"Z\" is not a known category"},
        {"1,-1,\n", ":2: STATUS: \"\" is empty, but every row needs it"},
        {"1.5,-1,0\n", ":2: SK_ID_BUREAU: \"1.5\" is not a whole number"},
        {"-7,-1,0\n", ":2: SK_ID_BUREAU: \"-7\" is not between"},
        {"1,-1,0\n1,-2", ":3: 2 fields where the header has 3; the line is truncated"},
        {"1,-1,0,9\n", ":2: 4 fields where the header has 3"},
        {"1,-1,\"0\n", ":2: a quote is opened and never closed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s%s", HEADER, cases[i].line);
        expect_error(text, TABLE_BUREAU_BALANCE, cases[i].part);
    }
}

static void columns_may_come_in_any_order(void **state)
{
    (void)state;
    char path[64];
    struct error err = {0};
    struct table_reader *reader = NULL;
    double row[BUREAU_BALANCE_COLUMNS];
    write_file(path, "STATUS,SK_ID_BUREAU,MONTHS_BALANCE\r\nC,77,-3.0\r\n");
    assert_int_equal(table_open(&reader, path, TABLE_BUREAU_BALANCE, &err), 0);
    assert_int_equal(table_next(reader, row, &err), 1);
    assert_true(row[BUREAU_BALANCE_SK_ID_BUREAU] == 77);
    assert_true(row[BUREAU_BALANCE_MONTHS_BALANCE] == -3);
    assert_true(row[BUREAU_BALANCE_STATUS] == BUREAU_BALANCE_STATUS_C);
    assert_int_equal(table_line(reader), 2);
    assert_int_equal(table_next(reader, row, &err), 0);
    table_close(reader);
    unlink(path);
}

/* A bureau file whose rows have the given ids and are otherwise alike. */
static void write_bureau(char path[64], const int *ids, size_t count)
{
    char text[2048];
    size_t at = 0;
    const struct table_schema *schema = home_credit_schema(TABLE_BUREAU);
    for (size_t i = 0; i < schema->column_count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i ? "," : "", schema->columns[i].name);
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "\n100001,%d,Closed,currency 1,-100,0,,,,0,5000.5,,,0.0,Consumer credit,-5,",
                               ids[i]);
    write_file(path, text);
}

static void duplicate_keys_are_refused(void **state)
{
    (void)state;
    char path[64];
    struct error err = {0};
    size_t rows = 0;
    write_bureau(path, (const int[]){5, 6, 5}, 3);
    assert_int_equal(read_all(path, TABLE_BUREAU, &rows, &err), -1);
    assert_non_null(strstr(err.message, ":4: SK_ID_BUREAU: \"5\" stands in an earlier line already"));
    unlink(path);
    error_clear(&err);
    write_bureau(path, (const int[]){5, 6, 7}, 3);
    assert_int_equal(read_all(path, TABLE_BUREAU, &rows, &err), 0);
    assert_int_equal(rows, 3);
    unlink(path);
}

static void loaded_tables_keep_every_value(void **state)
{
    (void)state;
    char path[64];
    struct error err = {0};
    struct table *table = NULL;
    double row[BUREAU_COLUMNS];
    write_bureau(path, (const int[]){5, 4000000000 / 2}, 2);
    assert_int_equal(table_load(&table, path, TABLE_BUREAU, &err), 0);
    assert_int_equal(table_rows(table), 2);
    assert_true(table_value(table, 1, BUREAU_SK_ID_BUREAU) == 2000000000);
    table_row(table, 0, row);
    assert_true(row[BUREAU_AMT_CREDIT_SUM] == 5000.5);
    assert_true(row[BUREAU_CREDIT_ACTIVE] == CREDIT_ACTIVE_CLOSED);
    assert_true(row[BUREAU_DAYS_CREDIT] == -100);
    assert_true(isnan(row[BUREAU_AMT_ANNUITY]));
    assert_true(isnan(row[BUREAU_DAYS_CREDIT_ENDDATE]));
    table_free(table);
    unlink(path);
}

static void the_real_files_are_read_whole(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum home_credit_table table;
        size_t rows;
    } files[] = {
        {"application_train.csv", TABLE_APPLICATION, 35808},
        {"application_test.csv", TABLE_APPLICATION, 1500},
        {"bureau.csv", TABLE_BUREAU, 24376},
        {"bureau_balance.csv", TABLE_BUREAU_BALANCE, 455702},
        {"previous_application.csv", TABLE_PREVIOUS_APPLICATION, 23883},
        {"POS_CASH_balance.csv", TABLE_POS_CASH_BALANCE, 142134},
        {"installments_payments.csv", TABLE_INSTALLMENTS_PAYMENTS, 5341},
        {"credit_card_balance.csv", TABLE_CREDIT_CARD_BALANCE, 55653},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[128];
        char path[PATH_MAX];
        struct error err = {0};
        size_t rows = 0;
        snprintf(name, sizeof name, "data/home-credit/%s", files[i].name);
        if (!shared_path(path, name))
            skip();
        if (read_all(path, files[i].table, &rows, &err))
            fail_msg("%s", err.message);
        assert_int_equal(rows, files[i].rows);
    }
}

static void the_schema_is_consistent(void **state)
{
    (void)state;
    for (int t = 0; t < TABLE_COUNT; t++) {
        const struct table_schema *schema = home_credit_schema((enum home_credit_table)t);
        for (size_t i = 0; i < schema->column_count; i++) {
            const struct column *column = &schema->columns[i];
            assert_int_equal(home_credit_column(schema, column->name), i);
            assert_true(column->lowest <= column->highest);
            assert_int_equal(column->kind == COLUMN_CATEGORY, column->categories != NULL);
            for (size_t j = 0; column->categories && j < column->category_count; j++)
                assert_int_equal(
                    home_credit_category(column, column->categories[j], strlen(column->categories[j])), j);
        }
        assert_true(schema->key < 0 || schema->columns[schema->key].kind == COLUMN_KEY);
        assert_int_equal(home_credit_column(schema, "NO_SUCH_COLUMN"), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_files_are_refused),       cmocka_unit_test(columns_may_come_in_any_order),
        cmocka_unit_test(duplicate_keys_are_refused),    cmocka_unit_test(loaded_tables_keep_every_value),
        cmocka_unit_test(the_real_files_are_read_whole), cmocka_unit_test(the_schema_is_consistent),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
