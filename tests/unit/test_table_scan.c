/* The fast way to read a table against the other one: csv_next and table_field, value by value, bit by bit,
 * on generated records and on every table of the real data. */
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

#include "shared/data/category_index.h"
#include "shared/data/csv.h"
#include "shared/data/table.h"
#include "shared/data/table_scan.h"
#include "tests/support/shared_data.h"

enum { ROWS = 6000, TEXT = 64 };

static uint64_t state_of_random = 1;

/* Below `limit`. */
static unsigned random_below(unsigned limit)
{
    state_of_random = state_of_random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((state_of_random >> 33) % limit);
}

static uint64_t bits_of(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Reads a file both ways; how many rows both found. */
static size_t read_both_ways(const char *path, enum home_credit_table kind)
{
    const struct table_schema *schema = home_credit_schema(kind);
    struct table_reader *table = NULL;
    struct csv_reader *csv = NULL;
    struct error err = {0};
    const struct slice *fields = NULL;
    size_t count = 0;
    size_t rows = 0;
    int columns[APPLICATION_COLUMNS] = {0};
    double row[APPLICATION_COLUMNS];
    if (table_open(&table, path, kind, &err) || csv_open(&csv, path, NULL, &err) ||
        csv_next(csv, &fields, &count, &err) != 1)
        fail_msg("%s", err.message);
    for (size_t i = 0; i < count; i++) {
        char name[TEXT];
        snprintf(name, sizeof name, "%.*s", (int)fields[i].length, fields[i].data);
        columns[i] = home_credit_column(schema, name);
        assert_true(columns[i] >= 0);
    }
    const size_t field_count = count;
    int got = 0;
    while ((got = table_next(table, row, &err)) == 1) {
        assert_int_equal(csv_next(csv, &fields, &count, &err), 1);
        assert_int_equal(count, field_count);
        for (size_t i = 0; i < count; i++) {
            double value = 0;
            assert_true(table_field(&value, &schema->columns[columns[i]], fields[i]));
            if (bits_of(value) != bits_of(row[columns[i]]))
                fail_msg("%s:%zu: %s: \"%.*s\" is %.17g and %.17g", path, (size_t)csv_line(csv),
                         schema->columns[columns[i]].name, (int)fields[i].length, fields[i].data, value,
                         row[columns[i]]);
        }
        assert_int_equal(table_line(table), csv_line(csv));
        assert_int_equal(table_position(table), csv_position(csv));
        rows++;
    }
    if (got < 0)
        fail_msg("%s", err.message);
    assert_int_equal(csv_next(csv, &fields, &count, &err), 0);
    table_close(table);
    csv_close(csv);
    return rows;
}

/* A number that the column takes, in one of the many ways to write it. */
static void print_number(FILE *file, const struct column *column)
{
    const double span = fmin(column->highest, 1e9) - fmax(column->lowest, -1e9);
    double value = fmax(column->lowest, -1e9) + span * random_below(1000001) / 1e6;
    const bool whole = column->kind != COLUMN_NUMBER;
    if (whole)
        value = trunc(value);
    switch (random_below(whole ? 5 : 12)) {
    case 0:
        fprintf(file, "%.0f.0", trunc(value));
        break;
    case 1:
        fprintf(file, "%.0f.", trunc(value));
        break;
    case 2:
        fprintf(file, value < 0 ? "-000%.0f" : "+000%.0f", fabs(trunc(value)));
        break;
    case 3:
        fprintf(file, "%.0f.00000000000000000000", trunc(value));
        break;
    case 4:
        fprintf(file, "%.0f", trunc(value));
        break;
    case 5:
        fprintf(file, "%.17g", value);
        break;
    case 6:
        fprintf(file, "%.3e", value);
        break;
    case 7:
        fprintf(file, "%.*f", (int)random_below(12), value);
        break;
    case 8: /* as many digits as a double holds, and one more */
        fprintf(file, "%.*f", 16 - (int)fmax(0, floor(log10(fmax(1, fabs(value))))), value);
        break;
    case 9: /* near 2^53 without the point */
        fprintf(file, column->highest >= 1 ? "0.90071992547409%02u" : "-0", random_below(100));
        break;
    case 10:
        fputs("-0.0", file);
        break;
    default:
        fprintf(file, column->highest >= 1 ? ".%u" : "0", random_below(1000));
        break;
    }
}

static void print_field(FILE *file, const struct column *column, size_t row)
{
    if (column->kind == COLUMN_KEY) {
        fprintf(file, "%zu", 100000 + row);
    } else if (!column->required && random_below(3) == 0) {
        fputs(random_below(20) == 0 ? "\"\"" : "", file);
    } else if (column->kind == COLUMN_CATEGORY) {
        const char *text = column->categories[random_below((unsigned)column->category_count)];
        fprintf(file, strchr(text, ',') || random_below(50) == 0 ? "\"%s\"" : "%s", text);
    } else {
        print_number(file, column);
    }
}

/* print_number writes zeros too, which some columns do not take. */
static bool takes_zero(const struct column *column)
{
    return column->kind == COLUMN_KEY || (column->lowest <= 0 && column->highest >= 0);
}

static void write_table(const char *path, enum home_credit_table kind, const char *newline)
{
    const struct table_schema *schema = home_credit_schema(kind);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < schema->column_count; i++)
        fprintf(file, "%s%s", i ? "," : "", schema->columns[i].name);
    for (size_t row = 0; row < ROWS; row++) {
        fputs(newline, file);
        if (random_below(100) == 0)
            fputs(newline, file);
        for (size_t i = 0; i < schema->column_count; i++) {
            const struct column *column = &schema->columns[i];
            fputs(i ? "," : "", file);
            if (takes_zero(column))
                print_field(file, column, row);
            else
                fprintf(file, "%.0f", trunc(column->highest));
        }
    }
    fclose(file);
}

static void generated_rows_are_the_same(void **state)
{
    (void)state;
    char path[] = "/tmp/clairscore-scan-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (int kind = 0; kind < TABLE_COUNT; kind++)
        for (int i = 0; i < 2; i++) {
            write_table(path, (enum home_credit_table)kind, i ? "\r\n" : "\n");
            assert_int_equal(read_both_ways(path, (enum home_credit_table)kind), ROWS);
        }
    unlink(path);
}

static void real_rows_are_the_same(void **state)
{
    (void)state;
    for (int kind = 0; kind < TABLE_COUNT; kind++) {
        char name[TEXT * 2];
        char path[PATH_MAX];
        snprintf(name, sizeof name, "data/home-credit/%s",
                 home_credit_schema((enum home_credit_table)kind)->file);
        if (!shared_path(path, name))
            skip();
        assert_true(read_both_ways(path, (enum home_credit_table)kind) > 0);
    }
}

/* Rows before the wrong one are handed out although they are read together with it. */
static void a_wrong_row_is_named_behind_good_ones(void **state)
{
    (void)state;
    static const struct {
        const char *line, *part;
    } cases[] = {
        {"7,--1,C", "MONTHS_BALANCE: \"--1\" is not a whole number"},
        {"7,-,C", "MONTHS_BALANCE: \"-\" is not a whole number"},
        {"7,.,C", "MONTHS_BALANCE: \".\" is not a whole number"},
        {"7,-1.2.3,C", "MONTHS_BALANCE: \"-1.2.3\" is not a whole number"},
        {"7,-1 ,C", "MONTHS_BALANCE: \"-1 \" is not a whole number"},
        {"7,-1.00000000000001,C", "is not a whole number"},
        {"7,-1201,C", "MONTHS_BALANCE: \"-1201\" is not between -1200 and 0"},
        {"7,-1,CC", "STATUS: \"CC\" is not a known category"},
        {",-1,C", "SK_ID_BUREAU: \"\" is empty"},
        {"7,-1", "2 fields where the header has 3"},
        {"7,-1,C,", "4 fields where the header has 3"},
        {"7,-1\rC,", "a carriage return without a newline"},
    };
    enum { BEFORE = 1000, BEHIND = 100 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[] = "/tmp/clairscore-scan-XXXXXX";
        char line[TEXT];
        struct error err = {0};
        struct table_reader *reader = NULL;
        double row[BUREAU_BALANCE_COLUMNS];
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        FILE *file = fdopen(fd, "w");
        fputs("SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n", file);
        for (int j = 0; j < BEFORE + (int)i; j++)
            fprintf(file, "%d,-%d,C\n", j + 1, j);
        fprintf(file, "%s\n", cases[i].line);
        for (int j = 0; j < BEHIND; j++)
            fputs("5,-1,C\n", file);
        fclose(file);
        assert_int_equal(table_open(&reader, path, TABLE_BUREAU_BALANCE, &err), 0);
        for (int j = 0; j < BEFORE + (int)i; j++) {
            assert_int_equal(table_next(reader, row, &err), 1);
            assert_true(row[BUREAU_BALANCE_MONTHS_BALANCE] == -j);
        }
        assert_int_equal(table_next(reader, row, &err), -1);
        snprintf(line, sizeof line, ":%zu: ", BEFORE + i + 2);
        if (!strstr(err.message, cases[i].part) || !strstr(err.message, line))
            fail_msg("\"%s\" does not say \"%s\" of line %s", err.message, cases[i].part, line);
        table_close(reader);
        unlink(path);
    }
}

static void every_category_is_found_and_no_other(void **state)
{
    (void)state;
    for (int kind = 0; kind < TABLE_COUNT; kind++) {
        const struct table_schema *schema = home_credit_schema((enum home_credit_table)kind);
        for (size_t i = 0; i < schema->column_count; i++) {
            const struct column *column = &schema->columns[i];
            struct category_index index;
            struct error err = {0};
            bool found = false;
            char text[4 * TEXT] = "";
            if (column->kind != COLUMN_CATEGORY)
                continue;
            assert_int_equal(category_index_make(&index, column, &err), 0);
            const struct category_slot *slot = category_index_find(&found, &index, text, 0);
            assert_int_equal(found, !column->required);
            assert_true(!found || isnan(slot->one));
            for (size_t j = 0; j < column->category_count; j++) {
                const size_t length = strlen(column->categories[j]);
                memset(text, '?', sizeof text); /* what stands behind a text does not count */
                memcpy(text, column->categories[j], length);
                slot = category_index_find(&found, &index, text, length);
                assert_true(found && slot->code == j && slot->one == 1);
                for (size_t at = 0; at <= length; at++) { /* one byte another, or one more */
                    const char was = text[at];
                    text[at] = '#';
                    category_index_find(&found, &index, text, at < length ? length : length + 1);
                    assert_false(found);
                    text[at] = was;
                }
            }
            category_index_free(&index);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_rows_are_the_same),
        cmocka_unit_test(real_rows_are_the_same),
        cmocka_unit_test(a_wrong_row_is_named_behind_good_ones),
        cmocka_unit_test(every_category_is_found_and_no_other),
    };
    return cmocka_run_group_tests_name("table_scan", tests, NULL, NULL);
}
