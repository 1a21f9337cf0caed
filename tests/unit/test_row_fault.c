/* Faults of rows in words: every code of the contract, in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "frontend/view/row_fault.h"
#include "shared/data/record.h"

static int load(void **state)
{
    struct error err = {0};
    return i18n_load((struct i18n **)state, "frontend/locales", &err);
}

static int unload(void **state)
{
    i18n_free(*state);
    return 0;
}

/* The words for an error given as JSON. */
static void assert_says(const struct i18n *i18n, enum language language, const char *error, const char *part)
{
    json_t *document = json_loads(error, 0, NULL);
    assert_non_null(document);
    json_t *text = row_fault_text(i18n, language, document);
    assert_non_null(text);
    if (!strstr(json_string_value(text), part))
        fail_msg("\"%s\" does not say \"%s\"", json_string_value(text), part);
    assert_null(strchr(json_string_value(text), '{'));
    json_decref(text);
    json_decref(document);
}

static void test_values_are_in_the_sentence(void **state)
{
    static const char number[] = "{\"code\": \"number\", \"values\": {\"sent\": \"beaucoup\", \"low\": 0,"
                                 " \"high\": 1000000, \"unit\": \"money\"}}";
    static const char near[] =
        "{\"code\": \"category\", \"values\": {\"sent\": \"Cash\", \"near\": \"Cash loans\"}}";
    static const char choices[] =
        "{\"code\": \"category\", \"values\": {\"sent\": \"X\", \"choices\": [\"F\", \"M\"]}}";
    static const char fields[] = "{\"code\": \"fields\", \"values\": {\"sent\": 30, \"expected\": 1122}}";
    assert_says(*state, LANGUAGE_FR, number, "beaucoup");
    assert_says(*state, LANGUAGE_FR, number, "de 0 à 1 000 000 (un montant)");
    assert_says(*state, LANGUAGE_EN, number, "from 0 to 1,000,000 (an amount of money)");
    assert_says(*state, LANGUAGE_EN, near, "Did you mean “Cash loans”?");
    assert_says(*state, LANGUAGE_EN, choices, "“F”, “M”.");
    assert_says(*state, LANGUAGE_FR, choices, "« F », « M »");
    assert_says(*state, LANGUAGE_EN, fields, "30 fields");
    assert_says(*state, LANGUAGE_EN, fields, "has 1,122");
}

static void test_what_record_finds_has_words(void **state)
{
    static const char application[] =
        "{\"AMT_CREDIT\": \"a\", \"CNT_CHILDREN\": 1.5, \"DAYS_BIRTH\": 7,"
        " \"CODE_GENDER\": \"f\", \"NAME_HOUSING_TYPE\": 1, \"AMT_CREDITS\": 1, \"y\": 0}";
    double row[APPLICATION_COLUMNS];
    json_t *object = json_loads(application, 0, NULL), *problems = json_array();
    assert_false(record_read(row, TABLE_APPLICATION, object, "", problems));
    assert_int_equal(json_array_size(problems), 7);
    for (int language = 0; language < LANGUAGE_COUNT; language++)
        for (size_t i = 0; i < json_array_size(problems); i++) {
            json_t *text = row_fault_text(*state, (enum language)language, json_array_get(problems, i));
            assert_non_null(text);
            assert_null(strchr(json_string_value(text), '{'));
            json_decref(text);
        }
    json_decref(problems);
    json_decref(object);
}

static void test_every_code_without_values_has_words_too(void **state)
{
    static const char *const codes[] = {"number", "whole_number", "range",  "category", "unknown", "missing",
                                        "empty",  "twice",        "fields", "object",   "json"};
    for (int language = 0; language < LANGUAGE_COUNT; language++)
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
            json_t *error = json_pack("{s:s}", "code", codes[i]);
            json_t *text = row_fault_text(*state, (enum language)language, error);
            assert_non_null(text);
            json_decref(text);
            json_decref(error);
        }
}

static void test_others_are_left_to_the_detail(void **state)
{
    static const char *const errors[] = {"{}", "{\"code\": \"csv\"}", "{\"code\": \"units\"}",
                                         "{\"code\": 3}", "[]"};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        json_t *error = json_loads(errors[i], 0, NULL);
        assert_null(row_fault_text(*state, LANGUAGE_FR, error));
        json_decref(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_in_the_sentence),
        cmocka_unit_test(test_what_record_finds_has_words),
        cmocka_unit_test(test_every_code_without_values_has_words_too),
        cmocka_unit_test(test_others_are_left_to_the_detail),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
