/* The CSV reader over case directories: tests/unit/csv/NAME holds input.csv and either expected.json (the
 * records) or error.txt (a part of the message). A new case needs no code. */
#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
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

#include "shared/base/file.h"
#include "shared/base/number.h"
#include "shared/data/csv.h"
#include "tests/support/shared_data.h"

static const char CASES[] = "tests/unit/csv";

/* All records of a file as a JSON array of arrays of texts; NULL with an error. */
static json_t *read_all(const char *path, const struct csv_options *options, struct error *err)
{
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0;
    if (csv_open(&reader, path, options, err))
        return NULL;
    json_t *records = json_array();
    int got = 0;
    while ((got = csv_next(reader, &fields, &count, err)) == 1) {
        json_t *record = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(record, json_stringn_nocheck(fields[i].data, fields[i].length));
        json_array_append_new(records, record);
    }
    csv_close(reader);
    if (got == 0)
        return records;
    json_decref(records);
    return NULL;
}

static void run_case(const char *name)
{
    char input[PATH_MAX];
    char expected[PATH_MAX];
    char error[PATH_MAX];
    struct error err = {0};
    /* Small limits, so that cases can cross them; cp1252 when the name says so. */
    struct csv_options options = {.record_bytes = 400, .field_bytes = 100, .fields = 12};
    if (strncmp(name, "cp1252", 6) == 0)
        options.encoding = CSV_CP1252;
    snprintf(input, sizeof input, "%s/%s/input.csv", CASES, name);
    snprintf(expected, sizeof expected, "%s/%s/expected.json", CASES, name);
    snprintf(error, sizeof error, "%s/%s/error.txt", CASES, name);
    json_t *records = read_all(input, &options, &err);
    if (file_exists(expected)) {
        json_t *wanted = json_load_file(expected, 0, NULL);
        assert_non_null(wanted);
        if (!records)
            fail_msg("%s: %s", name, err.message);
        if (!json_equal(records, wanted)) {
            char *got = json_dumps(records, 0);
            fail_msg("%s: read %s", name, got);
        }
        json_decref(wanted);
    } else {
        struct buffer part = buffer_new(4096);
        assert_int_equal(file_read(&part, error, NULL), 0);
        part.data[strcspn(part.data, "\n")] = '\0';
        if (records)
            fail_msg("%s: read without an error", name);
        if (!strstr(err.message, part.data) || !strstr(err.message, "input.csv:"))
            fail_msg("%s: \"%s\" does not say \"%s\"", name, err.message, part.data);
        buffer_free(&part);
    }
    json_decref(records);
}

static void cases_read_as_expected(void **state)
{
    (void)state;
    DIR *folder = opendir(CASES);
    assert_non_null(folder);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.') {
            run_case(entry->d_name);
            count++;
        }
    closedir(folder);
    printf("%zu cases\n", count);
    assert_true(count >= 15);
}

static void write_records(const char *path, size_t count)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "%zu,\"", i);
        for (size_t j = 0; j < i % 97; j++)
            fputs(j % 10 == 3 ? "\"\"" : j % 10 == 7 ? "\n" : j % 10 == 5 ? "," : "x", file);
        fprintf(file, "\",end\n");
    }
    fclose(file);
}

/* Records of every length lie across every place where the buffer is filled again. */
static void records_survive_refills(void **state)
{
    (void)state;
    enum { RECORDS = 200000 };
    char path[] = "/tmp/clairscore-csv-XXXXXX";
    close(mkstemp(path));
    write_records(path, RECORDS);
    struct error err = {0};
    struct csv_options options = {.record_bytes = 400};
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0;
    uint64_t line = 1;
    assert_int_equal(csv_open(&reader, path, &options, &err), 0);
    for (size_t i = 0; i < RECORDS; i++) {
        assert_int_equal(csv_next(reader, &fields, &count, &err), 1);
        assert_int_equal(count, 3);
        assert_int_equal(csv_line(reader), line);
        char id[32];
        snprintf(id, sizeof id, "%zu", i);
        assert_true(slice_equals(fields[0], id));
        assert_int_equal(fields[1].length, i % 97);
        for (size_t j = 0; j < i % 97; j++) {
            char wanted = j % 10 == 3 ? '"' : j % 10 == 7 ? '\n' : j % 10 == 5 ? ',' : 'x';
            assert_int_equal(fields[1].data[j], wanted);
            line += wanted == '\n';
        }
        line++;
        assert_true(slice_equals(fields[2], "end"));
    }
    assert_int_equal(csv_next(reader, &fields, &count, &err), 0);
    assert_int_equal(csv_next(reader, &fields, &count, &err), 0);
    assert_int_equal(csv_position(reader), csv_size(reader));
    csv_close(reader);
    unlink(path);
}

/* Progress ends at the file's size, the byte order mark included. */
static void the_position_counts_every_byte(void **state)
{
    (void)state;
    struct error err = {0};
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0;
    assert_int_equal(csv_open(&reader, "tests/unit/csv/bom/input.csv", NULL, &err), 0);
    assert_int_equal(csv_position(reader), 0);
    while (csv_next(reader, &fields, &count, &err) == 1)
        ;
    assert_int_equal(csv_position(reader), csv_size(reader));
    csv_close(reader);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct error err = {0};
    struct csv_reader *reader = NULL;
    assert_int_equal(csv_open(&reader, "/nowhere/x.csv", NULL, &err), -1);
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/nowhere/x.csv"));
}

static void the_column_description_is_cp1252(void **state)
{
    (void)state;
    char path[PATH_MAX];
    if (!shared_path(path, "data/home-credit/HomeCredit_columns_description.csv"))
        skip();
    struct error err = {0};
    struct csv_options options = {.encoding = CSV_CP1252};
    json_t *records = read_all(path, &options, &err);
    if (!records)
        fail_msg("%s", err.message);
    assert_int_equal(json_array_size(records), 220);
    json_decref(records);
}

static void numbers_are_read_exactly(void **state)
{
    (void)state;
    static const char *const good[] = {"0",
                                       "-0",
                                       "1",
                                       "+1",
                                       "1.0",
                                       "-874.0",
                                       "406597.5",
                                       "0.0830369673913225",
                                       "1.6706922783228775e-05",
                                       "123456789012345678901234567890",
                                       "1e22",
                                       "1E+3",
                                       ".5",
                                       "5.",
                                       "0.1",
                                       "9007199254740993",
                                       "2.2250738585072014e-308",
                                       "0.000000000000000000000000000001",
                                       "179769313486231570000"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double value = NAN;
        assert_true(number_read(&value, good[i], strlen(good[i])));
        if (value != strtod(good[i], NULL))
            fail_msg("%s was read as %.17g", good[i], value);
    }
    static const char *const bad[] = {"",   " ",  " 3",  "3 ",    "0x10", "nan", "inf",   "-", "+",    ".",
                                      "e5", "1e", "1e+", "1.2.3", "1,5",  "--1", "1e999", "٣", "1_000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 0;
        if (number_read(&value, bad[i], strlen(bad[i])))
            fail_msg("\"%s\" was read as %g", bad[i], value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_read_as_expected),
        cmocka_unit_test(records_survive_refills),
        cmocka_unit_test(the_position_counts_every_byte),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(the_column_description_is_cp1252),
        cmocka_unit_test(numbers_are_read_exactly),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
