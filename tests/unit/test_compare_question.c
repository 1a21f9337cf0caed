/* What an address asks to compare by; what is wrong in it is noted and mended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "frontend/pages/compare_question.h"

static const char USUAL[] = "AMT_CREDIT,DAYS_BIRTH";

static struct compare_question read_asked(const struct compare_asked *asked)
{
    struct compare_question question;
    compare_question_read(&question, asked, USUAL);
    return question;
}

static void assert_note(const struct compare_question *question, size_t i, enum compare_fault fault,
                        const char *text)
{
    assert_true(i < question->note_count);
    assert_int_equal(question->notes[i].fault, fault);
    assert_string_equal(question->notes[i].text, text);
}

static void assert_features(const struct compare_question *question, const char *expected)
{
    char features[COMPARE_FEATURES * COMPARE_NAME];
    compare_question_features(features, sizeof features, question, NULL);
    assert_string_equal(features, expected);
}

static json_t *catalogue_of(const char *const *names)
{
    json_t *catalogue = json_array();
    for (; *names; names++)
        json_array_append_new(catalogue, json_pack("{s:s}", "name", *names));
    return catalogue;
}

static void nothing_asked_is_the_usual(void **state)
{
    (void)state;
    const struct compare_question question = read_asked(&(struct compare_asked){0});
    assert_string_equal(question.group, "all");
    assert_features(&question, USUAL);
    assert_string_not_equal(question.x, question.y);
    assert_int_equal(question.similar, COMPARE_SIMILAR_FEWEST);
    assert_int_equal(question.note_count, 0);
}

static void what_is_asked_is_kept(void **state)
{
    (void)state;
    const struct compare_question question = read_asked(&(struct compare_asked){
        .group = "NAME_INCOME_TYPE:Working", .features = ",B,A,,B,C", .x = "A", .y = "B", .similar = "13"});
    char rest[64];
    assert_string_equal(question.group, "NAME_INCOME_TYPE:Working");
    assert_features(&question, "B,A,C");
    assert_true(compare_question_has(&question, "A") && !compare_question_has(&question, "D"));
    compare_question_features(rest, sizeof rest, &question, "A");
    assert_string_equal(rest, "B,C");
    assert_string_equal(question.x, "A");
    assert_string_equal(question.y, "B");
    assert_int_equal(question.similar, 13);
    assert_int_equal(question.note_count, 0);
}

static void numbers_are_brought_within(void **state)
{
    (void)state;
    static const struct {
        const char *asked;
        int similar;
    } cases[] = {
        {"", 10}, {"x", 10}, {"-4", 10}, {"9", 10}, {"15", 15}, {"16", 15}, {"99999999999999999999", 15}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(read_asked(&(struct compare_asked){.similar = cases[i].asked}).similar,
                         cases[i].similar);
}

static void too_much_is_noted(void **state)
{
    (void)state;
    char name[2 * COMPARE_GROUP];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct compare_question question =
        read_asked(&(struct compare_asked){.group = name, .features = name, .x = name, .y = "A"});
    assert_string_equal(question.group, "all");
    assert_int_equal(question.count, 0);
    assert_string_equal(question.y, "A");
    assert_true(strlen(question.x) < COMPARE_NAME && *question.x != 'x');
    assert_int_equal(question.note_count, 3);
    assert_int_equal(question.notes[0].fault, COMPARE_UNKNOWN_GROUP);
    assert_int_equal(question.notes[1].fault, COMPARE_UNKNOWN_FEATURE);
    assert_int_equal(question.notes[2].fault, COMPARE_UNKNOWN_AXIS);

    question = read_asked(&(struct compare_asked){.features = "A,B,C,D,E,F,G,H,A,I,J"});
    assert_features(&question, "A,B,C,D,E,F,G,H");
    assert_int_equal(question.note_count, 1);
    assert_note(&question, 0, COMPARE_MANY_FEATURES, "");
    question = read_asked(&(struct compare_asked){.features = ",,"});
    assert_note(&question, 0, COMPARE_NO_FEATURE, "");
    question = read_asked(&(struct compare_asked){.x = "A", .y = "A"});
    assert_string_not_equal(question.x, question.y);
    assert_note(&question, 0, COMPARE_SAME_AXES, "A");
}

/* A letter of two bytes that the note's end would split, and bytes that are no text. */
static void notes_are_text(void **state)
{
    (void)state;
    char features[2 * COMPARE_NAME];
    memset(features, 'a', sizeof features - 1);
    features[sizeof features - 1] = '\0';
    memcpy(features + COMPARE_NAME - 2, "é", 2);
    struct compare_question question =
        read_asked(&(struct compare_asked){.features = features, .x = "A\xff"});
    json_t *catalogue = catalogue_of((const char *const[]){"B", "EXT_SOURCE_2", "EXT_SOURCE_3", NULL});
    compare_question_mend(&question, catalogue);
    assert_int_equal(question.note_count, 2);
    for (size_t i = 0; i < question.note_count; i++) {
        json_t *text = json_string(question.notes[i].text);
        assert_non_null(text);
        json_decref(text);
    }
    assert_note(&question, 1, COMPARE_UNKNOWN_AXIS, "A");
    json_decref(catalogue);
}

static void check_band(const char *by, const char *from, const char *to, const char *group)
{
    const struct compare_question question = read_asked(
        &(struct compare_asked){.group = "similar", .band = "1", .by = by, .from = from, .to = to});
    assert_string_equal(question.group, group);
    assert_int_equal(question.note_count, 0);
    assert_string_equal(question.by, by);
}

static void bands_are_written_as_the_api_reads_them(void **state)
{
    (void)state;
    check_band("AMT_CREDIT", "20000", "45000.5", "AMT_CREDIT:20000..45000.5");
    check_band("AMT_CREDIT", "", "45 000", "AMT_CREDIT:..45000");
    check_band("EXT_MEAN", "0,25", "", "EXT_MEAN:0.25..");
    check_band("DAYS_BIRTH:y", "30", "40", "DAYS_BIRTH:30y..40y");
    check_band("DAYS_EMPLOYED:y", "2.5", "", "DAYS_EMPLOYED:2.5y..");
    check_band("CREDIT_TO_GOODS:%", "90", "110", "CREDIT_TO_GOODS:0.9..1.1");
}

static void check_wrong_band(const char *by, const char *from, const char *to, enum compare_fault fault)
{
    const struct compare_question question = read_asked(
        &(struct compare_asked){.group = "similar", .band = "1", .by = by, .from = from, .to = to});
    assert_string_equal(question.group, "similar");
    assert_int_equal(question.note_count, 1);
    assert_note(&question, 0, fault, "");
    if (from)
        assert_string_equal(question.from, from);
}

static void wrong_bands_leave_the_group(void **state)
{
    (void)state;
    check_wrong_band("", "1", "2", COMPARE_BAND_FEATURE);
    check_wrong_band(NULL, NULL, NULL, COMPARE_BAND_FEATURE);
    check_wrong_band("AMT_CREDIT", "", "", COMPARE_BAND_LIMITS);
    check_wrong_band("AMT_CREDIT", "much", "2", COMPARE_BAND_LIMITS);
    check_wrong_band("AMT_CREDIT", "1", "1e999", COMPARE_BAND_LIMITS);
    check_wrong_band("AMT_CREDIT", "2", "2", COMPARE_BAND_ORDER);
    check_wrong_band("DAYS_BIRTH:y", "40", "30", COMPARE_BAND_ORDER);
    /* Without the button the fields are but fields. */
    const struct compare_question question =
        read_asked(&(struct compare_asked){.group = "similar", .by = "AMT_CREDIT", .from = "1", .to = "2"});
    assert_string_equal(question.group, "similar");
}

static void the_catalogue_decides_what_there_is(void **state)
{
    (void)state;
    json_t *catalogue = catalogue_of((const char *const[]){"A", "B", "EXT_SOURCE_2", "EXT_SOURCE_3", NULL});
    struct compare_question question =
        read_asked(&(struct compare_asked){.features = "A,NO,B", .x = "NO", .y = "EXT_SOURCE_2"});
    assert_true(compare_question_mend(&question, catalogue));
    assert_features(&question, "A,B");
    assert_string_equal(question.x, "EXT_SOURCE_3");
    assert_string_equal(question.y, "EXT_SOURCE_2");
    assert_note(&question, 0, COMPARE_UNKNOWN_FEATURE, "NO");
    assert_note(&question, 1, COMPARE_UNKNOWN_AXIS, "NO");
    assert_false(compare_question_mend(&question, catalogue));
    assert_int_equal(question.note_count, 2);
    compare_question_drop_group(&question);
    assert_string_equal(question.group, "all");
    assert_note(&question, 2, COMPARE_UNKNOWN_GROUP, "all");

    /* However much is wrong. */
    char many[512] = "";
    for (int i = 0; i < COMPARE_FEATURES; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "N%d,", i);
    question = read_asked(&(struct compare_asked){.features = many, .x = "N1", .y = "N2"});
    for (int i = 0; i < COMPARE_NOTES; i++)
        compare_question_drop_group(&question);
    assert_int_equal(question.note_count, COMPARE_NOTES);
    assert_true(compare_question_mend(&question, catalogue));
    assert_int_equal(question.note_count, COMPARE_NOTES);
    assert_int_equal(question.count, 0);
    assert_string_not_equal(question.x, question.y);
    json_decref(catalogue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked_is_the_usual),
        cmocka_unit_test(what_is_asked_is_kept),
        cmocka_unit_test(numbers_are_brought_within),
        cmocka_unit_test(too_much_is_noted),
        cmocka_unit_test(notes_are_text),
        cmocka_unit_test(bands_are_written_as_the_api_reads_them),
        cmocka_unit_test(wrong_bands_leave_the_group),
        cmocka_unit_test(the_catalogue_decides_what_there_is),
    };
    return cmocka_run_group_tests_name("compare_question", tests, NULL, NULL);
}
