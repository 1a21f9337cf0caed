/* The catalogue that the dashboard keeps: asked for once in each language, by name and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "frontend/feature_list.h"
#include "tests/support/fake_backend.h"

struct setting {
    struct fake_backend backend;
    struct backend_client *client;
    struct feature_list *list;
};

static void begin(struct setting *setting, const char *below)
{
    struct error err = {0};
    struct config config = {.backend_timeout_ms = 20000, .api_key = "key of the test"};
    fake_backend_start(&setting->backend);
    snprintf(config.backend_url, sizeof config.backend_url, "http://127.0.0.1:%u%s", setting->backend.port,
             below);
    assert_int_equal(backend_client_new(&setting->client, &config, &err), 0);
    assert_int_equal(feature_list_new(&setting->list, setting->client, &err), 0);
}

static void end(struct setting *setting)
{
    feature_list_free(setting->list);
    backend_client_free(setting->client);
    fake_backend_stop(&setting->backend);
}

/* The entries, or NULL with the outcome in `outcome`. */
static json_t *get(struct setting *setting, enum language language, enum backend_outcome *outcome)
{
    struct backend_call call = {.outcome = BACKEND_OK};
    json_t *entries = feature_list_get(setting->list, &call, "request-1", language);
    *outcome = call.outcome;
    backend_calls_clean(&call, 1);
    return entries;
}

static void it_is_asked_for_once_in_each_language(void **state)
{
    (void)state;
    struct setting setting;
    enum backend_outcome outcome;
    begin(&setting, "");
    json_t *first = get(&setting, LANGUAGE_FR, &outcome), *again = get(&setting, LANGUAGE_FR, &outcome);
    assert_non_null(first);
    assert_ptr_equal(first, again);
    assert_int_equal(atomic_load(&setting.backend.requests), 1);
    json_t *english = get(&setting, LANGUAGE_EN, &outcome);
    assert_non_null(english);
    assert_ptr_not_equal(first, english);
    assert_int_equal(atomic_load(&setting.backend.requests), 2);
    json_decref(first);
    json_decref(again);
    json_decref(english);
    end(&setting);
}

static void entries_are_found_by_name_and_keep_their_order(void **state)
{
    (void)state;
    struct setting setting;
    enum backend_outcome outcome;
    begin(&setting, "");
    json_t *entries = get(&setting, LANGUAGE_FR, &outcome);
    assert_int_equal(json_object_size(entries), 2);
    assert_string_equal(json_string_value(json_object_get(json_object_get(entries, "B"), "label")), "b");
    void *at = json_object_iter(entries);
    assert_string_equal(json_object_iter_key(at), "B");
    assert_string_equal(json_object_iter_key(json_object_iter_next(entries, at)), "A");
    end(&setting);
    assert_int_equal(json_object_size(entries), 2); /* who holds them outlives the list */
    json_decref(entries);
}

static void a_failure_is_told_and_not_kept(void **state)
{
    (void)state;
    struct setting setting;
    enum backend_outcome outcome;
    begin(&setting, "/404");
    assert_null(get(&setting, LANGUAGE_FR, &outcome));
    assert_int_equal(outcome, BACKEND_UNKNOWN);
    assert_null(get(&setting, LANGUAGE_FR, &outcome));
    assert_int_equal(atomic_load(&setting.backend.requests), 2);
    end(&setting);
    begin(&setting, "/ok"); /* an answer without features */
    assert_null(get(&setting, LANGUAGE_FR, &outcome));
    assert_int_equal(outcome, BACKEND_BROKEN);
    end(&setting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_asked_for_once_in_each_language),
        cmocka_unit_test(entries_are_found_by_name_and_keep_their_order),
        cmocka_unit_test(a_failure_is_told_and_not_kept),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = cmocka_run_group_tests_name("feature_list", tests, NULL, NULL);
    curl_global_cleanup();
    return status;
}
