/* The client store's inside. Only backend/store includes this. */
#ifndef CLAIRSCORE_BACKEND_STORE_PRIVATE_H
#define CLAIRSCORE_BACKEND_STORE_PRIVATE_H

#include "backend/store/database.h"
#include "backend/store/store.h"

struct store {
    struct database *database;
    struct database_lock *import_lock; /* NULL while not importing */
};

/* Reads the population that the next row describes (its columns are those of STORE_POPULATION): 1, 0 without
 * one, -1. */
#define STORE_POPULATION "id, source, catalogue, model, client_count"
int store_next_population(struct connection *connection, struct store_population *out, struct error *err);

#endif
