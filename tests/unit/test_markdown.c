/* Markdown as blocks for a template. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "frontend/view/markdown.h"

static void assert_blocks(const char *text, const char *expected)
{
    json_t *blocks = markdown_view(text), *wanted = json_loads(expected, 0, NULL);
    assert_non_null(blocks);
    assert_non_null(wanted);
    if (!json_equal(blocks, wanted)) {
        char *got = json_dumps(blocks, 0);
        print_error("%s\n", got);
        free(got);
    }
    assert_true(json_equal(blocks, wanted));
    json_decref(blocks);
    json_decref(wanted);
}

static void test_blocks(void **state)
{
    (void)state;
    assert_blocks("", "[]");
    assert_blocks(
        "Two lines\nof *one* `paragraph`, with [a link](http://x).\n\nAnother.",
        "[{\"paragraph\": \"Two lines of one paragraph, with a link.\"}, {\"paragraph\": \"Another.\"}]");
    assert_blocks("- one\n- two\n  lines\n", "[{\"list\": [\"one\", \"two lines\"], \"list_given\": true}]");
    assert_blocks("### Inside\n\n    code --here\n\n---\n",
                  "[{\"heading\": \"Inside\"}, {\"code\": \"code --here\\n\"}]");
}

static void test_tables(void **state)
{
    (void)state;
    assert_blocks(
        "| figure | value |\n|---|---:|\n| AUC | 0.77 |\n| a \\| b | `c` |\n",
        "[{\"table\": {\"headings\": [\"figure\", \"value\"], \"rows\": [{\"label\": \"AUC\", \"cells\": "
        "[\"0.77\"]}, {\"label\": \"a | b\", \"cells\": [\"c\"]}]}}]");
}

static void test_markup_stays_text(void **state)
{
    (void)state;
    assert_blocks("a <b>bold</b> & <script>alert(1)</script>", "[{\"paragraph\": \"a bold & alert(1)\"}]");
    assert_blocks("<div>\nblock\n</div>\n", "[]");
    assert_blocks("![picture](x.png) text", "[{\"paragraph\": \"picture text\"}]");
}

static void test_what_is_nested_follows(void **state)
{
    (void)state;
    assert_blocks("> quoted\n>\n> - item\n>   - inner\n",
                  "[{\"paragraph\": \"quoted\"}, {\"list\": [\"item\"], \"list_given\": true}, "
                  "{\"list\": [\"inner\"], \"list_given\": true}]");
}

static void test_limits(void **state)
{
    (void)state;
    char *text = malloc(MARKDOWN_BYTES + 2);
    memset(text, '>', MARKDOWN_BYTES + 1);
    text[MARKDOWN_BYTES + 1] = '\0';
    assert_null(markdown_view(text));
    text[1000] = '\0'; /* a thousand quotations in each other */
    assert_blocks(text, "[]");
    strcpy(text + MARKDOWN_DEPTH, " seen");
    assert_blocks(text, "[{\"paragraph\": \"seen\"}]");
    strcpy(text + MARKDOWN_DEPTH, "> lost");
    assert_blocks(text, "[]");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_markup_stays_text),
        cmocka_unit_test(test_what_is_nested_follows),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
