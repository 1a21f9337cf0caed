#include "backend/service.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/batches/workers.h"
#include "shared/base/log.h"
#include "shared/http/problem.h"

enum { SPARE_CONNECTIONS = 3 /* for the keepers of the snapshot and of batches, and who cuts them */ };

struct service {
    const struct config *config;
    struct store *store;
    struct keeper *keeper;
    struct recent *recent;
    struct metrics *metrics;
    struct batch_workers *workers;
    bool keyed;
    unsigned char key_hash[crypto_generichash_BYTES];
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

/* ---- Life ---- */

int service_start(struct service **out, const struct config *config, struct error *err)
{
    struct service *service = calloc(1, sizeof *service);
    if (!service || sodium_init() < 0) {
        free(service);
        return error_set(err, ERROR_INTERNAL, "no memory, or no random numbers");
    }
    service->config = config;
    service->keyed = config->api_key[0] != '\0';
    if (service->keyed)
        hash_key(service->key_hash, config->api_key);
    if (!service->keyed && !is_loopback(config->bind)) {
        error_set(err, ERROR_INVALID,
                  "BIND: %s can be reached from outside; set API_KEY, or BIND=127.0.0.1 to serve without one",
                  config->bind);
        goto failed;
    }
    if (metrics_new(&service->metrics, err) || recent_new(&service->recent, err) ||
        store_open(&service->store, config->database_url,
                   config->threads + config->batch_workers + SPARE_CONNECTIONS, err) ||
        keeper_start(&service->keeper, config->model_dir, service->store, service->metrics, err) ||
        batch_workers_start(&service->workers, service, err))
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
    keeper_stop(service->keeper);
    recent_free(service->recent);
    store_close(service->store);
    metrics_free(service->metrics);
    free(service);
}

const struct config *service_config(const struct service *service)
{
    return service->config;
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

struct keeper *service_keeper(const struct service *service)
{
    return service->keeper;
}

struct recent *service_recent(const struct service *service)
{
    return service->recent;
}

void service_release(void *snapshot)
{
    snapshot_release(snapshot);
}
