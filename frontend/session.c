#include "frontend/session.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    TOKEN = 32,
    PLAIN = SESSION_ID + 3 * 8 + 2 + ACCOUNT_LOGIN,
    SEALED_MOST = 4096, /* of anything: a browser's cookie holds no more */
    BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING
};
_Static_assert(NONCE + TAG == 40 && SESSION_SEALED_TEXT(PLAIN) <= SESSION_TEXT, "a sealed session fits");
_Static_assert(sodium_base64_ENCODED_LEN(2 * TOKEN, BASE64) <= SESSION_TOKEN, "a token fits");

/* Bound into the seal, so that a session of another layout does not open. */
static const char LAYOUT[] = "clairscore session 2";

struct session_key {
    unsigned char seal[KEY];
    unsigned char token[crypto_generichash_KEYBYTES];
};

int session_key_new(struct session_key **out, const char *secret, struct error *err)
{
    if (*secret && strlen(secret) < SESSION_KEY_LEAST)
        return error_set(err, ERROR_INVALID, "SESSION_KEY: shorter than %d characters", SESSION_KEY_LEAST);
    struct session_key *key = sodium_malloc(sizeof *key);
    if (!key)
        return error_set(err, ERROR_INTERNAL, "no memory for the session key");
    unsigned char master[crypto_kdf_KEYBYTES];
    if (*secret)
        crypto_generichash(master, sizeof master, (const unsigned char *)secret, strlen(secret), NULL, 0);
    else
        randombytes_buf(master, sizeof master);
    crypto_kdf_derive_from_key(key->seal, sizeof key->seal, 1, "sessions", master);
    crypto_kdf_derive_from_key(key->token, sizeof key->token, 2, "sessions", master);
    sodium_memzero(master, sizeof master);
    *out = key;
    return 0;
}

void session_key_free(struct session_key *key)
{
    sodium_free(key);
}

/* ---- Seals ------------------------------------------------------------------------------------------- */

void session_key_seal(char *out, size_t size, const struct session_key *key, const char *label,
                      const void *bytes, size_t length)
{
    unsigned char sealed[SEALED_MOST];
    size_t whole = NONCE + length + TAG;
    if (whole > sizeof sealed || sodium_base64_encoded_len(whole, BASE64) > size)
        abort(); /* the caller's invariant */
    randombytes_buf(sealed, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL, bytes, length,
                                               (const unsigned char *)label, strlen(label), NULL, sealed,
                                               key->seal);
    sodium_bin2base64(out, size, sealed, whole, BASE64);
}

bool session_key_open(void *out, size_t *length, const struct session_key *key, const char *label,
                      const char *text)
{
    unsigned char sealed[SEALED_MOST];
    size_t whole = 0;
    if (!text || sodium_base642bin(sealed, sizeof sealed, text, strlen(text), NULL, &whole, NULL, BASE64) ||
        whole < NONCE + TAG || whole - NONCE - TAG > *length)
        return false;
    *length = whole - NONCE - TAG;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed + NONCE, whole - NONCE,
                                                      (const unsigned char *)label, strlen(label), sealed,
                                                      key->seal) == 0;
}

/* ---- Sessions ---------------------------------------------------------------------------------------- */

void session_begin(struct session *out, const struct account *account, int64_t now)
{
    memset(out, 0, sizeof *out);
    if (account)
        out->account = *account;
    randombytes_buf(out->id, sizeof out->id);
    out->began = out->seen = now;
}

bool session_has_user(const struct session *session)
{
    return session->account.login[0] != '\0';
}

static void put_number(unsigned char *out, int64_t number)
{
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)((uint64_t)number >> (8 * i));
}

static int64_t get_number(const unsigned char *in)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number |= (uint64_t)in[i] << (8 * i);
    return (int64_t)number;
}

void session_seal(char out[SESSION_TEXT], const struct session_key *key, const struct session *session)
{
    unsigned char plain[PLAIN] = {0};
    memcpy(plain, session->id, SESSION_ID);
    unsigned char *at = plain + SESSION_ID;
    put_number(at, session->began);
    put_number(at + 8, session->seen);
    put_number(at + 16, session->account.generation);
    at[24] = (unsigned char)session->account.source;
    at[25] = (unsigned char)session->account.role;
    memcpy(at + 26, session->account.login, strnlen(session->account.login, ACCOUNT_LOGIN - 1));
    session_key_seal(out, SESSION_TEXT, key, LAYOUT, plain, sizeof plain);
}

static bool has_ended(const struct session *session, int64_t now)
{
    return now - session->seen > SESSION_IDLE_S || now - session->began > SESSION_LONGEST_S;
}

bool session_open(struct session *out, const struct session_key *key, const char *text, int64_t now)
{
    unsigned char plain[PLAIN];
    size_t length = sizeof plain;
    if (!session_key_open(plain, &length, key, LAYOUT, text) || length != sizeof plain)
        return false;
    const unsigned char *at = plain + SESSION_ID;
    memcpy(out->id, plain, SESSION_ID);
    out->began = get_number(at);
    out->seen = get_number(at + 8);
    out->account.generation = (uint32_t)get_number(at + 16);
    out->account.source = (enum account_source)at[24];
    out->account.role = (enum account_role)at[25];
    memcpy(out->account.login, at + 26, ACCOUNT_LOGIN);
    /* A later version of the dashboard may know more of them. */
    return at[24] < ACCOUNT_SOURCES && at[25] < ROLE_COUNT && !has_ended(out, now);
}

/* What a session's tokens hide. */
static void bare_token(unsigned char out[TOKEN], const struct session_key *key, const struct session *session)
{
    crypto_generichash(out, TOKEN, session->id, sizeof session->id, key->token, sizeof key->token);
}

static void mask(unsigned char token[TOKEN], const unsigned char with[TOKEN])
{
    for (int i = 0; i < TOKEN; i++)
        token[i] ^= with[i];
}

void session_token(char out[SESSION_TOKEN], const struct session_key *key, const struct session *session)
{
    unsigned char token[2 * TOKEN];
    randombytes_buf(token, TOKEN);
    bare_token(token + TOKEN, key, session);
    mask(token + TOKEN, token);
    sodium_bin2base64(out, SESSION_TOKEN, token, sizeof token, BASE64);
}

bool session_token_matches(const struct session_key *key, const struct session *session, const char *text)
{
    unsigned char token[2 * TOKEN], expected[TOKEN];
    size_t length = 0;
    if (!text || sodium_base642bin(token, sizeof token, text, strlen(text), NULL, &length, NULL, BASE64) ||
        length != sizeof token)
        return false;
    mask(token + TOKEN, token);
    bare_token(expected, key, session);
    return sodium_memcmp(token + TOKEN, expected, TOKEN) == 0;
}
