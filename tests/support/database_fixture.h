/* A database of its own for each test: what set_up and tear_down of the store's tests do. Include after
 * cmocka.h. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_DATABASE_FIXTURE_H
#define CLAIRSCORE_TESTS_SUPPORT_DATABASE_FIXTURE_H

#include "backend/store/database.h"
#include "tests/support/database.h"

struct fixture {
    struct test_database place;
    struct database *database;
};

/* Opens a new database, on PostgreSQL or SQLite, with at most `connections` at once. */
static inline int fixture_make(void **state, bool postgres, unsigned connections)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error err = {0};
    test_database_make(&fixture->place, postgres);
    assert_int_equal(database_open(&fixture->database, fixture->place.url, connections, &err), 0);
    *state = fixture;
    return 0;
}

static inline int fixture_remove(void **state)
{
    struct fixture *fixture = *state;
    database_close(fixture->database);
    test_database_remove(&fixture->place);
    free(fixture);
    return 0;
}

static inline struct connection *fixture_borrow(struct database *database)
{
    struct connection *connection = NULL;
    struct error err = {0};
    assert_int_equal(database_borrow(&connection, database, &err), 0);
    return connection;
}

#endif
