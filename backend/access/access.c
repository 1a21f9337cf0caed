#include "backend/access/access.h"

#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "backend/access/api_key.h"
#include "backend/access/issuer.h"
#include "backend/access/key_ring.h"
#include "backend/access/rate_limit.h"
#include "shared/base/log.h"
#include "shared/http/problem.h"

struct access {
    bool has_setting; /* API_KEY */
    unsigned char setting_hash[API_KEY_HASH];
    struct key_ring *ring;
    struct issuer *issuer;                  /* NULL without OIDC_ISSUER */
    struct rate_limit *callers, *addresses; /* NULL without RATE_LIMIT */
};

/* Why somebody is not recognised. */
struct refusal {
    unsigned status;
    bool given; /* they sent a key or token */
    char detail[160];
};

static const char realm[] = "Bearer realm=\"clairscore\"";

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* ---- Who asks ---- */

static bool asks_for_nothing(const struct access *access)
{
    return !access->has_setting && !access->issuer && !key_ring_has_keys(access->ring);
}

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
    unsigned char hash[API_KEY_HASH];
    if (!access->has_setting)
        return false;
    api_key_hash(hash, bearer);
    return sodium_memcmp(hash, access->setting_hash, sizeof hash) == 0;
}

static bool refuse(struct refusal *refusal, unsigned status, const char *detail)
{
    refusal->status = status;
    snprintf(refusal->detail, sizeof refusal->detail, "%s", detail);
    return false;
}

static bool recognise_token(struct identity *out, const struct access *access, const char *bearer,
                            struct refusal *refusal)
{
    char reason[TOKEN_REASON];
    switch (issuer_check(out, access->issuer, bearer, reason)) {
    case ISSUER_GOOD:
        return true;
    case ISSUER_WAIT:
        return refuse(refusal, 503, reason);
    default:
        return refuse(refusal, 401, reason);
    }
}

static bool recognise(struct identity *out, const struct access *access, const char *bearer,
                      struct refusal *refusal)
{
    refusal->given = bearer != NULL;
    if (!bearer && asks_for_nothing(access)) {
        identity_set(out, IDENTITY_ANYBODY, SCOPE_ALL, NULL, NULL);
        return true;
    }
    if (!bearer)
        return refuse(refusal, 401,
                      access->issuer ? "An API key or a token is needed: send it as Authorization: Bearer …"
                                     : "An API key is needed: send it as Authorization: Bearer KEY.");
    if (is_setting(access, bearer)) {
        identity_set(out, IDENTITY_SETTING, SCOPE_ALL, NULL, NULL);
        return true;
    }
    switch (key_ring_find(out, access->ring, bearer)) {
    case KEY_GOOD:
        return true;
    case KEY_EXPIRED:
        return refuse(refusal, 401, "This API key has expired.");
    case KEY_REVOKED:
        return refuse(refusal, 401, "This API key was revoked.");
    default:
        break;
    }
    if (access->issuer && token_looks_like_one(bearer))
        return recognise_token(out, access, bearer, refusal);
    if (asks_for_nothing(access)) {
        identity_set(out, IDENTITY_ANYBODY, SCOPE_ALL, NULL, NULL);
        return true;
    }
    return refuse(refusal, 401, "This API key is not accepted.");
}

static void answer_refusal(struct http_exchange *exchange, const struct refusal *refusal)
{
    char challenge[128];
    if (refusal->status == 401) {
        snprintf(challenge, sizeof challenge, "%s%s", realm,
                 refusal->given ? ", error=\"invalid_token\"" : "");
        http_header(exchange, "WWW-Authenticate", challenge);
    }
    problem_answer(exchange, refusal->status, refusal->detail, NULL);
    if (refusal->status == 503)
        http_header(exchange, "Retry-After", "1");
}

/* ---- How often ---- */

/* The bytes that tell addresses apart: one IPv4 address, or the network of an IPv6 one (64 bits: what one
 * household or server has to choose from). */
static size_t address_of(unsigned char out[sizeof(struct in6_addr)], const struct http_exchange *exchange)
{
    const struct sockaddr *peer = exchange->request->client_address;
    if (!peer)
        return 0;
    if (peer->sa_family == AF_INET) {
        struct sockaddr_in address;
        memcpy(&address, peer, sizeof address);
        memcpy(out, &address.sin_addr, sizeof address.sin_addr);
        return sizeof address.sin_addr;
    }
    struct sockaddr_in6 address;
    memcpy(&address, peer, sizeof address);
    memcpy(out, &address.sin6_addr, sizeof address.sin6_addr);
    return IN6_IS_ADDR_V4MAPPED(&address.sin6_addr) ? sizeof address.sin6_addr : sizeof address.sin6_addr / 2;
}

static void tell_rate(struct http_exchange *exchange, const struct rate_state *state)
{
    char text[32];
    snprintf(text, sizeof text, "%u", state->limit);
    http_header(exchange, "RateLimit-Limit", text);
    snprintf(text, sizeof text, "%u", state->remaining);
    http_header(exchange, "RateLimit-Remaining", text);
    snprintf(text, sizeof text, "%u", state->reset_s);
    http_header(exchange, "RateLimit-Reset", text);
    snprintf(text, sizeof text, "%u;w=%d", state->limit, RATE_WINDOW_S);
    http_header(exchange, "RateLimit-Policy", text);
}

/* Counts the request for who asks, or, when that is nobody in particular, for their address. */
static bool count(struct access *access, struct http_exchange *exchange, const struct identity *identity)
{
    if (!access->callers)
        return true;
    unsigned char address[sizeof(struct in6_addr)];
    struct rate_state state;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
    bool named = identity && identity->kind != IDENTITY_ANYBODY;
    bool may =
        named ? rate_limit_take(&state, access->callers, identity->name, strlen(identity->name), now_ns)
              : rate_limit_take(&state, access->addresses, address, address_of(address, exchange), now_ns);
    tell_rate(exchange, &state);
    if (may)
        return true;
    char detail[128], retry[16];
    snprintf(detail, sizeof detail, "More than %u requests a minute. Try again in %u %s.", state.limit,
             state.retry_s, state.retry_s == 1 ? "second" : "seconds");
    problem_answer(exchange, 429, detail, NULL);
    snprintf(retry, sizeof retry, "%u", state.retry_s);
    http_header(exchange, "Retry-After", retry);
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
    struct refusal refusal;
    struct identity *identity = malloc(sizeof *identity);
    if (!identity) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        return false;
    }
    if (!recognise(identity, access, bearer_of(exchange), &refusal)) {
        free(identity);
        if (count(access, exchange, NULL))
            answer_refusal(exchange, &refusal);
        return false;
    }
    exchange->identity = identity;
    exchange->caller = identity->label;
    return count(access, exchange, identity) && permit(exchange, identity);
}

void access_forget(void *identity)
{
    free(identity);
}

/* ---- Life ---- */

static int start_parts(struct access *access, const struct config *config, struct database *database,
                       struct error *err)
{
    access->has_setting = config->api_key[0] != '\0';
    if (access->has_setting)
        api_key_hash(access->setting_hash, config->api_key);
    if (key_ring_start(&access->ring, database, err) ||
        (config->oidc_issuer[0] && issuer_start(&access->issuer, config, err)))
        return -1;
    if (config->rate_limit && (rate_limit_new(&access->callers, config->rate_limit, ACCESS_CALLERS, err) ||
                               rate_limit_new(&access->addresses, config->rate_limit, ACCESS_ADDRESSES, err)))
        return -1;
    if (!asks_for_nothing(access))
        return 0;
    if (!is_loopback(config->bind))
        return error_set(
            err, ERROR_INVALID,
            "BIND: %s can be reached from outside; create a key (build/keys create), set API_KEY or "
            "OIDC_ISSUER, or BIND=127.0.0.1 to serve without one",
            config->bind);
    log_event(LOG_WARNING, "no_api_key", "{s:s}", "effect",
              "requests need no key; the server answers on loopback only");
    return 0;
}

int access_start(struct access **out, const struct config *config, struct database *database,
                 struct error *err)
{
    struct access *access = calloc(1, sizeof *access);
    if (!access)
        return error_set(err, ERROR_INTERNAL, "no memory for the keys");
    if (start_parts(access, config, database, err)) {
        access_stop(access);
        return -1;
    }
    *out = access;
    return 0;
}

void access_stop(struct access *access)
{
    if (!access)
        return;
    issuer_stop(access->issuer);
    key_ring_stop(access->ring);
    rate_limit_free(access->callers);
    rate_limit_free(access->addresses);
    free(access);
}
