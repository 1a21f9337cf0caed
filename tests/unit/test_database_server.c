/* The database layer on a PostgreSQL that goes away, comes back, breaks connections and gives transactions
 * up. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/store/database.h"
#include "tests/support/database_fixture.h"

static const struct statement insert = {.sql = "INSERT INTO thing (id, number) VALUES ($1, $2)"};
static const struct statement find = {.sql = "SELECT number FROM thing WHERE id = $1"};
static const struct statement count_things = {
    .sql = "SELECT count(*), CAST(sum(number) AS @integer) FROM thing"};

static int set_up(void **state)
{
    struct error err = {0};
    fixture_make(state, true, 3);
    struct fixture *fixture = *state;
    struct connection *connection = fixture_borrow(fixture->database);
    assert_int_equal(
        database_run(connection,
                     "CREATE TABLE thing (id @integer NOT NULL PRIMARY KEY, number @integer) @table", &err),
        0);
    database_give_back(connection);
    return 0;
}

static int add_thing(struct connection *connection, int64_t id, int64_t number, struct error *err)
{
    return database_execute(connection, &insert, VALUES(value_int64(id), value_int64(number)), NULL, err);
}

/* How many things there are, and the sum of their numbers. */
static int64_t things_of(struct database *database, int64_t *sum)
{
    struct error err = {0};
    struct connection *connection = fixture_borrow(database);
    assert_int_equal(database_query(connection, &count_things, NO_VALUES, &err), 0);
    assert_int_equal(database_next(connection, &err), 1);
    int64_t count = row_int64(connection, 0);
    if (sum)
        *sum = row_int64(connection, 1);
    database_give_back(connection);
    return count;
}

static void control(const char *what)
{
    char command[256];
    snprintf(command, sizeof command, "%s %s", getenv("POSTGRES_CONTROL"), what);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): our own script */
}

static void break_connections(const struct fixture *fixture)
{
    test_postgres_run(fixture->place.url,
                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                      " current_database() AND pid <> pg_backend_pid()");
}

static void test_a_server_that_was_restarted(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = fixture->database;
    struct connection *connection = NULL;
    struct database_lock *lock = NULL;
    struct error err = {0};
    assert_int_equal(database_lock_take(&lock, database, LOCK_IMPORT, &err), 0);
    things_of(database, NULL);
    struct connection *lent = fixture_borrow(database);
    control("stop");
    for (int i = 0; i < 2; i++) { /* again on a connection that could not be made anew */
        assert_int_equal(database_query(lent, &count_things, NO_VALUES, &err), -1);
        assert_int_equal(err.code, ERROR_UNAVAILABLE);
        error_clear(&err);
        assert_int_equal(database_next(lent, NULL), -1);
    }
    database_give_back(lent);
    assert_int_equal(database_borrow(&connection, database, &err), -1);
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    error_clear(&err);
    assert_false(database_lock_is_held(lock));
    database_lock_release(lock);
    control("start");
    assert_int_equal(things_of(database, NULL), 0);
}

static void test_what_may_be_repeated_is_when_the_connection_breaks(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct connection *connection = fixture_borrow(fixture->database);
    assert_int_equal(add_thing(connection, 1, 1, &err), 0);
    break_connections(fixture);
    assert_int_equal(database_query(connection, &find, VALUES(value_int64(1)), &err), 0);
    assert_int_equal(database_next(connection, &err), 1);
    assert_int_equal(row_int64(connection, 0), 1);
    database_end(connection);
    break_connections(fixture);
    assert_int_equal(add_thing(connection, 2, 1, &err), -1); /* a write might have been done */
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    database_give_back(connection);
    error_clear(&err);
    connection = fixture_borrow(fixture->database);
    assert_int_equal(add_thing(connection, 2, 1, &err), 0);
    database_give_back(connection);
}

struct broken {
    struct fixture *fixture;
    int calls;
};

static int add_and_break(struct connection *connection, void *context, struct error *err)
{
    struct broken *broken = context;
    if (add_thing(connection, 1, 1, err))
        return -1;
    if (broken->calls++ == 0)
        break_connections(broken->fixture);
    return add_thing(connection, 2, 1, err);
}

static void test_a_broken_transaction_is_begun_anew(void **state)
{
    struct broken broken = {*state, 0};
    struct error err = {0};
    assert_int_equal(database_transaction(broken.fixture->database, add_and_break, &broken, &err), 0);
    assert_int_equal(broken.calls, 2);
    assert_int_equal(things_of(broken.fixture->database, NULL), 2);
}

/* Two transactions that take two rows in opposite order: one is given up for the other and repeated. */
struct crossing {
    pthread_barrier_t *barrier;
    struct database *database;
    int64_t first, second;
    int calls, status;
};

static int raise_both(struct connection *connection, void *context, struct error *err)
{
    static const struct statement raise = {.sql = "UPDATE thing SET number = number + 1 WHERE id = $1"};
    struct crossing *crossing = context;
    if (database_execute(connection, &raise, VALUES(value_int64(crossing->first)), NULL, err))
        return -1;
    if (crossing->calls++ == 0)
        pthread_barrier_wait(crossing->barrier);
    return database_execute(connection, &raise, VALUES(value_int64(crossing->second)), NULL, err);
}

static void *cross(void *context)
{
    struct crossing *crossing = context;
    struct error err = {0};
    crossing->status = database_transaction(crossing->database, raise_both, crossing, &err);
    return NULL;
}

static void test_a_deadlock_is_resolved(void **state)
{
    struct fixture *fixture = *state;
    pthread_barrier_t barrier;
    struct crossing crossings[] = {{&barrier, fixture->database, 1, 2, 0, -1},
                                   {&barrier, fixture->database, 2, 1, 0, -1}};
    struct error err = {0};
    pthread_t threads[2];
    int64_t sum;
    struct connection *connection = fixture_borrow(fixture->database);
    assert_int_equal(add_thing(connection, 1, 0, &err) | add_thing(connection, 2, 0, &err), 0);
    database_give_back(connection);
    pthread_barrier_init(&barrier, NULL, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, cross, &crossings[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(crossings[0].status | crossings[1].status, 0);
    assert_int_equal(crossings[0].calls + crossings[1].calls, 3);
    things_of(fixture->database, &sum);
    assert_int_equal(sum, 4);
}

int main(void)
{
#define KEPT(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_remove)
    const struct CMUnitTest tests[] = {
        KEPT(test_a_server_that_was_restarted),
        KEPT(test_what_may_be_repeated_is_when_the_connection_breaks),
        KEPT(test_a_broken_transaction_is_begun_anew),
        KEPT(test_a_deadlock_is_resolved),
    };
    if (test_postgres())
        return cmocka_run_group_tests_name("database server", tests, NULL, NULL);
    printf("no PostgreSQL here: scripts/postgres.sh runs these\n");
    return 0;
}
