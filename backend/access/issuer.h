/* The OpenID provider: its keys, fetched in a thread of its own (OpenID Connect Discovery 1.0) and kept in
 * memory, so that a request is checked offline. They are fetched again every ISSUER_REFRESH_S, and when a
 * token names one that is not there, but not more often than every ISSUER_RETRY_S. While the provider is away
 * those last fetched stay, for ISSUER_STALE_S. Thread-safe. */
#ifndef CLAIRSCORE_BACKEND_ACCESS_ISSUER_H
#define CLAIRSCORE_BACKEND_ACCESS_ISSUER_H

#include "backend/access/token.h"
#include "shared/base/config.h"
#include "shared/base/error.h"

struct issuer;

enum {
    ISSUER_REFRESH_S = 300,
    ISSUER_RETRY_S = 5,
    ISSUER_STALE_S = 86400,
    ISSUER_TIMEOUT_S = 5,           /* of one request to the provider */
    ISSUER_DOCUMENT_BYTES = 1 << 20 /* of one answer of the provider */
};

/* Starts fetching from OIDC_ISSUER and returns at once. ERROR_INVALID when that is not an https address (http
 * is for loopback only) or OIDC_AUDIENCE is empty. The caller stops *out; `config` must outlive it. */
int issuer_start(struct issuer **out, const struct config *config, struct error *err);
void issuer_stop(struct issuer *issuer);

enum issuer_verdict {
    ISSUER_GOOD,
    ISSUER_BAD,
    ISSUER_WAIT /* its keys are not there yet, or just being fetched again: try again in a second */
};

/* Checks a token as token_check does. */
enum issuer_verdict issuer_check(struct identity *out, struct issuer *issuer, const char *text,
                                 char reason[TOKEN_REASON]);

#endif
