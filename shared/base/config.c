#include "shared/base/config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, UNSIGNED, SIZE, BOOLEAN };

/* One line a variable: this is the list of everything that can be set, limits included. */
static const struct variable {
    const char *name;
    enum kind kind;
    size_t offset;
    size_t size;          /* of a text field */
    const char *backend;  /* default of the backend; NULL: it does not read the variable */
    const char *frontend; /* the same of the frontend */
    unsigned long long lowest, highest;
    const char *meaning;
} variables[] = {
#define TEXT_FIELD(field) TEXT, offsetof(struct config, field), sizeof(((struct config *)0)->field)
#define FIELD(kind, field) kind, offsetof(struct config, field), 0
    {"PORT", FIELD(UNSIGNED, port), "8080", "8501", 1, 65535, "TCP port to listen on"},
    {"BIND", TEXT_FIELD(bind), "127.0.0.1", "127.0.0.1", 0, 0, "address to listen on; 0.0.0.0 for all"},
    {"MODEL_DIR", TEXT_FIELD(model_dir), "models/demo", NULL, 0, 0, "folder of the model artifact"},
    {"DATABASE_URL", TEXT_FIELD(database_url), "sqlite:data/clairscore.db", NULL, 0, 0,
     "client store: sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE"},
    {"API_KEY", TEXT_FIELD(api_key), "", "", 0, 0,
     "API key: the backend accepts it, the frontend sends it; without one the backend stays on loopback"},
    {"OIDC_ISSUER", TEXT_FIELD(oidc_issuer), "", "", 0, 0,
     "OpenID provider, exactly as its tokens name it (iss): the backend accepts its access tokens beside API "
     "keys, the frontend signs people in with it"},
    {"OIDC_AUDIENCE", TEXT_FIELD(oidc_audience), "", NULL, 0, 0,
     "what those tokens must name as their audience (aud)"},
    {"BACKEND_URL", TEXT_FIELD(backend_url), NULL, "http://127.0.0.1:8080", 0, 0,
     "where the backend answers"},
    {"LOGIN", TEXT_FIELD(login), NULL, "", 0, 0, "name of the dashboard account"},
    {"PASSWORD", TEXT_FIELD(password), NULL, "", 0, 0, "password of the dashboard account"},
    {"ACCOUNTS_FILE", TEXT_FIELD(accounts_file), NULL, "", 0, 0,
     "file of local accounts, written by build/accounts; every replica reads it"},
    {"OIDC_CLIENT_ID", TEXT_FIELD(oidc_client_id), NULL, "", 0, 0, "the dashboard's client id there"},
    {"OIDC_CLIENT_SECRET", TEXT_FIELD(oidc_client_secret), NULL, "", 0, 0, "and its secret"},
    {"OIDC_REDIRECT_URL", TEXT_FIELD(oidc_redirect_url), NULL, "", 0, 0,
     "the dashboard's address with /sign-in/openid/done at its end, as the provider has it"},
    {"OIDC_ROLE_CLAIM", TEXT_FIELD(oidc_role_claim), NULL, "roles", 0, 0,
     "claim of the id_token with advisor, analyst or administrator in it; dots lead into objects"},
    {"OIDC_NAME_CLAIM", TEXT_FIELD(oidc_name_claim), NULL, "preferred_username", 0, 0,
     "claim of the id_token by which people are known: unique, never given to another"},
    {"SESSION_KEY", TEXT_FIELD(session_key), NULL, "", 0, 0,
     "secret of at least 32 characters that seals sessions, the same on every replica; random when empty"},
    {"ASSET_DIR", TEXT_FIELD(asset_dir), NULL, "build/frontend-assets", 0, 0,
     "folder with templates, locales and static files"},
    {"LETTERHEAD", TEXT_FIELD(letterhead), NULL, "", 0, 0,
     "the bank's name and address at the head of letters, with | between the lines; none for headed paper"},
    {"COOKIE_SECURE", FIELD(BOOLEAN, cookie_secure), NULL, "0", 0, 1, "1: session cookie over HTTPS only"},
    {"THREADS", FIELD(UNSIGNED, threads), "4", "32", 1, 256, "threads that answer requests"},
    {"MAX_CONNECTIONS", FIELD(UNSIGNED, connections), "4096", "4096", 1, 65536, "open connections at once"},
    {"REQUEST_TIMEOUT", FIELD(UNSIGNED, timeout_s), "30", "30", 1, 3600,
     "seconds after which an idle or slow connection is closed"},
    {"MAX_BODY_BYTES", FIELD(SIZE, body_bytes), "8388608", "65536", 1024, 1ULL << 30,
     "bytes of a request body"},
    {"MAX_INSTANCES", FIELD(UNSIGNED, instances), "1000", NULL, 1, 100000,
     "applications scored by one request"},
    {"MAX_PAGE_SIZE", FIELD(UNSIGNED, page_size), "100", NULL, 1, 1000, "entries of one page of a list"},
    {"RATE_LIMIT", FIELD(UNSIGNED, rate_limit), "0", NULL, 0, 10000000,
     "requests a minute of one key, token subject or, without either, address; 0: no limit"},
    {"BATCH_DIR", TEXT_FIELD(batch_dir), "data/batches", NULL, 0, 0,
     "folder where the files of a batch lie until they are in the store"},
    {"BATCH_WORKERS", FIELD(UNSIGNED, batch_workers), "2", NULL, 0, 64,
     "threads that score batches; 0: other backends do"},
    {"MAX_BATCH_BYTES", FIELD(SIZE, batch_bytes), "1073741824", NULL, 1024, 1ULL << 40, "bytes of one batch"},
    {"MAX_BATCH_ROWS", FIELD(UNSIGNED, batch_rows), "5000000", NULL, 1, 1000000000, "rows of one batch"},
    {"MAX_BATCHES", FIELD(UNSIGNED, batches), "100", NULL, 1, 100000, "batches that wait or run at once"},
    {"BATCH_KEEP_DAYS", FIELD(UNSIGNED, batch_keep_days), "7", NULL, 1, 3650,
     "days after which a finished batch and its results are removed"},
    {"BACKEND_TIMEOUT_MS", FIELD(UNSIGNED, backend_timeout_ms), NULL, "5000", 10, 600000,
     "deadline of one call to the backend, in milliseconds"},
#undef TEXT_FIELD
#undef FIELD
};

static const char *default_of(const struct variable *variable, enum config_program program)
{
    return program == CONFIG_BACKEND ? variable->backend : variable->frontend;
}

static int store_text(const struct variable *variable, void *field, const char *value, struct error *err)
{
    if (strlen(value) >= variable->size)
        return error_set(err, ERROR_INVALID, "%s: longer than %zu characters", variable->name,
                         variable->size - 1);
    memcpy(field, value, strlen(value) + 1);
    return 0;
}

static int store_number(const struct variable *variable, void *field, const char *value, struct error *err)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (errno || end == value || *end || *value == '-' || number < variable->lowest ||
        number > variable->highest)
        return error_set(err, ERROR_INVALID, "%s: \"%s\" is not a whole number from %llu to %llu",
                         variable->name, value, variable->lowest, variable->highest);
    if (variable->kind == UNSIGNED)
        *(unsigned *)field = (unsigned)number;
    else if (variable->kind == SIZE)
        *(size_t *)field = (size_t)number;
    else
        *(bool *)field = number == 1;
    return 0;
}

int config_read(struct config *out, enum config_program program, struct error *err)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const struct variable *variable = &variables[i];
        const char *value = default_of(variable, program);
        if (!value)
            continue;
        const char *set = getenv(variable->name);
        if (set && *set)
            value = set;
        void *field = (char *)out + variable->offset;
        int status = variable->kind == TEXT ? store_text(variable, field, value, err)
                                            : store_number(variable, field, value, err);
        if (status)
            return -1;
    }
    return 0;
}

void config_print_help(enum config_program program)
{
    printf("Environment:\n");
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = default_of(&variables[i], program);
        if (value)
            printf("  %-18s %s (default: %s)\n", variables[i].name, variables[i].meaning,
                   *value ? value : "none");
    }
}
