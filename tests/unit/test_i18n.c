/* Texts and numbers in both languages; and that the product's texts are complete and none is left over. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "shared/base/file.h"
#include "shared/base/number.h"
#include "shared/view/i18n.h"
#include "shared/view/template.h"
#include "tests/support/temporary_folder.h"

#define NARROW "\u202f"

static struct i18n *product_texts(void)
{
    struct error err = {0};
    struct i18n *i18n = NULL;
    if (i18n_load(&i18n, "frontend/locales", &err))
        fail_msg("%s", err.message);
    return i18n;
}

static void check_text(json_t *text, const char *expected)
{
    assert_string_equal(json_string_value(text), expected);
    json_decref(text);
}

static void check_number(double value, int decimals, const char *french, const char *english)
{
    char text[NUMBER_TEXT];
    number_format(text, value, decimals, LANGUAGE_FR);
    assert_string_equal(text, french);
    number_format(text, value, decimals, LANGUAGE_EN);
    assert_string_equal(text, english);
}

static void test_numbers(void **state)
{
    (void)state;
    check_number(0, 0, "0", "0");
    check_number(999.5, 0, "1" NARROW "000", "1,000");
    check_number(-1234567.891, 2,
                 "\u2212"
                 "1" NARROW "234" NARROW "567,89",
                 "\u2212"
                 "1,234,567.89");
    check_number(-0.4, 0, "0", "0");
    check_number(NAN, 0, "\u2013", "\u2013");
    check_number(INFINITY, 0, "\u2013", "\u2013");
    check_number(1e300, 0, "1e+300", "1e+300");

    char text[NUMBER_TEXT];
    number_format_percent(text, 1.0 / 11, 1, LANGUAGE_FR);
    assert_string_equal(text, "9,1" NARROW "%");
    number_format_percent(text, 1.0 / 11, 1, LANGUAGE_EN);
    assert_string_equal(text, "9.1%");
    number_format_signed(text, 12.26, 1, LANGUAGE_EN);
    assert_string_equal(text, "+12.3");
    number_format_signed(text, 0.01, 1, LANGUAGE_EN);
    assert_string_equal(text, "0.0");
}

static void test_placeholders(void **state)
{
    (void)state;
    struct i18n *i18n = product_texts();
    check_text(i18n_say(i18n, LANGUAGE_EN, "client.title", I18N_VALUES("id", "7{id}")), "Client 7{id}");
    check_text(i18n_say(i18n, LANGUAGE_EN, "client.title", I18N_VALUES("other", "7")), "Client {id}");
    check_text(i18n_say(i18n, LANGUAGE_EN, "no.such.key", NULL), "no.such.key");
    check_text(i18n_count(i18n, LANGUAGE_FR, "history.rows", 0, NULL), "0 enregistrement");
    check_text(i18n_count(i18n, LANGUAGE_EN, "history.rows", 0, NULL), "0 records");
    check_text(i18n_count(i18n, LANGUAGE_EN, "history.rows", 1, NULL), "1 record");
    check_text(i18n_count(i18n, LANGUAGE_FR, "history.rows", 1200, NULL), "1" NARROW "200 enregistrements");
    check_text(i18n_count(i18n, LANGUAGE_EN, "verdict.points_above", 2, I18N_VALUES("limit", "554")),
               "2 points above the minimum of 554");
    i18n_free(i18n);
}

static void test_moment(void **state)
{
    (void)state;
    struct i18n *i18n = product_texts();
    setenv("TZ", "UTC", 1);
    check_text(i18n_moment(i18n, LANGUAGE_FR, 1764067920), "25 novembre 2025 à 10:52");
    check_text(i18n_moment(i18n, LANGUAGE_EN, 1764067920), "25 November 2025, 10:52");
    check_text(i18n_day(i18n, LANGUAGE_FR, 1764067920), "25 novembre 2025");
    check_text(i18n_day(i18n, LANGUAGE_EN, 1764067920), "25 November 2025");
    check_text(i18n_day(i18n, LANGUAGE_FR, 1764547200), "1er décembre 2025");
    check_text(i18n_day(i18n, LANGUAGE_EN, 1764547200), "1 December 2025");
    check_text(i18n_moment(i18n, LANGUAGE_FR, 1764547200), "1er décembre 2025 à 00:00");
    i18n_free(i18n);
}

/* ---- Locales that do not fit each other --------------------------------------------------------------- */

static void write_text(const char *folder, const char *language, const char *name, const char *text)
{
    char path[TEMPORARY_FOLDER + 64];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, language);
    assert_int_equal(file_make_folder(path, &err), 0);
    snprintf(path, sizeof path, "%s/%s/%s", folder, language, name);
    assert_int_equal(file_write(path, text, strlen(text), &err), 0);
}

static void check_fault(const char *french, const char *english, const char *message)
{
    char folder[TEMPORARY_FOLDER];
    struct error err = {0};
    struct i18n *i18n = NULL;
    temporary_folder_make(folder);
    write_text(folder, "fr", "a.json", french);
    write_text(folder, "en", "a.json", english);
    assert_int_equal(i18n_load(&i18n, folder, &err), -1);
    assert_non_null(strstr(err.message, message));
    temporary_folder_remove(folder);
}

/* A language's files are one; a key may stand in one of them only. */
static void test_files(void **state)
{
    (void)state;
    char folder[TEMPORARY_FOLDER];
    struct error err = {0};
    struct i18n *i18n = NULL;
    temporary_folder_make(folder);
    write_text(folder, "fr", "a.json", "{\"a\": {\"x\": \"un\"}}");
    write_text(folder, "fr", "b.json", "{\"b\": {\"y\": \"deux\"}}");
    write_text(folder, "en", "whole.json", "{\"a\": {\"x\": \"one\"}, \"b\": {\"y\": \"two\"}}");
    write_text(folder, "en", "whole.json~", "a copy that an editor left");
    assert_int_equal(i18n_load(&i18n, folder, &err), 0);
    assert_string_equal(i18n_text(i18n, LANGUAGE_FR, "a.x"), "un");
    assert_string_equal(i18n_text(i18n, LANGUAGE_FR, "b.y"), "deux");
    assert_string_equal(i18n_text(i18n, LANGUAGE_EN, "b.y"), "two");
    i18n_free(i18n);
    i18n = NULL;
    write_text(folder, "en", "b.json", "{\"b\": {\"y\": \"three\"}}");
    assert_int_equal(i18n_load(&i18n, folder, &err), -1);
    assert_non_null(strstr(err.message, "b stands in two documents"));
    temporary_folder_remove(folder);
}

static void test_faults(void **state)
{
    (void)state;
    check_fault("{\"a\": {\"b\": \"x\"}}", "{\"a\": {}}", "en lacks a.b");
    check_fault("{\"a\": {}}", "{\"a\": {\"b\": \"x\"}}", "fr lacks a.b");
    check_fault("{\"a\": \"{x} {y}\"}", "{\"a\": \"{x}\"}", "en lacks a placeholder in a");
    check_fault("{\"a\": \"{x}\"}", "{\"a\": \"{z}\"}", "lacks a placeholder in a");
    check_fault("{\"a\": {\"b\": \"x\"}}", "{\"a\": \"x\"}", "en lacks a");
    check_fault("{\"a\": 1}", "{\"a\": 1}", "a is not a text");
    check_fault("{\"a\": ", "{\"a\": 1}", "line 1");
}

/* ---- The product's texts ------------------------------------------------------------------------------ */

/* A key that a template names is there; keys are collected in `used`. */
static int note_name(void *context, const char *template_name, struct slice name)
{
    json_t *used = context;
    char key[128];
    if (name.length < 3 || memcmp(name.data, "t.", 2) != 0)
        return 0;
    snprintf(key, sizeof key, "%.*s", (int)(name.length - 2), name.data + 2);
    (void)template_name;
    json_object_set_new(used, key, json_true());
    return 0;
}

/* Every string constant of a source file that could be a key ("a.b"): collected, prefixes of keys included.
 */
static void note_constants(json_t *used, const char *path)
{
    struct buffer text = buffer_new(1 << 20);
    assert_int_equal(file_read(&text, path, NULL), 0);
    for (const char *at = text.data; (at = strchr(at, '"'));) {
        const char *end = strchr(++at, '"');
        if (!end)
            break;
        size_t length = (size_t)(end - at);
        if (length > 2 && length < 100 && strspn(at, "abcdefghijklmnopqrstuvwxyz_.") == length &&
            memchr(at, '.', length)) {
            char key[128];
            snprintf(key, sizeof key, "%.*s", (int)length, at);
            json_object_set_new(used, key, json_true());
            at = end + 1;
        }
    }
    buffer_free(&text);
}

static void note_folder(json_t *used, const char *folder)
{
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (length > 2 && strcmp(entry->d_name + length - 2, ".c") == 0)
            note_constants(used, path);
    }
    closedir(directory);
}

static json_t *find(json_t *texts, const char *key)
{
    for (; texts && *key; key += strcspn(key, ".") + (key[strcspn(key, ".")] == '.'))
        texts = json_object_getn(texts, key, strcspn(key, "."));
    return texts;
}

/* `key`, or what it begins with, is used: "failure.away" uses "failure.away.title". */
static bool is_used(const json_t *used, char *key)
{
    for (char *dot; key; key = dot ? (*dot = '\0', key) : NULL) {
        if (json_object_get(used, key))
            return true;
        dot = strrchr(key, '.');
    }
    return false;
}

static void check_used(const json_t *used, json_t *texts, const char *prefix)
{
    const char *name;
    json_t *value;
    json_object_foreach(texts, name, value)
    {
        char key[128], whole[128];
        snprintf(key, sizeof key, "%s%s%s", prefix, *prefix ? "." : "", name);
        memcpy(whole, key, sizeof whole);
        if (json_is_object(value))
            check_used(used, value, key);
        else if (!is_used(used, key))
            fail_msg("no page uses the text %s", whole);
    }
}

static void test_product_texts(void **state)
{
    (void)state;
    struct error err = {0};
    struct i18n *i18n = product_texts();
    struct template_set *set = NULL;
    json_t *used = json_object();
    assert_int_equal(template_set_new(&set, &err), 0);
    assert_int_equal(template_set_load(set, "shared/view", &err), 0);
    assert_int_equal(template_set_load(set, "frontend/templates", &err), 0);
    template_set_each_name(set, note_name, used);
    const char *key;
    json_t *value;
    json_object_foreach(used, key, value) if (!json_is_string(find(i18n_texts(i18n, LANGUAGE_FR), key)))
        fail_msg("a template uses the text %s, which does not exist", key);
    note_folder(used, "frontend/pages");
    note_folder(used, "frontend/view");
    note_folder(used, "shared/view");
    check_used(used, i18n_texts(i18n, LANGUAGE_FR), "");
    json_decref(used);
    template_set_free(set);
    i18n_free(i18n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_placeholders),
        cmocka_unit_test(test_moment),  cmocka_unit_test(test_files),
        cmocka_unit_test(test_faults),  cmocka_unit_test(test_product_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
