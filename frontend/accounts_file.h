/* The accounts file: a JSON document with the local accounts, and with what must be remembered of others
 * (that one is locked, which of its sessions have ended). Read by every replica of the dashboard, written by
 * `accounts` and by the dashboard itself when somebody signs out everywhere. */
#ifndef CLAIRSCORE_FRONTEND_ACCOUNTS_FILE_H
#define CLAIRSCORE_FRONTEND_ACCOUNTS_FILE_H

#include <sodium.h>
#include <stddef.h>

#include "frontend/account.h"
#include "shared/base/error.h"

enum {
    ACCOUNTS_MOST = 10000,
    ACCOUNTS_FILE_BYTES = 8 << 20,
    ACCOUNT_PASSWORD_LEAST = 12, /* characters of a new password */
    ACCOUNT_PASSWORD_LONGEST = 256
};

struct account_record {
    struct account account;
    char hash[crypto_pwhash_STRBYTES]; /* argon2id; empty unless the account is the file's */
    bool locked;
};

struct account_list {
    struct account_record *records;
    size_t count;
};

void account_list_free(struct account_list *list);

/* The account's record, or NULL. Borrowed until the list changes. */
struct account_record *account_list_find(const struct account_list *list, const char *login,
                                         enum account_source source);

/* Adds a record (advisor, generation 0, not locked, no password). ERROR_LIMIT when there are ACCOUNTS_MOST,
 * ERROR_INVALID when the name cannot be one. */
int account_list_add(struct account_record **out, struct account_list *list, const char *login,
                     enum account_source source, struct error *err);

/* Gives the account this password and ends its sessions. ERROR_INVALID when it is shorter than
 * ACCOUNT_PASSWORD_LEAST or longer than ACCOUNT_PASSWORD_LONGEST bytes. */
int account_set_password(struct account_record *record, const char *password, struct error *err);

/* Reads the file. ERROR_NOT_FOUND without one; ERROR_PARSE or ERROR_INVALID say what is wrong where. The
 * caller frees *out. */
int accounts_file_read(struct account_list *out, const char *path, struct error *err);

/* Reads the file (none is an empty list), lets `change` alter the list and, unless it fails, writes it back,
 * so that a reader sees the old file or the new one. PATH.lock keeps other writers waiting meanwhile. */
int accounts_file_change(const char *path,
                         int (*change)(struct account_list *list, void *context, struct error *err),
                         void *context, struct error *err);

#endif
