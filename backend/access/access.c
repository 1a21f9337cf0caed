#include "backend/access/access.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shared/base/log.h"
#include "shared/http/problem.h"

struct access {
    bool keyed;
    unsigned char key_hash[crypto_generichash_BYTES];
};

static const char realm[] = "Bearer realm=\"clairscore\"";

static void hash_key(unsigned char out[crypto_generichash_BYTES], const char *key)
{
    crypto_generichash(out, crypto_generichash_BYTES, (const unsigned char *)key, strlen(key), NULL, 0);
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* ---- Who asks ---- */

/* What follows "Bearer " in the Authorization header; NULL without one. */
static const char *bearer_of(const struct http_exchange *exchange)
{
    static const char scheme[] = "Bearer ";
    const char *header = http_request_header(exchange, "Authorization");
    if (!header || strncasecmp(header, scheme, sizeof scheme - 1) != 0)
        return NULL;
    return header + sizeof scheme - 1;
}

static bool is_setting(const struct access *access, const char *bearer)
{
    unsigned char hash[crypto_generichash_BYTES];
    hash_key(hash, bearer);
    return sodium_memcmp(hash, access->key_hash, sizeof hash) == 0;
}

static bool recognise(struct identity *out, const struct access *access, struct http_exchange *exchange)
{
    if (!access->keyed) {
        identity_set(out, IDENTITY_ANYBODY, SCOPE_ALL, NULL, NULL);
        return true;
    }
    const char *bearer = bearer_of(exchange);
    if (bearer && is_setting(access, bearer)) {
        identity_set(out, IDENTITY_SETTING, SCOPE_ALL, NULL, NULL);
        return true;
    }
    char challenge[128];
    snprintf(challenge, sizeof challenge, "%s%s", realm, bearer ? ", error=\"invalid_token\"" : "");
    http_header(exchange, "WWW-Authenticate", challenge);
    problem_answer(exchange, 401,
                   bearer ? "This API key is not accepted."
                          : "An API key is needed: send it as Authorization: Bearer KEY.",
                   NULL);
    return false;
}

/* ---- What they may do ---- */

static bool permit(struct http_exchange *exchange, const struct identity *identity)
{
    unsigned needed = exchange->route->scope ? exchange->route->scope : SCOPE_ALL;
    unsigned missing = needed & ~identity->scopes;
    if (!missing)
        return true;
    char names[SCOPE_TEXT], detail[160], challenge[160];
    scope_write(names, needed, " ");
    snprintf(challenge, sizeof challenge, "%s, error=\"insufficient_scope\", scope=\"%s\"", realm, names);
    http_header(exchange, "WWW-Authenticate", challenge);
    scope_write(names, missing, ", ");
    snprintf(detail, sizeof detail, "This call needs a scope that was not granted: %s.", names);
    problem_answer(exchange, 403, detail, NULL);
    return false;
}

bool access_admit(struct access *access, struct http_exchange *exchange)
{
    struct identity *identity = malloc(sizeof *identity);
    if (!identity) {
        problem_answer(exchange, 503, "There is no memory to read this now.", NULL);
        return false;
    }
    if (!recognise(identity, access, exchange) || !permit(exchange, identity)) {
        free(identity);
        return false;
    }
    exchange->identity = identity;
    return true;
}

void access_forget(void *identity)
{
    free(identity);
}

/* ---- Life ---- */

int access_start(struct access **out, const struct config *config, struct error *err)
{
    struct access *access = calloc(1, sizeof *access);
    if (!access)
        return error_set(err, ERROR_INTERNAL, "no memory for the keys");
    access->keyed = config->api_key[0] != '\0';
    if (access->keyed)
        hash_key(access->key_hash, config->api_key);
    if (!access->keyed && !is_loopback(config->bind)) {
        error_set(err, ERROR_INVALID,
                  "BIND: %s can be reached from outside; set API_KEY, or BIND=127.0.0.1 to serve without one",
                  config->bind);
        free(access);
        return -1;
    }
    if (!access->keyed)
        log_event(LOG_WARNING, "no_api_key", "{s:s}", "effect",
                  "requests need no key; the server answers on loopback only");
    *out = access;
    return 0;
}

void access_stop(struct access *access)
{
    free(access);
}
