/* Sessions without a store: the cookie holds the session itself, encrypted and authenticated, so that every
 * replica with the same key can open it and none keeps anything. A visitor who has not signed in has a
 * session too, without a name: it carries the token that guards the sign-in form. */
#ifndef CLAIRSCORE_FRONTEND_SESSION_H
#define CLAIRSCORE_FRONTEND_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frontend/account.h"
#include "shared/base/error.h"

enum {
    SESSION_ID = 16,
    SESSION_KEY_LEAST = 32,        /* characters of SESSION_KEY */
    SESSION_TEXT = 256,            /* bytes of a sealed session with its terminator */
    SESSION_TOKEN = 88,            /* bytes of a form token with its terminator */
    SESSION_IDLE_S = 30 * 60,      /* unused for so long, it has ended */
    SESSION_LONGEST_S = 10 * 3600, /* and so long after it began in any case */
    SESSION_RENEW_S = 60           /* a cookie older than this is sealed again */
};

/* Bytes of `length` sealed bytes as text, with the terminator: nonce and tag are 40 bytes. */
#define SESSION_SEALED_TEXT(length) ((((length) + 40) * 4 + 2) / 3 + 1)

struct session {
    struct account account; /* without a name: not signed in */
    unsigned char id[SESSION_ID];
    int64_t began, seen; /* seconds since 1970 */
};

/* The key that seals sessions. */
struct session_key;

/* Derives the key from `secret`; from random bytes when it is empty. ERROR_INVALID when it is shorter than
 * SESSION_KEY_LEAST characters. sodium_init() must have been called. */
int session_key_new(struct session_key **out, const char *secret, struct error *err);
void session_key_free(struct session_key *key);

/* A new session with a new id, of `account` or, when that is NULL, of a visitor. */
void session_begin(struct session *out, const struct account *account, int64_t now);

/* Whether somebody has signed in. */
bool session_has_user(const struct session *session);

/* Writes the sealed session, in characters that a cookie may hold. */
void session_seal(char out[SESSION_TEXT], const struct session_key *key, const struct session *session);

/* Opens what session_seal wrote. False when `text` is NULL, was not sealed with this key, or holds a session
 * that has ended; `out` is then not to be used. */
bool session_open(struct session *out, const struct session_key *key, const char *text, int64_t now);

/* The same for other things that a browser keeps for us: `label` says which, and what was sealed under
 * another one does not open. Writes base64 text into `out`, which has room for SESSION_SEALED_TEXT(length).
 */
void session_key_seal(char *out, size_t size, const struct session_key *key, const char *label,
                      const void *bytes, size_t length);

/* Opens it again: `*length` is the room in `out` and becomes the number of bytes. */
bool session_key_open(void *out, size_t *length, const struct session_key *key, const char *label,
                      const char *text);

/* A token for the forms of this session, and whether `text` (may be NULL) is one. They are masked: no two are
 * alike, so that a compressed page's length says nothing about them however often it is asked for (Gluck,
 * Harris & Prado, BREACH, 2013). */
void session_token(char out[SESSION_TOKEN], const struct session_key *key, const struct session *session);
bool session_token_matches(const struct session_key *key, const struct session *session, const char *text);

#endif
