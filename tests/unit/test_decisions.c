/* The audit trail on both databases: recording, repeating, outdated views, lists, many writers, and that
 * every change of a row is found. */
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

#include "backend/store/decisions.h"
#include "shared/base/instant.h"
#include "tests/support/database_fixture.h"

static bool on_postgres; /* which database the tests run on now */

static int set_up(void **state)
{
    return fixture_make(state, on_postgres, 3);
}

static struct decision draft(int64_t client)
{
    return (struct decision){.identity = "setting:API_KEY",
                             .advisor = "m.durand",
                             .client = client,
                             .input_hash = "input",
                             .model_name = "clairscore",
                             .model_version = "demo",
                             .model_hash = "model",
                             .probability = 0.1 + 0.2,
                             .score = 518.4,
                             .threshold = 0.0909090909090909,
                             .proposed_refusal = true,
                             .refusal = client % 2 != 0,
                             .reasons_against = "EXT_SOURCE_2,AMT_CREDIT",
                             .motive = "Zoë a dit « oui »\n",
                             .request_id = "r"};
}

static enum decision_outcome ask(struct database *database, struct decision *decision,
                                 const struct decision_demand *demand, struct decision *latest)
{
    enum decision_outcome outcome;
    struct error err = {0};
    if (decisions_record(&outcome, database, decision, demand, latest, &err))
        fail_msg("%s", err.message);
    return outcome;
}

static struct decision record(struct database *database, int64_t client)
{
    struct decision decision = draft(client), latest;
    const struct decision_demand demand = {0};
    assert_int_equal(ask(database, &decision, &demand, &latest), DECISION_RECORDED);
    return decision;
}

static char *line_of(const struct decision *decision)
{
    struct error err = {0};
    struct buffer line = buffer_new(DECISION_LINE);
    assert_int_equal(decision_write(&line, decision, &err), 0);
    return buffer_take(&line);
}

static void assert_same(const struct decision *a, const struct decision *b)
{
    char *left = line_of(a), *right = line_of(b);
    assert_string_equal(left, right);
    free(left);
    free(right);
}

struct told {
    size_t count;
    char all[8192];
};

static void tell(void *context, const char *change)
{
    struct told *told = context;
    told->count++;
    strncat(told->all, change, sizeof told->all - strlen(told->all) - 1);
}

/* The number of changes that a check finds; `seen` (may be NULL) gets that of decisions. */
static size_t check(struct database *database, const struct anchor *anchor, struct told *told, uint64_t *seen)
{
    struct error err = {0};
    *told = (struct told){0};
    struct chain chain = chain_start(anchor, tell, told);
    assert_int_equal(decisions_check(database, &chain, &err), 0);
    assert_true(chain_end(&chain) == (told->count == 0));
    if (seen)
        *seen = chain.seen;
    return told->count;
}

static int run(struct database *database, const char *sql)
{
    struct error err = {0};
    struct connection *connection = NULL;
    assert_int_equal(database_borrow(&connection, database, &err), 0);
    int status = database_run(connection, sql, &err);
    database_give_back(connection);
    return status;
}

static void test_recorded_and_found(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    const int64_t before = database_now_us();
    struct decision first = record(fixture->database, 101), second = record(fixture->database, 101), found;
    assert_int_equal(first.id, 1);
    assert_int_equal(first.previous, 0);
    assert_string_equal(first.previous_hash, anchor_beginning().hash);
    assert_true(first.time >= before && first.time <= second.time && second.time <= database_now_us());
    assert_int_equal(second.id, 2);
    assert_int_equal(second.previous, 1);
    assert_string_equal(second.previous_hash, first.hash);
    assert_int_equal(record(fixture->database, 102).previous, 0);
    assert_int_equal(decisions_find(&found, fixture->database, 2, &err), 0);
    assert_same(&found, &second);
    assert_int_equal(decisions_find(&found, fixture->database, 4, &err), -1);
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    struct anchor last;
    assert_int_equal(decisions_last(&last, fixture->database, &err), 1);
    assert_int_equal(last.id, 3);
}

static void test_outdated_view_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct decision decision = draft(5), latest;
    struct decision_demand demand = {.expects_previous = true, .previous = 9};
    assert_int_equal(ask(fixture->database, &decision, &demand, &latest), DECISION_OUTDATED);
    assert_int_equal(latest.id, 0);
    demand.previous = 0;
    assert_int_equal(ask(fixture->database, &decision, &demand, &latest), DECISION_RECORDED);
    struct decision again = draft(5);
    assert_int_equal(ask(fixture->database, &again, &demand, &latest), DECISION_OUTDATED);
    assert_same(&latest, &decision);
    record(fixture->database, 6); /* another client's does not count */
    demand.previous = decision.id;
    assert_int_equal(ask(fixture->database, &again, &demand, &latest), DECISION_RECORDED);
    assert_int_equal(again.id, 3);
    assert_int_equal(again.previous, decision.id);
}

static void test_repeated_request(void **state)
{
    struct fixture *fixture = *state;
    struct decision first = draft(5), again = draft(5), other = draft(5), latest;
    struct decision_demand demand = {.key = "key", .body_hash = "body"};
    enum decision_outcome outcome;
    struct error err = {0};
    assert_int_equal(
        decisions_find_request(&outcome, &again, fixture->database, "setting:API_KEY", &demand, &err), 0);
    assert_int_equal(ask(fixture->database, &first, &demand, &latest), DECISION_RECORDED);
    demand.expects_previous = true; /* which was true the first time */
    assert_int_equal(ask(fixture->database, &again, &demand, &latest), DECISION_REPEATED);
    assert_same(&again, &first);
    assert_int_equal(
        decisions_find_request(&outcome, &again, fixture->database, "setting:API_KEY", &demand, &err), 1);
    assert_int_equal(outcome, DECISION_REPEATED);
    assert_same(&again, &first);
    demand.body_hash = "another body";
    assert_int_equal(ask(fixture->database, &other, &demand, &latest), DECISION_KEY_USED);
    snprintf(other.identity, sizeof other.identity, "another one"); /* keys are everybody's own */
    demand.expects_previous = false;
    assert_int_equal(ask(fixture->database, &other, &demand, &latest), DECISION_RECORDED);
    struct told told;
    uint64_t seen;
    assert_int_equal(check(fixture->database, NULL, &told, &seen), 0);
    assert_int_equal(seen, 2);
}

/* ---- Lists ---- */

struct collected {
    size_t count, stop_at;
    int64_t ids[64], times[64];
};

static int collect(void *context, const struct decision *decision, struct error *err)
{
    struct collected *collected = context;
    (void)err;
    collected->ids[collected->count] = decision->id;
    collected->times[collected->count++] = decision->time;
    return collected->count == collected->stop_at;
}

static void test_lists(void **state)
{
    struct fixture *fixture = *state;
    struct decision recorded[12];
    struct error err = {0};
    for (int i = 0; i < 12; i++)
        recorded[i] = record(fixture->database, 100 + i % 3);
    struct decision_filter all = {-1, INSTANT_FIRST, INSTANT_LAST}, one = {101, INSTANT_FIRST, INSTANT_LAST};
    struct collected collected = {0};
    const struct decision_visitor visitor = {collect, &collected};

    struct decision_cursor cursor = {0};
    for (int page = 0; page < 4; page++) { /* pages of three, the latest first */
        collected.count = 0;
        assert_int_equal(decisions_list(fixture->database, &all, page ? &cursor : NULL, 3, &visitor, &err),
                         0);
        assert_int_equal(collected.count, 3);
        for (int i = 0; i < 3; i++)
            assert_int_equal(collected.ids[i], 12 - 3 * page - i);
        cursor = (struct decision_cursor){collected.times[2], collected.ids[2]};
    }
    collected.count = 0;
    assert_int_equal(decisions_list(fixture->database, &all, &cursor, 3, &visitor, &err), 0);
    assert_int_equal(collected.count, 0);

    assert_int_equal(decisions_list(fixture->database, &one, NULL, 10, &visitor, &err), 0);
    assert_int_equal(collected.count, 4);
    assert_int_equal(collected.ids[0], 11);
    assert_int_equal(collected.ids[3], 2);

    all.from = recorded[3].time; /* itself */
    all.to = recorded[7].time;   /* not itself */
    collected.count = 0;
    assert_int_equal(decisions_list(fixture->database, &all, NULL, 20, &visitor, &err), 0);
    for (size_t i = 0; i < collected.count; i++)
        assert_true(collected.times[i] >= all.from && collected.times[i] < all.to);
    size_t expected = 0;
    for (int i = 0; i < 12; i++)
        expected += recorded[i].time >= all.from && recorded[i].time < all.to;
    assert_int_equal(collected.count, expected);

    collected.count = 0;
    assert_int_equal(decisions_export(fixture->database, &all, 0, 100, 20, &visitor, &err), 0);
    assert_int_equal(collected.count, expected);
    for (size_t i = 1; i < collected.count; i++)
        assert_true(collected.ids[i] > collected.ids[i - 1]);
    collected.count = 0;
    assert_int_equal(decisions_export(fixture->database, &one, 2, 8, 20, &visitor, &err), 0);
    assert_int_equal(collected.count, 2);
    assert_int_equal(collected.ids[0], 5);
    assert_int_equal(collected.ids[1], 8);
    collected = (struct collected){.stop_at = 1};
    assert_int_equal(decisions_export(fixture->database, &one, 0, 100, 20, &visitor, &err), 0);
    assert_int_equal(collected.count, 1);
}

/* ---- Many writers ---- */

enum { REPLICAS = 2, WRITERS = 3 /* of each */, EACH = 25 };

static void *write_often(void *context)
{
    for (int64_t i = 0; i < EACH; i++)
        record(context, i % 5);
    return NULL;
}

/* Every replica has a pool of its own, as other processes have. */
static void test_days_are_counted(void **state)
{
    struct fixture *fixture = *state;
    struct decision_day days[3];
    struct error err = {0};
    int64_t today = database_now_us() / 86400000000;
    for (int client = 100; client < 107;
         client++) /* a refusal is proposed; those with an even id are granted */
        record(fixture->database, client);
    days[0].day = today - 1; /* the last one is tomorrow: a test may begin before midnight */
    assert_int_equal(decisions_count_days(days, 3, fixture->database, &err), 0);
    struct decision_day sum = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(days[i].day, today - 1 + i);
        sum.granted += days[i].granted;
        sum.refused += days[i].refused;
        sum.granted_against += days[i].granted_against;
        sum.refused_against += days[i].refused_against;
    }
    assert_int_equal(sum.granted, 4);
    assert_int_equal(sum.refused, 3);
    assert_int_equal(sum.granted_against, 4);
    assert_int_equal(sum.refused_against, 0);
    assert_int_equal(days[0].granted + days[0].refused, 0);
    days[0].day = today - 10;
    assert_int_equal(decisions_count_days(days, 3, fixture->database, &err), 0);
    assert_int_equal(days[2].granted + days[2].refused, 0);
}

static void test_many_writers_keep_one_chain(void **state)
{
    struct fixture *fixture = *state;
    struct database *replicas[REPLICAS];
    pthread_t threads[REPLICAS * WRITERS];
    struct told told;
    struct error err = {0};
    uint64_t seen;
    for (int i = 0; i < REPLICAS; i++)
        assert_int_equal(database_open(&replicas[i], fixture->place.url, WRITERS, &err), 0);
    for (int i = 0; i < REPLICAS * WRITERS; i++)
        pthread_create(&threads[i], NULL, write_often, replicas[i % REPLICAS]);
    do /* a check meanwhile sees a chain too */
        assert_int_equal(check(fixture->database, NULL, &told, &seen), 0);
    while (seen < REPLICAS * WRITERS * EACH / 2);
    for (int i = 0; i < REPLICAS * WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(check(fixture->database, NULL, &told, &seen), 0);
    assert_int_equal(seen, REPLICAS * WRITERS * EACH);
    for (int i = 0; i < REPLICAS; i++)
        database_close(replicas[i]);
}

static void *see_and_write(void *context)
{
    struct fixture *fixture = context;
    uintptr_t recorded = 0;
    for (int i = 0; i < EACH; i++) {
        struct decision decision = draft(1), latest = {.id = 0};
        struct decision_demand demand = {.expects_previous = true, .previous = i};
        recorded += ask(fixture->database, &decision, &demand, &latest) == DECISION_RECORDED;
    }
    return (void *)recorded; /* NOLINT(performance-no-int-to-ptr): a number */
}

/* Of those who saw the same decision last one is recorded. */
static void test_one_of_those_who_saw_the_same(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[WRITERS];
    struct anchor last;
    struct error err = {0};
    uintptr_t recorded = 0;
    for (int i = 0; i < WRITERS; i++)
        pthread_create(&threads[i], NULL, see_and_write, fixture);
    for (int i = 0; i < WRITERS; i++) {
        void *count;
        pthread_join(threads[i], &count);
        recorded += (uintptr_t)count;
    }
    assert_int_equal(decisions_last(&last, fixture->database, &err), 1);
    assert_int_equal(last.id, (int64_t)recorded);
    assert_true(recorded > 0 && recorded <= EACH);
}

/* Killed at any moment, a writer leaves whole decisions and one chain. */
static void test_killed_writer(void **state)
{
    struct fixture *fixture = *state;
    struct told told;
    uint64_t seen = 0;
    struct error err = {0};
    database_close(fixture->database);
    fixture->database = NULL;
    for (int round = 0; round < 3; round++) {
        pid_t child = fork();
        if (child == 0) {
            struct database *database = NULL;
            if (database_open(&database, fixture->place.url, 1, &err))
                _exit(1);
            for (int64_t client = 0;; client++)
                record(database, client);
        }
        usleep(80000);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    assert_int_equal(database_open(&fixture->database, fixture->place.url, 3, &err), 0);
    assert_int_equal(check(fixture->database, NULL, &told, &seen), 0);
    assert_true(seen > 0);
    assert_int_equal(record(fixture->database, 1).id, (int64_t)seen + 1);
}

/* ---- Changes ---- */

static const char update[] = "UPDATE decision SET motive = 'x' WHERE id = 2";

static void test_database_refuses_changes(void **state)
{
    struct fixture *fixture = *state;
    struct told told;
    uint64_t seen;
    for (int i = 0; i < 3; i++)
        record(fixture->database, i);
    assert_int_equal(run(fixture->database, update), -1);
    assert_int_equal(run(fixture->database, "DELETE FROM decision WHERE id = 3"), -1);
    assert_int_equal(run(fixture->database, "DELETE FROM decision"), -1);
    if (on_postgres)
        assert_int_equal(run(fixture->database, "TRUNCATE decision CASCADE"), -1);
    assert_int_equal(check(fixture->database, NULL, &told, &seen), 0);
    assert_int_equal(seen, 3);
}

static void remove_triggers(struct database *database)
{
    assert_int_equal(run(database, on_postgres ? "DROP TRIGGER decision_append_only ON decision"
                                               : "DROP TRIGGER decision_not_changed;"
                                                 "DROP TRIGGER decision_not_removed"),
                     0);
}

/* Whoever removes the triggers: each column's change is found, and undone the trail is whole again. */
static void test_changed_rows_are_found(void **state)
{
    static const char *const changes[][2] = {
        {"recorded", "recorded + 1"},
        {"identity", "'someone'"},
        {"advisor", "''"},
        {"client", "client + 1"},
        {"input_hash", "'x'"},
        {"model_name", "'x'"},
        {"model_version", "'x'"},
        {"model_hash", "'x'"},
        {"probability", "probability + 0.0000000000000001"},
        {"score", "score + 0.0000000000002"},
        {"threshold", "0.5"},
        {"proposed", "'granted'"},
        {"reasons_against", "'AMT_CREDIT,EXT_SOURCE_2'"},
        {"reasons_for", "'X'"},
        {"decided", "'granted'"},
        {"motive", "motive || ' '"},
        {"previous", "1"},
        {"request_id", "''"},
        {"previous_hash", "'x'"},
        {"hash", "'x'"},
    };
    struct fixture *fixture = *state;
    struct told told;
    for (int i = 0; i < 4; i++)
        record(fixture->database, 101);
    remove_triggers(fixture->database);
    assert_int_equal(run(fixture->database, "CREATE TABLE kept AS SELECT * FROM decision"), 0);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char sql[256];
        snprintf(sql, sizeof sql, "UPDATE decision SET %s = %s WHERE id = 3", changes[i][0], changes[i][1]);
        assert_int_equal(run(fixture->database, sql), 0);
        if (check(fixture->database, NULL, &told, NULL) == 0)
            fail_msg("%s", sql);
        snprintf(sql, sizeof sql, "UPDATE decision SET %s = (SELECT %s FROM kept WHERE id = 3) WHERE id = 3",
                 changes[i][0], changes[i][0]);
        assert_int_equal(run(fixture->database, sql), 0);
        assert_int_equal(check(fixture->database, NULL, &told, NULL), 0);
    }
}

static void test_removed_rows_are_found(void **state)
{
    struct fixture *fixture = *state;
    struct told told;
    struct decision decision = draft(104), latest;
    const struct decision_demand demand = {.key = "key", .body_hash = "body"};
    for (int i = 1; i < 4; i++)
        record(fixture->database, 100 + i);
    assert_int_equal(ask(fixture->database, &decision, &demand, &latest), DECISION_RECORDED);
    struct anchor anchor = {.id = 4};
    memcpy(anchor.hash, decision.hash, sizeof anchor.hash);
    assert_int_equal(check(fixture->database, &anchor, &told, NULL), 0);
    remove_triggers(fixture->database);
    assert_int_equal(run(fixture->database, "DELETE FROM decision WHERE id = 2"), 0);
    assert_int_equal(check(fixture->database, &anchor, &told, NULL), 1);
    assert_string_equal(told.all, "Decision 2 is missing.");
    /* The request that was answered with the last one tells that it is gone, and keeps it while it stands. */
    assert_int_equal(run(fixture->database, "DELETE FROM decision WHERE id = 4"), -1);
    assert_int_equal(run(fixture->database, "DELETE FROM decision_request;"
                                            "DELETE FROM decision WHERE id = 4"),
                     0);
    assert_int_equal(check(fixture->database, &anchor, &told, NULL), 2);
    assert_non_null(strstr(told.all, "Decision 4 was recorded"));
}

/* ---- What goes wrong in the middle ---- */

static void test_failure_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct decision decision = draft(1), latest;
    const struct decision_demand demand = {.key = "key", .body_hash = "body"};
    enum decision_outcome outcome;
    struct error err = {0};
    struct told told;
    uint64_t seen;
    /* The decision itself can be written, the request behind it cannot. */
    const char *spoil = on_postgres ? "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                                      " RAISE EXCEPTION 'no'; END $$;"
                                      "CREATE TRIGGER spoiled BEFORE INSERT ON decision_request"
                                      " FOR EACH STATEMENT EXECUTE FUNCTION fail()"
                                    : "CREATE TRIGGER spoiled BEFORE INSERT ON decision_request BEGIN"
                                      " SELECT RAISE(ABORT, 'no'); END";
    assert_int_equal(run(fixture->database, spoil), 0);
    assert_int_equal(decisions_record(&outcome, fixture->database, &decision, &demand, &latest, &err), -1);
    assert_int_equal(check(fixture->database, NULL, &told, &seen), 0);
    assert_int_equal(seen, 0);
    assert_int_equal(record(fixture->database, 1).id, 1);
}

int main(void)
{
#define STORED(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_remove)
    const struct CMUnitTest tests[] = {
        STORED(test_recorded_and_found),
        STORED(test_outdated_view_is_refused),
        STORED(test_repeated_request),
        STORED(test_lists),
        STORED(test_days_are_counted),
        STORED(test_many_writers_keep_one_chain),
        STORED(test_one_of_those_who_saw_the_same),
        STORED(test_killed_writer),
        STORED(test_database_refuses_changes),
        STORED(test_changed_rows_are_found),
        STORED(test_removed_rows_are_found),
        STORED(test_failure_leaves_nothing),
    };
    int failures = cmocka_run_group_tests_name("decisions on SQLite", tests, NULL, NULL);
    on_postgres = test_postgres() != NULL;
    return on_postgres ? failures + cmocka_run_group_tests_name("decisions on PostgreSQL", tests, NULL, NULL)
                       : failures;
}
