/* What the backend holds while it runs: configuration, model, store, the population in memory. */
#ifndef CLAIRSCORE_BACKEND_SERVICE_H
#define CLAIRSCORE_BACKEND_SERVICE_H

#include <stdbool.h>

#include "backend/access/access.h"
#include "backend/keeper.h"
#include "backend/phrases.h"
#include "backend/recent.h"
#include "backend/store/store.h"
#include "shared/base/config.h"
#include "shared/http/metrics.h"
#include "shared/http/server.h"

struct batch_workers; /* backend/batches/workers.h */
struct service;

/* Loads the model, opens the store and starts the keeper, which loads the population and takes over what
 * replaces it while requests go on. Without an API key ERROR_INVALID unless BIND is a loopback address.
 * `config` must outlive the service. The caller frees *out. */
int service_start(struct service **out, const struct config *config, struct error *err);
void service_stop(struct service *service);

const struct config *service_config(const struct service *service);
struct store *service_store(const struct service *service);
struct metrics *service_metrics(const struct service *service);
struct batch_workers *service_workers(const struct service *service);

const struct phrases *service_phrases(const struct service *service);

struct keeper *service_keeper(const struct service *service);
struct recent *service_recent(const struct service *service);

/* The server's release: lets go of the snapshot that a request was answered with (request_snapshot). */
void service_release(void *snapshot);

/* The server's authorise and forget: as access_admit and access_forget. */
bool service_authorise(struct http_exchange *exchange);
void service_forget(void *identity);

/* Who asks. NULL on an open route. Belongs to the exchange. */
const struct identity *service_identity(const struct http_exchange *exchange);

/* The unambiguous name to record for them (struct identity); not for open routes. Belongs to the exchange. */
const char *service_identity_name(const struct http_exchange *exchange);

#endif
