#include "frontend/accounts.h"

#include <semaphore.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/session.h"

struct accounts {
    char login[SESSION_USER];
    char hash[crypto_pwhash_STRBYTES];
    sem_t checks;
};

int accounts_new(struct accounts **out, const char *login, const char *password, struct error *err)
{
    if (!*login || strlen(login) >= SESSION_USER)
        return error_set(err, ERROR_INVALID, "LOGIN: set a name of 1 to %d characters", SESSION_USER - 1);
    if (!*password || strlen(password) > ACCOUNT_PASSWORD_LONGEST)
        return error_set(err, ERROR_INVALID, "PASSWORD: set one of 1 to %d characters",
                         ACCOUNT_PASSWORD_LONGEST);
    struct accounts *accounts = calloc(1, sizeof *accounts);
    if (!accounts)
        return error_set(err, ERROR_INTERNAL, "no memory for accounts");
    snprintf(accounts->login, sizeof accounts->login, "%s", login);
    if (crypto_pwhash_str(accounts->hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE)) {
        free(accounts);
        return error_set(err, ERROR_INTERNAL, "no memory to hash the password");
    }
    sem_init(&accounts->checks, 0, ACCOUNT_CHECKS_AT_ONCE);
    *out = accounts;
    return 0;
}

void accounts_free(struct accounts *accounts)
{
    if (!accounts)
        return;
    sem_destroy(&accounts->checks);
    sodium_memzero(accounts, sizeof *accounts);
    free(accounts);
}

bool accounts_check(struct accounts *accounts, const char *login, const char *password)
{
    if (strlen(login) >= SESSION_USER || strlen(password) > ACCOUNT_PASSWORD_LONGEST)
        return false;
    char name[SESSION_USER] = {0};
    memcpy(name, login, strlen(login));
    bool known = sodium_memcmp(name, accounts->login, sizeof name) == 0;
    while (sem_wait(&accounts->checks))
        ; /* a signal woke it */
    bool right = crypto_pwhash_str_verify(accounts->hash, password, strlen(password)) == 0;
    sem_post(&accounts->checks);
    return known && right;
}
