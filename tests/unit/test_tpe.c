/* The search: spaces and their faults, better than chance, and the same trials after an interruption. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "notebooks-port/ml/tpe_search.h"
#include "tests/support/temporary_folder.h"

static const char ALL_TYPES[] =
    "{\"depth\": {\"type\": \"integer\", \"low\": 2, \"high\": 8},"
    " \"leaves\": {\"type\": \"integer\", \"low\": 10, \"high\": 44, \"step\": 10},"
    " \"rounds\": {\"type\": \"log_integer\", \"low\": 1, \"high\": 1000},"
    " \"eta\": {\"type\": \"log_uniform\", \"low\": 0.001, \"high\": 0.5},"
    " \"share\": {\"type\": \"uniform\", \"low\": 0.1, \"high\": 1, \"step\": 0.05},"
    " \"weight\": {\"type\": \"uniform\", \"low\": -3, \"high\": 3},"
    " \"coarse\": {\"type\": \"log_uniform\", \"low\": 1, \"high\": 64, \"step\": 1},"
    " \"booster\": {\"type\": \"choice\", \"options\": [\"gbtree\", \"dart\", 3, true]},"
    " \"fixed\": {\"type\": \"constant\", \"value\": 0.25}}";

static struct tpe_space read_space(const char *text)
{
    struct tpe_space space;
    struct error err = {0};
    json_t *document = json_loads(text, 0, NULL);
    assert_non_null(document);
    if (tpe_space_read(&space, document, "space.json", &err))
        fail_msg("%s", err.message);
    json_decref(document);
    return space;
}

static double number_of(const json_t *parameters, const char *name)
{
    return json_number_value(json_object_get(parameters, name));
}

/* ---- Spaces ---- */

static void faults_of_a_space_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told;
    } faults[] = {
        {"{}", "1 to 64 parameters"},
        {"[1]", "1 to 64 parameters"},
        {"{\"x\": 3}", "\"x\": type must be"},
        {"{\"x\": {\"type\": \"normal\"}}", "\"x\": type must be"},
        {"{\"x\": {\"type\": \"uniform\", \"low\": 1, \"high\": 1}}",
         "\"x\": low (1) must be less than high (1)"},
        {"{\"x\": {\"type\": \"uniform\", \"high\": 1}}", "\"x\": low must be a number"},
        {"{\"x\": {\"type\": \"uniform\", \"low\": 0, \"high\": \"1\"}}", "\"x\": high must be a number"},
        {"{\"x\": {\"type\": \"uniform\", \"low\": -1e308, \"high\": 1e308}}", "too far"},
        {"{\"x\": {\"type\": \"uniform\", \"low\": 0, \"high\": 1, \"stpe\": 1}}", "\"stpe\" means nothing"},
        {"{\"x\": {\"type\": \"uniform\", \"low\": 0, \"high\": 1, \"step\": 0}}", "step must be"},
        {"{\"x\": {\"type\": \"uniform\", \"low\": 0, \"high\": 1, \"step\": 2}}", "makes 0 steps"},
        {"{\"x\": {\"type\": \"uniform\", \"low\": 0, \"high\": 1, \"step\": 1e-12}}", "1 to 1e+09"},
        {"{\"x\": {\"type\": \"log_uniform\", \"low\": 0, \"high\": 1}}", "logarithmic"},
        {"{\"x\": {\"type\": \"integer\", \"low\": 0.5, \"high\": 3}}", "low is 0.5"},
        {"{\"x\": {\"type\": \"integer\", \"low\": 0, \"high\": 3, \"step\": 1.5}}", "step is 1.5"},
        {"{\"x\": {\"type\": \"choice\"}}", "options must be"},
        {"{\"x\": {\"type\": \"choice\", \"options\": []}}", "options must be"},
        {"{\"x\": {\"type\": \"choice\", \"options\": [1, null]}}", "option 2 is neither"},
        {"{\"x\": {\"type\": \"choice\", \"options\": [\"a\", 1, \"a\"]}}", "options 1 and 3 are the same"},
        {"{\"x\": {\"type\": \"constant\"}}", "value must be"},
        {"{\"x\": {\"type\": \"constant\", \"value\": {}}}", "value must be"},
        {"{\"\": {\"type\": \"constant\", \"value\": 1}}", "names have"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct tpe_space space;
        struct error err = {0};
        json_t *document = json_loads(faults[i].text, 0, NULL);
        assert_non_null(document);
        assert_int_equal(tpe_space_read(&space, document, "space.json", &err), -1);
        if (!strstr(err.message, faults[i].told) || !strstr(err.message, "space.json"))
            fail_msg("%s: \"%s\" does not tell \"%s\"", faults[i].text, err.message, faults[i].told);
        tpe_space_free(&space);
        json_decref(document);
    }
}

static void files_of_spaces(void **state)
{
    (void)state;
    char folder[TEMPORARY_FOLDER], path[TEMPORARY_FOLDER + 16];
    temporary_folder_make(folder);
    snprintf(path, sizeof path, "%s/space.json", folder);
    struct tpe_space space;
    struct error err = {0};
    assert_int_equal(tpe_space_load(&space, path, &err), -1);
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    tpe_space_free(&space);
    static const char TORN[] = "{\"x\":\n {\"type\"";
    error_clear(&err);
    assert_int_equal(file_write(path, TORN, strlen(TORN), &err), 0);
    assert_int_equal(tpe_space_load(&space, path, &err), -1);
    assert_int_equal(err.code, ERROR_PARSE);
    assert_non_null(strstr(err.message, "space.json:2:"));
    tpe_space_free(&space);
    temporary_folder_remove(folder);

    error_clear(&err);
    assert_int_equal(tpe_space_load(&space, "notebooks-port/search_space.json", &err), 0);
    assert_int_equal(space.count, 9);
    tpe_space_free(&space);
}

static void hash_knows_the_content_alone(void **state)
{
    (void)state;
    struct tpe_space a =
        read_space("{\"x\": {\"type\": \"uniform\", \"low\": 0, \"high\": 1}, \"k\": {\"type\": "
                   "\"constant\", \"value\": 1}}");
    struct tpe_space b = read_space("{\"k\": {\"value\": 1, \"type\": \"constant\"},\n \"x\": {\"high\": 1, "
                                    "\"type\": \"uniform\", \"low\": 0}}");
    struct tpe_space c =
        read_space("{\"x\": {\"type\": \"uniform\", \"low\": 0, \"high\": 2}, \"k\": {\"type\": "
                   "\"constant\", \"value\": 1}}");
    assert_string_equal(a.hash, b.hash);
    assert_string_not_equal(a.hash, c.hash);
    struct error err = {0};
    const struct tpe_plan plan = {TPE_MINIMISE, 3, TPE_STARTUP, TPE_DRAWS};
    json_t *of_a = tpe_suggest(&a, NULL, 0, &plan, 0, &err), *of_b = tpe_suggest(&b, NULL, 0, &plan, 0, &err);
    assert_true(json_equal(of_a, of_b));
    json_decref(of_a);
    json_decref(of_b);
    tpe_space_free(&a);
    tpe_space_free(&b);
    tpe_space_free(&c);
}

/* ---- Suggestions ---- */

/* Small at the low end of everything: pulls the search against the bounds. */
static double low_end(const json_t *p)
{
    return number_of(p, "depth") + number_of(p, "leaves") / 10 + log(number_of(p, "rounds")) +
           log(number_of(p, "eta")) + number_of(p, "share") + number_of(p, "weight") +
           number_of(p, "coarse") / 8 + (json_is_true(json_object_get(p, "booster")) ? 0 : 8);
}

static void every_type_keeps_its_bounds(void **state)
{
    (void)state;
    enum { TRIALS = 250 };
    struct tpe_space space = read_space(ALL_TYPES);
    struct tpe_trial trials[TRIALS];
    struct error err = {0};
    size_t seen_true = 0;
    double least_depth = 99, most_leaves = 0;
    for (size_t i = 0; i < TRIALS; i++) {
        const struct tpe_plan plan = {TPE_MINIMISE, 5, 60, TPE_DRAWS};
        json_t *p = tpe_suggest(&space, trials, i, &plan, i, &err);
        assert_non_null(p);
        if (tpe_space_check(&space, p, &err))
            fail_msg("trial %zu: %s", i, err.message);
        assert_true(json_is_integer(json_object_get(p, "depth")));
        assert_true(number_of(p, "fixed") == 0.25);
        double steps = number_of(p, "share") / 0.05;
        assert_true(fabs(steps - round(steps)) < 1e-9);
        trials[i] = (struct tpe_trial){p, low_end(p), 0};
        seen_true += i >= 60 && json_is_true(json_object_get(p, "booster"));
        least_depth = fmin(least_depth, number_of(p, "depth"));
        most_leaves = fmax(most_leaves, number_of(p, "leaves"));
    }
    assert_true(least_depth == 2 && most_leaves == 40);
    assert_true(seen_true > (TRIALS - 60) / 2); /* a quarter by chance */
    for (size_t i = 0; i < TRIALS; i++)
        json_decref(trials[i].parameters);
    tpe_space_free(&space);
}

static void random_trials_cover_the_space(void **state)
{
    (void)state;
    enum { DRAWS = 7000 };
    struct tpe_space space = read_space(ALL_TYPES);
    struct error err = {0};
    const struct tpe_plan plan = {TPE_MINIMISE, 5, DRAWS, TPE_DRAWS};
    size_t depths[9] = {0}, dart = 0, small_rates = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        json_t *p = tpe_suggest(&space, NULL, 0, &plan, i, &err);
        depths[(size_t)number_of(p, "depth")]++;
        dart += json_is_string(json_object_get(p, "booster")) &&
                strcmp(json_string_value(json_object_get(p, "booster")), "dart") == 0;
        small_rates += number_of(p, "eta") < sqrt(0.001 * 0.5);
        json_decref(p);
    }
    for (int depth = 2; depth <= 8; depth++)
        assert_in_range(depths[depth], 850, 1150); /* 1000 ± 5 standard deviations */
    assert_in_range(dart, 1570, 1930);
    assert_in_range(small_rates, 3290, 3710);
    tpe_space_free(&space);
}

/* ---- Against random search ---- */

static const char BRANIN_SPACE[] = "{\"x\": {\"type\": \"uniform\", \"low\": -5, \"high\": 10},"
                                   " \"y\": {\"type\": \"uniform\", \"low\": 0, \"high\": 15}}";

/* Branin 1972; least value 0.3979. */
static int branin(void *context, const json_t *p, size_t number, double *value, struct error *err)
{
    (void)number;
    (void)err;
    double x = number_of(p, "x"), y = number_of(p, "y");
    double a = y - 5.1 / (4 * M_PI * M_PI) * x * x + 5 / M_PI * x - 6;
    *value = a * a + 10 * (1 - 1 / (8 * M_PI)) * cos(x) + 10;
    if (context) /* maximise */
        *value = -*value;
    return 0;
}

static const char SIX_SPACE[] = "{\"a\": {\"type\": \"log_uniform\", \"low\": 1e-4, \"high\": 1},"
                                " \"b\": {\"type\": \"log_uniform\", \"low\": 1e-4, \"high\": 1},"
                                " \"c\": {\"type\": \"uniform\", \"low\": -1, \"high\": 1},"
                                " \"d\": {\"type\": \"uniform\", \"low\": -1, \"high\": 1, \"step\": 0.1},"
                                " \"e\": {\"type\": \"integer\", \"low\": 0, \"high\": 20},"
                                " \"f\": {\"type\": \"choice\", \"options\": [0, 1, 2, 3, 4]}}";

static double square(double x)
{
    return x * x;
}

static int six(void *context, const json_t *p, size_t number, double *value, struct error *err)
{
    (void)context;
    (void)number;
    (void)err;
    *value = square(log10(number_of(p, "a")) + 3) + square(log10(number_of(p, "b")) + 1) +
             4 * square(number_of(p, "c") - 0.3) + 4 * square(number_of(p, "d") + 0.5) +
             square(number_of(p, "e") - 13) / 25 + (number_of(p, "f") == 2 ? 0 : 1);
    return 0;
}

static double mean_best(const char *text, tpe_goal *goal, size_t trials, unsigned startup, unsigned seeds)
{
    struct tpe_space space = read_space(text);
    double sum = 0;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct tpe_task task = {.space = &space,
                                .plan = {TPE_MINIMISE, seed, startup, TPE_DRAWS},
                                .goal = goal,
                                .goal_name = "test",
                                .trials = trials};
        struct tpe_outcome outcome;
        struct error err = {0};
        if (tpe_search(&outcome, &task, &err))
            fail_msg("%s", err.message);
        assert_int_equal(outcome.count, trials);
        sum += outcome.trials[outcome.best].value;
        tpe_outcome_free(&outcome);
    }
    tpe_space_free(&space);
    return sum / seeds;
}

static void beats_random_search(void **state)
{
    (void)state;
    enum { TRIALS = 80, SEEDS = 15 };
    double learned = mean_best(BRANIN_SPACE, branin, TRIALS, TPE_STARTUP, SEEDS);
    double random = mean_best(BRANIN_SPACE, branin, TRIALS, TRIALS, SEEDS);
    printf("Branin, least 0.398: TPE %.3f, random %.3f\n", learned, random);
    assert_true(learned - 0.3979 < 0.5 * (random - 0.3979));
    learned = mean_best(SIX_SPACE, six, TRIALS, TPE_STARTUP, SEEDS);
    random = mean_best(SIX_SPACE, six, TRIALS, TRIALS, SEEDS);
    printf("six mixed dimensions, least 0: TPE %.3f, random %.3f\n", learned, random);
    assert_true(learned < 0.5 * random);
}

static void maximising_is_minimising_turned_round(void **state)
{
    (void)state;
    struct tpe_space space = read_space(BRANIN_SPACE);
    struct tpe_outcome down, up;
    struct error err = {0};
    int turned = 1;
    struct tpe_task task = {&space, {TPE_MINIMISE, 9, TPE_STARTUP, TPE_DRAWS}, branin, NULL, "test", 40, NULL,
                            false};
    assert_int_equal(tpe_search(&down, &task, &err), 0);
    task.plan.direction = TPE_MAXIMISE;
    task.context = &turned;
    assert_int_equal(tpe_search(&up, &task, &err), 0);
    assert_int_equal(down.best, up.best);
    for (size_t i = 0; i < 40; i++)
        assert_true(json_equal(down.trials[i].parameters, up.trials[i].parameters));
    tpe_outcome_free(&down);
    tpe_outcome_free(&up);
    tpe_space_free(&space);
}

/* ---- Goals that fail ---- */

static int half_fails(void *context, const json_t *p, size_t number, double *value, struct error *err)
{
    if (number_of(p, "x") < 2.5) {
        *value = number % 2 ? (double)NAN : (double)INFINITY;
        return 0;
    }
    return branin(context, p, number, value, err);
}

static int never(void *context, const json_t *p, size_t number, double *value, struct error *err)
{
    (void)context;
    (void)p;
    (void)number;
    (void)err;
    *value = NAN;
    return 0;
}

static void unmeasurable_trials_are_the_worst(void **state)
{
    (void)state;
    struct tpe_space space = read_space(BRANIN_SPACE);
    struct tpe_outcome outcome;
    struct error err = {0};
    struct tpe_task task = {
        &space, {TPE_MINIMISE, 2, TPE_STARTUP, TPE_DRAWS}, half_fails, NULL, "test", 60, NULL, false};
    assert_int_equal(tpe_search(&outcome, &task, &err), 0);
    assert_true(outcome.trials[outcome.best].value < 3);
    size_t failed = 0;
    for (size_t i = 30; i < 60; i++)
        failed += isnan(outcome.trials[i].value) != 0;
    assert_true(failed < 10); /* 15 by chance */
    tpe_outcome_free(&outcome);
    task.goal = never;
    assert_int_equal(tpe_search(&outcome, &task, &err), -1);
    assert_non_null(strstr(err.message, "none of the 60"));
    tpe_outcome_free(&outcome);
    tpe_space_free(&space);
}

/* ---- The journal ---- */

struct breaking {
    size_t at; /* the trial whose goal fails */
    size_t calls;
};

static int breaks(void *context, const json_t *p, size_t number, double *value, struct error *err)
{
    struct breaking *breaking = context;
    breaking->calls++;
    if (number == breaking->at)
        return error_set(err, ERROR_UNAVAILABLE, "the power went");
    *value = low_end(p);
    if (number % 7 == 3)
        *value = NAN;
    return 0;
}

struct journal_test {
    char folder[TEMPORARY_FOLDER], path[TEMPORARY_FOLDER + 16];
    struct tpe_space space;
    struct tpe_task task;
    struct breaking breaking;
};

static void journal_start(struct journal_test *test, size_t trials)
{
    temporary_folder_make(test->folder);
    snprintf(test->path, sizeof test->path, "%s/journal", test->folder);
    test->space = read_space(ALL_TYPES);
    test->breaking = (struct breaking){SIZE_MAX, 0};
    test->task = (struct tpe_task){
        &test->space, {TPE_MINIMISE, 77, 8, TPE_DRAWS}, breaks, &test->breaking, "test", trials, test->path,
        false};
}

static void journal_stop(struct journal_test *test)
{
    tpe_space_free(&test->space);
    temporary_folder_remove(test->folder);
}

static void assert_same_trials(const struct tpe_outcome *a, const struct tpe_outcome *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->best, b->best);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(json_equal(a->trials[i].parameters, b->trials[i].parameters));
        assert_true(a->trials[i].value == b->trials[i].value ||
                    (isnan(a->trials[i].value) && isnan(b->trials[i].value)));
    }
}

static struct buffer read_journal(const struct journal_test *test)
{
    struct buffer text = buffer_new(TPE_JOURNAL_BYTES);
    struct error err = {0};
    assert_int_equal(file_read(&text, test->path, &err), 0);
    return text;
}

static void write_journal(const struct journal_test *test, const char *text, size_t length)
{
    struct error err = {0};
    assert_int_equal(file_write(test->path, text, length, &err), 0);
}

static void interrupted_is_uninterrupted(void **state)
{
    (void)state;
    enum { TRIALS = 30 };
    struct journal_test test;
    struct tpe_outcome whole, outcome;
    struct error err = {0};
    journal_start(&test, TRIALS);
    test.task.journal = NULL;
    assert_int_equal(tpe_search(&whole, &test.task, &err), 0);
    test.task.journal = test.path;
    for (size_t at = 0; at < TRIALS; at += 5) {
        test.breaking.at = at;
        error_clear(&err);
        assert_int_equal(tpe_search(&outcome, &test.task, &err), -1);
        assert_int_equal(err.code, ERROR_UNAVAILABLE);
        assert_string_equal(err.message, "the power went");
        assert_int_equal(outcome.count, at);
        tpe_outcome_free(&outcome);
    }
    test.breaking = (struct breaking){SIZE_MAX, 0};
    error_clear(&err);
    assert_int_equal(tpe_search(&outcome, &test.task, &err), 0);
    assert_int_equal(outcome.resumed, 25);
    assert_int_equal(test.breaking.calls, 5);
    assert_same_trials(&outcome, &whole);
    tpe_outcome_free(&outcome);

    /* Nothing is left to do; fewer trials than the journal has are its first. */
    test.breaking.calls = 0;
    assert_int_equal(tpe_search(&outcome, &test.task, &err), 0);
    assert_same_trials(&outcome, &whole);
    tpe_outcome_free(&outcome);
    test.task.trials = 12;
    assert_int_equal(tpe_search(&outcome, &test.task, &err), 0);
    assert_int_equal(outcome.count, 12);
    assert_int_equal(test.breaking.calls, 0);
    tpe_outcome_free(&outcome);
    tpe_outcome_free(&whole);
    journal_stop(&test);
}

/* Cut off at any byte, the journal is taken up and ends as the same journal. */
static void torn_journals_are_mended(void **state)
{
    (void)state;
    enum { TRIALS = 4 };
    struct journal_test test;
    struct tpe_outcome whole, outcome;
    struct error err = {0};
    journal_start(&test, TRIALS);
    assert_int_equal(tpe_search(&whole, &test.task, &err), 0);
    struct buffer text = read_journal(&test);
    for (size_t length = 0; length < text.length; length += 13) {
        write_journal(&test, text.data, length);
        if (tpe_search(&outcome, &test.task, &err))
            fail_msg("after %zu bytes: %s", length, err.message);
        assert_same_trials(&outcome, &whole);
        tpe_outcome_free(&outcome);
    }
    tpe_outcome_free(&whole);
    buffer_free(&text);
    journal_stop(&test);
}

static void assert_refused(struct journal_test *test, enum error_code code, const char *told)
{
    struct tpe_outcome outcome;
    struct error err = {0};
    struct buffer before = read_journal(test);
    assert_int_equal(tpe_search(&outcome, &test->task, &err), -1);
    assert_int_equal(err.code, code);
    if (!strstr(err.message, told) || !strstr(err.message, "/journal"))
        fail_msg("\"%s\" does not tell \"%s\"", err.message, told);
    tpe_outcome_free(&outcome);
    struct buffer after = read_journal(test);
    assert_int_equal(before.length, after.length);
    assert_true(before.length == 0 || memcmp(before.data, after.data, before.length) == 0);
    buffer_free(&before);
    buffer_free(&after);
}

static void other_searches_are_refused(void **state)
{
    (void)state;
    struct journal_test test;
    struct tpe_outcome outcome;
    struct error err = {0};
    journal_start(&test, 12);
    assert_int_equal(tpe_search(&outcome, &test.task, &err), 0);
    tpe_outcome_free(&outcome);
    const struct tpe_task task = test.task;
    test.task.plan.seed = 78;
    assert_refused(&test, ERROR_CONFLICT, "seed is \"77\", here it is \"78\"");
    test.task = task;
    test.task.goal_name = "another";
    assert_refused(&test, ERROR_CONFLICT, "goal");
    test.task = task;
    test.task.plan.direction = TPE_MAXIMISE;
    assert_refused(&test, ERROR_CONFLICT, "direction");
    test.task = task;
    test.task.plan.startup = 9;
    assert_refused(&test, ERROR_CONFLICT, "startup");
    test.task = task;
    struct tpe_space branin_space = read_space(BRANIN_SPACE);
    test.task.space = &branin_space;
    assert_refused(&test, ERROR_CONFLICT, "space");
    tpe_space_free(&branin_space);
    test.task = task;
    int fd = open(test.path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_refused(&test, ERROR_CONFLICT, "another search is writing");
    close(fd);
    journal_stop(&test);
}

/* Replaces the first `from` of the journal by `to`, which is as long. */
static void spoil(const struct journal_test *test, const struct buffer *text, const char *from,
                  const char *to)
{
    char *copy = strndup(text->data, text->length);
    char *at = strstr(copy, from);
    assert_non_null(at);
    for (size_t i = 0; to[i]; i++)
        at[i] = to[i];
    write_journal(test, copy, text->length);
    free(copy);
}

static void broken_journals_are_refused(void **state)
{
    (void)state;
    static const char NOTES[] = "remember the milk", LINES[] = "remember\nthe milk\n";
    struct journal_test test;
    struct tpe_outcome outcome;
    struct error err = {0};
    journal_start(&test, 12);
    assert_int_equal(tpe_search(&outcome, &test.task, &err), 0);
    tpe_outcome_free(&outcome);
    struct buffer text = read_journal(&test);
    spoil(&test, &text, "\"trial\":3", "\"trial\":4");
    assert_refused(&test, ERROR_PARSE, "journal:5: not the trial that belongs here");
    spoil(&test, &text, "\"fixed\":0.25", "\"fixed\":0.26");
    assert_refused(&test, ERROR_PARSE, "journal:2: \"fixed\" is missing or not a possible value");
    spoil(&test, &text, "{\"trial\":6", "{trial\":6,");
    assert_refused(&test, ERROR_PARSE, "journal:8: not JSON");
    write_journal(&test, NOTES, strlen(NOTES));
    assert_refused(&test, ERROR_INVALID, "not the journal of a search");
    write_journal(&test, LINES, strlen(LINES));
    assert_refused(&test, ERROR_INVALID, "not the journal of a search");
    buffer_free(&text);

    test.task.journal = test.folder; /* a folder */
    assert_int_equal(tpe_search(&outcome, &test.task, &err), -1);
    assert_int_equal(err.code, ERROR_IO);
    tpe_outcome_free(&outcome);
    journal_stop(&test);
}

static void limits_are_told(void **state)
{
    (void)state;
    struct tpe_space space = read_space(BRANIN_SPACE);
    struct tpe_outcome outcome;
    struct error err = {0};
    struct tpe_task task = {&space, {TPE_MINIMISE, 9, 5, 0}, branin, NULL, "test", 0, NULL, false};
    assert_int_equal(tpe_search(&outcome, &task, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    error_clear(&err);
    task.trials = 3;
    assert_int_equal(tpe_search(&outcome, &task, &err), -1);
    assert_non_null(strstr(err.message, "0 candidates"));
    tpe_outcome_free(&outcome);
    tpe_space_free(&space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_a_space_are_named),
        cmocka_unit_test(files_of_spaces),
        cmocka_unit_test(hash_knows_the_content_alone),
        cmocka_unit_test(every_type_keeps_its_bounds),
        cmocka_unit_test(random_trials_cover_the_space),
        cmocka_unit_test(beats_random_search),
        cmocka_unit_test(maximising_is_minimising_turned_round),
        cmocka_unit_test(unmeasurable_trials_are_the_worst),
        cmocka_unit_test(interrupted_is_uninterrupted),
        cmocka_unit_test(torn_journals_are_mended),
        cmocka_unit_test(other_searches_are_refused),
        cmocka_unit_test(broken_journals_are_refused),
        cmocka_unit_test(limits_are_told),
    };
    return cmocka_run_group_tests_name("tpe", tests, NULL, NULL);
}
