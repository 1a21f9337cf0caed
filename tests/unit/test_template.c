/* Templates against the Mustache specification (where this machine has it) and against cases of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shared/view/template.h"
#include "tests/support/shared_data.h"

enum { OUTPUT = 65536 };

static struct template_set *set_of(const char *text, const json_t *partials, struct error *err)
{
    struct template_set *set = NULL;
    const char *name;
    json_t *partial;
    assert_int_equal(template_set_new(&set, err), 0);
    int status = template_set_add(set, "main", text, strlen(text), err);
    json_object_foreach((json_t *)partials, name, partial) if (status == 0) status =
        template_set_add(set, name, json_string_value(partial), json_string_length(partial), err);
    if (status == 0)
        return set;
    template_set_free(set);
    return NULL;
}

/* Renders `text` over the JSON text `view` with the partials of the JSON text `partials` (NULL: none). */
static void check(const char *text, const char *view, const char *partials, const char *expected)
{
    struct error err = {0};
    json_t *data = json_loads(view, JSON_DECODE_ANY, NULL);
    json_t *others = partials ? json_loads(partials, 0, NULL) : NULL;
    struct template_set *set = set_of(text, others, &err);
    struct buffer out = buffer_new(OUTPUT);
    assert_non_null(data);
    assert_non_null(set);
    assert_int_equal(template_render(&out, set, "main", data, &err), 0);
    assert_string_equal(out.data ? out.data : "", expected);
    buffer_free(&out);
    template_set_free(set);
    json_decref(data);
    json_decref(others);
}

static void check_fault(const char *text, const char *message)
{
    struct error err = {0};
    assert_null(set_of(text, NULL, &err));
    assert_int_equal(err.code, ERROR_PARSE);
    assert_string_equal(err.message, message);
}

static void run_specification(const char *file)
{
    char path[PATH_MAX], name[64];
    snprintf(name, sizeof name, "mustache-spec/%s.json", file);
    if (!shared_path(path, name)) {
        skip();
        return;
    }
    json_t *document = json_load_file(path, 0, NULL);
    assert_non_null(document);
    json_t *tests = json_object_get(document, "tests");
    assert_true(json_array_size(tests) > 0);
    size_t i;
    json_t *test;
    json_array_foreach(tests, i, test)
    {
        char *view = json_dumps(json_object_get(test, "data"), JSON_ENCODE_ANY);
        char *partials = json_dumps(json_object_get(test, "partials"), 0);
        print_message("    %s\n", json_string_value(json_object_get(test, "name")));
        check(json_string_value(json_object_get(test, "template")), view, partials,
              json_string_value(json_object_get(test, "expected")));
        free(view);
        free(partials);
    }
    json_decref(document);
}

static void test_specification_comments(void **state)
{
    (void)state;
    run_specification("comments");
}

static void test_specification_interpolation(void **state)
{
    (void)state;
    run_specification("interpolation");
}

static void test_specification_inverted(void **state)
{
    (void)state;
    run_specification("inverted");
}

static void test_specification_partials(void **state)
{
    (void)state;
    run_specification("partials");
}

static void test_specification_sections(void **state)
{
    (void)state;
    run_specification("sections");
}

static void test_values(void **state)
{
    (void)state;
    check("{{a}} {{{a}}} {{&a}}", "{\"a\": \"<b>&'\\\"\"}", NULL,
          "&lt;b&gt;&amp;&#39;&quot; <b>&'\" <b>&'\"");
    check("{{i}}|{{r}}|{{t}}|{{f}}|{{n}}|{{o}}|{{l}}|{{none}}|",
          "{\"i\": -9007199254740993, \"r\": 0.1, \"t\": true, \"f\": false, \"n\": null, \"o\": {}, \"l\": "
          "[1]}",
          NULL, "-9007199254740993|0.1|true|false|||||");
    check("{{a.b}}{{a.c.d}}{{b}}", "{\"a\": {\"b\": \"x\"}, \"c\": {\"d\": \"y\"}}", NULL, "x");
    check("{{a}}", "{\"a\": \"{{b}}\", \"b\": \"no\"}", NULL, "{{b}}");
}

static void test_sections(void **state)
{
    (void)state;
    check("{{#a}}{{.}},{{/a}}{{^a}}none{{/a}}", "{\"a\": [1, \"<\", null]}", NULL, "1,&lt;,,");
    check("{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\": \"\"}", NULL, "no");
    check("{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\": 0}", NULL, "yes");
    check("{{#rows}}{{#cells}}{{.}}{{unit}} {{/cells}}\n{{/rows}}",
          "{\"unit\": \"m\", \"rows\": [{\"cells\": [1, 2]}, {\"unit\": \"s\", \"cells\": [3]}]}", NULL,
          "1m 2m \n3s \n");
    check("<ul>\n  {{#a}}\n  <li>{{.}}</li>\n  {{/a}}\n</ul>\n", "{\"a\": [1, 2]}", NULL,
          "<ul>\n  <li>1</li>\n  <li>2</li>\n</ul>\n");
}

static void test_partials(void **state)
{
    (void)state;
    check("a\n  {{>p}}\nb\n", "{\"x\": \"1\\n2\"}", "{\"p\": \"[{{x}}]\\n  {{>q}}\\n\", \"q\": \"q\\nq\\n\"}",
          "a\n  [1\n2]\n    q\n    q\nb\n");
    check("  {{>p}}\n", "{}", "{\"p\": \"x {{>q}} y\\nz\\n\", \"q\": \"q\"}", "  x q y\n  z\n");
    check("{{>none}}!", "{}", NULL, "!");
}

static void test_faults(void **state)
{
    (void)state;
    check_fault("\n{{#a}}", "template main, line 2: a section is not closed");
    check_fault("{{/a}}", "template main, line 1: a section is closed that was not opened");
    check_fault("{{#a}}{{#b}}{{/a}}{{/b}}",
                "template main, line 1: another section is closed than the one that is open");
    check_fault("x\ny {{a", "template main, line 2: a tag is not closed");
    check_fault("{{{a}}", "template main, line 1: a tag is not closed");
    check_fault("{{ }}", "template main, line 1: a tag has no name");
    check_fault("{{=<% %>=}}", "template main, line 1: set-delimiter tags are not supported");
}

static void test_limits(void **state)
{
    (void)state;
    struct error err = {0};
    json_t *view = json_pack("{s:s}", "a", "0123456789");
    struct template_set *set = set_of("{{a}}{{a}}", NULL, &err);
    struct buffer out = buffer_new(15);
    assert_int_equal(template_render(&out, set, "main", view, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    template_set_free(set);
    buffer_free(&out);

    error_clear(&err);
    json_t *self = json_pack("{s:s}", "p", "{{>p}}");
    set = set_of("{{>p}}", self, &err);
    out = buffer_new(OUTPUT);
    assert_int_equal(template_render(&out, set, "main", view, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    error_clear(&err);
    assert_int_equal(template_render(&out, set, "nobody", view, &err), -1);
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    error_clear(&err);
    assert_int_equal(template_set_add(set, "p", "", 0, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    template_set_free(set);
    buffer_free(&out);
    json_decref(self);
    json_decref(view);
}

/* The product's own templates: they parse, name only partials that exist, and escape everything. */
static void test_own_templates(void **state)
{
    (void)state;
    struct error err = {0};
    struct template_set *set = NULL;
    assert_int_equal(template_set_new(&set, &err), 0);
    if (template_set_load(set, "shared/view", &err) || template_set_load(set, "frontend/templates", &err))
        fail_msg("%s", err.message);
    assert_null(template_set_unescaped(set));
    template_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specification_comments),
        cmocka_unit_test(test_specification_interpolation),
        cmocka_unit_test(test_specification_inverted),
        cmocka_unit_test(test_specification_partials),
        cmocka_unit_test(test_specification_sections),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_partials),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_own_templates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
