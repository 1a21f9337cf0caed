/* Words found as people mean them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "frontend/view/search.h"

static bool finds(const char *typed, const char *first, const char *second)
{
    struct search search;
    const char *texts[] = {first, second};
    assert_true(search_read(&search, typed));
    return search_finds(&search, texts, 2);
}

static void test_case_and_accents_do_not_matter(void **state)
{
    (void)state;
    assert_true(finds("echeance", "Échéances payées", ""));
    assert_true(finds("ÉCHÉANCE", "echeances", ""));
    assert_true(finds("œuvre", "ŒUVRE", ""));
    assert_true(finds("strasse", "Straße", ""));
    assert_true(finds("e\xcc\x81te\xcc\x81", "été", "")); /* accents as marks of their own */
    assert_false(finds("echeances", "échéance", ""));
}

static void test_every_word_must_be_there(void **state)
{
    (void)state;
    assert_true(finds("revenu annuel", "Annuel", "le revenu"));
    assert_true(finds("  annuel\t revenu ", "Revenu annuel", ""));
    assert_false(finds("revenu mensuel", "Revenu annuel", ""));
    assert_true(finds("l’emploi", "durée de l'emploi", "")); /* whatever apostrophe */
    assert_true(finds("EXT_SOURCE_2", "", "EXT_SOURCE_2"));
    assert_false(finds("ext_source_2", "", "EXT_SOURCE_3"));
}

static void test_nothing_and_too_much(void **state)
{
    (void)state;
    struct search search;
    char typed[SEARCH_TYPED + 1], text[2 * SEARCH_TEXT];
    assert_true(finds("", "x", ""));
    assert_true(finds(" ?! ", "x", ""));
    memset(typed, 'a', SEARCH_TYPED);
    typed[SEARCH_TYPED] = '\0';
    assert_false(search_read(&search, typed));
    typed[SEARCH_TYPED - 1] = '\0';
    assert_true(search_read(&search, typed));
    assert_true(search_read(&search, "a b c d e f g h i j"));
    assert_int_equal(search.count, SEARCH_WORDS);
    memset(text, 'x', sizeof text - 1); /* what is beyond is not looked at, and nothing breaks */
    memcpy(text + sizeof text - 5, "word", 5);
    assert_false(finds("word", text, ""));
    assert_true(finds("x", text, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_and_accents_do_not_matter),
        cmocka_unit_test(test_every_word_must_be_there),
        cmocka_unit_test(test_nothing_and_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
