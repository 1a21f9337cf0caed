/* Fields of a form: what a person types against the values of the API. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "frontend/view/form_field.h"

/* An entry of the catalogue, kept as long as the test runs: the fields borrow it. */
static json_t *entry(const char *text)
{
    json_t *feature = json_loads(text, 0, NULL);
    assert_non_null(feature);
    return feature;
}

static json_t *number_entry(const char *unit, const char *type, double lowest, double highest)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:n, s:{s:f, s:f}}", "name", "FIELD", "label", "Field",
                     "unit", unit, "type", type, "application", 1, "categories", "range", "lowest", lowest,
                     "highest", highest);
}

static struct form_field read_field(const json_t *feature)
{
    struct form_field field;
    struct error err = {0};
    assert_int_equal(form_field_read(&field, feature, &err), 0);
    return field;
}

static struct form_text typed(const char *first, const char *second)
{
    struct form_text text = {0};
    form_text_set(&text, 0, first);
    form_text_set(&text, 1, second);
    return text;
}

/* What was typed must be read as the value; NULL: as null. */
static void assert_reads(const struct form_field *field, const char *first, const char *second,
                         enum language language, json_t *expected)
{
    json_t *value = NULL;
    struct form_text text = typed(first, second);
    assert_int_equal(form_field_parse(&value, field, &text, language), FORM_FINE);
    if (!json_equal(value, expected) && !(json_is_real(value) && json_is_real(expected) &&
                                          fabs(json_real_value(value) - json_real_value(expected)) < 1e-12))
        fail_msg("%s %s", first, second);
    json_decref(value);
    json_decref(expected);
}

static void assert_fault(const struct form_field *field, const char *first, const char *second,
                         enum form_fault expected)
{
    json_t *value = NULL;
    struct form_text text = typed(first, second);
    assert_int_equal(form_field_parse(&value, field, &text, LANGUAGE_FR), expected);
    assert_null(value);
}

static void amounts(void **state)
{
    (void)state;
    json_t *feature = number_entry("money", "number", 0, 1e9);
    struct form_field field = read_field(feature);
    assert_int_equal(field.control, FORM_NUMBER);
    assert_reads(&field, "12 000 €", "", LANGUAGE_FR, json_real(12000));
    assert_reads(&field, "24700,50", "", LANGUAGE_FR, json_real(24700.5));
    assert_reads(&field, "$12,000", "", LANGUAGE_EN, json_real(12000));
    assert_reads(&field, "12.345", "", LANGUAGE_EN, json_real(12.35)); /* cents are all there is */
    assert_reads(&field, "", "", LANGUAGE_FR, json_null());
    assert_fault(&field, "beaucoup", "", FORM_NO_NUMBER);
    assert_fault(&field, "12.000", "", FORM_NO_NUMBER);
    assert_fault(&field, "-1", "", FORM_OUT_OF_RANGE);
    assert_fault(&field, "2000000000", "", FORM_OUT_OF_RANGE);

    struct form_text text;
    json_t *value = json_real(24700.5);
    form_field_write(&text, &field, value, LANGUAGE_FR);
    assert_string_equal(text.parts[0], "24\u202f700,50");
    form_field_write(&text, &field, value, LANGUAGE_EN);
    assert_string_equal(text.parts[0], "24,700.50");
    form_field_write_plain(&text, &field, value);
    assert_string_equal(text.parts[0], "24700.50");
    form_field_write(&text, &field, json_null(), LANGUAGE_FR);
    assert_true(form_text_is_empty(&text));
    json_decref(value);
    json_decref(feature);
}

static void shares_and_scores_and_counts(void **state)
{
    (void)state;
    json_t *share = number_entry("ratio", "number", 0, 1), *score = number_entry("score", "number", 0, 1),
           *count = number_entry("count", "integer", 0, 50);
    struct form_field field = read_field(share);
    assert_reads(&field, "3,58 %", "", LANGUAGE_FR, json_real(0.0358));
    assert_fault(&field, "101", "", FORM_OUT_OF_RANGE);
    field = read_field(score);
    assert_reads(&field, "0.22381", "", LANGUAGE_EN, json_real(0.2238));
    field = read_field(count);
    assert_reads(&field, "3", "", LANGUAGE_FR, json_integer(3));
    assert_fault(&field, "1,5", "", FORM_NOT_WHOLE);
    assert_fault(&field, "51", "", FORM_OUT_OF_RANGE);
    json_decref(share);
    json_decref(score);
    json_decref(count);
}

static void durations(void **state)
{
    (void)state;
    json_t *feature = number_entry("days", "integer", -45000, 365243);
    struct form_field field = read_field(feature);
    assert_int_equal(field.control, FORM_DURATION);
    assert_reads(&field, "3", "6", LANGUAGE_FR, json_integer(-1279));
    assert_reads(&field, "3,5", "", LANGUAGE_FR, json_integer(-1279));
    assert_reads(&field, "", "6", LANGUAGE_FR, json_integer(-183));
    assert_reads(&field, "0", "0", LANGUAGE_FR, json_integer(0));
    assert_reads(&field, "", "", LANGUAGE_FR, json_null());
    assert_fault(&field, "3,5", "2", FORM_NOT_WHOLE);
    assert_fault(&field, "trois", "", FORM_NO_NUMBER);
    assert_fault(&field, "200", "", FORM_OUT_OF_RANGE);
    assert_fault(&field, "2", "-3", FORM_OUT_OF_RANGE);

    struct form_text text;
    json_t *no_job = json_integer(365243);
    form_field_write(&text, &field, no_job, LANGUAGE_FR);
    assert_true(form_text_is_empty(&text));
    json_decref(no_job);
    json_decref(feature);
}

/* Whatever stands in a control is read again as the same, and so is its form for addresses. */
static void what_was_written_is_read_again(void **state)
{
    (void)state;
    static const char *const units[] = {"money", "ratio", "score", "count", "days"};
    for (size_t unit = 0; unit < sizeof units / sizeof *units; unit++) {
        bool whole = unit >= 3;
        json_t *feature =
            number_entry(units[unit], whole ? "integer" : "number", unit == 4 ? -45000 : 0, unit ? 1 : 1e9);
        if (unit == 3)
            json_object_set_new(json_object_get(feature, "range"), "highest", json_integer(1000));
        struct form_field field = read_field(feature);
        for (int i = 0; i < 400; i++) {
            json_t *value = unit == 4   ? json_integer(-i * 111)
                            : unit == 3 ? json_integer(i)
                                        : json_real(i * (unit ? 0.00249 : 1234.567));
            for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
                struct form_text text, again, plain;
                json_t *once = NULL, *twice = NULL;
                form_field_write(&text, &field, value, language);
                assert_int_equal(form_field_parse(&once, &field, &text, language), FORM_FINE);
                form_field_write(&again, &field, once, language);
                assert_string_equal(text.parts[0], again.parts[0]);
                assert_string_equal(text.parts[1], again.parts[1]);
                form_field_write_plain(&plain, &field, once);
                assert_int_equal(form_field_parse(&twice, &field, &plain, language), FORM_FINE);
                assert_true(json_equal(once, twice));
                json_decref(once);
                json_decref(twice);
            }
            json_decref(value);
        }
        json_decref(feature);
    }
}

static void categories(void **state)
{
    (void)state;
    json_t *flag = entry("{\"name\": \"FLAG\", \"label\": \"Flag\", \"unit\": \"flag\", \"type\": \"flag\", "
                         "\"application\": true, \"range\": null, \"categories\": [{\"value\": 0, \"label\": "
                         "\"Non\"}, {\"value\": 1, \"label\": \"Oui\"}]}"),
           *kind = entry("{\"name\": \"KIND\", \"label\": \"Kind\", \"unit\": \"category\", \"type\": "
                         "\"category\", \"application\": true, \"range\": null, \"categories\": [{\"value\": "
                         "\"Spouse, partner\", \"label\": \"a\"}, {\"value\": \"B\", \"label\": \"b\"}, "
                         "{\"value\": \"C\", \"label\": \"c\"}]}");
    struct form_field field = read_field(flag);
    struct form_text text;
    assert_int_equal(field.control, FORM_SWITCH);
    assert_reads(&field, "1", "", LANGUAGE_FR, json_integer(1));
    assert_fault(&field, "2", "", FORM_NO_CHOICE);
    form_field_write(&text, &field,
                     json_object_get(json_array_get(json_object_get(flag, "categories"), 1), "value"),
                     LANGUAGE_FR);
    assert_string_equal(text.parts[0], "1");
    field = read_field(kind);
    assert_int_equal(field.control, FORM_CHOICE);
    assert_reads(&field, "Spouse, partner", "", LANGUAGE_FR, json_string("Spouse, partner"));
    assert_reads(&field, "", "", LANGUAGE_FR, json_null());
    assert_fault(&field, "spouse", "", FORM_NO_CHOICE);
    json_decref(flag);
    json_decref(kind);
}

static void what_is_no_field_is_refused(void **state)
{
    (void)state;
    struct form_field field;
    struct error err = {0};
    json_t *derived = number_entry("ratio", "number", 0, 1), *bare = number_entry("money", "number", 0, 1);
    json_object_set_new(derived, "application", json_false());
    assert_int_equal(form_field_read(&field, derived, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    json_object_set_new(bare, "range", json_null());
    error_clear(&err);
    assert_int_equal(form_field_read(&field, bare, &err), -1);
    assert_int_equal(form_field_read(&field, NULL, &err), -1);
    json_decref(derived);
    json_decref(bare);
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    struct form_text text = {0};
    char long_text[2 * FORM_TEXT + 1] = "";
    for (size_t i = 0; i < FORM_TEXT; i++)
        memcpy(long_text + 2 * i, "é", sizeof "é"); /* 63 bytes of it would end inside one */
    form_text_set(&text, 0, long_text);
    assert_int_equal(strlen(text.parts[0]), 62);
}

static void steps_are_round(void **state)
{
    (void)state;
    json_t *money = number_entry("money", "number", 0, 1e9), *score = number_entry("score", "number", 0, 1),
           *count = number_entry("count", "integer", 0, 50);
    struct form_field field = read_field(money);
    assert_true(form_field_step(&field, 477000) == 10000);
    assert_true(form_field_step(&field, 24700.5) == 500);
    assert_true(form_field_step(&field, 135000) == 5000);
    assert_true(form_field_step(&field, 0) == 1);
    double value = 100;
    for (int i = 0; i < 50; i++) {
        value *= 1.37;
        double share = form_field_step(&field, value) / value;
        assert_true(share > 0.0159 && share <= 0.04);
    }
    field = read_field(score);
    assert_true(form_field_step(&field, 0.5) == 0.01);
    field = read_field(count);
    assert_true(form_field_step(&field, 4) == 1);
    json_decref(money);
    json_decref(score);
    json_decref(count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts),
        cmocka_unit_test(shares_and_scores_and_counts),
        cmocka_unit_test(durations),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(categories),
        cmocka_unit_test(what_is_no_field_is_refused),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(steps_are_round),
    };
    return cmocka_run_group_tests_name("form_field", tests, NULL, NULL);
}
