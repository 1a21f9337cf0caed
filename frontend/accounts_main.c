/* Manages the accounts file: accounts add|change|role|lock|unlock|sign-out|list. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "frontend/accounts_file.h"
#include "shared/base/file.h"
#include "shared/base/temporary.h"

static const char usage[] =
    "Usage: accounts COMMAND [LOGIN [ROLE]] [--file PATH] [--openid]\n"
    "\n"
    "  add LOGIN [ROLE]   a new account; ROLE is advisor (if none is given), analyst or administrator\n"
    "  change LOGIN       another password\n"
    "  role LOGIN ROLE    another role\n"
    "  lock LOGIN         nobody gets in under this name any more\n"
    "  unlock LOGIN\n"
    "  sign-out LOGIN     ends all sessions of the account\n"
    "  list               name, role, state of every account\n"
    "\n"
    "Passwords are asked for on the terminal, or read as one line from standard input. All commands but add\n"
    "and unlock end the account's sessions. The dashboard notices a change within a second.\n"
    "\n"
    "  --file PATH  the accounts file (default: ACCOUNTS_FILE)\n"
    "  --openid     lock, unlock, sign-out: a name that the OpenID provider knows, not one of the file\n";

struct arguments {
    const char *command, *login, *role, *path;
    enum account_source source;
};

/* ---- Passwords --------------------------------------------------------------------------------------- */

/* One line of standard input without its end. */
static int read_line(char *out, size_t size, struct error *err)
{
    if (!fgets(out, (int)size, stdin))
        return error_set(err, ERROR_INVALID, "no password was given");
    size_t length = strcspn(out, "\n");
    if (out[length] != '\n' && length + 1 == size)
        return error_set(err, ERROR_INVALID, "a password has at most %d characters",
                         ACCOUNT_PASSWORD_LONGEST);
    out[length] = '\0';
    return 0;
}

/* Asks on the terminal, which does not show what is typed; signals wait until it does again. */
static int ask(char *out, size_t size, const char *question, struct error *err)
{
    struct termios shown, silent;
    sigset_t all, before;
    if (tcgetattr(STDIN_FILENO, &shown))
        return error_set(err, ERROR_IO, "the terminal does not answer");
    silent = shown;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    fputs(question, stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    int status = read_line(out, size, err);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputs("\n", stderr);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static int read_password(char *out, size_t size, struct error *err)
{
    char again[ACCOUNT_PASSWORD_LONGEST + 2];
    if (!isatty(STDIN_FILENO))
        return read_line(out, size, err);
    int status = ask(out, size, "New password: ", err);
    if (status == 0)
        status = ask(again, sizeof again, "Once more: ", err);
    if (status == 0 && strcmp(out, again) != 0)
        status = error_set(err, ERROR_INVALID, "the two passwords differ");
    sodium_memzero(again, sizeof again);
    return status;
}

/* ---- Commands: each alters the list, or says why not ------------------------------------------------- */

static int find(struct account_record **out, const struct account_list *list,
                const struct arguments *arguments, struct error *err)
{
    *out = account_list_find(list, arguments->login, arguments->source);
    return *out ? 0 : error_set(err, ERROR_NOT_FOUND, "there is no account \"%s\"", arguments->login);
}

/* Of what is kept elsewhere nothing may be known yet. */
static int find_or_note(struct account_record **out, struct account_list *list,
                        const struct arguments *arguments, struct error *err)
{
    if (arguments->source == ACCOUNT_OF_FILE)
        return find(out, list, arguments, err);
    *out = account_list_find(list, arguments->login, arguments->source);
    return *out ? 0 : account_list_add(out, list, arguments->login, arguments->source, err);
}

static int set_role(struct account_record *record, const char *role, struct error *err)
{
    if (account_role_read(&record->account.role, role))
        return 0;
    return error_set(err, ERROR_INVALID, "\"%s\" is no role: advisor, analyst, administrator", role);
}

static int set_password(struct account_record *record, struct error *err)
{
    char password[ACCOUNT_PASSWORD_LONGEST + 2];
    int status = read_password(password, sizeof password, err);
    if (status == 0)
        status = account_set_password(record, password, err);
    sodium_memzero(password, sizeof password);
    return status;
}

static int add(struct account_list *list, void *context, struct error *err)
{
    const struct arguments *arguments = context;
    struct account_record *record;
    if (account_list_find(list, arguments->login, ACCOUNT_OF_FILE))
        return error_set(err, ERROR_CONFLICT, "there is an account \"%s\" already", arguments->login);
    if (account_list_add(&record, list, arguments->login, ACCOUNT_OF_FILE, err) ||
        (arguments->role && set_role(record, arguments->role, err)))
        return -1;
    return set_password(record, err);
}

static int change(struct account_list *list, void *context, struct error *err)
{
    struct account_record *record;
    return find(&record, list, context, err) ? -1 : set_password(record, err);
}

static int role(struct account_list *list, void *context, struct error *err)
{
    const struct arguments *arguments = context;
    struct account_record *record;
    if (find(&record, list, arguments, err) || set_role(record, arguments->role, err))
        return -1;
    record->account.generation++;
    return 0;
}

static int lock(struct account_list *list, void *context, struct error *err)
{
    struct account_record *record;
    if (find_or_note(&record, list, context, err))
        return -1;
    record->locked = true;
    record->account.generation++;
    return 0;
}

static int unlock(struct account_list *list, void *context, struct error *err)
{
    struct account_record *record;
    if (find(&record, list, context, err))
        return -1;
    record->locked = false;
    return 0;
}

static int sign_out(struct account_list *list, void *context, struct error *err)
{
    struct account_record *record;
    if (find_or_note(&record, list, context, err))
        return -1;
    record->account.generation++;
    return 0;
}

static int print_accounts(const char *path, struct error *err)
{
    struct account_list list;
    if (accounts_file_read(&list, path, err))
        return -1;
    for (size_t i = 0; i < list.count; i++) {
        const struct account_record *record = &list.records[i];
        bool ours = record->account.source == ACCOUNT_OF_FILE;
        printf("%-32s %-14s %s\n", record->account.login,
               ours                                          ? account_role_name(record->account.role)
               : record->account.source == ACCOUNT_OF_OPENID ? "(openid)"
                                                             : "(environment)",
               record->locked ? "locked" : "open");
    }
    account_list_free(&list);
    return 0;
}

/* ---- Main -------------------------------------------------------------------------------------------- */

static const struct command {
    const char *name;
    int words; /* after it, at least */
    int optional;
    bool others; /* for names that OpenID knows too */
    int (*change)(struct account_list *list, void *context, struct error *err);
} commands[] = {
    {"add", 1, 1, false, add},   {"change", 1, 0, false, change}, {"role", 2, 0, false, role},
    {"lock", 1, 0, true, lock},  {"unlock", 1, 0, true, unlock},  {"sign-out", 1, 0, true, sign_out},
    {"list", 0, 0, false, NULL},
};

/* NULL when they are wrong. */
static const struct command *read_arguments(struct arguments *out, int argc, char **argv)
{
    static const struct option options[] = {
        {"file", required_argument, NULL, 'f'}, {"openid", no_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
    const char *kept = getenv("ACCOUNTS_FILE"); /* NOLINT(concurrency-mt-unsafe) */
    *out = (struct arguments){.path = kept && *kept ? kept : NULL};
    for (int option;
         (option = getopt_long(argc, argv, "", options, NULL)) != -1;) { /* NOLINT(concurrency-mt-unsafe) */
        if (option == 'f')
            out->path = optarg;
        else if (option == 'o')
            out->source = ACCOUNT_OF_OPENID;
        else
            return NULL;
    }
    int words = argc - optind - 1;
    for (size_t i = 0; words >= 0 && i < sizeof commands / sizeof *commands; i++) {
        const struct command *command = &commands[i];
        if (strcmp(argv[optind], command->name) != 0)
            continue;
        out->command = command->name;
        out->login = words > 0 ? argv[optind + 1] : NULL;
        out->role = words > 1 ? argv[optind + 2] : NULL;
        bool fits = words >= command->words && words <= command->words + command->optional &&
                    (command->others || out->source == ACCOUNT_OF_FILE);
        return fits ? command : NULL;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct error err = {0};
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    const struct command *command = read_arguments(&arguments, argc, argv);
    if (!command) {
        fputs(usage, stderr);
        return 2;
    }
    temporary_remove_on_signals();
    int status = 0;
    if (!arguments.path)
        status = error_set(&err, ERROR_INVALID, "which file? set ACCOUNTS_FILE or give --file PATH");
    else if (sodium_init() < 0)
        status = error_set(&err, ERROR_INTERNAL, "libsodium cannot start");
    else if (command->change)
        status = accounts_file_change(arguments.path, command->change, &arguments, &err);
    else
        status = print_accounts(arguments.path, &err);
    if (status)
        fprintf(stderr, "accounts: %s\n", err.message);
    return status ? 1 : 0;
}
