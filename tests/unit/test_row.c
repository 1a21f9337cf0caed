/* CSV records as rows: headers in any order, every wrong field named, the values of the table reader. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shared/data/csv.h"
#include "shared/data/row.h"

/* The names of all columns, with room for two more. */
static struct slice *names_of(enum home_credit_table table, size_t *count)
{
    const struct table_schema *schema = home_credit_schema(table);
    struct slice *names = calloc(schema->column_count + 2, sizeof *names);
    for (size_t i = 0; i < schema->column_count; i++)
        names[i] = slice_of(schema->columns[i].name);
    *count = schema->column_count;
    return names;
}

static const char *detail_at(const json_t *problems, const char *pointer)
{
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *problem = json_array_get(problems, i);
        if (strcmp(json_string_value(json_object_get(problem, "pointer")), pointer) == 0)
            return json_string_value(json_object_get(problem, "detail"));
    }
    return NULL;
}

static void test_headers(void **state)
{
    (void)state;
    for (int table = 0; table < TABLE_COUNT; table++) {
        size_t count;
        struct row_header header;
        struct slice *names = names_of((enum home_credit_table)table, &count);
        json_t *problems = json_array();
        for (size_t i = 0; i < count / 2; i++) { /* the other way round */
            struct slice kept = names[i];
            names[i] = names[count - 1 - i];
            names[count - 1 - i] = kept;
        }
        assert_true(row_match(&header, (enum home_credit_table)table, names, count, problems));
        assert_int_equal(header.column_of_field[0], count - 1);
        assert_int_equal(json_array_size(problems), 0);

        names[count] = slice_of("SK_ID_CUR");
        names[count + 1] = names[0];
        struct slice lost = names[1];
        names[1] = slice_of("");
        assert_false(row_match(&header, (enum home_credit_table)table, names, count + 2, problems));
        char pointer[80];
        snprintf(pointer, sizeof pointer, "/%.*s", (int)lost.length, lost.data);
        assert_string_equal(detail_at(problems, pointer), "this column is missing");
        assert_non_null(strstr(detail_at(problems, "/SK_ID_CUR"), "has no such column"));
        snprintf(pointer, sizeof pointer, "/%.*s", (int)names[0].length, names[0].data);
        assert_string_equal(detail_at(problems, pointer), "stands twice in the first line");
        json_decref(problems);
        free(names);
    }
}

static void test_names_that_are_none(void **state)
{
    (void)state;
    struct row_header header;
    static const char odd[] = "\xff/~\n\"";
    const struct slice names[] = {{odd, sizeof odd - 1}, {"", 0}};
    struct slice many[ROW_FIELDS + 1];
    json_t *problems = json_array();
    assert_false(row_match(&header, TABLE_APPLICATION, names, 2, problems));
    assert_non_null(detail_at(problems, "/????\""));
    for (size_t i = 0; i < ROW_FIELDS + 1; i++)
        many[i] = names[1];
    json_array_clear(problems);
    assert_false(row_match(&header, TABLE_APPLICATION, many, ROW_FIELDS + 1, problems));
    assert_int_equal(json_array_size(problems), 1);
    json_decref(problems);
}

static void test_wrong_fields_are_all_named(void **state)
{
    (void)state;
    size_t count;
    double row[APPLICATION_COLUMNS];
    struct row_header header;
    struct slice *names = names_of(TABLE_APPLICATION, &count), *fields = calloc(count + 1, sizeof *fields);
    json_t *problems = json_array();
    assert_true(row_match(&header, TABLE_APPLICATION, names, count, problems));
    for (size_t i = 0; i < count; i++)
        fields[i] = slice_of("");
    assert_false(row_read(row, &header, fields, count, problems));
    assert_string_equal(detail_at(problems, "/SK_ID_CURR"), "is empty, but every row needs it");
    json_array_clear(problems);

    fields[APPLICATION_SK_ID_CURR] = slice_of("100001");
    fields[APPLICATION_AMT_CREDIT] = slice_of("1e3");
    assert_true(row_read(row, &header, fields, count, problems));
    assert_true(row[APPLICATION_SK_ID_CURR] == 100001 && row[APPLICATION_AMT_CREDIT] == 1000);
    assert_true(isnan(row[APPLICATION_TARGET]) && isnan(row[APPLICATION_CODE_GENDER]));

    static const struct {
        int column;
        const char *value, *said;
    } wrong[] = {
        {APPLICATION_AMT_CREDIT, "much", "\"much\" is not a number"},
        {APPLICATION_CNT_CHILDREN, "-1", "-1 is not between 0"},
        {APPLICATION_CNT_CHILDREN, "1.5", "1.5 is not a whole number"},
        {APPLICATION_CODE_GENDER, "\xff", "not a known category"},
        {APPLICATION_NAME_CONTRACT_TYPE, "Cash loan", "did you mean \"Cash loans\"?"},
        {APPLICATION_EXT_SOURCE_1, "nan", "is not a number"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char pointer[80];
        const char *name = home_credit_schema(TABLE_APPLICATION)->columns[wrong[i].column].name;
        fields[wrong[i].column] = slice_of(wrong[i].value);
        json_array_clear(problems);
        assert_false(row_read(row, &header, fields, count, problems));
        snprintf(pointer, sizeof pointer, "/%s", name);
        const char *detail = detail_at(problems, pointer);
        assert_non_null(detail);
        if (!strstr(detail, wrong[i].said))
            fail_msg("%s: %s", name, detail);
    }
    assert_int_equal(json_array_size(problems), 5); /* one of the two of CNT_CHILDREN is gone */
    json_array_clear(problems);
    assert_false(row_read(row, &header, fields, count - 1, problems));
    assert_non_null(strstr(detail_at(problems, ""), "truncated"));
    json_decref(problems);
    free(names);
    free(fields);
}

static int open_text(struct csv_reader **out, const char *text, size_t record_bytes)
{
    struct error err = {0};
    const struct csv_options options = {.record_bytes = record_bytes};
    return csv_open_bytes(out, "text", text, strlen(text), &options, &err);
}

static void test_reading_goes_on_behind_a_wrong_record(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBF"
                               "a,b\r\n\"a\"\"\nb\"x,\n1,2\n\"never";
    struct csv_reader *reader = NULL;
    const struct slice *fields;
    size_t count;
    struct error err = {0};
    assert_int_equal(open_text(&reader, text, 0), 0);
    assert_int_equal(csv_next(reader, &fields, &count, &err), 1);
    assert_true(slice_equals(fields[0], "a"));
    assert_int_equal(csv_next(reader, &fields, &count, &err), -1);
    error_clear(&err);
    assert_int_equal(csv_skip_line(reader, &err), 0);
    assert_int_equal(csv_line(reader), 2);
    /* What the wrong record reached over is there as it was: b"x is a field. */
    assert_int_equal(csv_next(reader, &fields, &count, &err), 1);
    assert_true(slice_equals(fields[0], "b\"x"));
    assert_int_equal(csv_line(reader), 3);
    assert_int_equal(csv_next(reader, &fields, &count, &err), 1);
    assert_int_equal(csv_next(reader, &fields, &count, &err), -1);
    assert_int_equal(csv_skip_line(reader, &err), 0);
    assert_int_equal(csv_line(reader), 5);
    error_clear(&err);
    assert_int_equal(csv_next(reader, &fields, &count, &err), 0);
    assert_int_equal(csv_position(reader), sizeof text - 1);
    csv_close(reader);

    static const char longer[] = "1234567890\n1\n";
    assert_int_equal(open_text(&reader, longer, 8), 0);
    assert_int_equal(csv_next(reader, &fields, &count, &err), -1);
    error_clear(&err);
    assert_int_equal(csv_skip_line(reader, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    csv_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_names_that_are_none),
        cmocka_unit_test(test_wrong_fields_are_all_named),
        cmocka_unit_test(test_reading_goes_on_behind_a_wrong_record),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
