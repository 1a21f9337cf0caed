/* Who may sign in. Today the one account of the environment; passwords are kept as argon2id hashes only. */
#ifndef CLAIRSCORE_FRONTEND_ACCOUNTS_H
#define CLAIRSCORE_FRONTEND_ACCOUNTS_H

#include <stdbool.h>

#include "shared/base/error.h"

enum {
    ACCOUNT_PASSWORD_LONGEST = 256, /* characters; longer ones are refused unread */
    ACCOUNT_CHECKS_AT_ONCE = 2      /* each takes 64 MiB for as long as it lasts */
};

struct accounts;

/* ERROR_INVALID when login or password is empty or too long. sodium_init() must have been called. */
int accounts_new(struct accounts **out, const char *login, const char *password, struct error *err);
void accounts_free(struct accounts *accounts);

/* Whether this is the account's password. Does the same work for an unknown name as for a known one. At
 * most ACCOUNT_CHECKS_AT_ONCE run at a time; the others wait. */
bool accounts_check(struct accounts *accounts, const char *login, const char *password);

#endif
