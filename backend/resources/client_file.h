/* One client's file as the store keeps it: the raw application and what the history adds up to. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_CLIENT_FILE_H
#define CLAIRSCORE_BACKEND_RESOURCES_CLIENT_FILE_H

#include <stdbool.h>

#include "backend/population/population.h"
#include "shared/features/history.h"
#include "shared/http/server.h"

struct client_file {
    double application[APPLICATION_COLUMNS];
    struct history sums;
    const struct history *history; /* `sums`, or NULL = unknown */
};

/* Reads the file of the client in `row`. -1 after answering. `out` must not be moved afterwards. */
int client_file_read(struct client_file *out, struct http_exchange *exchange,
                     const struct population *population, size_t row);

#endif
