/* The client store: what was imported, one population at a time, kept in a database (database.h).
 * Thread-safe.
 *
 * A population is the result of one import. While it is loading nobody sees it; finishing makes it the
 * current one in one transaction. The one before it stays until the next import begins, so that a server
 * which still shows it loses nothing. */
#ifndef CLAIRSCORE_BACKEND_STORE_H
#define CLAIRSCORE_BACKEND_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

enum { STORE_HASH = 65 };

/* Where a population comes from: it is up to date while all three are the same. */
struct store_origin {
    char source[STORE_HASH];    /* fingerprint of the files */
    char catalogue[STORE_HASH]; /* version of the features */
    char model[STORE_HASH];     /* hash of the model that scored it */
};

struct store_population {
    int64_t id;
    struct store_origin origin;
    uint64_t rows; /* clients stored */
};

enum { OUTCOME_UNKNOWN = -1, OUTCOME_REPAID = 0, OUTCOME_DEFAULTED = 1 };

/* A client on the way in or out. Pointers are borrowed. */
struct store_client {
    int64_t id;
    int outcome;
    double margin; /* of the population's model */
    const float *features;
    size_t feature_count;
    const double *application;
    size_t application_count;
    const void *history; /* NULL = unknown */
    size_t history_bytes;
};

struct store;
struct database;

/* Opens the database at `url` with up to `connections` at once; errors as database_open. The caller closes
 * *out. */
int store_open(struct store **out, const char *url, unsigned connections, struct error *err);
void store_close(struct store *store);

/* The database, where the other stores have their tables. Belongs to the store. */
struct database *store_database(struct store *store);

/* The current population; ERROR_NOT_FOUND when nothing has been imported. */
int store_current(struct store *store, struct store_population *out, struct error *err);

/* Which clients to read. */
struct store_scan {
    int64_t population;
    bool backwards; /* from the highest id down */
    uint64_t limit; /* at most so many; 0: none */
};
#define STORE_ALL INT64_MAX

/* Calls `visit` for each client in ascending order of id (or descending), with id, outcome, margin and
 * features filled in. Stops with -1 when `visit` returns non-zero (it has filled `err`). */
int store_scan(struct store *store, const struct store_scan *scan,
               int (*visit)(void *context, const struct store_client *client, struct error *err),
               void *context, struct error *err);

/* One client's application (`application_count` doubles) and history (at most `history_bytes` into `history`;
 * `*history_known` tells whether there is one). ERROR_NOT_FOUND without such a client, ERROR_CONFLICT when
 * the stored sizes are others: written by another version. */
int store_read(struct store *store, int64_t population, int64_t client, double *application,
               size_t application_count, void *history, size_t history_bytes, bool *history_known,
               struct error *err);

/* Begins an import, or goes on with the interrupted one of the same origin: `out->rows` are in the store
 * already. Removes what earlier imports left. One import at a time: ERROR_CONFLICT while another process
 * imports; this one's turn lasts until the store is closed. */
int store_import_begin(struct store *store, const struct store_origin *origin, struct store_population *out,
                       struct error *err);

/* Adds clients in one transaction. ERROR_CONFLICT names an id that is there already; then none is added.
 * ERROR_UNAVAILABLE also when the database was away and another process imports since. */
int store_import_add(struct store *store, struct store_population *population,
                     const struct store_client *clients, size_t count, struct error *err);

/* Makes the population the current one. */
int store_import_finish(struct store *store, const struct store_population *population, struct error *err);

/* Forgets a population that is loading. */
int store_import_drop(struct store *store, const struct store_population *population, struct error *err);

/* Replaces the margins of all clients of a population, in ascending order of id, and the model's hash, in one
 * transaction. ERROR_CONFLICT when `count` is not the number of clients. */
int store_rescore(struct store *store, int64_t population, const char *model, const double *margins,
                  size_t count, struct error *err);

#endif
