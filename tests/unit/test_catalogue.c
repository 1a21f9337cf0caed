/* The catalogue is complete in both languages, and values read as they should. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shared/features/catalogue.h"

static void check_text(const char *text, const char *name)
{
    size_t length = text ? strlen(text) : 0;
    if (length < 2 || text[0] == ' ' || text[length - 1] == ' ')
        fail_msg("%s has a bad text: \"%s\"", name, text ? text : "(none)");
}

static void every_feature_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *feature = catalogue_feature(i);
        assert_int_equal(catalogue_find(feature->name), i);
        for (int language = 0; language < LANGUAGE_COUNT; language++) {
            check_text(feature->label[language], feature->name);
            check_text(feature->description[language], feature->name);
            const char *end = strchr(feature->description[language], '\0') - 1;
            if (*end != '.')
                fail_msg("the description of %s is no sentence", feature->name);
        }
        if (strcmp(feature->description[LANGUAGE_FR], feature->description[LANGUAGE_EN]) == 0)
            fail_msg("%s is not translated", feature->name);
        for (size_t j = 0; j < i; j++)
            for (int language = 0; language < LANGUAGE_COUNT; language++)
                if (strcmp(feature->label[language], catalogue_feature(j)->label[language]) == 0)
                    fail_msg("%s and %s share a label", feature->name, catalogue_feature(j)->name);
        assert_int_equal(feature->unit == UNIT_CATEGORY,
                         catalogue_column(i) && catalogue_column(i)->kind == COLUMN_CATEGORY);
    }
    assert_int_equal(catalogue_find("NO_SUCH_FEATURE"), -1);
}

static void every_application_column_is_a_feature(void **state)
{
    (void)state;
    const struct table_schema *schema = home_credit_schema(TABLE_APPLICATION);
    for (int i = 0; i < APPLICATION_COLUMNS; i++) {
        int id = catalogue_find(schema->columns[i].name);
        if (i == APPLICATION_SK_ID_CURR || i == APPLICATION_TARGET) {
            assert_int_equal(id, -1);
            continue;
        }
        if (id < 0)
            fail_msg("%s is not in the catalogue", schema->columns[i].name);
        assert_ptr_equal(catalogue_column((size_t)id), &schema->columns[i]);
    }
}

static void every_category_has_a_label(void **state)
{
    (void)state;
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const struct column *column = catalogue_column(i);
        if (!column || column->kind != COLUMN_CATEGORY)
            continue;
        for (size_t category = 0; category < column->category_count; category++)
            for (int language = 0; language < LANGUAGE_COUNT; language++)
                check_text(catalogue_category_label(column, category, (enum language)language), column->name);
        assert_null(catalogue_category_label(column, column->category_count, LANGUAGE_FR));
    }
}

static void what_depends_on_age_or_family_is_sensitive(void **state)
{
    (void)state;
    static const size_t sensitive[] = {
        FEATURE_CODE_GENDER,       FEATURE_DAYS_BIRTH,      FEATURE_NAME_FAMILY_STATUS,
        FEATURE_CNT_CHILDREN,      FEATURE_CNT_FAM_MEMBERS, FEATURE_EMPLOYED_TO_BIRTH,
        FEATURE_INCOME_PER_PERSON, FEATURE_ID_TO_BIRTH,     FEATURE_PHONE_TO_BIRTH,
        FEATURE_CAR_TO_BIRTH,      FEATURE_NAME_TYPE_SUITE, FEATURE_REGISTRATION_TO_BIRTH,
    };
    for (size_t i = 0; i < sizeof sensitive / sizeof *sensitive; i++) {
        assert_true(catalogue_feature(sensitive[i])->sensitive);
        assert_int_equal(catalogue_feature(sensitive[i])->action == ACTION_NONE ||
                             sensitive[i] == FEATURE_INCOME_PER_PERSON,
                         1);
    }
    assert_false(catalogue_feature(FEATURE_AMT_CREDIT)->sensitive);
}

static void what_a_client_can_act_on_is_clear_and_not_past(void **state)
{
    (void)state;
    static const struct {
        size_t feature;
        enum feature_action action;
    } wanted[] = {
        {FEATURE_AMT_INCOME_TOTAL, ACTION_RAISE},   {FEATURE_AMT_CREDIT, ACTION_LOWER},
        {FEATURE_AMT_GOODS_PRICE, ACTION_LOWER},    {FEATURE_AMT_ANNUITY, ACTION_EITHER},
        {FEATURE_CREDIT_TO_ANNUITY, ACTION_EITHER}, {FEATURE_DOCUMENT_COUNT, ACTION_NONE},
        {FEATURE_CARD_LIMIT_USE_MAX, ACTION_NONE},  {FEATURE_INSTAL_DPD_MAX, ACTION_NONE},
        {FEATURE_DAYS_EMPLOYED, ACTION_NONE},       {FEATURE_FLAG_EMAIL, ACTION_NONE},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_int_equal(catalogue_feature(wanted[i].feature)->action, wanted[i].action);
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        assert_false(catalogue_feature(i)->obscure && catalogue_feature(i)->action != ACTION_NONE);
}

static void stories_have_members_and_codes(void **state)
{
    (void)state;
    size_t members[STORY_COUNT] = {0};
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *feature = catalogue_feature(i);
        members[feature->story]++;
        assert_int_equal(feature->story == STORY_EXTERNAL_SCORES, feature->theme == THEME_EXTERNAL_SCORE);
        assert_false(feature->sensitive && feature->obscure);
    }
    assert_null(catalogue_story_code(STORY_ALONE));
    for (int i = STORY_ALONE + 1; i < STORY_COUNT; i++) {
        assert_true(members[i] >= 2);
        check_text(catalogue_story_code((enum feature_story)i), "story");
        for (int j = STORY_ALONE + 1; j < i; j++)
            assert_string_not_equal(catalogue_story_code((enum feature_story)i),
                                    catalogue_story_code((enum feature_story)j));
    }
}

static void what_means_nothing_to_a_client_is_obscure(void **state)
{
    (void)state;
    static const size_t obscure[] = {FEATURE_EXT_PRODUCT, FEATURE_FLAG_DOCUMENT_3, FEATURE_LIVINGAREA_AVG,
                                     FEATURE_HOUR_APPR_PROCESS_START};
    static const size_t clear[] = {FEATURE_EXT_MIN, FEATURE_DOCUMENT_COUNT, FEATURE_WALLSMATERIAL_MODE,
                                   FEATURE_OWN_CAR_AGE};
    for (size_t i = 0; i < sizeof obscure / sizeof *obscure; i++)
        assert_true(catalogue_feature(obscure[i])->obscure);
    for (size_t i = 0; i < sizeof clear / sizeof *clear; i++)
        assert_false(catalogue_feature(clear[i])->obscure);
}

static void themes_and_units_have_codes(void **state)
{
    (void)state;
    for (int i = 0; i < THEME_COUNT; i++) {
        check_text(catalogue_theme_code((enum feature_theme)i), "theme");
        check_text(catalogue_theme_label((enum feature_theme)i, LANGUAGE_FR), "theme");
        check_text(catalogue_theme_label((enum feature_theme)i, LANGUAGE_EN), "theme");
    }
    for (int i = 0; i < UNIT_COUNT_OF_UNITS; i++)
        check_text(catalogue_unit_code((enum feature_unit)i), "unit");
}

static void values_read_as_people_say_them(void **state)
{
    (void)state;
    static const struct {
        size_t feature;
        double value;
        const char *french, *english;
    } cases[] = {
        {FEATURE_AMT_CREDIT, 406597.5, "406\u202f598", "406,598"},
        {FEATURE_AMT_CREDIT, 999, "999", "999"},
        {FEATURE_AMT_CREDIT, 1234567, "1\u202f234\u202f567", "1,234,567"},
        {FEATURE_DAYS_BIRTH, -15780, "43\u00a0ans", "43\u00a0years"},
        {FEATURE_DAYS_EMPLOYED, -2313, "6\u00a0ans\u00a0et\u00a03\u00a0mois",
         "6\u00a0years\u00a03\u00a0months"},
        {FEATURE_DAYS_EMPLOYED, -366, "1\u00a0an", "1\u00a0year"},
        {FEATURE_DAYS_EMPLOYED, -7000, "19\u00a0ans", "19\u00a0years"},
        {FEATURE_DAYS_EMPLOYED, -45, "45\u00a0jours", "45\u00a0days"},
        {FEATURE_DAYS_EMPLOYED, -1, "1\u00a0jour", "1\u00a0day"},
        {FEATURE_DAYS_EMPLOYED, 0, "0\u00a0jour", "0\u00a0days"},
        {FEATURE_DAYS_EMPLOYED, -95, "3\u00a0mois", "3\u00a0months"},
        {FEATURE_ANNUITY_TO_INCOME, 0.3516, "35,2\u202f%", "35.2%"},
        {FEATURE_CREDIT_TO_GOODS, 1.158, "116\u202f%", "116%"},
        {FEATURE_CREDIT_TO_ANNUITY, 16.44, "16,4\u202f×", "16.4×"},
        {FEATURE_EXT_SOURCE_2, 0.6237, "0,62", "0.62"},
        {FEATURE_FLAG_EMAIL, 1, "Oui", "Yes"},
        {FEATURE_FLAG_EMAIL, 0, "Non", "No"},
        {FEATURE_FLAG_OWN_CAR, 1, "Oui", "Yes"},
        {FEATURE_NAME_EDUCATION_TYPE, NAME_EDUCATION_TYPE_HIGHER_EDUCATION, "Études supérieures",
         "Higher education"},
        {FEATURE_PREV_TERM_MEAN, 12.2, "12\u00a0mois", "12\u00a0months"},
        {FEATURE_OWN_CAR_AGE, 1, "1\u00a0an", "1\u00a0year"},
        {FEATURE_CNT_CHILDREN, 2, "2", "2"},
        {FEATURE_EXT_VAR, 0.01234, "0,012", "0.012"},
        {FEATURE_INSURANCE_TO_INCOME, -0.05, "\u22125,0\u202f%", "\u22125.0%"},
        {FEATURE_OCCUPATION_TYPE, NAN, "inconnu", "unknown"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        catalogue_format(text, sizeof text, cases[i].feature, cases[i].value, LANGUAGE_FR);
        assert_string_equal(text, cases[i].french);
        catalogue_format(text, sizeof text, cases[i].feature, cases[i].value, LANGUAGE_EN);
        assert_string_equal(text, cases[i].english);
    }
}

static void absurd_values_do_not_overflow(void **state)
{
    (void)state;
    static const double values[] = {1e300, -1e300, 1e-300, INFINITY, -INFINITY, 4e9, -4e9};
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        for (size_t j = 0; j < sizeof values / sizeof *values; j++)
            for (int language = 0; language < LANGUAGE_COUNT; language++) {
                char text[8];
                if (catalogue_feature(i)->unit == UNIT_CATEGORY)
                    continue; /* positions only */
                catalogue_format(text, sizeof text, i, values[j], (enum language)language);
                assert_true(strlen(text) < sizeof text);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_feature_is_described),
        cmocka_unit_test(every_application_column_is_a_feature),
        cmocka_unit_test(every_category_has_a_label),
        cmocka_unit_test(what_depends_on_age_or_family_is_sensitive),
        cmocka_unit_test(what_a_client_can_act_on_is_clear_and_not_past),
        cmocka_unit_test(stories_have_members_and_codes),
        cmocka_unit_test(what_means_nothing_to_a_client_is_obscure),
        cmocka_unit_test(themes_and_units_have_codes),
        cmocka_unit_test(values_read_as_people_say_them),
        cmocka_unit_test(absurd_values_do_not_overflow),
    };
    return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
