#include "backend/access/token.h"

#include <jansson.h>
#include <math.h>
#include <rhonabwy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST_RSA_BITS = 2048 };

/* What makes a key fit for an algorithm. */
static const struct algorithm {
    const char *name;
    jwa_alg id;
    const char *key_type; /* kty */
    const char *curve;    /* crv; NULL: of no curve */
} algorithms[] = {
    {"RS256", R_JWA_ALG_RS256, "RSA", NULL},
    {"PS256", R_JWA_ALG_PS256, "RSA", NULL},
    {"ES256", R_JWA_ALG_ES256, "EC", "P-256"},
    {"EdDSA", R_JWA_ALG_EDDSA, "OKP", "Ed25519"},
};
enum { ALGORITHM_COUNT = sizeof algorithms / sizeof *algorithms };

struct token_keys {
    size_t count;
    struct {
        char name[TOKEN_KEY_NAME]; /* kid, empty without one */
        bool fits[ALGORITHM_COUNT];
        jwk_t *key;
    } keys[TOKEN_KEYS];
};

/* ---- Keys ---- */

static bool is_text(const json_t *object, const char *name, const char *expected)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value && strcmp(value, expected) == 0;
}

/* Absent, or as expected. */
static bool may_be_text(const json_t *object, const char *name, const char *expected)
{
    return !json_object_get(object, name) || is_text(object, name, expected);
}

/* The public half alone, and nothing that makes a library fetch what the key points to. */
static jwk_t *import_key(const json_t *given)
{
    static const char *const members[] = {"kty", "n", "e", "crv", "x", "y"};
    json_t *copy = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_t *member = json_object_get(given, members[i]);
        if (json_is_string(member))
            json_object_set(copy, members[i], member);
    }
    jwk_t *key = NULL;
    unsigned bits = 0;
    if (r_jwk_init(&key) == RHN_OK && r_jwk_import_from_json_t(key, copy) == RHN_OK) {
        int type = r_jwk_key_type(key, &bits, R_FLAG_IGNORE_REMOTE);
        bool weak = (type & R_KEY_TYPE_RSA) && bits < SMALLEST_RSA_BITS;
        if (!(type & R_KEY_TYPE_PUBLIC) || weak) {
            r_jwk_free(key);
            key = NULL;
        }
    } else {
        r_jwk_free(key);
        key = NULL;
    }
    json_decref(copy);
    return key;
}

static void add_key(struct token_keys *keys, const json_t *given)
{
    bool any = false, fits[ALGORITHM_COUNT];
    const char *name = json_string_value(json_object_get(given, "kid"));
    if (keys->count == TOKEN_KEYS || !may_be_text(given, "use", "sig") ||
        (name && strlen(name) >= TOKEN_KEY_NAME))
        return;
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        const struct algorithm *algorithm = &algorithms[i];
        fits[i] = is_text(given, "kty", algorithm->key_type) &&
                  (!algorithm->curve || is_text(given, "crv", algorithm->curve)) &&
                  may_be_text(given, "alg", algorithm->name);
        any = any || fits[i];
    }
    jwk_t *key = any ? import_key(given) : NULL;
    if (!key)
        return;
    keys->keys[keys->count].key = key;
    memcpy(keys->keys[keys->count].fits, fits, sizeof fits);
    snprintf(keys->keys[keys->count].name, TOKEN_KEY_NAME, "%s", name ? name : "");
    keys->count++;
}

int token_keys_read(struct token_keys **out, const char *json, size_t length, struct error *err)
{
    int status = -1;
    struct token_keys *keys = calloc(1, sizeof *keys);
    json_t *set = json_loadb(json, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *list = json_object_get(set, "keys");
    if (!keys) {
        error_set(err, ERROR_INTERNAL, "no memory for the provider's keys");
    } else if (!json_is_array(list)) {
        error_set(err, ERROR_PARSE, "the provider's keys are not a JSON Web Key Set");
    } else {
        for (size_t i = 0; i < json_array_size(list); i++)
            add_key(keys, json_array_get(list, i));
        if (keys->count > 0)
            status = 0;
        else
            error_set(err, ERROR_INVALID, "the provider has no key for RS256, PS256, ES256 or EdDSA");
    }
    json_decref(set);
    if (status)
        token_keys_free(keys);
    else
        *out = keys;
    return status;
}

void token_keys_free(struct token_keys *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->count; i++)
        r_jwk_free(keys->keys[i].key);
    free(keys);
}

/* ---- Tokens ---- */

bool token_looks_like_one(const char *text)
{
    static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int part = 0; part < 3; part++) {
        size_t length = strspn(text, base64url);
        /* alg "none" has an empty third part: a token to refuse by its algorithm */
        if (length == 0 && part < 2)
            return false;
        text += length;
        if (*text != (part < 2 ? '.' : '\0'))
            return false;
        text++;
    }
    return true;
}

static enum token_verdict refuse(char reason[TOKEN_REASON], const char *why)
{
    snprintf(reason, TOKEN_REASON, "%s", why);
    return TOKEN_BAD;
}

/* The algorithm that the header names, or ALGORITHM_COUNT. */
static size_t find_algorithm(const json_t *header)
{
    size_t at = 0;
    while (at < ALGORITHM_COUNT && !is_text(header, "alg", algorithms[at].name))
        at++;
    return at;
}

/* A key that may have signed: the one of that name; without a name the only one that fits. */
static jwk_t *find_key(const struct token_keys *keys, const char *name, size_t algorithm, bool *known)
{
    jwk_t *only = NULL;
    size_t fitting = 0;
    *known = false;
    for (size_t i = 0; i < keys->count; i++) {
        if (name && strcmp(name, keys->keys[i].name) != 0)
            continue;
        *known = true;
        if (!keys->keys[i].fits[algorithm])
            continue;
        only = keys->keys[i].key;
        fitting++;
    }
    return fitting == 1 ? only : NULL;
}

/* RFC 7519 4.1.3: one audience or several. */
static bool is_for(const json_t *audience, const char *us)
{
    if (json_is_string(audience))
        return strcmp(json_string_value(audience), us) == 0;
    for (size_t i = 0; i < json_array_size(audience); i++) {
        const char *one = json_string_value(json_array_get(audience, i));
        if (one && strcmp(one, us) == 0)
            return true;
    }
    return false;
}

static const char *check_times(const json_t *claims, int64_t now_s)
{
    const json_t *exp = json_object_get(claims, "exp"), *nbf = json_object_get(claims, "nbf"),
                 *iat = json_object_get(claims, "iat");
    double now = (double)now_s;
    if (!json_is_number(exp))
        return "The token has no exp: it would never expire.";
    if ((nbf && !json_is_number(nbf)) || (iat && !json_is_number(iat)))
        return "nbf and iat of the token must be numbers.";
    if (now >= json_number_value(exp) + TOKEN_LEEWAY_S)
        return "The token has expired.";
    if (nbf && now < json_number_value(nbf) - TOKEN_LEEWAY_S)
        return "The token is not valid yet.";
    if (iat && now < json_number_value(iat) - TOKEN_LEEWAY_S)
        return "The token was issued in the future.";
    return NULL;
}

static enum token_verdict check_claims(struct identity *out, int64_t *ends_s, const json_t *claims,
                                       const struct token_rules *rules, int64_t now_s,
                                       char reason[TOKEN_REASON])
{
    if (!is_text(claims, "iss", rules->issuer))
        return refuse(reason, "The token is of another issuer.");
    if (!is_for(json_object_get(claims, "aud"), rules->audience))
        return refuse(reason, "The token is for another audience.");
    const char *wrong = check_times(claims, now_s);
    if (wrong)
        return refuse(reason, wrong);
    /* RFC 7800: such a token is worth nothing without the proof that its sender holds a key. */
    if (json_object_get(claims, "cnf"))
        return refuse(reason, "The token is bound to a key of its sender, which this server cannot check.");
    const char *subject = json_string_value(json_object_get(claims, "sub"));
    if (!subject || !*subject)
        subject = json_string_value(json_object_get(claims, "client_id"));
    if (!subject || !*subject)
        return refuse(reason, "The token names nobody: it has neither sub nor client_id.");
    unsigned scopes = 0;
    const char *granted = json_string_value(json_object_get(claims, "scope"));
    if (granted)
        scope_read(&scopes, granted, false, NULL);
    identity_set(out, IDENTITY_TOKEN, scopes, NULL, subject);
    /* A double far beyond what fits is as good as never. */
    double ends = floor(json_number_value(json_object_get(claims, "exp"))) + TOKEN_LEEWAY_S;
    *ends_s = ends < (double)(INT64_MAX / 2) ? (int64_t)ends : INT64_MAX / 2;
    return TOKEN_GOOD;
}

static enum token_verdict check_header(size_t *algorithm, const json_t *header, char reason[TOKEN_REASON])
{
    *algorithm = find_algorithm(header);
    if (*algorithm == ALGORITHM_COUNT)
        return refuse(reason, "The token must be signed by RS256, PS256, ES256 or EdDSA.");
    if (json_object_get(header, "crit"))
        return refuse(reason, "The token has critical extensions, which this server does not know.");
    if (!may_be_text(header, "typ", "JWT") && !is_text(header, "typ", "at+jwt") &&
        !is_text(header, "typ", "application/at+jwt"))
        return refuse(reason, "This is not an access token: its typ is neither JWT nor at+jwt.");
    return TOKEN_GOOD;
}

static enum token_verdict check_signature(jws_t *jws, const json_t *header, const struct token_keys *keys,
                                          char reason[TOKEN_REASON])
{
    size_t algorithm;
    bool known;
    if (check_header(&algorithm, header, reason) != TOKEN_GOOD)
        return TOKEN_BAD;
    jwk_t *key = find_key(keys, json_string_value(json_object_get(header, "kid")), algorithm, &known);
    if (!key && !known) {
        refuse(reason, "The token is signed by a key that its issuer does not have.");
        return TOKEN_KEY_UNKNOWN;
    }
    if (!key || r_jws_get_alg(jws) != algorithms[algorithm].id)
        return refuse(reason, "The token's kid must name a key of its issuer for its algorithm.");
    if (r_jws_verify_signature(jws, key, R_FLAG_IGNORE_REMOTE) != RHN_OK)
        return refuse(reason, "The token's signature is wrong.");
    return TOKEN_GOOD;
}

enum token_verdict token_check(struct identity *out, int64_t *ends_s, const char *text,
                               const struct token_keys *keys, const struct token_rules *rules, int64_t now_s,
                               char reason[TOKEN_REASON])
{
    size_t length = strlen(text), payload_length = 0;
    jws_t *jws = NULL;
    json_t *header = NULL, *claims = NULL;
    enum token_verdict verdict = TOKEN_BAD;
    refuse(reason, "This is not a signed token.");
    if (length > TOKEN_BYTES || !token_looks_like_one(text) || r_jws_init(&jws) != RHN_OK)
        goto done;
    if (r_jws_advanced_compact_parsen(jws, text, length, R_PARSE_UNSIGNED, R_FLAG_IGNORE_REMOTE) != RHN_OK)
        goto done;
    header = r_jws_get_full_header_json_t(jws);
    verdict = check_signature(jws, header, keys, reason);
    if (verdict != TOKEN_GOOD)
        goto done;
    const unsigned char *payload = r_jws_get_payload(jws, &payload_length);
    claims = payload ? json_loadb((const char *)payload, payload_length, JSON_REJECT_DUPLICATES, NULL) : NULL;
    verdict = json_is_object(claims) ? check_claims(out, ends_s, claims, rules, now_s, reason)
                                     : refuse(reason, "The token's claims are not a JSON object.");
done:
    json_decref(claims);
    json_decref(header);
    r_jws_free(jws);
    return verdict;
}
