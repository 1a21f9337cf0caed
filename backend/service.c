#include "backend/service.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "backend/batches/workers.h"
#include "shared/base/log.h"
#include "shared/base/progress.h"
#include "shared/http/problem.h"

enum {
    WATCH_INTERVAL_S = 1,
    SPARE_CONNECTIONS = 3 /* for the watching thread, the keeper of batches, and who cuts them */
};

struct service {
    const struct config *config;
    struct model *model;
    struct store *store;
    struct metrics *metrics;
    struct batch_workers *workers;
    bool keyed;
    unsigned char key_hash[crypto_generichash_BYTES];

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct population *current; /* NULL until one is loaded */
    bool stopping;

    pthread_t watcher;
    bool watching;
    struct store_population refused; /* what could not be loaded: not tried again until it changes */
};

/* ---- The API key ---- */

static void hash_key(unsigned char out[crypto_generichash_BYTES], const char *key)
{
    crypto_generichash(out, crypto_generichash_BYTES, (const unsigned char *)key, strlen(key), NULL, 0);
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

bool service_authorise(struct http_exchange *exchange)
{
    static const char scheme[] = "Bearer ";
    struct service *service = exchange->context;
    if (!service->keyed)
        return true;
    const char *header = http_request_header(exchange, "Authorization");
    bool given = header && strncasecmp(header, scheme, sizeof scheme - 1) == 0;
    if (given) {
        unsigned char hash[crypto_generichash_BYTES];
        hash_key(hash, header + sizeof scheme - 1);
        if (sodium_memcmp(hash, service->key_hash, sizeof hash) == 0)
            return true;
    }
    http_header(exchange, "WWW-Authenticate",
                given ? "Bearer realm=\"clairscore\", error=\"invalid_token\""
                      : "Bearer realm=\"clairscore\"");
    problem_answer(exchange, 401,
                   given ? "This API key is not accepted."
                         : "An API key is needed: send it as Authorization: Bearer KEY.",
                   NULL);
    return false;
}

const char *service_identity_name(const struct http_exchange *exchange)
{
    const struct service *service = exchange->context;
    return service->keyed ? "setting:API_KEY" : "anybody";
}

/* ---- The population ---- */

struct population *service_population(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    struct population *population = service->current;
    if (population)
        population_hold(population);
    pthread_mutex_unlock(&service->lock);
    return population;
}

static bool is_same(const struct store_population *a, const struct store_population *b)
{
    return a->id == b->id && strcmp(a->origin.model, b->origin.model) == 0;
}

static void take_over(struct service *service, struct population *population, double seconds)
{
    pthread_mutex_lock(&service->lock);
    struct population *old = service->current;
    service->current = population;
    pthread_mutex_unlock(&service->lock);
    population_release(old);
    memset(&service->refused, 0, sizeof service->refused);
    metrics_set_clients(service->metrics, (double)population_count(population));
    log_event(LOG_INFO, "population_loaded", "{s:I, s:f}", "clients",
              (json_int_t)population_count(population), "seconds", seconds);
}

/* Says once what keeps the service from being ready. */
static void refuse(struct service *service, const struct store_population *stored, const struct error *err)
{
    static const struct store_population none = {.id = -1};
    const struct store_population *what = stored ? stored : &none;
    if (service->refused.id != 0 && is_same(&service->refused, what))
        return;
    service->refused = *what;
    log_event(LOG_WARNING, "population_not_loaded", "{s:s}", "cause", err->message);
}

/* Loads the store's current population when it is another than ours. */
static void look(struct service *service)
{
    struct store_population stored;
    struct error err = {0};
    if (store_current(service->store, &stored, &err)) {
        refuse(service, NULL, &err);
        return;
    }
    /* Only this thread replaces the current one: reading it needs no lock. */
    if (service->current && is_same(&stored, population_stored(service->current)))
        return;
    if (service->refused.id == stored.id && is_same(&service->refused, &stored))
        return;
    struct population *population = NULL;
    double started_s = progress_clock_s();
    if (population_load(&population, service->store, &stored, service->model, &err)) {
        refuse(service, err.code == ERROR_UNAVAILABLE ? NULL : &stored, &err);
        return;
    }
    take_over(service, population, progress_clock_s() - started_s);
}

static void *watch(void *context)
{
    struct service *service = context;
    for (;;) {
        look(service);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += WATCH_INTERVAL_S;
        pthread_mutex_lock(&service->lock);
        if (!service->stopping)
            pthread_cond_timedwait(&service->wake, &service->lock, &until);
        bool stopping = service->stopping;
        pthread_mutex_unlock(&service->lock);
        if (stopping)
            return NULL;
    }
}

/* ---- Life ---- */

int service_start(struct service **out, const struct config *config, struct error *err)
{
    struct service *service = calloc(1, sizeof *service);
    if (!service || sodium_init() < 0) {
        free(service);
        return error_set(err, ERROR_INTERNAL, "no memory, or no random numbers");
    }
    service->config = config;
    pthread_mutex_init(&service->lock, NULL);
    pthread_cond_init(&service->wake, NULL);
    service->keyed = config->api_key[0] != '\0';
    if (service->keyed)
        hash_key(service->key_hash, config->api_key);
    if (!service->keyed && !is_loopback(config->bind)) {
        error_set(err, ERROR_INVALID,
                  "BIND: %s can be reached from outside; set API_KEY, or BIND=127.0.0.1 to serve without one",
                  config->bind);
        goto failed;
    }
    if (metrics_new(&service->metrics, err) || model_load(&service->model, config->model_dir, err) ||
        store_open(&service->store, config->database_url,
                   config->threads + config->batch_workers + SPARE_CONNECTIONS, err))
        goto failed;
    metrics_set_model(service->metrics, model_version(service->model), model_hash(service->model));
    if (pthread_create(&service->watcher, NULL, watch, service)) {
        error_set(err, ERROR_INTERNAL, "cannot start a thread");
        goto failed;
    }
    service->watching = true;
    if (batch_workers_start(&service->workers, service, err))
        goto failed;
    if (!service->keyed)
        log_event(LOG_WARNING, "no_api_key", "{s:s}", "effect",
                  "requests need no key; the server answers on loopback only");
    *out = service;
    return 0;

failed:
    service_stop(service);
    return -1;
}

void service_stop(struct service *service)
{
    if (!service)
        return;
    batch_workers_stop(service->workers);
    if (service->watching) {
        pthread_mutex_lock(&service->lock);
        service->stopping = true;
        pthread_cond_signal(&service->wake);
        pthread_mutex_unlock(&service->lock);
        pthread_join(service->watcher, NULL);
    }
    population_release(service->current);
    store_close(service->store);
    model_free(service->model);
    metrics_free(service->metrics);
    pthread_cond_destroy(&service->wake);
    pthread_mutex_destroy(&service->lock);
    free(service);
}

const struct config *service_config(const struct service *service)
{
    return service->config;
}

const struct model *service_model(const struct service *service)
{
    return service->model;
}

struct store *service_store(const struct service *service)
{
    return service->store;
}

struct metrics *service_metrics(const struct service *service)
{
    return service->metrics;
}

struct batch_workers *service_workers(const struct service *service)
{
    return service->workers;
}
