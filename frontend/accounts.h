/* Who may sign in, and whose sessions still count: the account of the environment (LOGIN and PASSWORD), those
 * of the accounts file, and people whom an OpenID provider vouches for.
 *
 * Every replica looks at the accounts file once a second and takes a new one over: what `accounts` or
 * another replica changes (a lock, a new password, a sign-out everywhere) is known everywhere within
 * ACCOUNTS_REFRESH_MS. Without an accounts file a sign-out everywhere reaches this process alone. */
#ifndef CLAIRSCORE_FRONTEND_ACCOUNTS_H
#define CLAIRSCORE_FRONTEND_ACCOUNTS_H

#include <stdbool.h>

#include "frontend/account.h"
#include "shared/base/config.h"
#include "shared/base/error.h"

enum {
    ACCOUNT_CHECKS_AT_ONCE = 2, /* each takes 64 MiB for as long as it lasts */
    ACCOUNTS_REFRESH_MS = 1000
};

struct accounts;

/* ERROR_INVALID when LOGIN or PASSWORD is too long, or is empty without a reason: there may be neither when
 * ACCOUNTS_FILE or OIDC_ISSUER is set. Fails as accounts_file_read does. sodium_init() must have been called;
 * `config` must outlive the accounts. */
int accounts_new(struct accounts **out, const struct config *config, struct error *err);
void accounts_free(struct accounts *accounts);

/* Whether this is the account's password and the account is not locked; then fills `out`. Does the same work
 * for an unknown name as for a known one. At most ACCOUNT_CHECKS_AT_ONCE run at a time; the others wait. */
bool accounts_check(struct account *out, struct accounts *accounts, const char *login, const char *password);

/* The account of somebody whom the OpenID provider knows by this name and gives this role. False when the
 * name cannot be one or is locked here. */
bool accounts_admit(struct account *out, struct accounts *accounts, const char *login,
                    enum account_role role);

/* Whether a session that was begun as this account still counts: the account is there, is not locked, and
 * has not been signed out everywhere since. */
bool accounts_stands(struct accounts *accounts, const struct account *account);

/* Ends all sessions of the account, the asking one too. Fails as accounts_file_change does. */
int accounts_end_sessions(struct accounts *accounts, const struct account *account, struct error *err);

#endif
