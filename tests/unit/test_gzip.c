/* gzip: what is compressed is there again, and what gains nothing is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "shared/base/gzip.h"

enum { TEXT = 100000 };

static void unpack(char *out, size_t room, const void *bytes, size_t length)
{
    z_stream stream = {.next_in = (z_const Bytef *)bytes, .avail_in = (uInt)length};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, room);
    inflateEnd(&stream);
}

static void check(const char *text, size_t length, enum gzip_effort effort)
{
    struct error err = {0};
    void *compressed = NULL;
    size_t compressed_length = 0;
    assert_int_equal(gzip_compress(&compressed, &compressed_length, text, length, effort, &err), 0);
    assert_non_null(compressed);
    assert_true(compressed_length < length);
    char *again = malloc(length);
    assert_non_null(again);
    unpack(again, length, compressed, compressed_length);
    assert_memory_equal(again, text, length);
    free(again);
    free(compressed);
}

static void test_text(void **state)
{
    (void)state;
    static char text[TEXT];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + (i * i / 7) % 23);
    check(text, sizeof text, GZIP_QUICK);
    check(text, sizeof text, GZIP_BEST);
}

static void test_no_gain(void **state)
{
    (void)state;
    struct error err = {0};
    unsigned char noise[512];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)((seed = seed * 1664525U + 1013904223U) >> 24);
    void *compressed = noise;
    size_t length = 1;
    assert_int_equal(gzip_compress(&compressed, &length, noise, sizeof noise, GZIP_BEST, &err), 0);
    assert_null(compressed);
    assert_int_equal(length, 0);
    assert_int_equal(gzip_compress(&compressed, &length, "", 0, GZIP_QUICK, &err), 0);
    assert_null(compressed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_no_gain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
