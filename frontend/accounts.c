#include "frontend/accounts.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "frontend/accounts_file.h"
#include "shared/base/log.h"
#include "shared/base/progress.h"

/* What tells one version of the file from the next. */
struct version {
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct accounts {
    const char *path;          /* of the accounts file; NULL: none */
    char login[ACCOUNT_LOGIN]; /* the account of the environment; empty: none */
    bool openid;
    /* Hash of that account's password, or of nobody's: what a password is held against whose name is unknown.
     */
    char hash[crypto_pwhash_STRBYTES];
    sem_t checks;

    pthread_rwlock_t list_lock;
    struct account_list list;

    pthread_mutex_t refresh_lock; /* of what follows */
    struct version version;
    _Atomic int64_t looked_ms; /* when the file was last looked at */
};

/* ---- The file ---------------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    return (int64_t)(progress_clock_s() * 1e3);
}

static bool read_version(struct version *out, const char *path)
{
    struct stat status;
    if (stat(path, &status))
        return false;
    *out = (struct version){status.st_ino, status.st_size, status.st_mtim};
    return true;
}

static bool is_same(const struct version *a, const struct version *b)
{
    return a->inode == b->inode && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Takes the file over when it is another one. One that cannot be read leaves what was there: a slip in an
 * editor must not lock everybody out. */
static void look(struct accounts *accounts)
{
    struct version version;
    struct account_list fresh;
    struct error err = {0};
    pthread_mutex_lock(&accounts->refresh_lock);
    atomic_store(&accounts->looked_ms, now_ms());
    if (read_version(&version, accounts->path) && !is_same(&version, &accounts->version)) {
        accounts->version = version;
        if (accounts_file_read(&fresh, accounts->path, &err)) {
            log_event(LOG_ERROR, "accounts_not_read", "{s:s}", "fault", err.message);
        } else {
            pthread_rwlock_wrlock(&accounts->list_lock);
            struct account_list old = accounts->list;
            accounts->list = fresh;
            pthread_rwlock_unlock(&accounts->list_lock);
            account_list_free(&old);
            log_event(LOG_INFO, "accounts_read", NULL);
        }
    }
    pthread_mutex_unlock(&accounts->refresh_lock);
}

static void refresh(struct accounts *accounts)
{
    if (accounts->path && now_ms() - atomic_load(&accounts->looked_ms) >= ACCOUNTS_REFRESH_MS)
        look(accounts);
}

/* A copy of the account's record; false when there is none. */
static bool find(struct account_record *out, struct accounts *accounts, const char *login,
                 enum account_source source)
{
    pthread_rwlock_rdlock(&accounts->list_lock);
    const struct account_record *record = account_list_find(&accounts->list, login, source);
    if (record)
        *out = *record;
    pthread_rwlock_unlock(&accounts->list_lock);
    return record != NULL;
}

/* ---- Life -------------------------------------------------------------------------------------------- */

static int check_settings(const struct config *config, struct error *err)
{
    bool elsewhere = *config->accounts_file || *config->oidc_issuer;
    if (elsewhere && !*config->login && !*config->password)
        return 0;
    if (!account_login_fits(config->login))
        return error_set(err, ERROR_INVALID,
                         "LOGIN: set a name of 1 to %d characters, or ACCOUNTS_FILE or OIDC_ISSUER instead",
                         ACCOUNT_LOGIN - 1);
    if (!*config->password || strlen(config->password) > ACCOUNT_PASSWORD_LONGEST)
        return error_set(err, ERROR_INVALID, "PASSWORD: set one of 1 to %d characters",
                         ACCOUNT_PASSWORD_LONGEST);
    return 0;
}

static int hash_password(struct accounts *accounts, const char *password, struct error *err)
{
    char random[33];
    if (!*password) {
        unsigned char bytes[16];
        randombytes_buf(bytes, sizeof bytes);
        password = sodium_bin2hex(random, sizeof random, bytes, sizeof bytes);
    }
    if (crypto_pwhash_str(accounts->hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE))
        return error_set(err, ERROR_INTERNAL, "no memory to hash the password");
    return 0;
}

int accounts_new(struct accounts **out, const struct config *config, struct error *err)
{
    if (check_settings(config, err))
        return -1;
    struct accounts *accounts = calloc(1, sizeof *accounts);
    if (!accounts)
        return error_set(err, ERROR_INTERNAL, "no memory for accounts");
    sem_init(&accounts->checks, 0, ACCOUNT_CHECKS_AT_ONCE);
    pthread_rwlock_init(&accounts->list_lock, NULL);
    pthread_mutex_init(&accounts->refresh_lock, NULL);
    memcpy(accounts->login, config->login, strlen(config->login));
    accounts->path = *config->accounts_file ? config->accounts_file : NULL;
    accounts->openid = *config->oidc_issuer != '\0';
    if (accounts->path)
        read_version(&accounts->version, accounts->path); /* before the file, which may change meanwhile */
    if (hash_password(accounts, config->password, err) ||
        (accounts->path && accounts_file_read(&accounts->list, accounts->path, err))) {
        accounts_free(accounts);
        return -1;
    }
    atomic_store(&accounts->looked_ms, now_ms());
    *out = accounts;
    return 0;
}

void accounts_free(struct accounts *accounts)
{
    if (!accounts)
        return;
    sem_destroy(&accounts->checks);
    pthread_rwlock_destroy(&accounts->list_lock);
    pthread_mutex_destroy(&accounts->refresh_lock);
    account_list_free(&accounts->list);
    sodium_memzero(accounts, sizeof *accounts);
    free(accounts);
}

/* ---- Signing in -------------------------------------------------------------------------------------- */

/* The account of the environment is for trying things out: it may do everything. */
static void fill_environment(struct account_record *out, struct accounts *accounts, const char *login)
{
    if (!find(out, accounts, login, ACCOUNT_OF_ENVIRONMENT))
        *out = (struct account_record){.account = {.source = ACCOUNT_OF_ENVIRONMENT}};
    memcpy(out->account.login, accounts->login, ACCOUNT_LOGIN);
    memcpy(out->hash, accounts->hash, sizeof out->hash);
    out->account.role = ROLE_ADMINISTRATOR;
}

bool accounts_check(struct account *out, struct accounts *accounts, const char *login, const char *password)
{
    struct account_record record = {.locked = false};
    if (!account_login_fits(login) || strlen(password) > ACCOUNT_PASSWORD_LONGEST)
        return false;
    refresh(accounts);
    bool known = true;
    if (*accounts->login && strcmp(login, accounts->login) == 0)
        fill_environment(&record, accounts, login);
    else
        known = find(&record, accounts, login, ACCOUNT_OF_FILE);
    while (sem_wait(&accounts->checks))
        ; /* a signal woke it */
    bool right =
        crypto_pwhash_str_verify(known ? record.hash : accounts->hash, password, strlen(password)) == 0;
    sem_post(&accounts->checks);
    sodium_memzero(record.hash, sizeof record.hash);
    if (!known || !right || record.locked)
        return false;
    *out = record.account;
    return true;
}

bool accounts_admit(struct account *out, struct accounts *accounts, const char *login, enum account_role role)
{
    struct account_record record = {.account = {.source = ACCOUNT_OF_OPENID}};
    if (!account_login_fits(login))
        return false;
    refresh(accounts);
    find(&record, accounts, login, ACCOUNT_OF_OPENID);
    if (record.locked)
        return false;
    memset(record.account.login, 0, sizeof record.account.login);
    memcpy(record.account.login, login, strlen(login));
    record.account.role = role;
    *out = record.account;
    return true;
}

/* ---- Sessions ---------------------------------------------------------------------------------------- */

/* The generation that the account's sessions must have; -1 when none counts. */
static int64_t generation_of(struct accounts *accounts, const struct account *account)
{
    struct account_record record = {.locked = false};
    bool found = find(&record, accounts, account->login, account->source);
    if (record.locked || (account->source == ACCOUNT_OF_FILE && !found) ||
        (account->source == ACCOUNT_OF_ENVIRONMENT && strcmp(account->login, accounts->login) != 0) ||
        (account->source == ACCOUNT_OF_OPENID && !accounts->openid))
        return -1;
    return record.account.generation;
}

bool accounts_stands(struct accounts *accounts, const struct account *account)
{
    refresh(accounts);
    int64_t generation = generation_of(accounts, account);
    /* A session may be newer than what this replica has read. */
    if (accounts->path && generation < account->generation) {
        look(accounts);
        generation = generation_of(accounts, account);
    }
    return generation >= 0 && account->generation >= (uint64_t)generation;
}

static int end_sessions(struct account_list *list, void *context, struct error *err)
{
    const struct account *account = context;
    struct account_record *record = account_list_find(list, account->login, account->source);
    if (!record && account->source == ACCOUNT_OF_FILE)
        return 0; /* it is gone, and its sessions with it */
    if (!record && account_list_add(&record, list, account->login, account->source, err))
        return -1;
    record->account.generation++;
    return 0;
}

int accounts_end_sessions(struct accounts *accounts, const struct account *account, struct error *err)
{
    if (accounts->path) {
        int status = accounts_file_change(accounts->path, end_sessions, (void *)account, err);
        look(accounts);
        return status;
    }
    pthread_rwlock_wrlock(&accounts->list_lock);
    int status = end_sessions(&accounts->list, (void *)account, err);
    pthread_rwlock_unlock(&accounts->list_lock);
    return status;
}
