/* Sessions and the throttle: what keeps strangers out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "frontend/session.h"
#include "frontend/throttle.h"

enum { NOW = 1700000000 };
static const char SECRET[] = "0123456789abcdef0123456789abcdef";

static struct session_key *key_of(const char *secret)
{
    struct error err = {0};
    struct session_key *key = NULL;
    assert_int_equal(session_key_new(&key, secret, &err), 0);
    return key;
}

static void test_seal_and_open(void **state)
{
    (void)state;
    struct session_key *key = key_of(SECRET), *same = key_of(SECRET), *other = key_of("");
    struct session session, opened;
    char text[SESSION_TEXT], again[SESSION_TEXT];
    const struct account account = {
        .login = "Zoé Lefèvre", .source = ACCOUNT_OF_OPENID, .role = ROLE_ANALYST, .generation = 4000000000};
    session_begin(&session, &account, NOW);
    session_seal(text, key, &session);
    session_seal(again, key, &session);
    assert_string_not_equal(text, again); /* never the same bytes twice */
    unsigned char bytes[SESSION_TEXT];
    size_t length = 0;
    assert_int_equal(sodium_base642bin(bytes, sizeof bytes, text, strlen(text), NULL, &length, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    assert_null(memmem(bytes, length, "Lefèvre", strlen("Lefèvre"))); /* too long to be there by chance */

    assert_true(session_open(&opened, same, text, NOW + 5)); /* another replica */
    assert_true(session_has_user(&opened));
    assert_string_equal(opened.account.login, "Zoé Lefèvre");
    assert_int_equal(opened.account.source, ACCOUNT_OF_OPENID);
    assert_int_equal(opened.account.role, ROLE_ANALYST);
    assert_int_equal(opened.account.generation, 4000000000);
    assert_memory_equal(opened.id, session.id, SESSION_ID);
    assert_int_equal(opened.began, NOW);
    assert_false(session_open(&opened, other, text, NOW));
    assert_false(session_open(&opened, key, NULL, NOW));
    assert_false(session_open(&opened, key, "", NOW));
    for (size_t i = 0; i < strlen(text); i++) {
        char changed[SESSION_TEXT];
        memcpy(changed, text, sizeof changed);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(session_open(&opened, key, changed, NOW));
    }
    text[strlen(text) - 1] = '\0';
    assert_false(session_open(&opened, key, text, NOW));
    session_key_free(key);
    session_key_free(same);
    session_key_free(other);
}

static void test_expiry(void **state)
{
    (void)state;
    struct session_key *key = key_of("");
    struct session session, opened;
    char text[SESSION_TEXT];
    session_begin(&session, &(struct account){.login = "a"}, NOW);
    session_seal(text, key, &session);
    assert_true(session_open(&opened, key, text, NOW + SESSION_IDLE_S));
    assert_false(session_open(&opened, key, text, NOW + SESSION_IDLE_S + 1));
    /* Used all the time it still ends. */
    session.seen = NOW + SESSION_LONGEST_S;
    session_seal(text, key, &session);
    assert_true(session_open(&opened, key, text, NOW + SESSION_LONGEST_S));
    assert_false(session_open(&opened, key, text, NOW + SESSION_LONGEST_S + 1));
    session_key_free(key);
}

static void test_form_token(void **state)
{
    (void)state;
    struct session_key *key = key_of("");
    struct session one, two;
    char token[SESSION_TOKEN], another[SESSION_TOKEN];
    session_begin(&one, NULL, NOW);
    assert_false(session_has_user(&one));
    session_begin(&two, NULL, NOW);
    session_token(token, key, &one);
    assert_true(session_token_matches(key, &one, token));
    assert_false(session_token_matches(key, &two, token));
    session_token(another, key, &one);
    assert_string_not_equal(another, token);
    assert_true(session_token_matches(key, &one, another));
    memcpy(another, token, sizeof token / 2); /* one's mask, the other's token */
    assert_false(session_token_matches(key, &one, another));
    assert_false(session_token_matches(key, &one, NULL));
    assert_false(session_token_matches(key, &one, ""));
    token[0] = token[0] == 'A' ? 'B' : 'A';
    assert_false(session_token_matches(key, &one, token));
    session_key_free(key);
}

static void test_key(void **state)
{
    (void)state;
    struct error err = {0};
    struct session_key *key = NULL;
    assert_int_equal(session_key_new(&key, "short", &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
}

static void test_seals_of_other_things(void **state)
{
    (void)state;
    struct session_key *key = key_of(SECRET);
    char text[SESSION_SEALED_TEXT(5)], out[8];
    size_t length = sizeof out;
    session_key_seal(text, sizeof text, key, "one", "hello", 5);
    assert_int_equal(strlen(text), sizeof text - 1);
    assert_true(session_key_open(out, &length, key, "one", text));
    assert_int_equal(length, 5);
    assert_memory_equal(out, "hello", 5);
    length = sizeof out;
    assert_false(session_key_open(out, &length, key, "two", text));
    length = 4;
    assert_false(session_key_open(out, &length, key, "one", text));
    struct session session;
    length = sizeof out;
    assert_false(session_open(&session, key, text, NOW));
    session_key_free(key);
}

static void test_throttle_of_account(void **state)
{
    (void)state;
    struct error err = {0};
    struct throttle *throttle = NULL;
    assert_int_equal(throttle_new(&throttle, &err), 0);
    for (int i = 0; i < THROTTLE_ACCOUNT_BURST; i++)
        assert_int_equal(throttle_take(throttle, "a", &i, sizeof i, NOW), 0);
    int elsewhere = 99;
    assert_int_equal(throttle_take(throttle, "a", &elsewhere, sizeof elsewhere, NOW),
                     THROTTLE_ACCOUNT_INTERVAL_S);
    assert_int_equal(throttle_take(throttle, "b", &elsewhere, sizeof elsewhere, NOW), 0);
    /* One more after the interval, and only one. */
    int64_t later = NOW + THROTTLE_ACCOUNT_INTERVAL_S;
    assert_int_equal(throttle_take(throttle, "a", &elsewhere, sizeof elsewhere, later), 0);
    assert_int_not_equal(throttle_take(throttle, "a", &elsewhere, sizeof elsewhere, later), 0);
    throttle_forgive(throttle, "a", &elsewhere, sizeof elsewhere);
    assert_int_equal(throttle_take(throttle, "a", &elsewhere, sizeof elsewhere, later), 0);
    throttle_free(throttle);
}

static void test_throttle_of_address(void **state)
{
    (void)state;
    struct error err = {0};
    struct throttle *throttle = NULL;
    assert_int_equal(throttle_new(&throttle, &err), 0);
    char account[32];
    for (int i = 0; i < THROTTLE_ADDRESS_BURST; i++) {
        snprintf(account, sizeof account, "account %d", i);
        assert_int_equal(throttle_take(throttle, account, "here", 4, NOW), 0);
    }
    assert_int_equal(throttle_take(throttle, "another", "here", 4, NOW), THROTTLE_ADDRESS_INTERVAL_S);
    assert_int_equal(throttle_take(throttle, "another", "else", 4, NOW), 0);
    /* A success gives its own attempt back, and no more: the address stays as it was. */
    throttle_forgive(throttle, "account 1", "here", 4);
    assert_int_equal(throttle_take(throttle, "account 1", "here", 4, NOW), 0);
    assert_int_not_equal(throttle_take(throttle, "account 1", "here", 4, NOW), 0);
    throttle_free(throttle);
}

/* More keys than the table holds: it forgets, but never grows nor fails. */
static void test_throttle_full(void **state)
{
    (void)state;
    struct error err = {0};
    struct throttle *throttle = NULL;
    assert_int_equal(throttle_new(&throttle, &err), 0);
    for (int i = 0; i < 20000; i++) {
        char account[32];
        snprintf(account, sizeof account, "%d", i);
        assert_int_equal(throttle_take(throttle, account, &i, sizeof i, NOW), 0);
    }
    throttle_free(throttle);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seal_and_open),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_form_token),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_seals_of_other_things),
        cmocka_unit_test(test_throttle_of_account),
        cmocka_unit_test(test_throttle_of_address),
        cmocka_unit_test(test_throttle_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
