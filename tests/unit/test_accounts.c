/* Who may sign in, what they may do, and whose sessions still count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <sodium.h>

#include "frontend/accounts.h"
#include "frontend/accounts_file.h"
#include "shared/base/file.h"
#include "tests/support/temporary_folder.h"

static char folder[TEMPORARY_FOLDER], path[128];
static const char PASSWORD[] = "a long enough one";

static int make_folder(void **state)
{
    (void)state;
    temporary_folder_make(folder);
    snprintf(path, sizeof path, "%s/accounts.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    temporary_folder_remove(folder);
    return 0;
}

static struct config config_of(const char *login, const char *password, const char *file)
{
    struct config config = {.port = 1};
    snprintf(config.login, sizeof config.login, "%s", login);
    snprintf(config.password, sizeof config.password, "%s", password);
    snprintf(config.accounts_file, sizeof config.accounts_file, "%s", file);
    return config;
}

static int add(struct account_list *list, void *login, struct error *err)
{
    struct account_record *record;
    return account_list_add(&record, list, login, ACCOUNT_OF_FILE, err) ||
                   account_set_password(record, PASSWORD, err)
               ? -1
               : 0;
}

static int lock(struct account_list *list, void *login, struct error *err)
{
    (void)err;
    account_list_find(list, login, ACCOUNT_OF_FILE)->locked = true;
    return 0;
}

static int refuse(struct account_list *list, void *login, struct error *err)
{
    add(list, login, err);
    return error_set(err, ERROR_CONFLICT, "no");
}

static void change(int (*how)(struct account_list *, void *, struct error *), const char *login)
{
    struct error err = {0};
    if (accounts_file_change(path, how, (void *)login, &err))
        fail_msg("%s", err.message);
}

static struct accounts *open_accounts(const struct config *config)
{
    struct error err = {0};
    struct accounts *accounts = NULL;
    if (accounts_new(&accounts, config, &err))
        fail_msg("%s", err.message);
    return accounts;
}

/* ---- Roles ---- */

static void test_roles(void **state)
{
    (void)state;
    enum account_role role;
    for (int i = 0; i < ROLE_COUNT; i++) {
        assert_true(account_role_read(&role, account_role_name((enum account_role)i)));
        assert_int_equal(role, i);
        assert_true(account_may(role, 0));
    }
    assert_false(account_role_read(&role, "Advisor"));
    assert_false(account_role_read(&role, ""));
    assert_true(account_may(ROLE_ADVISOR, RIGHT_CLIENTS | RIGHT_DECIDE));
    assert_false(account_may(ROLE_ADVISOR, RIGHT_CLIENTS | RIGHT_MODEL));
    assert_false(account_may(ROLE_ADVISOR, RIGHT_BATCHES));
    assert_false(account_may(ROLE_ANALYST, RIGHT_DECIDE));
    assert_true(account_may(ROLE_ANALYST, RIGHT_MODEL | RIGHT_BATCHES));
    assert_true(account_may(ROLE_ADMINISTRATOR, RIGHT_CLIENTS | RIGHT_DECIDE | RIGHT_MODEL | RIGHT_BATCHES));
}

/* ---- The account of the environment ---- */

static void test_settings(void **state)
{
    (void)state;
    static const struct {
        const char *login, *password, *issuer;
        int status;
    } cases[] = {{"", "x", "", -1},     {"x", "", "", -1},
                 {"", "", "", -1},      {"x", "", "https://issuer", -1},
                 {"a\nb", "x", "", -1}, {"", "", "https://issuer", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct accounts *accounts = NULL;
        struct config config = config_of(cases[i].login, cases[i].password, "");
        snprintf(config.oidc_issuer, sizeof config.oidc_issuer, "%s", cases[i].issuer);
        assert_int_equal(accounts_new(&accounts, &config, &err), cases[i].status);
        assert_int_equal(err.code, cases[i].status ? ERROR_INVALID : ERROR_NONE);
        accounts_free(accounts);
    }
}

static void test_environment(void **state)
{
    (void)state;
    struct config config = config_of("advisor", "pass word", "");
    struct accounts *accounts = open_accounts(&config);
    struct account account;
    assert_true(accounts_check(&account, accounts, "advisor", "pass word"));
    assert_string_equal(account.login, "advisor");
    assert_int_equal(account.role, ROLE_ADMINISTRATOR);
    assert_false(accounts_check(&account, accounts, "advisor", "pass wor"));
    assert_false(accounts_check(&account, accounts, "advisor", ""));
    assert_false(accounts_check(&account, accounts, "advisors", "pass word"));
    assert_false(accounts_check(&account, accounts, "", "pass word"));
    char longest[ACCOUNT_PASSWORD_LONGEST + 2];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(accounts_check(&account, accounts, "advisor", longest));
    assert_false(accounts_check(&account, accounts, longest, "pass word"));
    accounts_free(accounts);
}

static void test_signed_out_everywhere_without_a_file(void **state)
{
    (void)state;
    struct error err = {0};
    struct config config = config_of("advisor", "pass word", "");
    struct accounts *accounts = open_accounts(&config);
    struct account before, after, other = {.login = "advisor", .source = ACCOUNT_OF_FILE};
    assert_true(accounts_check(&before, accounts, "advisor", "pass word"));
    assert_true(accounts_stands(accounts, &before));
    assert_false(accounts_stands(accounts, &other)); /* a file's account of the same name, and no file */
    assert_int_equal(accounts_end_sessions(accounts, &before, &err), 0);
    assert_false(accounts_stands(accounts, &before));
    assert_true(accounts_check(&after, accounts, "advisor", "pass word"));
    assert_true(accounts_stands(accounts, &after));
    assert_false(accounts_stands(accounts, &before));
    accounts_free(accounts);
}

/* ---- The file ---- */

static void test_file_keeps_what_is_in_it(void **state)
{
    (void)state;
    struct error err = {0};
    struct account_list list;
    change(add, "Zoé \"L\"");
    change(add, "second");
    change(lock, "second");
    assert_int_equal(accounts_file_read(&list, path, &err), 0);
    assert_int_equal(list.count, 2);
    const struct account_record *first = account_list_find(&list, "Zoé \"L\"", ACCOUNT_OF_FILE);
    const struct account_record *second = account_list_find(&list, "second", ACCOUNT_OF_FILE);
    assert_int_equal(crypto_pwhash_str_verify(first->hash, PASSWORD, strlen(PASSWORD)), 0);
    assert_false(first->locked);
    assert_int_equal(first->account.generation, 1);
    assert_true(second->locked);
    assert_null(account_list_find(&list, "second", ACCOUNT_OF_OPENID));
    account_list_free(&list);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void test_file_stays_when_a_change_fails(void **state)
{
    (void)state;
    struct error err = {0};
    struct account_list list;
    change(add, "first");
    assert_int_equal(accounts_file_change(path, refuse, (void *)"second", &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_int_equal(accounts_file_read(&list, path, NULL), 0);
    assert_int_equal(list.count, 1);
    account_list_free(&list);
}

static void test_writers_wait_for_each_other(void **state)
{
    (void)state;
    enum { WRITERS = 8 };
    for (int i = 0; i < WRITERS; i++)
        if (fork() == 0) {
            char login[32];
            snprintf(login, sizeof login, "writer %d", i);
            _exit(accounts_file_change(path, add, login, NULL) ? 1 : 0);
        }
    for (int i = 0, status; i < WRITERS; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct account_list list;
    assert_int_equal(accounts_file_read(&list, path, NULL), 0);
    assert_int_equal(list.count, WRITERS);
    account_list_free(&list);
}

static void test_wrong_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "accounts.json:"},
        {"{", "accounts.json:1"},
        {"{}", "\"accounts\""},
        {"{\"accounts\": [{}]}", "account 1"},
        {"{\"accounts\": [{\"login\": \"a\"}]}", "argon2id"},
        {"{\"accounts\": [{\"login\": \"a\", \"password\": \"plain\"}]}", "argon2id"},
        {"{\"accounts\": [{\"login\": \"a\", \"from\": \"openid\", \"password\": \"$argon2id$x\"}]}",
         "argon2id"},
        {"{\"accounts\": [{\"login\": \"a\", \"password\": \"$argon2id$x\", \"role\": \"king\"}]}", "role"},
        {"{\"accounts\": [{\"login\": \"a\", \"password\": \"$argon2id$x\", \"rôle\": \"advisor\"}]}",
         "account 1"},
        {"{\"accounts\": [{\"login\": \"a\", \"from\": \"moon\"}]}", "from"},
        {"{\"accounts\": [{\"login\": \"\", \"from\": \"openid\"}]}", "name"},
        {"{\"accounts\": [{\"login\": \"a\", \"from\": \"openid\", \"generation\": -1}]}", "generation"},
        {"{\"accounts\": [{\"login\": \"a\", \"from\": \"openid\"}, {\"login\": \"a\", \"from\": "
         "\"openid\"}]}",
         "account 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct account_list list;
        assert_int_equal(file_write(path, cases[i].text, strlen(cases[i].text), NULL), 0);
        assert_int_equal(accounts_file_read(&list, path, &err), -1);
        if (!strstr(err.message, cases[i].said))
            fail_msg("\"%s\" does not name %s", err.message, cases[i].said);
    }
}

static void test_passwords_that_are_too_short_or_long(void **state)
{
    (void)state;
    struct account_record record = {.locked = false};
    char password[ACCOUNT_PASSWORD_LONGEST + 2];
    memset(password, 'x', sizeof password);
    password[ACCOUNT_PASSWORD_LONGEST + 1] = '\0';
    assert_int_equal(account_set_password(&record, password, NULL), -1);
    assert_int_equal(account_set_password(&record, "eleven char", NULL), -1);
    assert_string_equal(record.hash, "");
    assert_int_equal(account_set_password(&record, "twelve chars", NULL), 0);
    assert_memory_equal(record.hash, "$argon2id$", 10);
}

/* ---- The file under a running dashboard ---- */

static void test_changes_reach_every_replica(void **state)
{
    (void)state;
    struct error err = {0};
    change(add, "one");
    struct config config = config_of("", "", path);
    struct accounts *here = open_accounts(&config), *there = open_accounts(&config);
    struct account first, second;
    assert_true(accounts_check(&first, here, "one", PASSWORD));
    assert_int_equal(first.role, ROLE_ADVISOR);
    assert_true(accounts_stands(there, &first));

    assert_int_equal(accounts_end_sessions(here, &first, &err), 0);
    assert_false(accounts_stands(here, &first));
    usleep((ACCOUNTS_REFRESH_MS + 20) * 1000);
    assert_false(accounts_stands(there, &first));
    assert_true(accounts_check(&second, there, "one", PASSWORD));
    assert_true(accounts_stands(here, &second));

    /* A session that is newer than what a replica has read counts there at once. */
    assert_int_equal(accounts_end_sessions(here, &second, &err), 0);
    assert_true(accounts_check(&second, here, "one", PASSWORD));
    assert_true(accounts_stands(there, &second));

    change(lock, "one");
    usleep((ACCOUNTS_REFRESH_MS + 20) * 1000);
    assert_false(accounts_stands(here, &second));
    assert_false(accounts_check(&first, there, "one", PASSWORD));
    accounts_free(here);
    accounts_free(there);
}

static void test_a_broken_file_locks_nobody_out(void **state)
{
    (void)state;
    change(add, "one");
    struct config config = config_of("", "", path);
    struct accounts *accounts = open_accounts(&config);
    struct account account;
    assert_true(accounts_check(&account, accounts, "one", PASSWORD));
    assert_int_equal(file_write(path, "{", 1, NULL), 0);
    usleep((ACCOUNTS_REFRESH_MS + 20) * 1000);
    assert_true(accounts_stands(accounts, &account));
    assert_true(accounts_check(&account, accounts, "one", PASSWORD));
    accounts_free(accounts);
}

static void test_openid(void **state)
{
    (void)state;
    struct error err = {0};
    change(add, "one"); /* another person of the same name */
    struct config config = config_of("", "", path);
    snprintf(config.oidc_issuer, sizeof config.oidc_issuer, "https://issuer.example");
    struct accounts *accounts = open_accounts(&config);
    struct account account;
    assert_false(accounts_admit(&account, accounts, "", ROLE_ANALYST));
    assert_true(accounts_admit(&account, accounts, "one", ROLE_ANALYST));
    assert_int_equal(account.role, ROLE_ANALYST);
    assert_int_equal(account.source, ACCOUNT_OF_OPENID);
    assert_true(accounts_stands(accounts, &account));
    assert_int_equal(accounts_end_sessions(accounts, &account, &err), 0);
    assert_false(accounts_stands(accounts, &account));
    assert_true(accounts_check(&account, accounts, "one", PASSWORD));
    assert_int_equal(account.generation, 1); /* nothing happened to the local one */
    accounts_free(accounts);

    config.oidc_issuer[0] = '\0';
    accounts = open_accounts(&config);
    account = (struct account){.login = "one", .source = ACCOUNT_OF_OPENID, .generation = 9};
    assert_false(accounts_stands(accounts, &account)); /* nobody vouches any more */
    accounts_free(accounts);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_signed_out_everywhere_without_a_file),
        cmocka_unit_test_setup_teardown(test_file_keeps_what_is_in_it, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_file_stays_when_a_change_fails, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_writers_wait_for_each_other, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_wrong_files, make_folder, remove_folder),
        cmocka_unit_test(test_passwords_that_are_too_short_or_long),
        cmocka_unit_test_setup_teardown(test_changes_reach_every_replica, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_broken_file_locks_nobody_out, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_openid, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
