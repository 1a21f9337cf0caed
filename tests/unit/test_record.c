/* Rows from JSON: every wrong field is named with a pointer and what would be right. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "shared/data/record.h"
#include "shared/data/table.h"
#include "tests/support/shared_data.h"

/* Reads `text` as an application; the problems found, to be released. */
static json_t *read_application(const char *text, double *row, bool *good)
{
    json_t *object = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(object);
    json_t *problems = json_array();
    *good = record_read(row, TABLE_APPLICATION, object, "/application", problems);
    assert_int_equal(*good, json_array_size(problems) == 0);
    json_decref(object);
    return problems;
}

static void good_fields_are_taken(void **state)
{
    (void)state;
    double row[APPLICATION_COLUMNS];
    bool good = false;
    json_decref(read_application("{\"AMT_CREDIT\": 406597.5, \"CODE_GENDER\": \"F\", \"CNT_CHILDREN\": 2.0,"
                                 " \"FLAG_EMAIL\": 1, \"EXT_SOURCE_1\": null}",
                                 row, &good));
    assert_true(good);
    assert_true(row[APPLICATION_AMT_CREDIT] == 406597.5);
    assert_true(row[APPLICATION_CODE_GENDER] == CODE_GENDER_F);
    assert_true(row[APPLICATION_CNT_CHILDREN] == 2);
    assert_true(isnan(row[APPLICATION_EXT_SOURCE_1]));
    assert_true(isnan(row[APPLICATION_AMT_INCOME_TOTAL]));
}

static void wrong_fields_are_all_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *pointer, *detail, *code;
    } cases[] = {
        {"{\"AMT_CREDITS\": 1}", "/application/AMT_CREDITS", "did you mean AMT_CREDIT?", "unknown"},
        {"{\"x\": 1}", "/application/x", "no such field", "unknown"},
        {"{\"a/b~c\": 1}", "/application/a~1b~0c", "no such field", "unknown"},
        {"{\"AMT_CREDIT\": \"12\"}", "/application/AMT_CREDIT", "is not a number", "number"},
        {"{\"AMT_CREDIT\": [1]}", "/application/AMT_CREDIT", "[1] is not a number", "number"},
        {"{\"AMT_CREDIT\": -5}", "/application/AMT_CREDIT", "-5 is not between 0 and", "range"},
        {"{\"CNT_CHILDREN\": 1.5}", "/application/CNT_CHILDREN", "1.5 is not a whole number", "whole_number"},
        {"{\"FLAG_EMAIL\": 2}", "/application/FLAG_EMAIL", "2 is not between 0 and 1", "range"},
        {"{\"FLAG_EMAIL\": true}", "/application/FLAG_EMAIL", "true is not a number", "whole_number"},
        {"{\"CODE_GENDER\": \"f\"}", "/application/CODE_GENDER", "did you mean \"F\"?", "category"},
        {"{\"CODE_GENDER\": \"Q\"}", "/application/CODE_GENDER", "it takes one of \"F\"", "category"},
        {"{\"AMT_CERDIT\": 1}", "/application/AMT_CERDIT", "did you mean AMT_CREDIT?", "unknown"},
        {"{\"CODE_GENDER\": 1}", "/application/CODE_GENDER", "it takes one of \"F\", \"M\", \"XNA\"",
         "category"},
        {"{\"NAME_EDUCATION_TYPE\": \"Higher educaton\"}", "/application/NAME_EDUCATION_TYPE",
         "did you mean \"Higher education\"?", "category"},
        {"{\"ORGANIZATION_TYPE\": \"Quite another thing\"}", "/application/ORGANIZATION_TYPE", "…",
         "category"},
        {"{\"CODE_GENDER\": \"F\\u0000\"}", "/application/CODE_GENDER", "is not a known category",
         "category"},
        {"{\"é\": 1}", "/application/é", "no such field", "unknown"},
        {"[]", "/application", "must be an object", "object"},
        {"3", "/application", "must be an object", "object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double row[APPLICATION_COLUMNS];
        bool good = true;
        json_t *problems = read_application(cases[i].text, row, &good);
        assert_int_equal(json_array_size(problems), 1);
        const json_t *problem = json_array_get(problems, 0);
        assert_string_equal(json_string_value(json_object_get(problem, "pointer")), cases[i].pointer);
        const char *detail = json_string_value(json_object_get(problem, "detail"));
        if (!strstr(detail, cases[i].detail))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, detail, cases[i].detail);
        assert_string_equal(json_string_value(json_object_get(problem, "code")), cases[i].code);
        json_decref(problems);
    }
    double row[APPLICATION_COLUMNS];
    bool good = true;
    json_t *problems =
        read_application("{\"AMT_CREDIT\": \"a\", \"x\": 1, \"CODE_GENDER\": \"?\"}", row, &good);
    assert_int_equal(json_array_size(problems), 3);
    json_decref(problems);
}

static void long_values_are_cut(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text);
    memcpy(text, "{\"CODE_GENDER\": \"", 17); // NOLINT(bugprone-not-null-terminated-result)
    memcpy(text + sizeof text - 3, "\"}", 3);
    double row[APPLICATION_COLUMNS];
    bool good = true;
    json_t *problems = read_application(text, row, &good);
    assert_true(json_string_length(json_object_get(json_array_get(problems, 0), "detail")) < 400);
    json_decref(problems);
    memcpy(text, "{\"", 2); // NOLINT(bugprone-not-null-terminated-result)
    memset(text + 2, 'y', 15);
    memcpy(text + sizeof text - 5, "\":1}", 5);
    problems = read_application(text, row, &good);
    assert_true(json_string_length(json_object_get(json_array_get(problems, 0), "pointer")) < 300);
    json_decref(problems);
}

/* A pointer that has to be cut is cut between characters, wherever these lie. */
static void long_names_are_cut_between_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        char text[2000];
        size_t at = (size_t)snprintf(text, sizeof text, "{\"%.*s", (int)shift, "xx");
        for (size_t i = 0; i < 300; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "€");
        snprintf(text + at, sizeof text - at, "\": 1}");
        double row[APPLICATION_COLUMNS];
        bool good = true;
        json_t *problems = read_application(text, row, &good);
        assert_false(good);
        const char *pointer = json_string_value(json_object_get(json_array_get(problems, 0), "pointer"));
        assert_non_null(pointer);
        assert_string_equal(pointer + strlen(pointer) - strlen("€"), "€");
        json_decref(problems);
    }
}

/* However many fields are wrong, the answer and the time it takes stay bounded. */
static void problems_are_told_up_to_a_limit(void **state)
{
    (void)state;
    json_t *object = json_object();
    json_t *problems = json_array();
    double row[APPLICATION_COLUMNS];
    for (int i = 0; i < 2 * RECORD_PROBLEMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "AMT_CREDIT_%d", i);
        json_object_set_new(object, name, json_integer(i));
    }
    assert_false(record_read(row, TABLE_APPLICATION, object, "", problems));
    assert_int_equal(json_array_size(problems), RECORD_PROBLEMS);
    assert_false(record_read(row, TABLE_APPLICATION, object, "", problems));
    assert_int_equal(json_array_size(problems), RECORD_PROBLEMS);
    json_decref(object);
    json_decref(problems);
}

static void rows_make_the_round_trip(void **state)
{
    (void)state;
    for (int t = 0; t < TABLE_COUNT; t++) {
        const struct table_schema *schema = home_credit_schema((enum home_credit_table)t);
        double row[APPLICATION_COLUMNS];
        double again[APPLICATION_COLUMNS];
        for (size_t i = 0; i < schema->column_count; i++)
            row[i] = i % 3 == 2 && schema->columns[i].kind != COLUMN_KEY ? (double)NAN
                                                                         : schema->columns[i].highest;
        json_t *object = record_write(row, (enum home_credit_table)t);
        json_t *problems = json_array();
        assert_true(record_read(again, (enum home_credit_table)t, object, "", problems));
        for (size_t i = 0; i < schema->column_count; i++)
            assert_true(row[i] == again[i] || (isnan(row[i]) && isnan(again[i])));
        json_decref(object);
        json_decref(problems);
    }
}

static void real_rows_make_the_round_trip(void **state)
{
    (void)state;
    enum { ROWS = 2000 };
    for (int t = 0; t < TABLE_COUNT; t++) {
        const struct table_schema *schema = home_credit_schema((enum home_credit_table)t);
        char name[128];
        char path[PATH_MAX];
        struct error err = {0};
        struct table_reader *reader = NULL;
        double row[APPLICATION_COLUMNS];
        double again[APPLICATION_COLUMNS];
        snprintf(name, sizeof name, "data/home-credit/%s", schema->file);
        if (!shared_path(path, name))
            skip();
        assert_int_equal(table_open(&reader, path, (enum home_credit_table)t, &err), 0);
        json_t *problems = json_array();
        for (size_t i = 0; i < ROWS; i++) {
            assert_int_equal(table_next(reader, row, &err), 1);
            json_t *object = record_write(row, (enum home_credit_table)t);
            assert_true(record_read(again, (enum home_credit_table)t, object, "", problems));
            for (size_t j = 0; j < schema->column_count; j++)
                assert_true(row[j] == again[j] || (isnan(row[j]) && isnan(again[j])));
            json_decref(object);
        }
        json_decref(problems);
        table_close(reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_fields_are_taken),
        cmocka_unit_test(wrong_fields_are_all_named),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(problems_are_told_up_to_a_limit),
        cmocka_unit_test(rows_make_the_round_trip),
        cmocka_unit_test(real_rows_make_the_round_trip),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
