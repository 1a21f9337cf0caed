/* Batches below the API, on both databases: each chunk is scored once whoever dies, files of garbage are cut
 * and read alike, and nothing stays behind. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/batches/chunk_scoring.h"
#include "backend/batches/intake.h"
#include "backend/batches/spool.h"
#include "backend/store/batches.h"
#include "shared/base/log.h"
#include "tests/support/database_fixture.h"

enum { CHUNKS = 60, THREADS = 4, ROWS_OF_CHUNK = 7, GARBAGE_BYTES = 60000, GARBAGE_FILES = 24 };

static const char A[] = "process-a", B[] = "process-b";

static bool on_postgres; /* which database the tests run on now */

static int set_up(void **state)
{
    return fixture_make(state, on_postgres, THREADS);
}

static struct batch make_batch(int number)
{
    struct batch batch = {.bytes = 10};
    snprintf(batch.id, sizeof batch.id, "%032x", (unsigned)number);
    snprintf(batch.content, sizeof batch.content, "content-%d", number);
    return batch;
}

static struct batch add(struct database *database, int number, const char *process)
{
    struct error err = {0};
    struct batch batch = make_batch(number);
    assert_int_equal(batches_add(database, &batch, NULL, process, 1000, &err), 0);
    return batch;
}

static bool has_all(void *context, const char *id)
{
    (void)context;
    (void)id;
    return true;
}

static bool has_none(void *context, const char *id)
{
    (void)context;
    (void)id;
    return false;
}

static struct batch find(struct database *database, const char *id)
{
    struct batch batch;
    struct error err = {0};
    assert_int_equal(batches_find(database, &batch, id, &err), 0);
    return batch;
}

static int64_t run_count(struct database *database, const struct statement *statement)
{
    struct connection *connection = NULL;
    struct error err = {0};
    assert_int_equal(database_borrow(&connection, database, &err), 0);
    assert_int_equal(database_query(connection, statement, NO_VALUES, &err), 0);
    assert_int_equal(database_next(connection, &err), 1);
    int64_t count = row_int64(connection, 0);
    database_give_back(connection);
    return count;
}

/* As if so much time had passed that every lease is over. */
static void expire_leases(struct database *database, const char *sql)
{
    struct connection *connection = NULL;
    struct error err = {0};
    assert_int_equal(database_borrow(&connection, database, &err), 0);
    assert_int_equal(database_run(connection, sql, &err), 0);
    database_give_back(connection);
}
static const char expire_chunks[] = "UPDATE batch_chunk SET lease = 0";
static const char expire_batches[] = "UPDATE batch SET lease = 1";

static int add_chunk(struct database *database, int64_t batch, int64_t number, const char *process)
{
    static const char input[] = "input";
    struct error err = {0};
    const struct batch_chunk chunk = {.batch = batch,
                                      .number = number,
                                      .first_line = 2 + number * ROWS_OF_CHUNK,
                                      .rows = ROWS_OF_CHUNK,
                                      .input = input,
                                      .input_bytes = sizeof input};
    return batches_add_chunk(database, &chunk, process, &err);
}

static int finish(struct database *database, const struct batch_chunk *chunk, const char *process,
                  bool *ended)
{
    char result[64];
    struct error err = {0};
    int length = snprintf(result, sizeof result, "%lld", (long long)chunk->number);
    return batches_finish_chunk(database, chunk, process, chunk->number % 2, chunk->number % 2 ? "[]" : NULL,
                                result, (size_t)length, ended, &err);
}

/* ---- The store ---- */

static void test_keys_and_the_limit(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    struct batch first = make_batch(1), again = make_batch(2), third = make_batch(3), fourth = make_batch(4);
    assert_int_equal(batches_add(fixture->database, &first, "key", A, 2, &err), 0);
    assert_int_equal(batches_add(fixture->database, &again, "key", A, 2, &err), 1);
    assert_string_equal(again.id, first.id);
    assert_string_equal(again.content, first.content);
    assert_int_equal(batches_add(fixture->database, &third, NULL, A, 2, &err), 0);
    assert_int_equal(batches_add(fixture->database, &fourth, NULL, A, 2, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    error_clear(&err);
    again = make_batch(2);
    assert_int_equal(batches_add(fixture->database, &again, "key", A, 2, &err), 1);
    assert_int_equal(batches_cancel(fixture->database, third.id, &err), 0);
    assert_int_equal(batches_cancel(fixture->database, third.id, &err), 0);
    assert_int_equal(batches_add(fixture->database, &fourth, NULL, A, 2, &err), 0);
    assert_int_equal(batches_cancel(fixture->database, "none", &err), -1);
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void test_one_process_cuts_a_batch(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = fixture->database;
    struct error err = {0};
    struct batch batch = add(database, 1, A), taken;
    assert_int_equal(batches_take_intake(database, &taken, B, has_all, NULL, &err), 0);
    assert_int_equal(batches_take_intake(database, &taken, A, has_none, NULL, &err), 0);
    assert_int_equal(batches_take_intake(database, &taken, A, has_all, NULL, &err), 1);
    assert_int_equal(taken.number, batch.number);
    assert_int_equal(add_chunk(database, batch.number, 0, A), 0);
    assert_int_equal(find(database, batch.id).state, BATCH_RUNNING);
    /* A chunk is added once, and in order. */
    assert_int_equal(add_chunk(database, batch.number, 0, A), 1);
    assert_int_equal(add_chunk(database, batch.number, 2, A), 1);

    expire_leases(database, expire_batches);
    assert_int_equal(batches_take_intake(database, &taken, B, has_all, NULL, &err), 1);
    assert_int_equal(taken.chunks, 1);
    assert_int_equal(add_chunk(database, batch.number, 1, A), 1);
    assert_int_equal(add_chunk(database, batch.number, 1, B), 0);
    assert_int_equal(batches_end_intake(database, batch.number, 14, A, &err), 1);
    assert_int_equal(batches_end_intake(database, batch.number, 14, B, &err), 0);
    assert_int_equal(batches_take_intake(database, &taken, B, has_all, NULL, &err), 0);
    assert_int_equal(find(database, batch.id).total, 14);
}

static void test_a_lost_chunk_is_taken_over_and_counts_once(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = fixture->database;
    struct error err = {0};
    struct batch batch = add(database, 1, A), taken;
    struct batch_chunk slow, next;
    bool ended = false;
    batches_take_intake(database, &taken, A, has_all, NULL, &err);
    add_chunk(database, batch.number, 0, A);
    assert_int_equal(batches_end_intake(database, batch.number, 7, A, &err), 0);
    assert_int_equal(batches_take_chunk(database, &slow, A, &err), 1);
    assert_int_equal(slow.rows, ROWS_OF_CHUNK);
    assert_string_equal((const char *)slow.input, "input");
    assert_int_equal(batches_take_chunk(database, &next, B, &err), 0);
    assert_int_equal(batches_renew(database, A, &err), 0);
    expire_leases(database, expire_chunks);
    assert_int_equal(batches_take_chunk(database, &next, B, &err), 1);
    assert_int_equal(finish(database, &slow, A, &ended), 1);
    assert_int_equal(find(database, batch.id).done, 0);
    assert_int_equal(finish(database, &next, B, &ended), 0);
    assert_true(ended);
    assert_int_equal(finish(database, &next, B, &ended), 1);
    batch = find(database, batch.id);
    assert_int_equal(batch.state, BATCH_DONE);
    assert_int_equal(batch.done, ROWS_OF_CHUNK);
    batch_chunk_free(&slow);
    batch_chunk_free(&next);
    assert_int_equal(batches_cancel(database, batch.id, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
}

struct crew {
    struct database *database;
    atomic_int taken, forgotten;
    char name[THREADS][24];
    atomic_int hired;
};

/* Takes and finishes chunks; every fifth one is forgotten, as by a process that was killed. */
static void *work(void *context)
{
    struct crew *crew = context;
    const char *name = crew->name[atomic_fetch_add(&crew->hired, 1)];
    struct batch_chunk chunk;
    for (;;) {
        struct error err = {0};
        bool ended;
        int found = batches_take_chunk(crew->database, &chunk, name, &err);
        if (found == 0)
            return NULL;
        if (found < 0)
            continue;
        if (atomic_fetch_add(&crew->taken, 1) % 5 == 4)
            atomic_fetch_add(&crew->forgotten, 1);
        else
            finish(crew->database, &chunk, name, &ended);
        batch_chunk_free(&chunk);
    }
}

static void test_many_workers_score_each_chunk_once(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = fixture->database;
    struct error err = {0};
    struct batch batch = add(database, 1, A), taken;
    batches_take_intake(database, &taken, A, has_all, NULL, &err);
    for (int64_t i = 0; i < CHUNKS; i++)
        assert_int_equal(add_chunk(database, batch.number, i, A), 0);
    assert_int_equal(batches_end_intake(database, batch.number, CHUNKS * ROWS_OF_CHUNK, A, &err), 0);
    int forgotten = 0;
    for (int round = 0; round < 20 && find(database, batch.id).state == BATCH_RUNNING; round++) {
        struct crew crew = {.database = database};
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++)
            snprintf(crew.name[i], sizeof crew.name[i], "%d-%d", round, i);
        for (int i = 0; i < THREADS; i++)
            pthread_create(&threads[i], NULL, work, &crew);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        forgotten += atomic_load(&crew.forgotten);
        expire_leases(database, expire_chunks);
    }
    batch = find(database, batch.id);
    assert_true(forgotten > 0);
    assert_int_equal(batch.state, BATCH_DONE);
    assert_int_equal(batch.done, CHUNKS * ROWS_OF_CHUNK);
    assert_int_equal(batch.rejected, CHUNKS / 2);
    for (int64_t i = 0; i <= CHUNKS; i++) {
        char *text = NULL, expected[32];
        size_t size = 0;
        int found = batches_result(database, batch.number, i, &text, &size, &err);
        assert_int_equal(found, i < CHUNKS);
        snprintf(expected, sizeof expected, "%lld", (long long)i);
        if (found)
            assert_memory_equal(text, expected, size);
        free(text);
    }
    static const struct statement inputs = {.sql = "SELECT count(*) FROM batch_input"};
    assert_int_equal(run_count(database, &inputs), 0);
}

static void test_what_ended_is_cleaned(void **state)
{
    struct fixture *fixture = *state;
    struct database *database = fixture->database;
    static const struct statement all = {
        .sql = "SELECT (SELECT count(*) FROM batch) + (SELECT count(*) FROM batch_chunk) +"
               " (SELECT count(*) FROM batch_input) + (SELECT count(*) FROM batch_result)"};
    static const struct statement inputs = {.sql = "SELECT count(*) FROM batch_input"};
    struct error err = {0};
    struct batch taken;
    struct batch_chunk chunk;
    bool ended;
    const int64_t day_us = 86400LL * 1000000;
    for (int i = 0; i < 3; i++) {
        struct batch batch = add(database, i, A);
        batches_take_intake(database, &taken, A, has_all, NULL, &err);
        for (int64_t j = 0; j < 40; j++)
            add_chunk(database, batch.number, j, A);
        batches_take_chunk(database, &chunk, A, &err);
        assert_int_equal(finish(database, &chunk, A, &ended), 0);
        batch_chunk_free(&chunk);
        if (i == 0)
            batches_cancel(database, batch.id, &err);
        if (i == 1)
            batches_fail(database, batch.number, "why", &err);
    }
    /* The third is left by a replica that does not come back. */
    expire_leases(database, expire_batches);
    assert_int_equal(batches_clean(database, day_us, &err), 1);
    char id[BATCHES_ID];
    snprintf(id, sizeof id, "%032x", 2U);
    assert_int_equal(find(database, id).state, BATCH_FAILED);
    assert_int_equal(batches_take_chunk(database, &chunk, B, &err), 0);
    while (batches_clean(database, day_us, &err) == 1)
        ;
    assert_int_equal(run_count(database, &inputs), 0);
    assert_int_equal(run_count(database, &all), 3 + 3 * 40 + 3);
    while (batches_clean(database, -1000000, &err) == 1)
        ;
    assert_int_equal(run_count(database, &all), 0);
}

/* ---- Garbage ---- */

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 16;
}

/* A file of the right names and then of bytes that CSV and JSON care for. */
static void write_garbage(const char *path, bool ndjson, uint32_t seed)
{
    static const char letters[] = ",,\"\n\n\r\nab1{}: \xEF\xBB\xBF";
    const struct table_schema *schema = home_credit_schema(TABLE_APPLICATION);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; !ndjson && i < schema->column_count; i++)
        fprintf(file, "%s%s", i ? "," : "", schema->columns[i].name);
    if (!ndjson)
        fputs("\r\n", file);
    /* Quotes in some files only now and then: else all of it is one quoted field. */
    uint32_t quotes = seed % 3 == 0 ? 1 : 40;
    for (int i = 0; i < GARBAGE_BYTES; i++) {
        char letter = letters[next_random(&seed) % (sizeof letters - 1)];
        if (letter == '"' && next_random(&seed) % quotes != 0)
            letter = 'q';
        fputc(letter, file);
    }
    fclose(file);
}

/* Every row that was counted has a result, in the order of the lines. */
static void test_garbage_is_cut_and_read_alike(void **state)
{
    (void)state;
    char folder[TEMPORARY_FOLDER], path[PATH_MAX];
    struct config config;
    struct error err = {0};
    struct service *service = NULL;
    const atomic_bool never = false;
    temporary_folder_make(folder);
    assert_int_equal(config_read(&config, CONFIG_BACKEND, &err), 0);
    config.batch_workers = 0;
    snprintf(config.database_url, sizeof config.database_url, "sqlite:%s/store.db", folder);
    snprintf(config.batch_dir, sizeof config.batch_dir, "%s/batches", folder);
    snprintf(config.bind, sizeof config.bind, "127.0.0.1");
    assert_int_equal(service_start(&service, &config, &err), 0);
    struct database *database = store_database(service_store(service));
    int64_t total = 0;
    for (int i = 0; i < GARBAGE_FILES; i++) {
        struct batch batch = make_batch(i), taken;
        struct batch_chunk chunk;
        struct spool *spool = NULL;
        batch.ndjson = i % 4 == 3;
        assert_int_equal(spool_begin(&spool, config.batch_dir, batch.id, &err), 0);
        assert_int_equal(spool_commit(spool, &err), 0);
        assert_int_equal(spool_path(path, config.batch_dir, batch.id,
                                    batch.ndjson ? SPOOL_INSTANCES : SPOOL_APPLICATION, &err),
                         0);
        write_garbage(path, batch.ndjson, (uint32_t)i);
        assert_int_equal(batches_add(database, &batch, NULL, A, 100, &err), 0);
        assert_int_equal(batches_take_intake(database, &taken, A, has_all, NULL, &err), 1);
        assert_int_equal(intake_run(database, &config, &taken, A, &never, &err), 0);
        total += find(database, batch.id).total;
        int64_t line = 0;
        while (batches_take_chunk(database, &chunk, A, &err) == 1) {
            struct scored_chunk scored;
            bool ended;
            assert_int_equal(chunk_score(&scored, service, &chunk, &err), 0);
            const char *at = scored.result.data;
            for (int64_t row = 0; row < chunk.rows; row++) {
                long long here = strtoll(at + strlen("{\"line\":"), NULL, 10);
                assert_true(here > line);
                line = here;
                at = strchr(at, '\n') + 1;
            }
            assert_ptr_equal(at, scored.result.data + scored.result.length);
            assert_int_equal(batches_finish_chunk(database, &chunk, A, scored.rejected, scored.errors,
                                                  scored.result.data, scored.result.length, &ended, &err),
                             0);
            scored_chunk_free(&scored);
            batch_chunk_free(&chunk);
        }
        struct batch done = find(database, batch.id);
        assert_int_equal(done.state, BATCH_DONE);
        assert_int_equal(done.done, done.total);
    }
    assert_true(total > 10000);
    service_stop(service);
    temporary_folder_remove(folder);
}

static enum spool_use call_it_useless(void *context, const char *id)
{
    (void)context;
    (void)id;
    return SPOOL_USELESS;
}

static void test_spools(void **state)
{
    (void)state;
    char folder[TEMPORARY_FOLDER], path[PATH_MAX];
    struct error err = {0};
    struct spool *spool = NULL;
    struct batch batch = make_batch(1);
    temporary_folder_make(folder);
    assert_int_equal(spool_begin(&spool, folder, batch.id, &err), 0);
    assert_int_equal(spool_open(spool, "a.csv", &err), 0);
    assert_int_equal(spool_write(spool, "abc", 3, &err), 0);
    assert_false(spool_has(folder, batch.id));
    spool_sweep(folder, call_it_useless, NULL); /* not whole, but being written */
    assert_int_equal(access(spool_folder(spool), F_OK), 0);
    assert_int_equal(spool_commit(spool, &err), 0);
    assert_true(spool_has(folder, batch.id));
    assert_int_equal(spool_path(path, folder, batch.id, "a.csv", &err), 0);
    assert_int_equal(access(path, R_OK), 0);
    assert_string_equal(spool_message(path, folder) + strlen(batch.id), "/a.csv");
    assert_string_equal(spool_message("other/a.csv:1: x", folder), "other/a.csv:1: x");
    spool_sweep(folder, call_it_useless, NULL);
    assert_false(spool_has(folder, batch.id));

    assert_int_equal(spool_begin(&spool, folder, batch.id, &err), 0);
    snprintf(path, sizeof path, "%s", spool_folder(spool));
    spool_abandon(spool);
    assert_int_equal(access(path, F_OK), -1);
    temporary_folder_remove(folder);
}

int main(void)
{
#define STORED(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_remove)
    const struct CMUnitTest tests[] = {
        STORED(test_keys_and_the_limit),
        STORED(test_one_process_cuts_a_batch),
        STORED(test_a_lost_chunk_is_taken_over_and_counts_once),
        STORED(test_many_workers_score_each_chunk_once),
        STORED(test_what_ended_is_cleaned),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(test_spools),
        cmocka_unit_test(test_garbage_is_cut_and_read_alike),
    };
    log_set_level(LOG_ERROR);
    int failures = cmocka_run_group_tests_name("batches", alone, NULL, NULL) +
                   cmocka_run_group_tests_name("batches on SQLite", tests, NULL, NULL);
    on_postgres = test_postgres() != NULL;
    return on_postgres ? failures + cmocka_run_group_tests_name("batches on PostgreSQL", tests, NULL, NULL)
                       : failures;
}
