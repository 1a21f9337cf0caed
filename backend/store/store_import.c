#include "backend/store/store_private.h"

enum { DELETE_CHUNK = 5000 }; /* rows a transaction, so that readers and the log of changes stay unharmed */

/* The row is locked: what an importer that was killed had sent ends before it is read. */
static const struct statement find_loading = {
    .sql = "SELECT " STORE_POPULATION " FROM population WHERE state = 'loading' AND source = $1"
           " AND catalogue = $2 AND model = $3 @for_update"};
static const struct statement create = {
    .sql = "INSERT INTO population (state, source, catalogue, model) VALUES ('loading', $1, $2, $3)"
           " RETURNING id"};
static const struct statement count_rows = {
    .sql = "UPDATE population SET client_count = $1 WHERE id = $2 AND client_count = $3"
           " AND state = 'loading'"};
static const struct statement find_client = {
    .sql = "SELECT count(*) FROM client WHERE population = $1 AND id = $2"};
static const struct statement demote = {
    .sql = "UPDATE population SET state = 'previous' WHERE state = 'current'"};
static const struct statement promote = {
    .sql = "UPDATE population SET state = 'current' WHERE id = $1 AND state = 'loading'"};
static const struct statement find_superfluous = {
    .sql = "SELECT id FROM population WHERE state <> 'current' AND id <> $1 LIMIT 1"};
static const struct statement clear_clients = {.sql =
                                                   "DELETE FROM client WHERE population = $1 AND id IN"
                                                   " (SELECT id FROM client WHERE population = $1 LIMIT $2)"};
static const struct statement clear_details = {
    .sql = "DELETE FROM client_detail WHERE population = $1 AND id IN"
           " (SELECT id FROM client_detail WHERE population = $1 LIMIT $2)"};
static const struct statement remove_row = {.sql = "DELETE FROM population WHERE id = $1"};

static const struct bulk add_clients = {"client", "population, id, outcome, margin, features"};
static const struct bulk add_details = {"client_detail", "population, id, application, history"};

static const char create_margins[] =
    "CREATE TEMPORARY TABLE new_margin (place @integer PRIMARY KEY, margin @real NOT NULL)";
static const char drop_margins[] = "DROP TABLE new_margin";
static const struct bulk add_margins = {"new_margin", "place, margin"};
static const struct statement set_margins = {
    .sql = "UPDATE client SET margin = new_margin.margin"
           " FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM client WHERE population = $1)"
           " AS ordered JOIN new_margin ON new_margin.place = ordered.place"
           " WHERE client.population = $1 AND client.id = ordered.id"};
static const struct statement set_model = {
    .sql = "UPDATE population SET model = $1 WHERE id = $2 AND client_count = $3"};

/* Taken at the first import of this process; again when the database, and the lock with it, was away. */
static int take_import_lock(struct store *store, struct error *err)
{
    if (store->import_lock && database_lock_is_held(store->import_lock))
        return 0;
    database_lock_release(store->import_lock);
    store->import_lock = NULL;
    struct error failed = {0};
    if (database_lock_take(&store->import_lock, store->database, LOCK_IMPORT, &failed) == 0)
        return 0;
    return failed.code == ERROR_CONFLICT
               ? error_set(err, ERROR_CONFLICT, "client store %s: another import is running on it",
                           database_name(store->database))
               : error_set(err, failed.code, "%s", failed.message);
}

/* ---- Beginning and ending ---- */

static int remove_population(struct connection *connection, int64_t id, struct error *err)
{
    static const struct statement *const steps[] = {&clear_details, &clear_clients, NULL};
    for (size_t i = 0; steps[i]; i++) {
        uint64_t removed = 0;
        do {
            if (database_execute(connection, steps[i], VALUES(value_int64(id), value_int64(DELETE_CHUNK)),
                                 &removed, err))
                return -1;
        } while (removed > 0);
    }
    return database_execute(connection, &remove_row, VALUES(value_int64(id)), NULL, err);
}

static int remove_superfluous(struct store *store, int64_t kept, struct error *err)
{
    int found = -1;
    struct connection *connection = NULL;
    if (database_borrow(&connection, store->database, err))
        return -1;
    do {
        if (database_query(connection, &find_superfluous, VALUES(value_int64(kept)), err))
            break;
        found = database_next(connection, err);
        if (found == 1 && remove_population(connection, row_int64(connection, 0), err))
            found = -1;
    } while (found == 1);
    database_give_back(connection);
    return found;
}

struct beginning {
    const struct store_origin *origin;
    struct store_population *out;
};

static int find_or_create(struct connection *connection, void *context, struct error *err)
{
    const struct beginning *beginning = context;
    const struct store_origin *origin = beginning->origin;
    const struct value values[] = {value_text(origin->source), value_text(origin->catalogue),
                                   value_text(origin->model)};
    const size_t count = sizeof values / sizeof *values;
    if (database_query(connection, &find_loading, values, count, err))
        return -1;
    int found = store_next_population(connection, beginning->out, err);
    if (found != 0)
        return found < 0 ? -1 : 0;
    if (database_query(connection, &create, values, count, err) || database_next(connection, err) != 1)
        return -1;
    *beginning->out = (struct store_population){row_int64(connection, 0), *origin, 0};
    return 0;
}

int store_import_begin(struct store *store, const struct store_origin *origin, struct store_population *out,
                       struct error *err)
{
    struct beginning beginning = {origin, out};
    if (take_import_lock(store, err) ||
        database_transaction(store->database, find_or_create, &beginning, err))
        return -1;
    return remove_superfluous(store, out->id, err);
}

static int replace_current(struct connection *connection, void *context, struct error *err)
{
    const struct store_population *population = context;
    uint64_t promoted = 0;
    if (database_execute(connection, &demote, NO_VALUES, NULL, err) ||
        database_execute(connection, &promote, VALUES(value_int64(population->id)), &promoted, err))
        return -1;
    return promoted == 1 ? 0
                         : error_set(err, ERROR_CONFLICT, "the population that was being imported is gone");
}

int store_import_finish(struct store *store, const struct store_population *population, struct error *err)
{
    struct store_population finished = *population;
    struct connection *connection = NULL;
    if (database_transaction(store->database, replace_current, &finished, err))
        return -1;
    if (database_borrow(&connection, store->database, NULL) == 0)
        database_settle(connection);
    database_give_back(connection);
    return 0;
}

int store_import_drop(struct store *store, const struct store_population *population, struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, store->database, err))
        return -1;
    int status = remove_population(connection, population->id, err);
    database_give_back(connection);
    return status;
}

/* ---- Adding ---- */

struct addition {
    const struct store_population *population;
    const struct store_client *clients;
    size_t count;
};

static int add_to_clients(struct connection *connection, const struct addition *addition, struct error *err)
{
    if (database_bulk_begin(connection, &add_clients, err))
        return -1;
    for (size_t i = 0; i < addition->count; i++) {
        const struct store_client *client = &addition->clients[i];
        const struct value values[] = {value_int64(addition->population->id), value_int64(client->id),
                                       client->outcome == OUTCOME_UNKNOWN ? value_null(VALUE_INT64)
                                                                          : value_int64(client->outcome),
                                       value_double(client->margin),
                                       value_bytes(client->features, client->feature_count * sizeof(float))};
        if (database_bulk_row(connection, values, sizeof values / sizeof *values, err))
            return -1;
    }
    return database_bulk_end(connection, err);
}

static int add_to_details(struct connection *connection, const struct addition *addition, struct error *err)
{
    if (database_bulk_begin(connection, &add_details, err))
        return -1;
    for (size_t i = 0; i < addition->count; i++) {
        const struct store_client *client = &addition->clients[i];
        const struct value values[] = {
            value_int64(addition->population->id), value_int64(client->id),
            value_bytes(client->application, client->application_count * sizeof(double)),
            value_bytes(client->history, client->history_bytes)};
        if (database_bulk_row(connection, values, sizeof values / sizeof *values, err))
            return -1;
    }
    return database_bulk_end(connection, err);
}

/* The count is raised first: its row is then locked until the clients are there too. */
static int add_all(struct connection *connection, void *context, struct error *err)
{
    const struct addition *addition = context;
    const struct store_population *population = addition->population;
    uint64_t counted = 0;
    if (database_execute(connection, &count_rows,
                         VALUES(value_int64((int64_t)(population->rows + addition->count)),
                                value_int64(population->id), value_int64((int64_t)population->rows)),
                         &counted, err))
        return -1;
    if (counted != 1)
        return error_set(err, ERROR_UNAVAILABLE,
                         "the database was away, and the population is not as it was left: import again");
    return add_to_clients(connection, addition, err) || add_to_details(connection, addition, err) ? -1 : 0;
}

/* The first client of the addition that is in the store already, or twice in the addition; NULL when none. */
static const struct store_client *find_duplicate(struct connection *connection,
                                                 const struct addition *addition)
{
    for (size_t i = 0; i < addition->count; i++) {
        const struct store_client *client = &addition->clients[i];
        for (size_t j = 0; j < i; j++)
            if (addition->clients[j].id == client->id)
                return client;
        if (database_query(connection, &find_client,
                           VALUES(value_int64(addition->population->id), value_int64(client->id)), NULL) ||
            database_next(connection, NULL) != 1)
            return NULL;
        if (row_int64(connection, 0) > 0)
            return client;
    }
    return NULL;
}

static int name_duplicate(struct store *store, const struct addition *addition, struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, store->database, err))
        return -1;
    const struct store_client *duplicate = find_duplicate(connection, addition);
    if (duplicate)
        error_set(err, ERROR_CONFLICT, "SK_ID_CURR: %lld: this client was imported already",
                  (long long)duplicate->id);
    else
        error_set(err, ERROR_CONFLICT, "a client was imported already");
    database_give_back(connection);
    return -1;
}

int store_import_add(struct store *store, struct store_population *population,
                     const struct store_client *clients, size_t count, struct error *err)
{
    struct addition addition = {population, clients, count};
    struct error failed = {0};
    if (database_transaction(store->database, add_all, &addition, &failed) == 0) {
        population->rows += count;
        return 0;
    }
    return failed.code == ERROR_CONFLICT ? name_duplicate(store, &addition, err)
                                         : error_set(err, failed.code, "%s", failed.message);
}

/* ---- Scoring again ---- */

struct rescoring {
    int64_t population;
    const char *model;
    const double *margins;
    size_t count;
};

static int bring_margins(struct connection *connection, const struct rescoring *rescoring, struct error *err)
{
    if (database_run(connection, create_margins, err) || database_bulk_begin(connection, &add_margins, err))
        return -1;
    for (size_t i = 0; i < rescoring->count; i++)
        if (database_bulk_row(connection,
                              VALUES(value_int64((int64_t)i + 1), value_double(rescoring->margins[i])), err))
            return -1;
    return database_bulk_end(connection, err);
}

static int replace_margins(struct connection *connection, void *context, struct error *err)
{
    const struct rescoring *rescoring = context;
    uint64_t clients = 0, population = 0;
    if (bring_margins(connection, rescoring, err) ||
        database_execute(connection, &set_margins, VALUES(value_int64(rescoring->population)), &clients,
                         err) ||
        database_run(connection, drop_margins, err) ||
        database_execute(connection, &set_model,
                         VALUES(value_text(rescoring->model), value_int64(rescoring->population),
                                value_int64((int64_t)rescoring->count)),
                         &population, err))
        return -1;
    return clients == rescoring->count && population == 1
               ? 0
               : error_set(err, ERROR_CONFLICT, "the population changed while it was being rescored");
}

int store_rescore(struct store *store, int64_t population, const char *model, const double *margins,
                  size_t count, struct error *err)
{
    struct rescoring rescoring = {population, model, margins, count};
    return take_import_lock(store, err) ||
                   database_transaction(store->database, replace_margins, &rescoring, err)
               ? -1
               : 0;
}
