#include "backend/service.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "backend/batches/workers.h"
#include "shared/base/log.h"
#include "shared/http/problem.h"

/* For the keeper of the snapshot, who reads on two, and that of batches, for who cuts batches, and for who
 * watches the keys. */
enum { SPARE_CONNECTIONS = 5 };

struct service {
    const struct config *config;
    struct store *store;
    struct keeper *keeper;
    struct recent *recent;
    struct metrics *metrics;
    struct batch_workers *workers;
    struct access *access;
    struct phrases *phrases;
};

/* ---- Who asks ---- */

bool service_authorise(struct http_exchange *exchange)
{
    struct service *service = exchange->context;
    return access_admit(service->access, exchange);
}

void service_forget(void *identity)
{
    access_forget(identity);
}

const struct identity *service_identity(const struct http_exchange *exchange)
{
    return exchange->identity;
}

const char *service_identity_name(const struct http_exchange *exchange)
{
    return service_identity(exchange)->name;
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
    if (metrics_new(&service->metrics, err) || recent_new(&service->recent, err) ||
        phrases_new(&service->phrases, err) ||
        store_open(&service->store, config->database_url,
                   config->threads + config->batch_workers + SPARE_CONNECTIONS, err) ||
        access_start(&service->access, config, store_database(service->store), err) ||
        keeper_start(&service->keeper, config->model_dir, service->store, service->metrics, err) ||
        batch_workers_start(&service->workers, service, err))
        goto failed;
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
    access_stop(service->access);
    store_close(service->store);
    metrics_free(service->metrics);
    phrases_free(service->phrases);
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

const struct phrases *service_phrases(const struct service *service)
{
    return service->phrases;
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
