/* The browser's form with the files of a batch: what goes on, what is told to be wrong, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "frontend/batch_form.h"

enum { SINK = 4096 };

struct sink {
    char bytes[SINK];
    size_t length, most; /* `most`: more is not wanted */
};

static bool take(void *context, const char *bytes, size_t size)
{
    struct sink *sink = context;
    if (sink->length + size > sink->most)
        return false;
    memcpy(sink->bytes + sink->length, bytes, size);
    sink->length += size;
    sink->bytes[sink->length] = '\0';
    return true;
}

static void begin(struct batch_form *form, struct sink *sink)
{
    assert_true(sodium_init() >= 0);
    *sink = (struct sink){.most = SINK - 1};
    batch_form_init(form, take, sink);
}

/* Gives a file in pieces of `step` bytes. */
static bool give(struct batch_form *form, const char *name, const char *bytes, size_t size, size_t step)
{
    bool goes_on = size > 0 || batch_form_piece(form, name, 0, NULL, 0);
    for (size_t at = 0; goes_on && at < size; at += step)
        goes_on = batch_form_piece(form, name, at, bytes + at, size - at < step ? size - at : step);
    return goes_on;
}

static bool give_text(struct batch_form *form, const char *name, const char *text)
{
    return give(form, name, text, strlen(text), strlen(text) + 1);
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        found++;
    return found;
}

static void test_files_become_parts(void **state)
{
    static const char applications[] = "SK_ID_CURR,AMT_CREDIT\n1,2\n", bureau[] = "SK_ID_CURR\n1\n";
    (void)state;
    for (size_t step = 4; step < sizeof applications; step += 7) {
        struct batch_form form;
        struct sink sink;
        char expected[SINK];
        begin(&form, &sink);
        assert_true(give(&form, "C:\\Documents\\novembre.csv", applications, sizeof applications - 1, step));
        assert_true(give(&form, "BUREAU.csv", bureau, sizeof bureau - 1, sizeof bureau));
        assert_true(batch_form_end(&form));
        snprintf(expected, sizeof expected,
                 "--%s\r\nContent-Disposition: form-data; name=\"application\"; filename=\"application\"\r\n"
                 "Content-Type: application/octet-stream\r\n\r\n%s\r\n"
                 "--%s\r\nContent-Disposition: form-data; name=\"bureau\"; filename=\"bureau\"\r\n"
                 "Content-Type: application/octet-stream\r\n\r\n%s\r\n--%s--\r\n",
                 form.boundary, applications, form.boundary, bureau, form.boundary);
        assert_string_equal(sink.bytes, expected);
        assert_string_equal(form.name, "novembre.csv");
        assert_int_equal(form.fault, BATCH_FORM_FINE);
    }
}

static void test_json_is_known_by_its_beginning(void **state)
{
    struct batch_form form;
    struct sink sink;
    (void)state;
    begin(&form, &sink);
    assert_true(give_text(&form, "x.txt", "\xEF\xBB\xBF \n{\"client_id\": 1}\n"));
    assert_true(batch_form_end(&form));
    assert_int_equal(count(sink.bytes, "; name=\"instances\""), 1);
}

static void test_a_part_without_a_file_is_passed_over(void **state)
{
    struct batch_form form;
    struct sink sink;
    (void)state;
    begin(&form, &sink);
    assert_true(batch_form_piece(&form, "", 0, "token", 5));
    assert_true(give_text(&form, "a.csv", "a,b\n"));
    assert_true(batch_form_piece(&form, "", 0, "", 0)); /* no file was chosen in that field */
    assert_true(batch_form_end(&form));
    assert_int_equal(count(sink.bytes, "; name=\""), 1);
    assert_null(strstr(sink.bytes, "token"));
}

static void test_what_people_send_by_mistake_is_named(void **state)
{
    static const struct {
        const char *name, *bytes;
        size_t size;
        enum batch_form_fault fault;
    } cases[] = {
        {"empty.csv", "", 0, BATCH_FORM_EMPTY},
        {"book.xlsx", "PK\x03\x04....", 8, BATCH_FORM_WORKBOOK},
        {"old.xls", "\xD0\xCF\x11\xE0....", 8, BATCH_FORM_WORKBOOK},
        {"files.zip", "PK\x03\x04....", 8, BATCH_FORM_COMPRESSED},
        {"a.csv.gz", "\x1F\x8B....", 6, BATCH_FORM_COMPRESSED},
        {"a.pdf", "%PDF-1.7", 8, BATCH_FORM_BINARY},
        {"utf16.csv", "\xFF\xFES\0K\0", 6, BATCH_FORM_BINARY},
        {"french.csv", "SK_ID_CURR;AMT_CREDIT\n1;2,5\n", 28, BATCH_FORM_SEMICOLONS},
        {"tabs.csv", "SK_ID_CURR\tAMT_CREDIT\n", 22, BATCH_FORM_SEMICOLONS},
        {"bureau.csv", "SK_ID_CURR,x\n", 13, BATCH_FORM_ALONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct batch_form form;
        struct sink sink;
        begin(&form, &sink);
        give(&form, cases[i].name, cases[i].bytes, cases[i].size, cases[i].size + 1);
        assert_false(batch_form_end(&form));
        assert_int_equal(form.fault, cases[i].fault);
        assert_string_equal(form.file, cases[i].name);
        if (cases[i].fault != BATCH_FORM_ALONE)
            assert_int_equal(sink.length, 0); /* nothing of it went on */
    }
}

static void test_which_files_go_together(void **state)
{
    static const struct {
        const char *first, *second;
        enum batch_form_fault fault;
    } cases[] = {
        {"a,b\n", "a,b\n", BATCH_FORM_TWO},
        {"a,b\n", "{}\n", BATCH_FORM_TWO},
        {"{}\n", "{}\n", BATCH_FORM_TWO},
    };
    struct batch_form form;
    struct sink sink;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(&form, &sink);
        assert_true(give_text(&form, "a.csv", cases[i].first));
        assert_false(give_text(&form, "a.csv", cases[i].second)); /* the same name, but another file */
        assert_false(batch_form_end(&form));
        assert_int_equal(form.fault, cases[i].fault);
    }
    begin(&form, &sink);
    give_text(&form, "a.ndjson", "{}\n");
    give_text(&form, "bureau.csv", "a,b\n");
    assert_false(batch_form_end(&form));
    assert_int_equal(form.fault, BATCH_FORM_ALONE);
    begin(&form, &sink);
    assert_false(batch_form_end(&form));
    assert_int_equal(form.fault, BATCH_FORM_NONE);
}

static void test_who_wants_no_more_is_heard(void **state)
{
    struct batch_form form;
    struct sink sink;
    (void)state;
    begin(&form, &sink);
    sink.most = 300;
    bool goes_on = true;
    size_t pieces = 0;
    for (; goes_on && pieces < 100; pieces++)
        goes_on = batch_form_piece(&form, "a.csv", 10 * pieces, "0123,56789", 10);
    assert_false(goes_on);
    assert_true(pieces < 30);
    assert_int_equal(form.fault, BATCH_FORM_STOPPED);
    assert_false(batch_form_end(&form));
}

static void test_long_names_are_cut_between_characters(void **state)
{
    struct batch_form form;
    struct sink sink;
    char name[1024] = "";
    (void)state;
    for (int i = 0; i < 200; i++)
        strcat(name, "é");
    begin(&form, &sink);
    assert_true(give_text(&form, name, "a,b\n"));
    assert_int_equal(strlen(form.name), 2 * 128);
    begin(&form, &sink);
    assert_true(give_text(&form, "a\r\nb\x7f.csv", "a,b\n"));
    assert_string_equal(form.name, "a  b .csv");
    for (int fault = BATCH_FORM_FINE; fault <= BATCH_FORM_STOPPED; fault++)
        assert_non_null(batch_form_fault_name((enum batch_form_fault)fault));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_become_parts),
        cmocka_unit_test(test_json_is_known_by_its_beginning),
        cmocka_unit_test(test_a_part_without_a_file_is_passed_over),
        cmocka_unit_test(test_what_people_send_by_mistake_is_named),
        cmocka_unit_test(test_which_files_go_together),
        cmocka_unit_test(test_who_wants_no_more_is_heard),
        cmocka_unit_test(test_long_names_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
