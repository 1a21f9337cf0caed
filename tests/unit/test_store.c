/* The client store on both databases: imports that are interrupted, replaced, wrong, concurrent; reading;
 * rescoring. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
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
#include "backend/store/store.h"
#include "tests/support/database.h"

enum { FEATURES = 3, COLUMNS = 2 };

struct fixture {
    struct test_database database;
    const char *url;
    struct store *store;
};

static bool on_postgres; /* which database the tests run on now */

static const struct store_origin FIRST = {"source-1", "catalogue-1", "model-1"};
static const struct store_origin SECOND = {"source-2", "catalogue-1", "model-1"};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error err = {0};
    test_database_make(&fixture->database, on_postgres);
    fixture->url = fixture->database.url;
    assert_int_equal(store_open(&fixture->store, fixture->url, 2, &err), 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    store_close(fixture->store);
    test_database_remove(&fixture->database);
    free(fixture);
    return 0;
}

/* A client whose every value follows from its id. */
static void add(struct store *store, struct store_population *population, int64_t first, size_t count,
                int result)
{
    struct store_client clients[8];
    float features[8][FEATURES];
    double application[8][COLUMNS];
    struct error err = {0};
    for (size_t i = 0; i < count; i++) {
        int64_t id = first + (int64_t)i;
        features[i][0] = (float)id;
        features[i][1] = NAN;
        features[i][2] = (float)id / 2;
        application[i][0] = (double)id;
        application[i][1] = NAN;
        clients[i] = (struct store_client){.id = id,
                                           .outcome = (int)(id % 3) - 1,
                                           .margin = -(double)id,
                                           .features = features[i],
                                           .feature_count = FEATURES,
                                           .application = application[i],
                                           .application_count = COLUMNS,
                                           .history = id % 2 ? &application[i][0] : NULL,
                                           .history_bytes = sizeof(double)};
    }
    assert_int_equal(store_import_add(store, population, clients, count, &err), result);
}

struct seen {
    size_t count;
    int64_t last;
    double margins;
};

static int see(void *context, const struct store_client *client, struct error *err)
{
    struct seen *seen = context;
    (void)err;
    assert_true(seen->count == 0 || client->id > seen->last);
    assert_int_equal(client->feature_count, FEATURES);
    assert_true(client->features[0] == (float)client->id && isnan(client->features[1]));
    assert_int_equal(client->outcome, (int)(client->id % 3) - 1);
    seen->last = client->id;
    seen->margins += client->margin;
    seen->count++;
    return 0;
}

static struct seen scan(struct store *store, int64_t population)
{
    const struct store_scan everybody = {.population = population, .limit = STORE_ALL};
    struct seen seen = {0};
    struct error err = {0};
    assert_int_equal(store_scan(store, &everybody, see, &seen, &err), 0);
    return seen;
}

struct listed {
    int64_t ids[10];
    size_t count;
};

static int list_id(void *context, const struct store_client *client, struct error *err)
{
    struct listed *listed = context;
    (void)err;
    assert_true(listed->count < sizeof listed->ids / sizeof *listed->ids);
    listed->ids[listed->count++] = client->id;
    return 0;
}

static void test_empty_store_says_what_to_do(void **state)
{
    struct fixture *fixture = *state;
    struct store_population current;
    struct error err = {0};
    assert_int_equal(store_current(fixture->store, &current, &err), -1);
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "build/import"));
}

static void test_import_and_read(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_population population, current;
    struct error err = {0};
    assert_int_equal(store_import_begin(store, &FIRST, &population, &err), 0);
    add(store, &population, 105, 5, 0);
    add(store, &population, 100, 5, 0);
    assert_int_equal(store_current(store, &current, &err), -1); /* not before it is finished */
    error_clear(&err);
    assert_int_equal(store_import_finish(store, &population, &err), 0);
    assert_int_equal(store_current(store, &current, &err), 0);
    assert_int_equal(current.rows, 10);
    assert_memory_equal(&current.origin.source, FIRST.source, sizeof "source-1");
    assert_int_equal(scan(store, current.id).count, 10);

    const int64_t ids[] = {100, 101, 102, 109, 108, 107};
    struct listed listed = {0};
    struct store_scan some = {.population = current.id, .limit = 3};
    assert_int_equal(store_scan(store, &some, list_id, &listed, &err), 0);
    some.backwards = true;
    assert_int_equal(store_scan(store, &some, list_id, &listed, &err), 0);
    some.limit = 0;
    assert_int_equal(store_scan(store, &some, list_id, &listed, &err), 0);
    assert_int_equal(listed.count, sizeof ids / sizeof *ids);
    assert_memory_equal(listed.ids, ids, sizeof ids);

    double application[COLUMNS], history;
    bool known;
    assert_int_equal(
        store_read(store, current.id, 103, application, COLUMNS, &history, sizeof history, &known, &err), 0);
    assert_true(application[0] == 103 && isnan(application[1]) && known && history == 103);
    assert_int_equal(
        store_read(store, current.id, 104, application, COLUMNS, &history, sizeof history, &known, &err), 0);
    assert_false(known);
    assert_int_equal(
        store_read(store, current.id, 99, application, COLUMNS, &history, sizeof history, &known, &err), -1);
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    error_clear(&err);
    assert_int_equal(
        store_read(store, current.id, 103, application, 1, &history, sizeof history, &known, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
}

static void test_interrupted_import_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct store_population population, resumed;
    struct error err = {0};
    assert_int_equal(store_import_begin(fixture->store, &FIRST, &population, &err), 0);
    add(fixture->store, &population, 1, 8, 0);
    store_close(fixture->store);
    assert_int_equal(store_open(&fixture->store, fixture->url, 1, &err), 0);
    assert_int_equal(store_import_begin(fixture->store, &FIRST, &resumed, &err), 0);
    assert_int_equal(resumed.id, population.id);
    assert_int_equal(resumed.rows, 8);
    add(fixture->store, &resumed, 9, 2, 0);
    assert_int_equal(store_import_finish(fixture->store, &resumed, &err), 0);
    assert_int_equal(scan(fixture->store, resumed.id).count, 10);
}

static void test_killed_import_loses_nothing_and_doubles_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    store_close(fixture->store);
    fixture->store = NULL;
    for (int round = 0; round < 4; round++) {
        pid_t child = fork();
        if (child == 0) {
            struct store *store = NULL;
            struct store_population population;
            if (store_open(&store, fixture->url, 1, &err) ||
                store_import_begin(store, &FIRST, &population, &err))
                _exit(1);
            for (;;) /* until killed */
                add(store, &population, 1 + (int64_t)population.rows, 8, 0);
        }
        usleep(60000);
        kill(child, SIGKILL);
        int result;
        waitpid(child, &result, 0);
        assert_true(WIFSIGNALED(result));
    }
    struct store_population population;
    assert_int_equal(store_open(&fixture->store, fixture->url, 1, &err), 0);
    assert_int_equal(store_import_begin(fixture->store, &FIRST, &population, &err), 0);
    assert_true(population.rows > 0);
    struct seen seen = scan(fixture->store, population.id);
    assert_int_equal(seen.count, population.rows);
    assert_int_equal(seen.last, population.rows);
}

static void test_other_source_replaces_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_population first, second, third, current;
    struct error err = {0};
    assert_int_equal(store_import_begin(store, &FIRST, &first, &err), 0);
    add(store, &first, 1, 3, 0);
    assert_int_equal(store_import_finish(store, &first, &err), 0);
    assert_int_equal(store_import_begin(store, &SECOND, &second, &err), 0);
    add(store, &second, 1, 2, 0);
    assert_int_equal(store_current(store, &current, &err), 0);
    assert_int_equal(current.id, first.id); /* the old one is visible until the new one is whole */
    assert_int_equal(store_import_finish(store, &second, &err), 0);
    assert_int_equal(store_current(store, &current, &err), 0);
    assert_int_equal(current.id, second.id);
    assert_int_equal(scan(store, first.id).count, 3); /* for servers that still show it */
    assert_int_equal(store_import_begin(store, &FIRST, &third, &err), 0);
    assert_int_equal(scan(store, first.id).count, 0);
    assert_int_equal(store_import_drop(store, &third, &err), 0);
    assert_int_equal(store_current(store, &current, &err), 0);
    assert_int_equal(current.id, second.id);
    assert_int_equal(store_import_finish(store, &third, &err), -1);
    assert_int_equal(store_current(store, &current, &err), 0);
}

static void test_duplicate_client_is_named_and_batch_undone(void **state)
{
    struct fixture *fixture = *state;
    struct store_population population;
    struct store_client client = {
        .id = 2, .features = (float[]){1}, .feature_count = 1, .application_count = 1};
    double value = 0;
    client.application = &value;
    struct store_client both[2] = {client, client};
    both[0].id = 50;
    struct error err = {0};
    assert_int_equal(store_import_begin(fixture->store, &FIRST, &population, &err), 0);
    add(fixture->store, &population, 1, 3, 0);
    assert_int_equal(store_import_add(fixture->store, &population, both, 2, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    assert_non_null(strstr(err.message, "SK_ID_CURR: 2"));
    assert_int_equal(scan(fixture->store, population.id).count, 3);
    assert_int_equal(population.rows, 3);
}

static void test_one_import_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    struct store_population population;
    struct store *other = NULL;
    struct error err = {0};
    assert_int_equal(store_import_begin(fixture->store, &FIRST, &population, &err), 0);
    assert_int_equal(store_open(&other, fixture->url, 1, &err), 0);
    assert_int_equal(store_import_begin(other, &FIRST, &population, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    store_close(other);
}

static void test_rescoring(void **state)
{
    struct fixture *fixture = *state;
    struct store_population population, current;
    const double margins[] = {0.5, 0.25, 0.125};
    struct error err = {0};
    assert_int_equal(store_import_begin(fixture->store, &FIRST, &population, &err), 0);
    add(fixture->store, &population, 1, 3, 0);
    assert_int_equal(store_import_finish(fixture->store, &population, &err), 0);
    assert_int_equal(store_rescore(fixture->store, population.id, "model-2", margins, 2, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    error_clear(&err);
    assert_int_equal(store_rescore(fixture->store, population.id, "model-2", margins, 3, &err), 0);
    assert_true(scan(fixture->store, population.id).margins == 0.875);
    assert_int_equal(store_current(fixture->store, &current, &err), 0);
    assert_string_equal(current.origin.model, "model-2");
}

/* Another process took the import over while the database was away: what this one adds is refused, and does
 * not spoil the other's. */
static void test_import_that_was_taken_over_adds_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct store_population mine, theirs;
    struct error err = {0};
    assert_int_equal(store_import_begin(fixture->store, &FIRST, &mine, &err), 0);
    theirs = mine;
    add(fixture->store, &theirs, 1, 5, 0);
    add(fixture->store, &mine, 6, 5, -1);
    assert_int_equal(mine.rows, 0);
    assert_int_equal(scan(fixture->store, mine.id).count, 5);
    add(fixture->store, &theirs, 6, 5, 0);
    assert_int_equal(store_import_finish(fixture->store, &theirs, &err), 0);
    assert_int_equal(scan(fixture->store, mine.id).count, 10);
}

static void *read_often(void *context)
{
    struct store *store = context;
    for (int i = 0; i < 200; i++) {
        double application[COLUMNS], history;
        bool known;
        struct error err = {0};
        assert_int_equal(
            store_read(store, 1, 1 + i % 8, application, COLUMNS, &history, sizeof history, &known, &err), 0);
        assert_true(application[0] == 1 + i % 8);
    }
    return NULL;
}

static void test_more_threads_than_connections(void **state)
{
    struct fixture *fixture = *state;
    struct store_population population;
    struct error err = {0};
    pthread_t threads[6];
    assert_int_equal(store_import_begin(fixture->store, &FIRST, &population, &err), 0);
    assert_int_equal(population.id, 1);
    add(fixture->store, &population, 1, 8, 0);
    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, read_often, fixture->store);
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
}

static void test_wrong_addresses(void **state)
{
    (void)state;
    static const char *const wrong[] = {"mysql://host/db", "sqlite:", "", "data/x.db"};
    struct store *store = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = {0};
        assert_int_equal(store_open(&store, wrong[i], 1, &err), -1);
        assert_int_equal(err.code, ERROR_INVALID);
        assert_non_null(strstr(err.message, "sqlite:PATH"));
    }
    char path[TEMPORARY_FOLDER], url[TEMPORARY_FOLDER + 16];
    snprintf(path, sizeof path, "/tmp/clairscore_test_file_XXXXXX");
    FILE *file = fdopen(mkstemp(path), "w");
    for (int i = 0; i < 100; i++)
        fputs("This is no database at all.\n", file);
    fclose(file);
    snprintf(url, sizeof url, "sqlite:%s", path);
    struct error err = {0};
    assert_int_equal(store_open(&store, url, 1, &err), -1);
    assert_null(store);
    assert_non_null(strstr(err.message, "is not a database"));
    unlink(path);
}

int main(void)
{
#define STORED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORED(test_empty_store_says_what_to_do),
        STORED(test_import_and_read),
        STORED(test_interrupted_import_goes_on),
        STORED(test_killed_import_loses_nothing_and_doubles_nothing),
        STORED(test_other_source_replaces_at_once),
        STORED(test_duplicate_client_is_named_and_batch_undone),
        STORED(test_one_import_at_a_time),
        STORED(test_import_that_was_taken_over_adds_nothing),
        STORED(test_rescoring),
        STORED(test_more_threads_than_connections),
        STORED(test_wrong_addresses),
    };
    int failures = cmocka_run_group_tests_name("store on SQLite", tests, NULL, NULL);
    on_postgres = test_postgres() != NULL;
    return on_postgres ? failures + cmocka_run_group_tests_name("store on PostgreSQL", tests, NULL, NULL)
                       : failures;
}
