/* The database layer on both databases: values, statements, transactions, the pool, many rows, locks,
 * migrations, a server that goes away. */
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/store/database.h"
#include "tests/support/database_fixture.h"

static bool on_postgres; /* which database the tests run on now */

static const char schema[] =
    "CREATE TABLE thing (id @integer NOT NULL, number @integer, real @real, text TEXT,"
    " bytes @bytes, PRIMARY KEY (id)) @by_key;"
    "CREATE TABLE counted (id @identity, note TEXT NOT NULL) @table;";
static const struct statement insert = {
    .sql = "INSERT INTO thing (id, number, real, text, bytes) VALUES ($1, $2, $3, $4, $5)"};
static const struct statement find = {
    .sql = "SELECT number, real, text, bytes, '$1 @integer' FROM thing WHERE id = $1 -- it's $1\n"};
static const struct statement count_things = {
    .sql = "SELECT count(*), CAST(sum(number) AS @integer) FROM thing"};
static const struct statement all_things = {.sql = "SELECT id, number FROM thing ORDER BY id",
                                            .streams = true};
static const struct statement raise_number = {.sql = "UPDATE thing SET number = $1 WHERE id = $2"};
static const struct bulk things = {"thing", "id, number, real, text, bytes"};

static int set_up(void **state)
{
    struct error err = {0};
    fixture_make(state, on_postgres, 3);
    struct fixture *fixture = *state;
    struct connection *connection = fixture_borrow(fixture->database);
    assert_int_equal(database_run(connection, schema, &err), 0);
    database_give_back(connection);
    return 0;
}

static int add_thing(struct connection *connection, int64_t id, int64_t number, struct error *err)
{
    return database_execute(connection, &insert,
                            VALUES(value_int64(id), value_int64(number), value_null(VALUE_DOUBLE),
                                   value_text(NULL), value_bytes(NULL, 0)),
                            NULL, err);
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
    assert_int_equal(database_next(connection, &err), 0);
    assert_int_equal(database_next(connection, &err), 0);
    database_give_back(connection);
    return count;
}

static void test_values_come_back_as_they_went(void **state)
{
    struct fixture *fixture = *state;
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1LL << 53};
    static const double reals[] = {0.0, -1.5, DBL_MAX, DBL_MIN, -INFINITY, 0.1};
    static const char *const texts[] = {"", "é — 🙂", "it's \"quoted\" $1 @x", "\n", " ", "x"};
    static const unsigned char bytes[] = {0, 1, 255, 0, '\\', 'x'};
    struct error err = {0};
    struct connection *connection = fixture_borrow(fixture->database);
    for (size_t i = 0; i < 6; i++) {
        uint64_t changed = 0;
        assert_int_equal(
            database_execute(connection, &insert,
                             VALUES(value_int64((int64_t)i), value_int64(numbers[i]), value_double(reals[i]),
                                    value_text(texts[i]), value_bytes(bytes, i)),
                             &changed, &err),
            0);
        assert_int_equal(changed, 1);
        assert_int_equal(database_query(connection, &find, VALUES(value_int64((int64_t)i)), &err), 0);
        assert_int_equal(database_next(connection, &err), 1);
        assert_true(row_int64(connection, 0) == numbers[i]);
        double real = row_double(connection, 1);
        assert_memory_equal(&real, &reals[i], sizeof real);
        assert_string_equal(row_text(connection, 2), texts[i]);
        size_t size = 99;
        const void *stored = row_bytes(connection, 3, &size);
        assert_int_equal(size, i);
        assert_memory_equal(stored, bytes, i);
        assert_false(row_is_null(connection, 3));
        assert_string_equal(row_text(connection, 4), "$1 @integer"); /* quoted: left alone */
        assert_int_equal(database_next(connection, &err), 0);
    }
    assert_int_equal(
        database_execute(connection, &insert,
                         VALUES(value_int64(7), value_null(VALUE_INT64), value_null(VALUE_DOUBLE),
                                value_text(NULL), value_bytes(NULL, 0)),
                         NULL, &err),
        0);
    assert_int_equal(database_query(connection, &find, VALUES(value_int64(7)), &err), 0);
    assert_int_equal(database_next(connection, &err), 1);
    for (int column = 0; column < 4; column++)
        assert_true(row_is_null(connection, column));
    assert_true(row_int64(connection, 0) == 0 && row_double(connection, 1) == 0);
    assert_string_equal(row_text(connection, 2), "");
    database_give_back(connection);
}

static void test_returning_and_upsert(void **state)
{
    static const struct statement add = {.sql = "INSERT INTO counted (note) VALUES ($1) RETURNING id"};
    static const struct statement upsert = {
        .sql = "INSERT INTO thing (id, number) VALUES ($1, $2)"
               " ON CONFLICT (id) DO UPDATE SET number = thing.number + excluded.number"};
    struct fixture *fixture = *state;
    struct error err = {0};
    int64_t sum;
    struct connection *connection = fixture_borrow(fixture->database);
    for (int64_t i = 1; i <= 3; i++) {
        assert_int_equal(database_query(connection, &add, VALUES(value_text("x")), &err), 0);
        assert_int_equal(database_next(connection, &err), 1);
        assert_int_equal(row_int64(connection, 0), i);
    }
    for (int64_t i = 1; i <= 3; i++)
        assert_int_equal(
            database_execute(connection, &upsert, VALUES(value_int64(1), value_int64(i)), NULL, &err), 0);
    database_give_back(connection);
    assert_int_equal(things_of(fixture->database, &sum), 1);
    assert_int_equal(sum, 6);
}

static void test_errors_are_told_apart(void **state)
{
    static const struct statement wrong = {.sql = "SELECT nothing FROM nowhere"};
    struct fixture *fixture = *state;
    struct error err = {0};
    struct connection *connection = fixture_borrow(fixture->database);
    assert_int_equal(add_thing(connection, 1, 1, &err), 0);
    assert_int_equal(add_thing(connection, 1, 2, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    error_clear(&err);
    assert_int_equal(database_query(connection, &wrong, NO_VALUES, &err), -1);
    assert_int_equal(err.code, ERROR_INTERNAL);
    assert_null(strstr(err.message, "nowhere")); /* the library's words are in the log alone */
    error_clear(&err);
    assert_int_equal(database_run(connection, "CREATE TABLE x (y @nothing)", &err), -1);
    assert_int_equal(err.code, ERROR_INTERNAL);
    error_clear(&err);
    assert_int_equal(add_thing(connection, 2, 2, &err), 0); /* the connection is as good as before */
    database_give_back(connection);
}

/* ---- Transactions ---- */

struct work {
    int64_t first;
    int result; /* of the work, when its statements went well */
    int calls;
};

static int add_two(struct connection *connection, void *context, struct error *err)
{
    struct work *work = context;
    work->calls++;
    if (add_thing(connection, work->first, 1, err) || add_thing(connection, work->first + 1, 1, err))
        return -1;
    return work->result ? error_set(err, ERROR_INVALID, "as wished") : 0;
}

static void test_transactions_are_whole_or_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct work works[] = {
        {1, 0, 0}, {3, -1, 0}, {2, 0, 0}, {5, 0, 0}}; /* the third meets a key of the first */
    static const enum error_code codes[] = {ERROR_NONE, ERROR_INVALID, ERROR_CONFLICT, ERROR_NONE};
    for (size_t i = 0; i < 4; i++) {
        struct error err = {0};
        assert_int_equal(database_transaction(fixture->database, add_two, &works[i], &err),
                         codes[i] == ERROR_NONE ? 0 : -1);
        assert_int_equal(err.code, codes[i]);
        assert_int_equal(works[i].calls, 1);
    }
    assert_int_equal(things_of(fixture->database, NULL), 4);
}

/* Reads, then writes what it read plus one: loses steps unless one is alone. */
static int step_counter(struct connection *connection, void *context, struct error *err)
{
    (void)context;
    if (database_lock(connection, LOCK_DECISIONS, err) ||
        database_query(connection, &find, VALUES(value_int64(1)), err) || database_next(connection, err) != 1)
        return -1;
    int64_t number = row_int64(connection, 0);
    return database_execute(connection, &raise_number, VALUES(value_int64(number + 1), value_int64(1)), NULL,
                            err);
}

enum { STEPPERS = 3, STEPS = 40 };

static void *step_often(void *context)
{
    struct error err = {0};
    for (int i = 0; i < STEPS; i++)
        if (database_transaction(context, step_counter, NULL, &err))
            return context;
    return NULL;
}

static void test_a_locked_transaction_is_alone(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[STEPPERS];
    struct error err = {0};
    int64_t sum;
    struct connection *connection = fixture_borrow(fixture->database);
    assert_int_equal(add_thing(connection, 1, 0, &err), 0);
    database_give_back(connection);
    for (int i = 0; i < STEPPERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, step_often, fixture->database), 0);
    for (int i = 0; i < STEPPERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    things_of(fixture->database, &sum);
    assert_int_equal(sum, STEPPERS * STEPS);
}

/* ---- The pool ---- */

static void *borrow_later(void *context)
{
    struct connection *connection = NULL;
    int status = database_borrow(&connection, context, NULL);
    database_give_back(connection);
    return status ? context : NULL;
}

static void test_an_exhausted_pool_says_so_in_time(void **state)
{
    struct fixture *fixture = *state;
    struct connection *lent[3], *none = NULL;
    struct error err = {0};
    pthread_t waiting;
    void *failed;
    for (int i = 0; i < 3; i++)
        lent[i] = fixture_borrow(fixture->database);
    assert_int_equal(database_borrow(&none, fixture->database, &err), -1);
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "all in use"));
    assert_int_equal(pthread_create(&waiting, NULL, borrow_later, fixture->database), 0);
    for (int i = 0; i < 3; i++)
        database_give_back(lent[i]);
    pthread_join(waiting, &failed);
    assert_null(failed);
    database_give_back(NULL);
}

/* ---- Many rows ---- */

enum { MANY = 20000 };

struct many {
    int64_t first;
    bool stop; /* before the end */
};

static int add_many(struct connection *connection, void *context, struct error *err)
{
    const struct many *many = context;
    if (database_bulk_begin(connection, &things, err))
        return -1;
    for (int64_t id = many->first; id < many->first + MANY; id++)
        if (database_bulk_row(connection,
                              VALUES(value_int64(id), id % 2 ? value_int64(id) : value_null(VALUE_INT64),
                                     value_double(0.5), value_text("é"), value_bytes("\0", 1)),
                              err))
            return -1;
    return many->stop ? error_set(err, ERROR_INVALID, "enough") : database_bulk_end(connection, err);
}

static void test_bulk_and_streaming(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    int64_t sum;
    struct many many[] = {
        {1, true}, {1, false}, {MANY, false}}; /* given up, whole, with a key that is there */
    assert_int_equal(database_transaction(fixture->database, add_many, &many[0], &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    error_clear(&err);
    assert_int_equal(things_of(fixture->database, NULL), 0);
    assert_int_equal(database_transaction(fixture->database, add_many, &many[1], &err), 0);
    assert_int_equal(things_of(fixture->database, &sum), MANY);
    assert_int_equal(sum, (int64_t)MANY / 2 * (MANY / 2));
    assert_int_equal(database_transaction(fixture->database, add_many, &many[2], &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    error_clear(&err);
    assert_int_equal(things_of(fixture->database, NULL), MANY);

    struct connection *connection = fixture_borrow(fixture->database);
    int64_t seen = 0;
    int more;
    assert_int_equal(database_query(connection, &all_things, NO_VALUES, &err), 0);
    while ((more = database_next(connection, &err)) == 1) {
        seen++;
        assert_int_equal(row_int64(connection, 0), seen);
        assert_true(row_is_null(connection, 1) == (seen % 2 == 0));
    }
    assert_int_equal(more, 0);
    assert_int_equal(seen, MANY);
    for (int i = 0; i < 2; i++) { /* left in the middle, by the next statement and by giving back */
        assert_int_equal(database_query(connection, &all_things, NO_VALUES, &err), 0);
        assert_int_equal(database_next(connection, &err), 1);
    }
    database_give_back(connection);
    assert_int_equal(things_of(fixture->database, NULL), MANY);
}

/* ---- Locks and migrations ---- */

static void test_a_lock_ends_with_its_process(void **state)
{
    struct fixture *fixture = *state;
    struct database_lock *lock = NULL, *other = NULL;
    struct error err = {0};
    int told[2], result;
    char byte;
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        struct database *database = NULL;
        bool taken = database_open(&database, fixture->place.url, 1, &err) == 0 &&
                     database_lock_take(&lock, database, LOCK_IMPORT, &err) == 0;
        if (write(told[1], taken ? "y" : "n", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(told[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(told[0]);
    close(told[1]);
    assert_int_equal(database_lock_take(&lock, fixture->database, LOCK_IMPORT, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    error_clear(&err);
    assert_int_equal(database_lock_take(&other, fixture->database, LOCK_BATCHES, &err), 0); /* another name */
    database_lock_release(other);
    kill(child, SIGKILL);
    waitpid(child, &result, 0);
    assert_int_equal(database_lock_take(&lock, fixture->database, LOCK_IMPORT, &err), 0);
    assert_true(database_lock_is_held(lock));
    database_lock_release(lock);
    database_lock_release(NULL);
}

static int64_t number_of(struct database *database, const struct statement *statement)
{
    struct error err = {0};
    struct connection *connection = fixture_borrow(database);
    assert_int_equal(database_query(connection, statement, NO_VALUES, &err), 0);
    assert_int_equal(database_next(connection, &err), 1);
    int64_t number = row_int64(connection, 0);
    database_give_back(connection);
    return number;
}

static const struct statement versions = {.sql = "SELECT count(*) FROM schema_version"};
static const struct statement last_version = {.sql = "SELECT max(version) FROM schema_version"};

static void test_processes_that_migrate_at_once(void **state)
{
    enum { PROCESSES = 6 };
    struct test_database place;
    struct database *database = NULL;
    struct error err = {0};
    pid_t children[PROCESSES];
    (void)state;
    test_database_make(&place, on_postgres);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(database_open(&database, place.url, 1, &err) ? 1 : 0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int result;
        waitpid(children[i], &result, 0);
        assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    }
    assert_int_equal(database_open(&database, place.url, 1, &err), 0);
    assert_true(number_of(database, &versions) >= 1);
    assert_int_equal(number_of(database, &versions), number_of(database, &last_version));
    database_close(database);
    test_database_remove(&place);
}

static void test_a_newer_schema_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct database *other = NULL;
    struct error err = {0};
    struct connection *connection = fixture_borrow(fixture->database);
    assert_int_equal(
        database_run(connection, "INSERT INTO schema_version VALUES (999, 'of tomorrow', 0)", &err), 0);
    database_give_back(connection);
    assert_int_equal(database_open(&other, fixture->place.url, 1, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
    assert_non_null(strstr(err.message, "newer Clairscore (schema 999"));
}

/* A file of the time before there were versions in a table. */
static void test_an_early_file_is_taken_over(void **state)
{
    static const char early[] =
        "CREATE TABLE population (id INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('loading', "
        "'current',"
        " 'previous')), source TEXT NOT NULL, catalogue TEXT NOT NULL, model TEXT NOT NULL, client_count "
        "INTEGER NOT"
        " NULL DEFAULT 0, begun TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))) STRICT;"
        "CREATE UNIQUE INDEX population_current ON population (state) WHERE state = 'current';"
        "CREATE TABLE client (population INTEGER NOT NULL REFERENCES population (id), id INTEGER NOT NULL, "
        "outcome"
        " INTEGER CHECK (outcome IN (0, 1)), margin REAL NOT NULL, features BLOB NOT NULL, PRIMARY KEY "
        "(population,"
        " id)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE client_detail (population INTEGER NOT NULL REFERENCES population (id), id INTEGER NOT "
        "NULL,"
        " application BLOB NOT NULL, history BLOB, PRIMARY KEY (population, id)) STRICT, WITHOUT ROWID;"
        "INSERT INTO population (state, source, catalogue, model) VALUES ('current', 's', 'c', 'm');"
        "PRAGMA user_version = 1";
    static const struct statement populations = {.sql = "SELECT count(*) FROM population WHERE source = 's'"};
    char folder[TEMPORARY_FOLDER], url[TEMPORARY_FOLDER + 32];
    struct database *database = NULL;
    struct error err = {0};
    sqlite3 *file = NULL;
    (void)state;
    temporary_folder_make(folder);
    snprintf(url, sizeof url, "sqlite:%s/early.db", folder);
    assert_int_equal(sqlite3_open(url + strlen("sqlite:"), &file), SQLITE_OK);
    assert_int_equal(sqlite3_exec(file, early, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(file);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(database_open(&database, url, 1, &err), 0);
        assert_int_equal(number_of(database, &populations), 1);
        assert_int_equal(number_of(database, &versions), number_of(database, &last_version));
        database_close(database);
    }
    temporary_folder_remove(folder);
}

/* ---- Addresses ---- */

static void test_a_password_is_never_shown(void **state)
{
    static const char *const wrong[] = {"postgres://user:geheim@[::1]x/db", "postgres://user:geheim@[::1/db",
                                        "postgres://user:geheim@host/db?nonsense=1",
                                        "postgres://u:geheim@h/%zz"};
    struct error err;
    struct database *database = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        err = (struct error){0};
        assert_int_equal(database_open(&database, wrong[i], 1, &err), -1);
        assert_int_equal(err.code, ERROR_INVALID);
        assert_null(strstr(err.message, "geheim"));
    }
    err = (struct error){0};
    assert_int_equal(database_open(&database, "postgresql://user:geheim@127.0.0.1:1/db", 1, &err), -1);
    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_null(strstr(err.message, "geheim"));
    assert_non_null(strstr(err.message, "postgres://127.0.0.1:1/db"));
}

int main(void)
{
#define KEPT(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_remove)
    const struct CMUnitTest both[] = {
        KEPT(test_values_come_back_as_they_went), KEPT(test_returning_and_upsert),
        KEPT(test_errors_are_told_apart),         KEPT(test_transactions_are_whole_or_nothing),
        KEPT(test_a_locked_transaction_is_alone), KEPT(test_bulk_and_streaming),
        KEPT(test_a_lock_ends_with_its_process),  cmocka_unit_test(test_processes_that_migrate_at_once),
        KEPT(test_a_newer_schema_is_refused),
    };
    const struct CMUnitTest alone[] = {
        KEPT(test_an_exhausted_pool_says_so_in_time),
        cmocka_unit_test(test_an_early_file_is_taken_over),
        cmocka_unit_test(test_a_password_is_never_shown),
    };
    int failures = cmocka_run_group_tests_name("database, SQLite", both, NULL, NULL);
    failures += cmocka_run_group_tests_name("database, either", alone, NULL, NULL);
    on_postgres = test_postgres() != NULL;
    return on_postgres ? failures + cmocka_run_group_tests_name("database, PostgreSQL", both, NULL, NULL)
                       : failures;
}
