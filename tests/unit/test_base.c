/* The ground floor's small parts: errors, buffers, ids, files, languages, settings. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "shared/base/buffer.h"
#include "shared/base/config.h"
#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/base/id_map.h"
#include "shared/base/language.h"
#include "shared/base/number.h"

static void error_keeps_the_first(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(error_set(&err, ERROR_PARSE, "line %d", 7), -1);
    assert_int_equal(error_set(&err, ERROR_IO, "later"), -1);
    assert_int_equal(err.code, ERROR_PARSE);
    assert_string_equal(err.message, "line 7");
    error_clear(&err);
    error_set(&err, ERROR_IO, "now");
    assert_string_equal(err.message, "now");
    assert_int_equal(error_set(NULL, ERROR_IO, "nobody listens"), -1);
}

static void buffer_grows_to_its_ceiling_and_no_further(void **state)
{
    (void)state;
    struct error err = {0};
    struct buffer buffer = buffer_new(1000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(buffer_append(&buffer, "0123456789", 10, &err), 0);
    assert_int_equal(buffer.length, 1000);
    assert_int_equal(buffer_append(&buffer, "x", 1, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_int_equal(buffer.length, 1000);
    assert_int_equal(buffer.data[1000], '\0');
    assert_int_equal(buffer_append(&buffer, NULL, 0, NULL), 0);
    buffer_free(&buffer);
}

static void buffer_formats_and_hands_over(void **state)
{
    (void)state;
    struct buffer buffer = buffer_new(64);
    assert_int_equal(buffer_append_text(&buffer, "a", NULL), 0);
    assert_int_equal(buffer_append_format(&buffer, NULL, "=%d, %s", 12, "twelve"), 0);
    assert_int_equal(buffer_append_format(&buffer, NULL, "%0100d", 1), -1);
    char *text = buffer_take(&buffer);
    assert_string_equal(text, "a=12, twelve");
    free(text);
    assert_null(buffer.data);
    assert_int_equal(buffer_append_text(&buffer, "again", NULL), 0);
    assert_string_equal(buffer.data, "again");
    buffer_free(&buffer);
}

static void id_map_finds_what_was_added(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    struct id_map map = {0};
    assert_int_equal(id_map_get(&map, 1), ID_MAP_NONE);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(id_map_add(&map, (int64_t)i * 977 - 5000, i, NULL), 0);
    assert_int_equal(id_map_add(&map, 977 - 5000, 42, NULL), 1);
    assert_int_equal(map.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(id_map_get(&map, (int64_t)i * 977 - 5000), i);
    assert_int_equal(id_map_get(&map, 3), ID_MAP_NONE);
    id_map_free(&map);
    assert_int_equal(id_map_get(&map, -5000), ID_MAP_NONE);
}

/* A new empty folder under /tmp, removed by the caller with what it put there. */
static void make_folder(char folder[64])
{
    snprintf(folder, 64, "/tmp/clairscore-base-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static void file_round_trip(void **state)
{
    (void)state;
    struct error err = {0};
    char folder[64];
    char deep[PATH_MAX];
    char path[PATH_MAX];
    make_folder(folder);
    snprintf(deep, sizeof deep, "%s/a/b", folder);
    assert_int_equal(file_make_folder(deep, &err), 0);
    assert_int_equal(file_make_folder(deep, &err), 0);
    assert_int_equal(file_path(path, sizeof path, deep, "c.txt", &err), 0);
    assert_false(file_exists(path));
    assert_int_equal(file_write(path, "abc", 3, &err), 0);
    assert_true(file_exists(path));

    struct buffer content = buffer_new(100);
    assert_int_equal(file_read(&content, path, &err), 0);
    assert_string_equal(content.data, "abc");
    char hash[FILE_HASH_HEX];
    assert_int_equal(file_hash(hash, path, &err), 0);
    /* FIPS 180-2, appendix B.1 */
    assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    struct buffer small = buffer_new(2);
    assert_int_equal(file_read(&small, path, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_non_null(strstr(err.message, path));
    error_clear(&err);
    assert_int_equal(file_path(path, 5, deep, "c.txt", &err), -1);
    error_clear(&err);
    assert_int_equal(file_read(&content, "/nowhere/at all", &err), -1);
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    buffer_free(&content);
    buffer_free(&small);

    snprintf(path, sizeof path, "%s/a/b/c.txt", folder);
    unlink(path);
    rmdir(deep);
    snprintf(deep, sizeof deep, "%s/a", folder);
    rmdir(deep);
    assert_int_equal(rmdir(folder), 0); /* nothing temporary was left behind */
}

static void file_write_reports_a_folder_that_is_not_there(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(file_write("/nowhere/file", "x", 1, &err), -1);
    assert_int_equal(err.code, ERROR_IO);
}

static void language_follows_choice_then_header(void **state)
{
    (void)state;
    assert_int_equal(language_choose("en", "fr"), LANGUAGE_EN);
    assert_int_equal(language_choose("FR", "en"), LANGUAGE_FR);
    assert_int_equal(language_choose("de", "en"), LANGUAGE_EN);
    assert_int_equal(language_choose(NULL, NULL), LANGUAGE_FR);
    assert_int_equal(language_choose(NULL, ""), LANGUAGE_FR);
    assert_int_equal(language_choose(NULL, "de, en-GB;q=0.8, fr;q=0.9"), LANGUAGE_FR);
    assert_int_equal(language_choose(NULL, "fr;q=0.2,en-US"), LANGUAGE_EN);
    assert_int_equal(language_choose(NULL, "ja,,;q=,"), LANGUAGE_FR);
}

static void config_has_defaults_and_names_what_is_wrong(void **state)
{
    (void)state;
    struct error err = {0};
    struct config config;
    unsetenv("PORT");
    unsetenv("BIND");
    assert_int_equal(config_read(&config, CONFIG_BACKEND, &err), 0);
    assert_int_equal(config.port, 8080);
    assert_string_equal(config.bind, "127.0.0.1");
    assert_int_equal(config.instances, 1000);
    assert_int_equal(config_read(&config, CONFIG_FRONTEND, &err), 0);
    assert_int_equal(config.port, 8501);
    assert_int_equal(config.instances, 0); /* not the frontend's */

    setenv("PORT", "", 1);
    assert_int_equal(config_read(&config, CONFIG_BACKEND, &err), 0);
    assert_int_equal(config.port, 8080);
    static const char *const wrong[] = {"0", "65536", "80a", "-1", " ", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        setenv("PORT", wrong[i], 1);
        error_clear(&err);
        assert_int_equal(config_read(&config, CONFIG_BACKEND, &err), -1);
        assert_int_equal(err.code, ERROR_INVALID);
        assert_non_null(strstr(err.message, "PORT"));
    }
    unsetenv("PORT");

    char long_value[200];
    memset(long_value, 'x', sizeof long_value - 1);
    long_value[sizeof long_value - 1] = '\0';
    setenv("BIND", long_value, 1);
    error_clear(&err);
    assert_int_equal(config_read(&config, CONFIG_BACKEND, &err), -1);
    assert_non_null(strstr(err.message, "BIND"));
    unsetenv("BIND");
}

static void numbers_are_read_as_people_type_them(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        double french, english; /* NAN: no number there */
    } cases[] = {
        {"300000", 300000, 300000},
        {"12 000 €", 12000, 12000},
        {"12\u202f000,50\u00a0€", 12000.5, NAN},
        {" 1\u00a0234\u00a0567 ", 1234567, 1234567},
        {"12,5", 12.5, NAN},
        {"12.5", 12.5, 12.5},
        {"$12,000.50", NAN, 12000.5},
        {"1,234,567", NAN, 1234567},
        {"12,000", 12, 12000},
        {"12.000", NAN, 12},
        {"0.593", 0.593, 0.593},
        {"1234.567", 1234.567, 1234.567},
        {"12 000.500", 12000.5, 12000.5},
        {"35 %", 35, 35},
        {"\u22123", -3, -3},
        {"- 3", -3, -3},
        {"+7", 7, 7},
        {",5", 0.5, NAN},
        {"5,", 5, NAN},
        {"12 00", NAN, NAN},
        {"12 0000", NAN, NAN},
        {"1,23,456", NAN, NAN},
        {"1234 567", NAN, NAN},
        {"12 k€", NAN, NAN},
        {"1e5", NAN, NAN},
        {"", NAN, NAN},
        {"€", NAN, NAN},
        {"-", NAN, NAN},
        {".", NAN, NAN},
        {"1.2.3", NAN, NAN},
        {"% 5", NAN, NAN},
        {"nan", NAN, NAN},
        {"0000000000000000000000000000000000000000000000000000000000000000", NAN, NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (enum language language = 0; language < LANGUAGE_COUNT; language++) {
            double expected = language == LANGUAGE_FR ? cases[i].french : cases[i].english, value = NAN;
            bool read = number_read_typed(&value, cases[i].typed, language);
            if (read == isnan(expected) || (read && value != expected))
                fail_msg("\"%s\" in %s: %d, %g", cases[i].typed, language_code(language), read, value);
        }
}

static void numbers_that_were_written_are_read_again(void **state)
{
    (void)state;
    static const double values[] = {0, 1, -1, 999, 1000, 12345.25, -1234567.5, 1e9, 0.0742};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (enum language language = 0; language < LANGUAGE_COUNT; language++)
            for (int decimals = 4; decimals <= 6; decimals++) {
                char text[NUMBER_TEXT];
                double value = NAN;
                number_format(text, values[i], decimals, language);
                assert_true(number_read_typed(&value, text, language));
                assert_true(value == values[i]);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_keeps_the_first),
        cmocka_unit_test(buffer_grows_to_its_ceiling_and_no_further),
        cmocka_unit_test(buffer_formats_and_hands_over),
        cmocka_unit_test(id_map_finds_what_was_added),
        cmocka_unit_test(file_round_trip),
        cmocka_unit_test(file_write_reports_a_folder_that_is_not_there),
        cmocka_unit_test(language_follows_choice_then_header),
        cmocka_unit_test(numbers_are_read_as_people_type_them),
        cmocka_unit_test(numbers_that_were_written_are_read_again),
        cmocka_unit_test(config_has_defaults_and_names_what_is_wrong),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
