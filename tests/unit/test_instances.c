/* What is read in one pass is what is read as JSON, and nothing that is wrong is read in one pass. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "backend/resources/instances.h"
#include "backend/resources/plain_instance.h"

enum { BODIES = 3000, CHANGES = 20, BODY = 32768 };

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

/* Reads `body` as JSON; false when something is wrong with it. */
static bool read_as_json(float *vector, int64_t *id, const char *body, size_t length)
{
    bool unavailable;
    json_t *object = json_loadb(body, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    json_t *problems = json_array();
    bool fine =
        object && instances_read_one(vector, id, &unavailable, NULL, NULL, object, problems) && !unavailable;
    json_decref(problems);
    json_decref(object);
    return fine;
}

static void assert_same_reading(const char *body, size_t length, enum plain_instance wanted)
{
    float plainly[FEATURE_COUNT], vector[FEATURE_COUNT];
    int64_t plain_id = -1, id;
    char *copy = malloc(length ? length : 1); /* a byte read beyond its end is found by the sanitizer */
    memcpy(copy, body, length);
    enum plain_instance kind = plain_instance_read(plainly, &plain_id, copy, length);
    if (wanted != PLAIN_NOT)
        assert_int_equal(kind, wanted);
    if (kind == PLAIN_FEATURES) {
        assert_true(read_as_json(vector, &id, copy, length));
        assert_memory_equal(plainly, vector, sizeof vector);
    } else if (kind == PLAIN_CLIENT) {
        json_t *object = json_loadb(copy, length, JSON_REJECT_DUPLICATES, NULL);
        assert_int_equal(json_object_size(object), 1);
        assert_true(json_is_integer(json_object_get(object, "client_id")));
        assert_int_equal(json_integer_value(json_object_get(object, "client_id")), plain_id);
        json_decref(object);
    }
    free(copy);
}

/* A value that the feature takes, as text. */
static void write_value(char *out, size_t size, size_t feature, uint64_t *seed)
{
    static const char *const formats[] = {"%.0f", "%.1f", "%.6g", "%.17g", "%.3e"};
    snprintf(out, size, "null");
    for (int tries = 0; tries < 4; tries++) {
        char text[64];
        double number = ((double)next(seed) / 1000 - 1e6) / pow(10, (double)(next(seed) % 12));
        snprintf(text, sizeof text, formats[next(seed) % 5], number);
        if (strcmp(text, "-0") != 0 && instances_takes(feature, strtod(text, NULL)))
            snprintf(out, size, "%s", text);
    }
}

static size_t write_body(char body[BODY], uint64_t *seed)
{
    static const char *const blanks[] = {"", "", " ", "\n\t", "\r\n  "};
    size_t used = (size_t)snprintf(body, BODY, "%s{%s\"features\":%s{", blanks[next(seed) % 5],
                                   blanks[next(seed) % 5], blanks[next(seed) % 5]);
    size_t step = 1 + next(seed) % 9;
    for (size_t i = next(seed) % step; i < FEATURE_COUNT; i += step) {
        char value[64];
        write_value(value, sizeof value, i, seed);
        used +=
            (size_t)snprintf(body + used, BODY - used, "%s%s\"%s\"%s:%s%s", body[used - 1] == '{' ? "" : ",",
                             blanks[next(seed) % 5], catalogue_feature(i)->name, blanks[next(seed) % 5],
                             value, blanks[next(seed) % 5]);
    }
    return used + (size_t)snprintf(body + used, BODY - used, "}%s}%s", blanks[next(seed) % 5],
                                   blanks[next(seed) % 5]);
}

static void generated_bodies_are_read_alike(void **state)
{
    static const char changed[] = "{}[]\",:.-+eE0159nul \\\n\x01\xc3N_";
    static char body[BODY];
    uint64_t seed = 11;
    (void)state;
    for (int i = 0; i < BODIES; i++) {
        size_t length = write_body(body, &seed);
        assert_same_reading(body, length, PLAIN_FEATURES);
        for (int j = 0; j < CHANGES; j++) {
            char *at = &body[next(&seed) % length];
            char before = *at;
            *at = changed[next(&seed) % (sizeof changed - 1)];
            assert_same_reading(body, length - (j % 4 ? 0 : next(&seed) % length), PLAIN_NOT);
            *at = before;
        }
    }
}

static void some_bodies(void **state)
{
    static const struct {
        const char *body;
        enum plain_instance kind;
    } some[] = {
        {"{\"client_id\": 100001}", PLAIN_CLIENT},
        {"{\"client_id\":0}", PLAIN_CLIENT},
        {" {\"features\" : { } } ", PLAIN_FEATURES},
        {"{\"features\":{\"AMT_CREDIT\":1e5}}", PLAIN_FEATURES},
        {"{\"features\":{\"EXT_SOURCE_1\":5e-1,\"AMT_CREDIT\":null}}", PLAIN_FEATURES},
    };
    static const char *const others[] = {
        "",
        "{",
        "{\"client_id\":",
        "{\"client_id\":01}",
        "{\"client_id\":-1}",
        "{\"client_id\":1.0}",
        "{\"client_id\":1e3}",
        "{\"client_id\":1234567890123456789}",
        "{\"client_id\":1,\"x\":2}",
        "{\"client_id\":1}{",
        "{\"features\":{\"AMT_CREDIT\":1,\"AMT_CREDIT\":1}}",
        "{\"features\":{\"AMT_CREDIT\":null,\"AMT_CREDIT\":1}}",
        "{\"features\":{\"AMT_CREDIT\":1},\"client_id\":1}",
        "{\"features\":{\"AMT_CREDIT\":1,}}",
        "{\"features\":{,}}",
        "{\"features\":{\"AMT_CREDIT\":-1}}",
        "{\"features\":{\"AMT_CREDIT\":01}}",
        "{\"features\":{\"AMT_CREDIT\":1.}}",
        "{\"features\":{\"AMT_CREDIT\":.5}}",
        "{\"features\":{\"AMT_CREDIT\":+1}}",
        "{\"features\":{\"AMT_CREDIT\":1e400}}",
        "{\"features\":{\"AMT_CREDIT\":-0}}",
        "{\"features\":{\"AMT_CREDIT\":\"1\"}}",
        "{\"features\":{\"AMT_CREDIT\":nul}}",
        "{\"features\":{\"AMT_CREDIT\":nulll}}",
        "{\"features\":{\"AMT_CREDITS\":1}}",
        "{\"features\":{\"AMT_\\u0043REDIT\":1}}",
        "{\"features\":{\"CODE_GENDER\":0.5}}",
        "{\"instances\":[]}",
        "[]",
    };
    float vector[FEATURE_COUNT];
    int64_t id;
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        assert_same_reading(some[i].body, strlen(some[i].body), some[i].kind);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(plain_instance_read(vector, &id, others[i], strlen(others[i])), PLAIN_NOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated_bodies_are_read_alike),
        cmocka_unit_test(some_bodies),
    };
    json_object_seed(1);
    return cmocka_run_group_tests_name("instances", tests, NULL, NULL);
}
