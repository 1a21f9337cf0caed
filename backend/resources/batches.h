/* What the calls of /batches have in common. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_BATCHES_H
#define CLAIRSCORE_BACKEND_RESOURCES_BATCHES_H

#include <jansson.h>

#include "backend/store/batches.h"
#include "shared/http/server.h"

/* The database of the batches. */
struct database *batches_database(const struct http_exchange *exchange);

/* A batch as openapi.json has it. */
json_t *batches_render(const struct batch *batch, const struct http_exchange *exchange);

/* Takes the bodies of POST /batches. */
extern const struct http_receiver batches_receiver;

#endif
