/* A decision's line and the chain: what is written is what anybody else computes, and no change goes unseen.
 */
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/store/decision.h"

enum { LINES = 6 };

/* The hash was computed by Python's hashlib. */
static const char golden[] =
    "{\"id\":12,\"time\":\"2026-11-25T09:30:00.123456Z\",\"identity\":\"setting:API_KEY\",\"advisor\":\"m."
    "durand\","
    "\"client_id\":100001,\"input_hash\":"
    "\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\","
    "\"model\":{\"name\":\"clairscore\",\"version\":\"demo\",\"hash\":"
    "\"62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a\"},\"probability\":0.1403,"
    "\"score\":518.4,\"threshold\":0.0909090909090909,\"proposed\":\"refused\",\"reasons\":{\"against\":"
    "[\"EXT_SOURCE_2\"],\"for\":[\"NAME_EDUCATION_TYPE\"]},\"decision\":\"granted\",\"override\":true,"
    "\"motive\":\"Caution solidaire des parents\",\"previous\":null,\"request_id\":"
    "\"5f0c9c6e8d2b4f6f9a3e1d7c2b4a6e80\",\"previous_hash\":"
    "\"148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940\",\"hash\":"
    "\"c11b3e7c019fa8b7559ee0b9e964ec08bf4e029218220ba48a495f65564c58f5\"}";

static struct decision example(void)
{
    return (struct decision){.id = 12,
                             .time = 1795599000123456,
                             .identity = "setting:API_KEY",
                             .advisor = "m.durand",
                             .client = 100001,
                             .input_hash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
                             .model_name = "clairscore",
                             .model_version = "demo",
                             .model_hash = "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a",
                             .probability = 0.1403,
                             .score = 518.4,
                             .threshold = 0.0909090909090909,
                             .proposed_refusal = true,
                             .reasons_against = "EXT_SOURCE_2",
                             .reasons_for = "NAME_EDUCATION_TYPE",
                             .motive = "Caution solidaire des parents",
                             .request_id = "5f0c9c6e8d2b4f6f9a3e1d7c2b4a6e80",
                             .previous_hash =
                                 "148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940"};
}

static char *line_of(const struct decision *decision)
{
    struct error err = {0};
    struct buffer line = buffer_new(DECISION_LINE);
    assert_int_equal(decision_write(&line, decision, &err), 0);
    return buffer_take(&line);
}

static void test_line_and_hash(void **state)
{
    (void)state;
    struct decision decision = example();
    struct error err = {0};
    assert_int_equal(decision_seal(&decision, &err), 0);
    char *line = line_of(&decision);
    assert_string_equal(line, golden);
    free(line);
}

/* Whatever the fields hold, the line is JSON that says it, and fits. */
static void test_hard_texts_and_numbers(void **state)
{
    (void)state;
    struct decision decision = example();
    struct error err = {0};
    for (size_t i = 0; i + 1 < sizeof decision.motive; i++)
        decision.motive[i] = "\"\\/\n\t{}\x7f"[i % 8];
    snprintf(decision.advisor, sizeof decision.advisor, "Zoë \U0001F642 \"d’Arc\"");
    decision.reasons_against[0] = '\0';
    snprintf(decision.reasons_for, sizeof decision.reasons_for, "A,B,C");
    decision.probability = 0.1 + 0.2;
    decision.score = 1e-7;
    decision.previous = 11;
    assert_int_equal(decision_seal(&decision, &err), 0);
    char *line = line_of(&decision);
    json_t *document = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(document);
    assert_string_equal(json_string_value(json_object_get(document, "motive")), decision.motive);
    assert_string_equal(json_string_value(json_object_get(document, "advisor")), decision.advisor);
    assert_true(json_number_value(json_object_get(document, "probability")) == decision.probability);
    assert_true(json_number_value(json_object_get(document, "score")) == decision.score);
    assert_int_equal(json_integer_value(json_object_get(document, "previous")), 11);
    json_t *reasons = json_object_get(document, "reasons");
    assert_int_equal(json_array_size(json_object_get(reasons, "against")), 0);
    assert_int_equal(json_array_size(json_object_get(reasons, "for")), 3);
    json_decref(document);
    free(line);
    /* What no recording writes, but a changed row may hold: still a line, of other bytes. */
    memset(decision.motive, 1, sizeof decision.motive - 1);
    memset(decision.advisor, 0xff, sizeof decision.advisor - 1);
    decision.score = NAN;
    line = line_of(&decision);
    document = json_loads(line, 0, NULL);
    assert_non_null(document);
    assert_true(json_is_null(json_object_get(document, "advisor")));
    json_decref(document);
    free(line);
}

static void test_vector_hash(void **state)
{
    (void)state;
    float vector[FEATURE_COUNT];
    char first[DECISION_HASH], second[DECISION_HASH];
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        vector[i] = (float)i;
    vector[3] = NAN;
    decision_hash_vector(first, vector);
    vector[3] = -NAN; /* missing all the same */
    decision_hash_vector(second, vector);
    assert_string_equal(first, second);
    vector[FEATURE_COUNT - 1] = nextafterf(vector[FEATURE_COUNT - 1], INFINITY);
    decision_hash_vector(second, vector);
    assert_string_not_equal(first, second);
}

/* ---- The chain ---- */

struct told {
    size_t count;
    char all[4096];
};

static void tell(void *context, const char *change)
{
    struct told *told = context;
    told->count++;
    strncat(told->all, change, sizeof told->all - strlen(told->all) - 1);
}

/* Decisions 1 to LINES, chained. */
static void make_chain(char *lines[LINES])
{
    struct decision decision = example();
    struct anchor last = anchor_beginning();
    struct error err = {0};
    for (int i = 0; i < LINES; i++) {
        decision.id = i + 1;
        decision.client = 100 + i;
        memcpy(decision.previous_hash, last.hash, sizeof last.hash);
        assert_int_equal(decision_seal(&decision, &err), 0);
        memcpy(last.hash, decision.hash, sizeof last.hash);
        lines[i] = line_of(&decision);
    }
}

static void free_chain(char *lines[LINES])
{
    for (int i = 0; i < LINES; i++)
        free(lines[i]);
}

static struct anchor anchor_of(const char *line, int64_t id)
{
    struct anchor anchor = {.id = id};
    memcpy(anchor.hash, line + strlen(line) - 2 - 64, 64);
    return anchor;
}

/* Checks the lines in this order; -1 leaves one out. */
static bool check(struct told *told, char *const lines[LINES], const int *order, size_t count,
                  const struct anchor *anchor)
{
    *told = (struct told){0};
    struct chain chain = chain_start(anchor, tell, told);
    for (size_t i = 0; i < count; i++)
        if (order[i] >= 0)
            chain_follow(&chain, lines[order[i]], strlen(lines[order[i]]));
    bool fine = chain_end(&chain);
    assert_int_equal(told->count, chain.found);
    return fine;
}

static const int in_order[] = {0, 1, 2, 3, 4, 5};

static void test_unchanged_chain(void **state)
{
    (void)state;
    char *lines[LINES];
    struct told told;
    make_chain(lines);
    assert_true(check(&told, lines, in_order, LINES, NULL));
    assert_true(check(&told, lines, in_order, 0, NULL));
    for (int i = 0; i < LINES; i++) { /* every decision is an anchor, also for what came behind it alone */
        struct anchor anchor = anchor_of(lines[i], i + 1), again;
        char text[ANCHOR_TEXT];
        assert_true(check(&told, lines, in_order, LINES, &anchor));
        if (i + 1 < LINES)
            assert_true(check(&told, lines, in_order + i + 1, (size_t)(LINES - 1 - i), &anchor));
        anchor_format(text, &anchor);
        assert_true(anchor_read(&again, text));
        assert_true(again.id == anchor.id && strcmp(again.hash, anchor.hash) == 0);
    }
    struct anchor nothing = anchor_beginning();
    assert_true(check(&told, lines, in_order, LINES, &nothing));
    free_chain(lines);
}

/* Every byte of every line: none can be another. */
static void test_any_byte_is_missed(void **state)
{
    (void)state;
    char *lines[LINES];
    struct told told;
    make_chain(lines);
    const size_t length = strlen(lines[2]);
    for (size_t at = 0; at < length; at++) {
        char was = lines[2][at];
        lines[2][at] = was == '1' ? '2' : '1';
        if (check(&told, lines, in_order, LINES, NULL))
            fail_msg("byte %zu", at);
        lines[2][at] = was;
    }
    lines[2][length - 1] = '\0';
    assert_false(check(&told, lines, in_order, LINES, NULL));
    lines[2][0] = '\0';
    assert_false(check(&told, lines, in_order, LINES, NULL));
    free_chain(lines);
}

static void test_missing_and_moved(void **state)
{
    (void)state;
    char *lines[LINES];
    struct told told;
    make_chain(lines);
    assert_false(check(&told, lines, (const int[]){0, 1, 3, 4, 5}, 5, NULL));
    assert_string_equal(told.all, "Decision 3 is missing.");
    assert_false(check(&told, lines, (const int[]){0, 5}, 2, NULL));
    assert_string_equal(told.all, "Decisions 2 to 5 are missing.");
    assert_false(check(&told, lines, (const int[]){1, 2}, 2, NULL));
    assert_string_equal(told.all, "Decision 1 is missing.");
    assert_false(check(&told, lines, (const int[]){0, 2, 1, 3, 4, 5}, 6, NULL));
    assert_non_null(strstr(told.all, "Decision 2 comes after decision 3"));
    assert_false(check(&told, lines, (const int[]){0, 1, 1, 2}, 4, NULL));
    assert_non_null(strstr(told.all, "Decision 2 comes after decision 2"));
    free_chain(lines);
}

/* A forger who hashes what he changed is told by the next link; who writes all anew, or cuts the end off, by
 * the anchor. */
static void test_forged_hashes_and_cut_end(void **state)
{
    (void)state;
    char *lines[LINES], *forged[LINES];
    struct told told;
    struct error err = {0};
    make_chain(lines);
    struct decision decision = example();
    struct anchor third = anchor_of(lines[2], 3), fourth = anchor_of(lines[3], 4),
                  last = anchor_of(lines[5], 6);
    decision.id = 4;
    memcpy(decision.previous_hash, third.hash, sizeof third.hash);
    decision.client = 7;
    assert_int_equal(decision_seal(&decision, &err), 0);
    memcpy(forged, lines, sizeof forged);
    forged[3] = line_of(&decision);
    assert_false(check(&told, forged, in_order, LINES, NULL));
    assert_non_null(strstr(told.all, "Decision 5 does not follow"));
    assert_true(check(&told, forged, in_order, 4, NULL)); /* nothing behind it: the chain alone cannot tell */
    assert_false(check(&told, forged, in_order, 4, &fourth));
    assert_non_null(strstr(told.all, "Decision 4 is not the one of the anchor"));
    assert_false(check(&told, lines, in_order, 5, &last));
    assert_non_null(strstr(told.all, "Decision 6 was recorded, yet the trail ends at 5"));
    assert_false(check(&told, lines, in_order, 0, &last));
    assert_false(check(&told, lines, in_order + 4, 2, &third)); /* begins behind another than the anchor */
    free(forged[3]);
    free_chain(lines);
}

static void test_wrong_anchors(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "12",
        "12:",
        ":c11b3e7c019fa8b7559ee0b9e964ec08bf4e029218220ba48a495f65564c58f5",
        "-1:c11b3e7c019fa8b7559ee0b9e964ec08bf4e029218220ba48a495f65564c58f5",
        "12:daf0fb7517d1aa2e0590967b52c10a647e2938626365e90efda20d03e3576c4",
        "12:daf0fb7517d1aa2e0590967b52c10a647e2938626365e90efda20d03e3576c4A",
        "12:c11b3e7c019fa8b7559ee0b9e964ec08bf4e029218220ba48a495f65564c58f50",
        "0:c11b3e7c019fa8b7559ee0b9e964ec08bf4e029218220ba48a495f65564c58f5",
        "1234567890123456789:c11b3e7c019fa8b7559ee0b9e964ec08bf4e029218220ba48a495f65564c58f5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct anchor anchor;
        assert_false(anchor_read(&anchor, wrong[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_and_hash),
        cmocka_unit_test(test_hard_texts_and_numbers),
        cmocka_unit_test(test_vector_hash),
        cmocka_unit_test(test_unchanged_chain),
        cmocka_unit_test(test_any_byte_is_missed),
        cmocka_unit_test(test_missing_and_moved),
        cmocka_unit_test(test_forged_hashes_and_cut_end),
        cmocka_unit_test(test_wrong_anchors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
