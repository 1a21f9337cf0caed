#include "frontend/session.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    TOKEN = 32,
    PLAIN = SESSION_ID + 2 * 8 + SESSION_USER,
    SEALED = NONCE + PLAIN + TAG,
    BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING
};
_Static_assert(sodium_base64_ENCODED_LEN(SEALED, BASE64) <= SESSION_TEXT, "a sealed session fits");
_Static_assert(sodium_base64_ENCODED_LEN(TOKEN, BASE64) <= SESSION_TOKEN, "a token fits");

/* Bound into every seal, so that a session of another layout does not open. */
static const unsigned char LAYOUT[] = "clairscore session 1";

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

void session_begin(struct session *out, const char *user, int64_t now)
{
    memset(out, 0, sizeof *out);
    snprintf(out->user, sizeof out->user, "%s", user);
    randombytes_buf(out->id, sizeof out->id);
    out->began = out->seen = now;
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
    unsigned char plain[PLAIN], sealed[SEALED];
    memcpy(plain, session->id, SESSION_ID);
    put_number(plain + SESSION_ID, session->began);
    put_number(plain + SESSION_ID + 8, session->seen);
    memcpy(plain + SESSION_ID + 16, session->user, SESSION_USER);
    randombytes_buf(sealed, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, NULL, plain, sizeof plain, LAYOUT,
                                               sizeof LAYOUT, NULL, sealed, key->seal);
    sodium_bin2base64(out, SESSION_TEXT, sealed, sizeof sealed, BASE64);
}

static bool has_ended(const struct session *session, int64_t now)
{
    return now - session->seen > SESSION_IDLE_S || now - session->began > SESSION_LONGEST_S;
}

bool session_open(struct session *out, const struct session_key *key, const char *text, int64_t now)
{
    unsigned char plain[PLAIN], sealed[SEALED];
    size_t length = 0;
    if (!text || strlen(text) >= SESSION_TEXT ||
        sodium_base642bin(sealed, sizeof sealed, text, strlen(text), NULL, &length, NULL, BASE64) ||
        length != sizeof sealed ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed + NONCE, sizeof sealed - NONCE,
                                                   LAYOUT, sizeof LAYOUT, sealed, key->seal))
        return false;
    memcpy(out->id, plain, SESSION_ID);
    out->began = get_number(plain + SESSION_ID);
    out->seen = get_number(plain + SESSION_ID + 8);
    memcpy(out->user, plain + SESSION_ID + 16, SESSION_USER);
    out->user[SESSION_USER - 1] = '\0';
    if (has_ended(out, now))
        return false;
    return true;
}

void session_token(char out[SESSION_TOKEN], const struct session_key *key, const struct session *session)
{
    unsigned char token[TOKEN];
    crypto_generichash(token, sizeof token, session->id, sizeof session->id, key->token, sizeof key->token);
    sodium_bin2base64(out, SESSION_TOKEN, token, sizeof token, BASE64);
}

bool session_token_matches(const struct session_key *key, const struct session *session, const char *text)
{
    char expected[SESSION_TOKEN];
    session_token(expected, key, session);
    return text && strlen(text) == strlen(expected) && sodium_memcmp(text, expected, strlen(expected)) == 0;
}
