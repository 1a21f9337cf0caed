/* Access tokens of an OpenID provider: JSON Web Tokens (RFC 7519, profile of RFC 9068) checked offline
 * against the provider's keys (RFC 7517), as RFC 8725 advises.
 *
 * Only RS256, PS256 (RSA keys from 2048 bits), ES256 (P-256) and EdDSA (Ed25519) are accepted, each with a
 * key of its own type; "none" and HMAC never are, and keys or addresses of keys in a token's header are not
 * looked at. */
#ifndef CLAIRSCORE_BACKEND_ACCESS_TOKEN_H
#define CLAIRSCORE_BACKEND_ACCESS_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/access/identity.h"
#include "shared/base/error.h"

enum {
    TOKEN_BYTES = 8192,   /* of a token, at most */
    TOKEN_LEEWAY_S = 30,  /* that clocks may differ */
    TOKEN_KEYS = 64,      /* of a provider, at most; what it has beyond is passed over */
    TOKEN_KEY_NAME = 256, /* bytes of a kid with its terminator */
    TOKEN_REASON = 128
};

/* The keys that a provider signs with. Immutable: threads may share them. */
struct token_keys;

/* Reads a JSON Web Key Set. Keys that cannot check one of the four algorithms are passed over; ERROR_PARSE
 * when it is no key set, ERROR_INVALID when none is left. The caller frees *out. */
int token_keys_read(struct token_keys **out, const char *json, size_t length, struct error *err);
void token_keys_free(struct token_keys *keys);

/* Whose tokens, for whom. */
struct token_rules {
    const char *issuer, *audience;
};

enum token_verdict {
    TOKEN_GOOD,
    TOKEN_BAD,
    TOKEN_KEY_UNKNOWN /* it names a key that is not among `keys` */
};

/* True when `text` has the form of a signed token: three parts with dots between. */
bool token_looks_like_one(const char *text);

/* Checks form, algorithm, signature, iss, aud, exp, nbf and iat at `now_s` (seconds since 1970). TOKEN_GOOD
 * fills `out` with the subject (sub, else client_id) and the scopes that the claim "scope" names; unknown
 * scopes are passed over, and `*ends_s` with the time from which on it is refused. Else `reason` is a
 * sentence for the caller that says what is wrong. */
enum token_verdict token_check(struct identity *out, int64_t *ends_s, const char *text,
                               const struct token_keys *keys, const struct token_rules *rules, int64_t now_s,
                               char reason[TOKEN_REASON]);

#endif
