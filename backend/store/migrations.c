#include <stdio.h>

#include "backend/store/database_driver.h"
#include "shared/base/embed.h"

/* Migration i leads the schema from version i to i + 1: a new one is a file, its line here, and its line
 * below.
 */
EMBED(migration_portfolio, "backend/store/migrations/0001_portfolio.sql");
EMBED(migration_decisions, "backend/store/migrations/0002_decisions.sql");
EMBED(migration_api_key, "backend/store/migrations/0003_api_key.sql");
EMBED(migration_batches, "backend/store/migrations/0004_batches.sql");
EMBED(migration_batch_names, "backend/store/migrations/0005_batch_names.sql");

static const struct migration {
    const char *name, *sql;
} migrations[] = {
    {"0001_portfolio", migration_portfolio},     {"0002_decisions", migration_decisions},
    {"0003_api_key", migration_api_key},         {"0004_batches", migration_batches},
    {"0005_batch_names", migration_batch_names},
};
enum { SCHEMA_VERSION = sizeof migrations / sizeof *migrations };

static const char version_table[] = "CREATE TABLE schema_version (version @integer NOT NULL PRIMARY KEY,"
                                    " name TEXT NOT NULL, applied @integer NOT NULL) @table";

/* An earlier program kept its version elsewhere and knew the first layout only, with a column that is gone.
 */
static const char adopt_first[] = "ALTER TABLE population DROP COLUMN begun";

static const struct statement find_table = {.sql = "SELECT @has_versions, @has_unversioned"};
static const struct statement find_version = {.sql = "SELECT max(version) FROM schema_version"};
static const struct statement add_version = {
    .sql = "INSERT INTO schema_version (version, name, applied) VALUES ($1, $2, $3)"};

struct state {
    bool has_table, has_first; /* schema_version; the layout of the earlier program */
    int version;
};

static int read_state(struct connection *connection, struct state *out, struct error *err)
{
    *out = (struct state){0};
    if (database_query(connection, &find_table, NO_VALUES, err) || database_next(connection, err) != 1)
        return -1;
    out->has_table = row_int64(connection, 0) != 0;
    out->has_first = row_int64(connection, 1) != 0;
    if (!out->has_table)
        return 0;
    if (database_query(connection, &find_version, NO_VALUES, err) || database_next(connection, err) != 1)
        return -1;
    out->version = (int)row_int64(connection, 0);
    database_end(connection);
    return 0;
}

static int apply(struct connection *connection, int from, bool adopted, struct error *err)
{
    for (int version = from; version < SCHEMA_VERSION; version++) {
        const struct migration *migration = &migrations[version];
        if (database_run(connection, version == 0 && adopted ? adopt_first : migration->sql, err) ||
            database_execute(
                connection, &add_version,
                VALUES(value_int64(version + 1), value_text(migration->name), value_int64(database_now_us())),
                NULL, err))
            return -1;
    }
    return 0;
}

static int refuse_newer(struct connection *connection, int version, struct error *err)
{
    if (version <= SCHEMA_VERSION)
        return 0;
    return error_set(err, ERROR_INVALID,
                     "client store %s: written by a newer Clairscore (schema %d, this one knows %d)",
                     connection->database->name, version, SCHEMA_VERSION);
}

static int migrate(struct connection *connection, void *context, struct error *err)
{
    struct state state;
    (void)context;
    /* Another process may have done it while this one waited. */
    if (database_lock(connection, LOCK_MIGRATION, err) || read_state(connection, &state, err) ||
        refuse_newer(connection, state.version, err))
        return -1;
    if (!state.has_table && database_run(connection, version_table, err))
        return -1;
    return apply(connection, state.version, state.has_first && !state.has_table, err);
}

int database_migrate(struct database *database, struct error *err)
{
    struct connection *connection = NULL;
    struct state state;
    if (database_borrow(&connection, database, err))
        return -1;
    int status = read_state(connection, &state, err) || refuse_newer(connection, state.version, err) ? -1 : 0;
    database_give_back(connection);
    if (status)
        return -1;
    return state.version == SCHEMA_VERSION ? 0 : database_transaction(database, migrate, NULL, err);
}
