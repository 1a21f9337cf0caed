/* Sessions, accounts and the throttle: what keeps strangers out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "frontend/accounts.h"
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
    session_begin(&session, "Zoé Lefèvre", NOW);
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
    assert_string_equal(opened.user, "Zoé Lefèvre");
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
    session_begin(&session, "a", NOW);
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
    char token[SESSION_TOKEN];
    session_begin(&one, "", NOW);
    session_begin(&two, "", NOW);
    session_token(token, key, &one);
    assert_true(session_token_matches(key, &one, token));
    assert_false(session_token_matches(key, &two, token));
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

static void test_accounts(void **state)
{
    (void)state;
    struct error err = {0};
    struct accounts *accounts = NULL;
    assert_int_equal(accounts_new(&accounts, "", "x", &err), -1);
    error_clear(&err);
    assert_int_equal(accounts_new(&accounts, "x", "", &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    error_clear(&err);
    assert_int_equal(accounts_new(&accounts, "advisor", "pass word", &err), 0);
    assert_true(accounts_check(accounts, "advisor", "pass word"));
    assert_false(accounts_check(accounts, "advisor", "pass wor"));
    assert_false(accounts_check(accounts, "advisor", ""));
    assert_false(accounts_check(accounts, "advisors", "pass word"));
    assert_false(accounts_check(accounts, "", "pass word"));
    char longest[ACCOUNT_PASSWORD_LONGEST + 2];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(accounts_check(accounts, "advisor", longest));
    assert_false(accounts_check(accounts, longest, "pass word"));
    accounts_free(accounts);
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
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_throttle_of_account),
        cmocka_unit_test(test_throttle_of_address),
        cmocka_unit_test(test_throttle_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
