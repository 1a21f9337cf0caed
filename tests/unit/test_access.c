/* Who may do what, how often, by which token: names and scopes, keys, buckets, JSON Web Tokens. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <rhonabwy.h>
#include <sodium.h>

#include "backend/access/api_key.h"
#include "backend/access/identity.h"
#include "backend/access/key_ring.h"
#include "backend/access/rate_limit.h"
#include "backend/access/token.h"
#include "backend/access/token_cache.h"
#include "backend/store/database.h"
#include "backend/store/key_store.h"
#include "shared/base/log.h"
#include "tests/support/database_fixture.h"

static const int64_t SECOND_NS = 1000000000;

/* ---- Names and scopes -------------------------------------------------------------------------------- */

static void test_scopes(void **state)
{
    char text[SCOPE_TEXT];
    unsigned scopes;
    (void)state;
    assert_true(scope_read(&scopes, " score,read  decide ", true, text));
    assert_int_equal(scopes, SCOPE_SCORE | SCOPE_READ | SCOPE_DECIDE);
    assert_false(scope_read(&scopes, "read scores", true, text));
    assert_string_equal(text, "scores");
    assert_false(scope_read(&scopes, "read rea", true, text));
    assert_true(scope_read(&scopes, "openid operate profile", false, NULL));
    assert_int_equal(scopes, SCOPE_OPERATE);
    assert_true(scope_read(&scopes, "", true, text));
    assert_int_equal(scopes, 0);
    scope_write(text, SCOPE_ALL, " ");
    assert_string_equal(text, "score read decide operate");
    for (unsigned set = 0; set <= SCOPE_ALL; set++) {
        char unknown[SCOPE_TEXT];
        scope_write(text, set, ",");
        assert_true(scope_read(&scopes, text, true, unknown));
        assert_int_equal(scopes, set);
    }
}

static void test_identities(void **state)
{
    struct identity identity;
    char longest[2 * IDENTITY_NAME];
    (void)state;
    identity_set(&identity, IDENTITY_KEY, SCOPE_READ, "0123456789ab", "portail \xc3\xa9t\xc3\xa9");
    assert_string_equal(identity.name, "key:0123456789ab:portail \xc3\xa9t\xc3\xa9");
    assert_string_equal(identity.label, "clsc_0123456789ab");
    identity_set(&identity, IDENTITY_TOKEN, 0, NULL, "a\nb\x7f");
    assert_string_equal(identity.name, "token:a?b?");
    assert_string_equal(identity.label, "token");
    identity_set(&identity, IDENTITY_ANYBODY, SCOPE_ALL, NULL, NULL);
    assert_string_equal(identity.name, "anybody");
    /* However long, what is cut is UTF-8. */
    for (size_t lead = 0; lead < 4; lead++) {
        memset(longest, 'x', lead);
        for (size_t at = lead; at + 3 < sizeof longest; at += 3)
            memcpy(longest + at, "\xe2\x82\xac", 4);
        identity_set(&identity, IDENTITY_TOKEN, 0, NULL, longest);
        json_t *utf8 = json_string(identity.name);
        assert_non_null(utf8);
        assert_true(strlen(identity.name) > IDENTITY_NAME - 5);
        json_decref(utf8);
    }
}

/* ---- Keys -------------------------------------------------------------------------------------------- */

static void test_key_texts(void **state)
{
    char text[API_KEY_TEXT], other[API_KEY_TEXT], id[API_KEY_ID], found[API_KEY_ID];
    unsigned char hash[API_KEY_HASH], again[API_KEY_HASH];
    (void)state;
    api_key_make(text, id);
    assert_int_equal(strlen(text), API_KEY_TEXT - 1);
    assert_true(api_key_id(found, text));
    assert_string_equal(found, id);
    api_key_make(other, found);
    assert_string_not_equal(text, other);
    assert_string_not_equal(id, found);
    api_key_hash(hash, text);
    api_key_hash(again, text);
    assert_memory_equal(hash, again, sizeof hash);
    text[API_KEY_TEXT - 2] ^= 1;
    api_key_hash(again, text);
    assert_memory_not_equal(hash, again, sizeof hash);
    static const char *const wrong[] = {"", "clsc_", "clsc_0123456789ab", "0123456789ab"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(api_key_id(found, wrong[i]));
    text[5] = 'g';
    assert_false(api_key_id(found, text));
}

static bool on_postgres; /* which database the tests run on now */

static int set_up(void **state)
{
    log_set_level(LOG_ERROR);
    return fixture_make(state, on_postgres, 2);
}

static struct stored_key add_key(struct database *database, char text[API_KEY_TEXT], int64_t expires)
{
    struct stored_key key = {
        .name = "somebody", .scopes = SCOPE_READ, .created = database_now_us(), .expires = expires};
    struct error err = {0};
    api_key_make(text, key.id);
    api_key_hash(key.hash, text);
    assert_int_equal(key_store_add(database, &key, &err), 0);
    return key;
}

static struct stored_key read_key(struct database *database, const char *id)
{
    struct stored_key *keys, found = {.id = ""};
    struct error err = {0};
    size_t count;
    assert_int_equal(key_store_list(&keys, &count, database, &err), 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || strcmp(keys[i - 1].id, keys[i].id) < 0);
        if (strcmp(keys[i].id, id) == 0)
            found = keys[i];
    }
    free(keys);
    return found;
}

static void test_key_store(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = fixture->database;
    char text[API_KEY_TEXT];
    struct error err = {0};
    for (int i = 0; i < 20; i++)
        add_key(database, text, 0);
    struct stored_key key = add_key(database, text, 5), found = read_key(database, key.id);
    assert_memory_equal(&found, &key, sizeof key);
    assert_int_equal(key_store_add(database, &key, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    error_clear(&err);
    assert_int_equal(key_store_used(database, key.id, 100, &err), 0);
    assert_int_equal(key_store_used(database, key.id, 50, &err), 0);
    assert_int_equal(read_key(database, key.id).last_used, 100);
    assert_int_equal(key_store_revoke(database, key.id, &err), 0);
    assert_true(read_key(database, key.id).revoked >= key.created);
    assert_int_equal(key_store_revoke(database, key.id, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    error_clear(&err);
    assert_int_equal(key_store_revoke(database, "nobody", &err), -1);
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void test_as_many_keys_as_allowed(void **state)
{
    struct fixture *fixture = *state;
    char text[API_KEY_TEXT];
    struct error err = {0};
    struct connection *connection = NULL;
    struct stored_key key = add_key(fixture->database, text, 0);
    char sql[256];
    snprintf(
        sql, sizeof sql,
        "INSERT INTO api_key (id, name, hash, scopes, created) WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL"
        " SELECT i + 1 FROM n WHERE i < %d) SELECT 'many' || i, name, hash, 1, 0 FROM n, api_key",
        KEYS_LIMIT);
    assert_int_equal(database_borrow(&connection, fixture->database, &err), 0);
    assert_int_equal(database_run(connection, sql, &err), 0);
    database_give_back(connection);
    key.id[0] = 'g';
    assert_int_equal(key_store_add(fixture->database, &key, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
}

static void test_key_ring(void **state)
{
    struct fixture *fixture = *state;
    struct key_ring *ring = NULL;
    struct identity identity;
    struct error err = {0};
    char good[API_KEY_TEXT], expired[API_KEY_TEXT], revoked[API_KEY_TEXT], late[API_KEY_TEXT];
    int64_t now = database_now_us();
    struct stored_key key = add_key(fixture->database, good, now + 3600 * 1000000LL);
    add_key(fixture->database, expired, now);
    struct stored_key gone = add_key(fixture->database, revoked, 0);
    assert_int_equal(key_store_revoke(fixture->database, gone.id, &err), 0);
    assert_int_equal(key_ring_start(&ring, fixture->database, &err), 0);
    assert_true(key_ring_has_keys(ring));
    assert_int_equal(key_ring_find(&identity, ring, good), KEY_GOOD);
    assert_int_equal(identity.kind, IDENTITY_KEY);
    assert_int_equal(identity.scopes, SCOPE_READ);
    assert_int_equal(key_ring_find(&identity, ring, expired), KEY_EXPIRED);
    assert_int_equal(key_ring_find(&identity, ring, revoked), KEY_REVOKED);
    revoked[API_KEY_TEXT - 2] ^= 1;
    assert_int_equal(key_ring_find(&identity, ring, revoked), KEY_UNKNOWN);
    assert_int_equal(key_ring_find(&identity, ring, "anything"), KEY_UNKNOWN);
    add_key(fixture->database, late, 0);
    enum key_state seen = KEY_UNKNOWN;
    for (int tries = 0; tries < 100 && seen != KEY_GOOD; tries++) {
        usleep(50000);
        seen = key_ring_find(&identity, ring, late);
    }
    assert_int_equal(seen, KEY_GOOD);
    assert_int_equal(key_ring_find(&identity, ring, good), KEY_GOOD);
    key_ring_stop(ring);
    int64_t used = read_key(fixture->database, key.id).last_used;
    assert_true(used > now - 60000000LL && used % 60000000 == 0);
}

/* ---- Buckets ----------------------------------------------------------------------------------------- */

static void test_a_bucket(void **state)
{
    struct rate_limit *rate = NULL;
    struct rate_state left;
    struct error err = {0};
    (void)state;
    assert_int_equal(rate_limit_new(&rate, 60, 64, &err), 0);
    int64_t now = 12345 * SECOND_NS;
    for (unsigned i = 1; i <= 60; i++) {
        assert_true(rate_limit_take(&left, rate, "a", 1, now));
        assert_int_equal(left.limit, 60);
        assert_int_equal(left.remaining, 60 - i);
        assert_int_equal(left.reset_s, i);
        assert_int_equal(left.retry_s, 0);
    }
    assert_false(rate_limit_take(&left, rate, "a", 1, now));
    assert_int_equal(left.remaining, 0);
    assert_int_equal(left.retry_s, 1);
    assert_true(rate_limit_take(&left, rate, "b", 1, now));
    /* A request's worth flows in each second, refused ones cost nothing. */
    assert_false(rate_limit_take(&left, rate, "a", 1, now + SECOND_NS - 1));
    assert_true(rate_limit_take(&left, rate, "a", 1, now + SECOND_NS));
    assert_false(rate_limit_take(&left, rate, "a", 1, now + SECOND_NS));
    assert_true(rate_limit_take(&left, rate, "a", 1, now + 3600 * SECOND_NS));
    assert_int_equal(left.remaining, 59);
    rate_limit_free(rate);
}

/* Whatever comes when: never more than a minute's worth at once and the rate after it. */
static void test_a_bucket_never_gives_more(void **state)
{
    static const unsigned limits[] = {1, 7, 60, 1000, 10000000};
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct rate_limit *rate = NULL;
        struct rate_state left;
        struct error err = {0};
        uint64_t random = 1;
        assert_int_equal(rate_limit_new(&rate, limits[i], 8, &err), 0);
        const int64_t start = SECOND_NS;
        int64_t now = start;
        uint64_t given = 0;
        for (int request = 0; request < 20000; request++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            now += (int64_t)(random >> 33) % (2 * RATE_WINDOW_S * SECOND_NS / limits[i]);
            bool may = rate_limit_take(&left, rate, "x", 1, now);
            given += may;
            assert_true(may == (left.retry_s == 0));
            assert_true(left.remaining <= limits[i] && left.reset_s <= RATE_WINDOW_S);
            double flowed = (double)(now - start) / (double)SECOND_NS * limits[i] / RATE_WINDOW_S;
            assert_true((double)given <= limits[i] + flowed * (1 + 1e-6) + 1e-6);
        }
        rate_limit_free(rate);
    }
}

static void test_more_callers_than_places(void **state)
{
    struct rate_limit *rate = NULL;
    struct rate_state left;
    struct error err = {0};
    (void)state;
    assert_int_equal(rate_limit_new(&rate, 60, 16, &err), 0);
    for (uint32_t who = 0; who < 100000; who++)
        assert_true(rate_limit_take(&left, rate, &who, sizeof who, SECOND_NS));
    /* Who asks most is the last to be forgotten. */
    for (int i = 0; i < 60; i++)
        rate_limit_take(&left, rate, "busy", 4, SECOND_NS);
    for (uint32_t who = 0; who < 1000; who++)
        rate_limit_take(&left, rate, &who, sizeof who, SECOND_NS);
    assert_false(rate_limit_take(&left, rate, "busy", 4, SECOND_NS));
    rate_limit_free(rate);
}

static void *take_many(void *rate)
{
    struct rate_state left;
    uintptr_t given = 0;
    for (int i = 0; i < 10000; i++)
        given += rate_limit_take(&left, rate, "x", 1, SECOND_NS);
    return (void *)given; /* NOLINT(performance-no-int-to-ptr) */
}

static void test_a_bucket_of_several_threads(void **state)
{
    struct rate_limit *rate = NULL;
    struct error err = {0};
    pthread_t threads[4];
    uintptr_t given = 0;
    (void)state;
    assert_int_equal(rate_limit_new(&rate, 1000, 8, &err), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, rate), 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        given += (uintptr_t)result;
    }
    assert_int_equal(given, 1000);
    rate_limit_free(rate);
}

/* ---- Tokens ------------------------------------------------------------------------------------------ */

static const int64_t NOW_S = 1800000000;
static const struct token_rules RULES = {"https://issuer.example", "clairscore"};

struct signer {
    jwk_t *secret;
    struct token_keys *keys;
};

static struct signer make_signer(int type, unsigned bits, const char *alg)
{
    struct signer signer = {0};
    struct error err = {0};
    jwk_t *shown = NULL;
    assert_int_equal(r_jwk_init(&signer.secret), RHN_OK);
    assert_int_equal(r_jwk_init(&shown), RHN_OK);
    assert_int_equal(r_jwk_generate_key_pair(signer.secret, shown, type, bits, "one"), RHN_OK);
    assert_int_equal(r_jwk_set_property_str(shown, "alg", alg), RHN_OK);
    json_t *set = json_pack("{s:[o]}", "keys", r_jwk_export_to_json_t(shown));
    char *text = json_dumps(set, 0);
    assert_int_equal(token_keys_read(&signer.keys, text, strlen(text), &err), 0);
    free(text);
    json_decref(set);
    r_jwk_free(shown);
    return signer;
}

static void free_signer(struct signer *signer)
{
    r_jwk_free(signer->secret);
    token_keys_free(signer->keys);
}

static char *make_token(const struct signer *signer, jwa_alg alg, json_t *claims)
{
    jws_t *jws = NULL;
    char *payload = json_dumps(claims, 0);
    assert_int_equal(r_jws_init(&jws), RHN_OK);
    assert_int_equal(r_jws_set_alg(jws, alg), RHN_OK);
    assert_int_equal(r_jws_set_header_str_value(jws, "kid", "one"), RHN_OK);
    assert_int_equal(r_jws_set_payload(jws, (unsigned char *)payload, strlen(payload)), RHN_OK);
    char *token = r_jws_serialize(jws, signer->secret, 0);
    assert_non_null(token);
    r_jws_free(jws);
    free(payload);
    json_decref(claims);
    return token;
}

static json_t *claims_of(int64_t begins, int64_t ends)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "iss", RULES.issuer, "aud", RULES.audience, "sub",
                     "somebody", "nbf", (json_int_t)begins, "exp", (json_int_t)ends, "scope", "read decide");
}

static enum token_verdict check(struct identity *out, const struct signer *signer, char *token, int64_t now_s)
{
    char reason[TOKEN_REASON];
    int64_t ends_s = 0;
    enum token_verdict verdict = token_check(out, &ends_s, token, signer->keys, &RULES, now_s, reason);
    assert_true(verdict == TOKEN_GOOD ? ends_s > now_s : *reason != 0);
    r_free(token);
    return verdict;
}

static void test_algorithms(void **state)
{
    static const struct {
        int type;
        unsigned bits;
        jwa_alg alg;
        const char *name;
    } cases[] = {{R_KEY_TYPE_RSA, 2048, R_JWA_ALG_RS256, "RS256"},
                 {R_KEY_TYPE_RSA, 2048, R_JWA_ALG_PS256, "PS256"},
                 {R_KEY_TYPE_EC, 256, R_JWA_ALG_ES256, "ES256"},
                 {R_KEY_TYPE_EDDSA, 256, R_JWA_ALG_EDDSA, "EdDSA"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct identity identity;
        struct signer signer = make_signer(cases[i].type, cases[i].bits, cases[i].name);
        struct signer other = make_signer(cases[i].type, cases[i].bits, cases[i].name);
        json_t *claims = claims_of(NOW_S, NOW_S + 60);
        assert_int_equal(
            check(&identity, &signer, make_token(&signer, cases[i].alg, json_incref(claims)), NOW_S),
            TOKEN_GOOD);
        assert_string_equal(identity.name, "token:somebody");
        assert_int_equal(identity.scopes, SCOPE_READ | SCOPE_DECIDE);
        assert_int_equal(check(&identity, &signer, make_token(&other, cases[i].alg, claims), NOW_S),
                         TOKEN_BAD);
        free_signer(&signer);
        free_signer(&other);
    }
}

static void test_times(void **state)
{
    struct identity identity;
    struct signer signer = make_signer(R_KEY_TYPE_EDDSA, 256, "EdDSA");
    (void)state;
    for (int64_t now = NOW_S - 200; now < NOW_S + 200; now += 5) {
        char *token = make_token(&signer, R_JWA_ALG_EDDSA, claims_of(NOW_S - 60, NOW_S + 60));
        bool good = now >= NOW_S - 60 - TOKEN_LEEWAY_S && now < NOW_S + 60 + TOKEN_LEEWAY_S;
        assert_int_equal(check(&identity, &signer, token, now), good ? TOKEN_GOOD : TOKEN_BAD);
    }
    free_signer(&signer);
}

/* Every byte of a token counts, and none of what comes does harm. */
static void test_changed_bytes(void **state)
{
    struct identity identity;
    int64_t ends_s;
    char reason[TOKEN_REASON];
    struct signer signer = make_signer(R_KEY_TYPE_EC, 256, "ES256");
    char *token = make_token(&signer, R_JWA_ALG_ES256, claims_of(NOW_S, NOW_S + 60));
    size_t length = strlen(token);
    (void)state;
    for (size_t i = 0; i + 1 < length; i++) { /* the last character has bits that mean nothing */
        char before = token[i];
        token[i] = before == 'A' ? 'B' : 'A';
        assert_int_not_equal(token_check(&identity, &ends_s, token, signer.keys, &RULES, NOW_S, reason),
                             TOKEN_GOOD);
        token[i] = (char)(i * 7 + 1);
        if (token[i] != before)
            assert_int_not_equal(token_check(&identity, &ends_s, token, signer.keys, &RULES, NOW_S, reason),
                                 TOKEN_GOOD);
        token[i] = '\0';
        assert_int_not_equal(token_check(&identity, &ends_s, token, signer.keys, &RULES, NOW_S, reason),
                             TOKEN_GOOD);
        token[i] = before;
    }
    assert_int_equal(token_check(&identity, &ends_s, token, signer.keys, &RULES, NOW_S, reason), TOKEN_GOOD);
    r_free(token);
    free_signer(&signer);
}

static void test_key_sets(void **state)
{
    static const char *const parse[] = {"", "{", "[]", "{}", "{\"keys\": 5}", "{\"keys\": [], \"keys\": []}"};
    static const char *const none[] = {
        "{\"keys\": []}",
        "{\"keys\": [null, 5, {}, {\"kty\": \"RSA\"}, {\"kty\": \"RSA\", \"n\": 5, \"e\": \"\"}]}",
        "{\"keys\": [{\"kty\": \"oct\", \"k\": \"c2VjcmV0\", \"alg\": \"RS256\"}]}",
        "{\"keys\": [{\"kty\": \"OKP\", \"crv\": \"X25519\", \"x\": \"AAAA\"}]}",
        "{\"keys\": [{\"kty\": \"RSA\", \"x5u\": \"http://127.0.0.1:1/\"}]}"};
    struct token_keys *keys = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof parse / sizeof *parse; i++) {
        struct error err = {0};
        assert_int_equal(token_keys_read(&keys, parse[i], strlen(parse[i]), &err), -1);
        assert_int_equal(err.code, ERROR_PARSE);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct error err = {0};
        assert_int_equal(token_keys_read(&keys, none[i], strlen(none[i]), &err), -1);
        assert_int_equal(err.code, ERROR_INVALID);
    }
    assert_null(keys);
}

static void test_kept_tokens(void **state)
{
    struct token_cache *cache = NULL;
    struct identity identity, found;
    struct error err = {0};
    char text[32];
    int kept = 0;
    (void)state;
    assert_int_equal(token_cache_new(&cache, &err), 0);
    identity_set(&identity, IDENTITY_TOKEN, SCOPE_READ, NULL, "somebody");
    assert_false(token_cache_find(&found, cache, "a.b.c", NOW_S));
    token_cache_keep(cache, "a.b.c", &identity, NOW_S + 10);
    assert_true(token_cache_find(&found, cache, "a.b.c", NOW_S + 9));
    assert_memory_equal(&found, &identity, sizeof found);
    assert_false(token_cache_find(&found, cache, "a.b.c", NOW_S + 10));
    assert_false(token_cache_find(&found, cache, "a.b.d", NOW_S));
    token_cache_clear(cache);
    assert_false(token_cache_find(&found, cache, "a.b.c", NOW_S));
    /* Of many, one a place is left, and it is the right one. */
    for (unsigned i = 0; i < 4 * TOKENS_KEPT; i++) {
        snprintf(text, sizeof text, "token %u", i);
        identity_set(&identity, IDENTITY_TOKEN, SCOPE_READ, NULL, text);
        token_cache_keep(cache, text, &identity, NOW_S + 10);
    }
    for (unsigned i = 0; i < 4 * TOKENS_KEPT; i++) {
        snprintf(text, sizeof text, "token %u", i);
        if (!token_cache_find(&found, cache, text, NOW_S))
            continue;
        assert_string_equal(found.name + strlen("token:"), text);
        kept++;
    }
    assert_in_range(kept, TOKENS_KEPT / 2, TOKENS_KEPT);
    token_cache_free(cache);
}

int main(void)
{
#define KEPT(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_remove)
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_identities),
        cmocka_unit_test(test_key_texts),
        cmocka_unit_test(test_a_bucket),
        cmocka_unit_test(test_a_bucket_never_gives_more),
        cmocka_unit_test(test_more_callers_than_places),
        cmocka_unit_test(test_a_bucket_of_several_threads),
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_key_sets),
        cmocka_unit_test(test_kept_tokens),
    };
    const struct CMUnitTest kept[] = {
        KEPT(test_key_store),
        KEPT(test_as_many_keys_as_allowed),
        KEPT(test_key_ring),
    };
    if (sodium_init() < 0 || r_global_init() != RHN_OK)
        return 1;
    int failed = cmocka_run_group_tests_name("access", plain, NULL, NULL);
    failed += cmocka_run_group_tests_name("keys on SQLite", kept, NULL, NULL);
    on_postgres = true;
    if (test_postgres())
        failed += cmocka_run_group_tests_name("keys on PostgreSQL", kept, NULL, NULL);
    r_global_close();
    return failed;
}
