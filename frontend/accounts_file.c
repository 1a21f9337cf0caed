#include "frontend/accounts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "shared/base/file.h"

static const char *const source_names[ACCOUNT_SOURCES] = {"file", "environment", "openid"};

/* ---- Lists ------------------------------------------------------------------------------------------- */

void account_list_free(struct account_list *list)
{
    if (list->records)
        sodium_memzero(list->records, list->count * sizeof *list->records);
    free(list->records);
    *list = (struct account_list){0};
}

struct account_record *account_list_find(const struct account_list *list, const char *login,
                                         enum account_source source)
{
    for (size_t i = 0; i < list->count; i++) {
        struct account_record *record = &list->records[i];
        if (record->account.source == source && strcmp(record->account.login, login) == 0)
            return record;
    }
    return NULL;
}

int account_list_add(struct account_record **out, struct account_list *list, const char *login,
                     enum account_source source, struct error *err)
{
    if (!account_login_fits(login))
        return error_set(err, ERROR_INVALID, "a name has 1 to %d bytes and no control characters",
                         ACCOUNT_LOGIN - 1);
    if (list->count == ACCOUNTS_MOST)
        return error_set(err, ERROR_LIMIT, "there are %d accounts, which is the limit", ACCOUNTS_MOST);
    struct account_record *longer = realloc(list->records, (list->count + 1) * sizeof *longer);
    if (!longer)
        return error_set(err, ERROR_INTERNAL, "no memory for accounts");
    list->records = longer;
    *out = &longer[list->count++];
    **out = (struct account_record){.account = {.source = source, .role = ROLE_ADVISOR}};
    memcpy((*out)->account.login, login, strlen(login));
    return 0;
}

int account_set_password(struct account_record *record, const char *password, struct error *err)
{
    size_t length = strlen(password);
    if (length < ACCOUNT_PASSWORD_LEAST || length > ACCOUNT_PASSWORD_LONGEST)
        return error_set(err, ERROR_INVALID, "a password has %d to %d characters", ACCOUNT_PASSWORD_LEAST,
                         ACCOUNT_PASSWORD_LONGEST);
    if (crypto_pwhash_str(record->hash, password, length, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE))
        return error_set(err, ERROR_INTERNAL, "no memory to hash the password");
    record->account.generation++;
    return 0;
}

/* ---- Reading ----------------------------------------------------------------------------------------- */

static bool read_source(enum account_source *out, const char *name)
{
    for (int source = 0; source < ACCOUNT_SOURCES; source++)
        if (strcmp(name, source_names[source]) == 0) {
            *out = (enum account_source)source;
            return true;
        }
    return false;
}

static int read_record(struct account_list *list, const json_t *entry, size_t number, const char *path,
                       struct error *err)
{
    const char *login = NULL, *from = "file", *role_name = "advisor", *hash = "";
    int locked = 0;
    json_int_t generation = 0;
    enum account_source source;
    struct account_record *record;
    json_error_t fault;
    if (json_unpack_ex((json_t *)entry, &fault, JSON_STRICT, "{s:s, s?s, s?s, s?s, s?b, s?I}", "login",
                       &login, "from", &from, "role", &role_name, "password", &hash, "locked", &locked,
                       "generation", &generation))
        return error_set(err, ERROR_INVALID, "%s: account %zu: %s", path, number, fault.text);
    if (!read_source(&source, from))
        return error_set(err, ERROR_INVALID, "%s: account %zu: \"from\" is file, environment or openid", path,
                         number);
    if (account_list_find(list, login, source))
        return error_set(err, ERROR_INVALID, "%s: account %zu: \"%s\" is there already", path, number, login);
    if (generation < 0 || generation > UINT32_MAX)
        return error_set(err, ERROR_INVALID, "%s: account %zu: \"generation\" is a whole number from 0", path,
                         number);
    if ((source == ACCOUNT_OF_FILE) !=
            (strncmp(hash, crypto_pwhash_STRPREFIX, strlen(crypto_pwhash_STRPREFIX)) == 0) ||
        strlen(hash) >= crypto_pwhash_STRBYTES)
        return error_set(err, ERROR_INVALID,
                         "%s: account %zu: \"password\" is an argon2id hash, and the file's accounts' only",
                         path, number);
    if (account_list_add(&record, list, login, source, err))
        return -1;
    if (!account_role_read(&record->account.role, role_name))
        return error_set(err, ERROR_INVALID, "%s: account %zu: \"role\" is advisor, analyst or administrator",
                         path, number);
    memcpy(record->hash, hash, strlen(hash));
    record->locked = locked;
    record->account.generation = (uint32_t)generation;
    return 0;
}

static int read_document(struct account_list *out, const json_t *document, const char *path,
                         struct error *err)
{
    const json_t *accounts = json_object_get(document, "accounts");
    json_t *entry;
    size_t i;
    if (!json_is_array(accounts))
        return error_set(err, ERROR_INVALID, "%s: it has no list \"accounts\"", path);
    json_array_foreach(accounts, i, entry) if (read_record(out, entry, i + 1, path, err)) return -1;
    return 0;
}

int accounts_file_read(struct account_list *out, const char *path, struct error *err)
{
    int status = -1;
    json_t *document = NULL;
    json_error_t fault;
    struct buffer bytes = buffer_new(ACCOUNTS_FILE_BYTES);
    *out = (struct account_list){0};
    if (file_read(&bytes, path, err))
        goto done;
    document = json_loadb(bytes.data ? bytes.data : "", bytes.length, JSON_REJECT_DUPLICATES, &fault);
    if (!document) {
        error_set(err, ERROR_PARSE, "%s:%d: %s", path, fault.line, fault.text);
        goto done;
    }
    status = read_document(out, document, path, err);
    if (status)
        account_list_free(out);
done:
    json_decref(document);
    buffer_free(&bytes);
    return status;
}

/* ---- Changing ---------------------------------------------------------------------------------------- */

static json_t *record_json(const struct account_record *record)
{
    const struct account *account = &record->account;
    json_t *entry =
        json_pack("{s:s, s:s, s:b, s:I}", "login", account->login, "from", source_names[account->source],
                  "locked", record->locked, "generation", (json_int_t)account->generation);
    if (account->source == ACCOUNT_OF_FILE) {
        json_object_set_new(entry, "role", json_string(account_role_name(account->role)));
        json_object_set_new(entry, "password", json_string(record->hash));
    }
    return entry;
}

static int write_list(const struct account_list *list, const char *path, struct error *err)
{
    json_t *entries = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(entries, record_json(&list->records[i]));
    json_t *document = json_pack("{s:o}", "accounts", entries);
    char *text = document ? json_dumps(document, JSON_INDENT(2)) : NULL;
    int status = text ? file_write_private(path, text, strlen(text), err)
                      : error_set(err, ERROR_INTERNAL, "no memory to write accounts");
    free(text);
    json_decref(document);
    return status;
}

/* Opens PATH.lock and waits for it; the file's descriptor, or -1. */
static int take_lock(const char *path, struct error *err)
{
    char name[PATH_MAX];
    if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name)
        return error_set(err, ERROR_LIMIT, "%s: path too long", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, ERROR_IO, "%s: %s", name, strerror(errno));
    while (flock(fd, LOCK_EX))
        if (errno != EINTR) {
            error_set(err, ERROR_IO, "%s: %s", name, strerror(errno));
            close(fd);
            return -1;
        }
    return fd;
}

int accounts_file_change(const char *path,
                         int (*change)(struct account_list *list, void *context, struct error *err),
                         void *context, struct error *err)
{
    struct account_list list = {0};
    int status = -1, lock = take_lock(path, err);
    if (lock < 0)
        return -1;
    if (file_exists(path) && accounts_file_read(&list, path, err))
        goto done;
    if (change(&list, context, err) || write_list(&list, path, err))
        goto done;
    status = 0;
done:
    account_list_free(&list);
    close(lock);
    return status;
}
