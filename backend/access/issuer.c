#include "backend/access/issuer.h"

#include <jansson.h>
#include <pthread.h>
#include <rhonabwy.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/access/token_cache.h"
#include "shared/base/buffer.h"
#include "shared/base/log.h"
#include "shared/http/fetch.h"

static const char well_known[] = "/.well-known/openid-configuration";
enum { ADDRESS = CONFIG_TEXT + sizeof well_known };

struct issuer {
    struct token_rules rules;
    char discovery[ADDRESS];
    bool failed; /* the last attempt did; the thread's own */

    pthread_rwlock_t keys_lock;
    struct token_cache *checked; /* by these keys */
    struct token_keys *keys;     /* NULL until they were fetched */
    int64_t fetched_s;           /* these two: monotonic clock */

    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    int64_t attempt_s; /* when the last attempt began */
    bool wanted;       /* the next one should begin now, or is under way */
    atomic_bool stopping;
};

static int64_t clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec;
}

/* ---- Fetching ---- */

static int fetch(struct buffer *out, struct issuer *issuer, const char *address, struct error *err)
{
    long status = 0;
    const struct fetch what = {.address = address,
                               .timeout_ms = ISSUER_TIMEOUT_S * 1000,
                               .bytes = ISSUER_DOCUMENT_BYTES,
                               .stop = &issuer->stopping};
    buffer_free(out);
    if (fetch_text(out, &status, &what, err))
        return -1;
    return status == 200 ? 0 : error_set(err, ERROR_UNAVAILABLE, "%s answers %ld", address, status);
}

/* Where the keys are, as the provider's own document says. */
static int read_discovery(char out[ADDRESS], const struct issuer *issuer, const struct buffer *document,
                          struct error *err)
{
    int status = -1;
    json_t *json =
        json_loadb(document->data ? document->data : "", document->length, JSON_REJECT_DUPLICATES, NULL);
    const char *named = json_string_value(json_object_get(json, "issuer"));
    const char *address = json_string_value(json_object_get(json, "jwks_uri"));
    if (!named || strcmp(named, issuer->rules.issuer) != 0)
        error_set(err, ERROR_INVALID, "%s names the issuer \"%s\": OIDC_ISSUER must be exactly that",
                  issuer->discovery, named ? named : "");
    else if (!address || strlen(address) >= ADDRESS || !fetch_is_safe(address))
        error_set(err, ERROR_INVALID, "%s: jwks_uri is not an https address", issuer->discovery);
    else
        status = 0;
    if (!status)
        snprintf(out, ADDRESS, "%s", address);
    json_decref(json);
    return status;
}

static void take_over(struct issuer *issuer, struct token_keys *keys)
{
    pthread_rwlock_wrlock(&issuer->keys_lock);
    struct token_keys *old = issuer->keys;
    issuer->keys = keys;
    token_cache_clear(issuer->checked);
    issuer->fetched_s = clock_s(CLOCK_MONOTONIC);
    pthread_rwlock_unlock(&issuer->keys_lock);
    token_keys_free(old);
}

/* Says once that it fails, and once that it works. */
static void attempt(struct issuer *issuer)
{
    char address[ADDRESS];
    struct error err = {0};
    struct token_keys *keys = NULL;
    struct buffer document = buffer_new(ISSUER_DOCUMENT_BYTES);
    int status = fetch(&document, issuer, issuer->discovery, &err) ||
                         read_discovery(address, issuer, &document, &err) ||
                         fetch(&document, issuer, address, &err) ||
                         token_keys_read(&keys, document.data ? document.data : "", document.length, &err)
                     ? -1
                     : 0;
    buffer_free(&document);
    if (status && !issuer->failed && !atomic_load(&issuer->stopping))
        log_event(LOG_WARNING, "issuer_away", "{s:s}", "cause", err.message);
    if (!status && (issuer->failed || !issuer->keys))
        log_event(LOG_INFO, "issuer_keys_fetched", "{s:s}", "issuer", issuer->rules.issuer);
    if (!status)
        take_over(issuer, keys);
    issuer->failed = status != 0;
}

static void *work(void *context)
{
    struct issuer *issuer = context;
    pthread_mutex_lock(&issuer->lock);
    while (!atomic_load(&issuer->stopping)) {
        issuer->wanted = true;
        issuer->attempt_s = clock_s(CLOCK_MONOTONIC);
        pthread_mutex_unlock(&issuer->lock);
        attempt(issuer);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += issuer->failed ? ISSUER_RETRY_S : ISSUER_REFRESH_S;
        pthread_mutex_lock(&issuer->lock);
        issuer->wanted = false;
        int waited = 0;
        while (!atomic_load(&issuer->stopping) && !issuer->wanted && waited == 0)
            waited = pthread_cond_timedwait(&issuer->wake, &issuer->lock, &until);
    }
    pthread_mutex_unlock(&issuer->lock);
    return NULL;
}

/* Asks for the keys anew. False when they were, not long ago. */
static bool want(struct issuer *issuer)
{
    pthread_mutex_lock(&issuer->lock);
    if (!issuer->wanted && clock_s(CLOCK_MONOTONIC) - issuer->attempt_s >= ISSUER_RETRY_S) {
        issuer->wanted = true;
        pthread_cond_signal(&issuer->wake);
    }
    bool coming = issuer->wanted;
    pthread_mutex_unlock(&issuer->lock);
    return coming;
}

/* A token that was checked already, or is now; the caller holds the keys. */
static enum token_verdict check(struct identity *out, struct issuer *issuer, const char *text,
                                char reason[TOKEN_REASON])
{
    int64_t now_s = clock_s(CLOCK_REALTIME), ends_s;
    if (token_cache_find(out, issuer->checked, text, now_s))
        return TOKEN_GOOD;
    enum token_verdict verdict = token_check(out, &ends_s, text, issuer->keys, &issuer->rules, now_s, reason);
    if (verdict == TOKEN_GOOD)
        token_cache_keep(issuer->checked, text, out, ends_s);
    return verdict;
}

enum issuer_verdict issuer_check(struct identity *out, struct issuer *issuer, const char *text,
                                 char reason[TOKEN_REASON])
{
    enum token_verdict verdict = TOKEN_KEY_UNKNOWN;
    pthread_rwlock_rdlock(&issuer->keys_lock);
    bool there = issuer->keys && clock_s(CLOCK_MONOTONIC) - issuer->fetched_s < ISSUER_STALE_S;
    if (there)
        verdict = check(out, issuer, text, reason);
    pthread_rwlock_unlock(&issuer->keys_lock);
    if (!there || (verdict == TOKEN_KEY_UNKNOWN && want(issuer))) {
        snprintf(reason, TOKEN_REASON, "The keys of the token's issuer are not here yet.");
        return ISSUER_WAIT;
    }
    return verdict == TOKEN_GOOD ? ISSUER_GOOD : ISSUER_BAD;
}

/* ---- Life ---- */

int issuer_start(struct issuer **out, const struct config *config, struct error *err)
{
    if (r_global_init() != RHN_OK)
        return error_set(err, ERROR_INTERNAL, "the library for tokens does not start");
    if (!fetch_is_safe(config->oidc_issuer))
        return error_set(err, ERROR_INVALID,
                         "OIDC_ISSUER: \"%s\" is not an https:// address (http:// is for loopback only)",
                         config->oidc_issuer);
    if (!config->oidc_audience[0])
        return error_set(err, ERROR_INVALID,
                         "OIDC_AUDIENCE: set it to what tokens for this service have as aud");
    struct issuer *issuer = calloc(1, sizeof *issuer);
    if (!issuer)
        return error_set(err, ERROR_INTERNAL, "no memory for the provider");
    issuer->rules = (struct token_rules){config->oidc_issuer, config->oidc_audience};
    size_t length = strlen(config->oidc_issuer);
    while (length > 0 && config->oidc_issuer[length - 1] == '/')
        length--;
    snprintf(issuer->discovery, sizeof issuer->discovery, "%.*s%s", (int)length, config->oidc_issuer,
             well_known);
    pthread_rwlock_init(&issuer->keys_lock, NULL);
    pthread_mutex_init(&issuer->lock, NULL);
    pthread_cond_init(&issuer->wake, NULL);
    if (token_cache_new(&issuer->checked, err)) {
        issuer_stop(issuer);
        return -1;
    }
    if (pthread_create(&issuer->thread, NULL, work, issuer)) {
        issuer_stop(issuer);
        return error_set(err, ERROR_INTERNAL, "cannot start a thread");
    }
    issuer->started = true;
    *out = issuer;
    return 0;
}

void issuer_stop(struct issuer *issuer)
{
    if (!issuer)
        return;
    if (issuer->started) {
        pthread_mutex_lock(&issuer->lock);
        atomic_store(&issuer->stopping, true);
        pthread_cond_signal(&issuer->wake);
        pthread_mutex_unlock(&issuer->lock);
        pthread_join(issuer->thread, NULL);
    }
    token_keys_free(issuer->keys);
    token_cache_free(issuer->checked);
    pthread_cond_destroy(&issuer->wake);
    pthread_mutex_destroy(&issuer->lock);
    pthread_rwlock_destroy(&issuer->keys_lock);
    free(issuer);
    r_global_close();
}
