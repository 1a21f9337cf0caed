/* Signing in with an OpenID provider: the authorisation code flow (OpenID Connect Core 1.0, section 3.1) with
 * PKCE (RFC 7636, S256). What the provider says of itself (Discovery 1.0) and its keys are fetched when they
 * are needed and kept for OPENID_KEEP_S, so that the dashboard starts without it. Thread-safe. */
#ifndef CLAIRSCORE_FRONTEND_OPENID_H
#define CLAIRSCORE_FRONTEND_OPENID_H

#include "frontend/account.h"
#include "shared/base/config.h"
#include "shared/base/error.h"

enum {
    OPENID_SECRET = 44, /* 256 random bits as text, with the terminator */
    OPENID_ADDRESS = 4096,
    OPENID_CODE = 2048, /* a longer code is refused */
    OPENID_KEEP_S = 300,
    OPENID_RETRY_S = 5, /* a provider that failed is left alone for so long */
    OPENID_TIMEOUT_MS = 5000,
    OPENID_ANSWER_BYTES = 1 << 20
};

/* The path at the end of OIDC_REDIRECT_URL. */
extern const char OPENID_DONE[];

struct openid;

/* What one signing in is recognised by when the browser comes back; it stays with the browser, sealed. */
struct openid_flow {
    char state[OPENID_SECRET], nonce[OPENID_SECRET], verifier[OPENID_SECRET];
};

/* Leaves NULL in *out without OIDC_ISSUER. ERROR_INVALID names the setting that is wrong. `config` must
 * outlive it. curl_global_init() and sodium_init() must have been called. */
int openid_new(struct openid **out, const struct config *config, struct error *err);
void openid_free(struct openid *openid);

/* Begins: fills `flow` and writes the provider's address to send the browser to. ERROR_UNAVAILABLE when the
 * provider is away, ERROR_INVALID when it is not what the settings say. */
int openid_begin(struct openid_flow *flow, char address[OPENID_ADDRESS], struct openid *openid,
                 struct error *err);

/* Finishes: changes the code for an id_token, checks it (signature, iss, aud, azp, exp, iat, nonce) and
 * reads name and role. ERROR_UNAVAILABLE as above, ERROR_INVALID when code or token are not good,
 * ERROR_NOT_FOUND when the person has no role here or no usable name. */
int openid_finish(char login[ACCOUNT_LOGIN], enum account_role *role, struct openid *openid,
                  const struct openid_flow *flow, const char *code, struct error *err);

#endif
