/* The API keys of the service: keys create | list | revoke. */
#include <getopt.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/access/identity.h"
#include "backend/store/database.h"
#include "backend/store/key_store.h"
#include "shared/base/config.h"

static const char usage[] =
    "Usage: keys create --name NAME --scopes SCOPE,… [--expires DAYS] [--database URL]\n"
    "       keys list [--database URL]\n"
    "       keys revoke ID [--database URL]\n"
    "\n"
    "create makes an API key and prints it. It is shown this once: the database holds no more than its hash. "
    "list\n"
    "tells what keys there are, revoke ends one. Running servers follow within two seconds.\n"
    "\n"
    "  --name NAME       who will use it, for records and logs: 1 to 100 bytes\n"
    "  --scopes SCOPE,…  what it may do: score, read, decide, operate\n"
    "  --expires DAYS    ends after 1 to 36500 days (default: never)\n"
    "  --database URL    client store, sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE\n"
    "                    (default: DATABASE_URL, else sqlite:data/clairscore.db)\n";

enum { LONGEST_LIFE_DAYS = 36500 };
static const int64_t SECOND_US = 1000000, DAY_US = 86400 * SECOND_US;

struct arguments {
    const char *name, *scopes; /* these and the last two: empty when not given */
    const char *expires, *database;
    const char *command, *id;
};

/* 0 to go on, 1 after --help, -1 when something is wrong. */
static int read_arguments(struct arguments *out, int argc, char **argv)
{
    static const struct option options[] = {
        {"name", required_argument, NULL, 'n'},    {"scopes", required_argument, NULL, 's'},
        {"expires", required_argument, NULL, 'e'}, {"database", required_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    for (int option;
         (option = getopt_long(argc, argv, "", options, NULL)) != -1;) { /* NOLINT(concurrency-mt-unsafe) */
        switch (option) {
        case 'n':
            out->name = optarg;
            break;
        case 's':
            out->scopes = optarg;
            break;
        case 'e':
            out->expires = optarg;
            break;
        case 'b':
            out->database = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return 1;
        default:
            fputs(usage, stderr);
            return -1;
        }
    }
    bool described = *out->name || *out->scopes || out->expires;
    out->command = optind < argc ? argv[optind++] : "";
    out->id = optind < argc ? argv[optind++] : "";
    if (optind == argc && ((strcmp(out->command, "create") == 0 && !*out->id) ||
                           (strcmp(out->command, "list") == 0 && !*out->id && !described) ||
                           (strcmp(out->command, "revoke") == 0 && *out->id && !described)))
        return 0;
    fputs(usage, stderr);
    return -1;
}

/* ---- create ---- */

static int take_name(struct stored_key *key, const char *name, struct error *err)
{
    size_t length = strlen(name);
    json_t *utf8 = json_string(name); /* refuses anything else */
    bool good = utf8 && length > 0 && length < sizeof key->name;
    json_decref(utf8);
    for (size_t i = 0; good && i < length; i++)
        good = (unsigned char)name[i] >= 0x20 && name[i] != 0x7f;
    if (!good)
        return error_set(err, ERROR_INVALID, "--name: give 1 to %d bytes of UTF-8 without control characters",
                         KEY_NAME - 1);
    memcpy(key->name, name, length + 1);
    return 0;
}

static int take_scopes(struct stored_key *key, const char *scopes, struct error *err)
{
    char unknown[SCOPE_TEXT], known[SCOPE_TEXT];
    scope_write(known, SCOPE_ALL, ", ");
    if (!scope_read(&key->scopes, scopes, true, unknown))
        return error_set(err, ERROR_INVALID, "--scopes: there is no scope \"%s\"; there are %s", unknown,
                         known);
    return key->scopes ? 0 : error_set(err, ERROR_INVALID, "--scopes: give at least one of %s", known);
}

static int take_expiry(struct stored_key *key, const char *days, struct error *err)
{
    if (!days)
        return 0;
    char *end = NULL;
    long count = strtol(days, &end, 10);
    if (end == days || *end || count < 1 || count > LONGEST_LIFE_DAYS)
        return error_set(err, ERROR_INVALID, "--expires: \"%s\" is not a whole number from 1 to %d", days,
                         LONGEST_LIFE_DAYS);
    key->expires = key->created + count * DAY_US;
    return 0;
}

static int create(struct database *database, const struct arguments *arguments, struct error *err)
{
    char text[API_KEY_TEXT];
    struct stored_key key = {.created = database_now_us()};
    if (take_name(&key, arguments->name, err) || take_scopes(&key, arguments->scopes, err) ||
        take_expiry(&key, arguments->expires, err))
        return -1;
    api_key_make(text, key.id);
    api_key_hash(key.hash, text);
    int status = key_store_add(database, &key, err);
    if (!status)
        printf("%s\n", text);
    sodium_memzero(text, sizeof text);
    if (!status)
        fprintf(stderr, "This is the only time that the key is shown. Revoke it with: keys revoke clsc_%s\n",
                key.id);
    return status;
}

/* ---- list ---- */

static const char *day_of(char out[32], int64_t time_us)
{
    time_t seconds = (time_t)(time_us / SECOND_US);
    struct tm utc;
    if (time_us == 0)
        return "-";
    gmtime_r(&seconds, &utc);
    strftime(out, 32, "%Y-%m-%dT%H:%MZ", &utc);
    return out;
}

static int list(struct database *database, struct error *err)
{
    static const char row[] = "%-17s  %-28s  %-17s  %-17s  %-17s  %-17s  %s\n";
    struct stored_key *keys = NULL;
    size_t count;
    if (key_store_list(&keys, &count, database, err))
        return -1;
    printf(row, "id", "scopes", "created", "expires", "revoked", "last used", "name");
    for (size_t i = 0; i < count; i++) {
        char id[24], scopes[SCOPE_TEXT], created[32], expires[32], revoked[32], used[32];
        snprintf(id, sizeof id, "clsc_%s", keys[i].id);
        scope_write(scopes, keys[i].scopes, ",");
        printf(row, id, scopes, day_of(created, keys[i].created), day_of(expires, keys[i].expires),
               day_of(revoked, keys[i].revoked), day_of(used, keys[i].last_used), keys[i].name);
    }
    free(keys);
    return 0;
}

/* ---- revoke ---- */

/* Takes the id as list prints it, with or without clsc_, and a whole key. */
static int revoke(struct database *database, const char *text, struct error *err)
{
    static const char prefix[] = "clsc_";
    char id[API_KEY_ID];
    if (!api_key_id(id, text)) {
        if (strncmp(text, prefix, sizeof prefix - 1) == 0)
            text += sizeof prefix - 1;
        if (strlen(text) != sizeof id - 1)
            return error_set(err, ERROR_INVALID, "an id is clsc_ and 12 digits, as keys list prints it");
        memcpy(id, text, sizeof id);
    }
    return key_store_revoke(database, id, err);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.name = "", .scopes = ""};
    struct config config;
    struct error err = {0};
    struct database *database = NULL;
    int status = -1;
    int asked = read_arguments(&arguments, argc, argv);
    if (asked)
        return asked > 0 ? EXIT_SUCCESS : 2;
    if (sodium_init() < 0 || config_read(&config, CONFIG_BACKEND, &err) ||
        database_open(&database, arguments.database ? arguments.database : config.database_url, 1, &err))
        goto done;
    if (strcmp(arguments.command, "create") == 0)
        status = create(database, &arguments, &err);
    else if (strcmp(arguments.command, "list") == 0)
        status = list(database, &err);
    else
        status = revoke(database, arguments.id, &err);
done:
    if (status)
        fprintf(stderr, "keys: %s\n", err.message);
    database_close(database);
    return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
