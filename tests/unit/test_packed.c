/* Packed columns: what goes in comes out, to the last bit, in whatever order it came. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/population/order.h"
#include "backend/population/packed.h"
#include "tests/support/drawn_scores.h"

enum { MOST_ROWS = 70000, BLOCK = 1000 };

static float values[MOST_ROWS];

static struct packed pack(size_t count, bool backwards)
{
    struct packer *packer = NULL;
    struct packed packed;
    struct error err = {0};
    assert_int_equal(packer_new(&packer, count, &err), 0);
    size_t blocks = (count + BLOCK - 1) / BLOCK;
    for (size_t i = 0; i < blocks; i++) {
        size_t first = (backwards ? blocks - 1 - i : i) * BLOCK;
        size_t left = count - first, some = left < BLOCK ? left : BLOCK;
        assert_int_equal(packer_add(packer, first, values + first, some, &err), 0);
    }
    assert_int_equal(packer_finish(packer, &packed, &err), 0);
    packer_free(packer);
    return packed;
}

/* The same bits; which NaN a missing value is does not matter. */
static bool is_same(float a, float b)
{
    uint32_t bits[2];
    memcpy(&bits[0], &a, sizeof a);
    memcpy(&bits[1], &b, sizeof b);
    return bits[0] == bits[1] || (isnan(a) && isnan(b));
}

static void check_values(const struct packed *packed)
{
    const struct packed_values all = packed_values(packed);
    size_t rows = 0;
    if (packed->kind == PACKED_FLOATS) {
        assert_null(all.rows);
        assert_int_equal(all.count, packed->count);
        return;
    }
    assert_int_equal(all.count, packed->distinct + 1);
    assert_true(isnan(all.values[packed->distinct]));
    for (size_t i = 0; i + 1 < packed->distinct; i++)
        assert_true(order_key(all.values[i]) < order_key(all.values[i + 1]));
    uint32_t *counted = calloc(all.count, sizeof *counted);
    for (size_t row = 0; row < packed->count; row++)
        counted[packed->kind == PACKED_BYTES ? packed->bytes[row] : packed->words[row]]++;
    assert_memory_equal(counted, all.rows, all.count * sizeof *counted);
    for (size_t i = 0; i < all.count; i++)
        rows += all.rows[i];
    assert_int_equal(rows, packed->count);
    free(counted);
}

static void check(size_t count, enum packed_kind wanted)
{
    for (int backwards = 0; backwards <= 1; backwards++) {
        struct packed packed = pack(count, backwards);
        assert_int_equal(packed.kind, wanted);
        assert_int_equal(packed.count, count);
        check_values(&packed);
        float *read = malloc((count + 1) * sizeof *read), *gathered = malloc((count + 1) * sizeof *gathered);
        uint32_t *rows = malloc((count + 1) * sizeof *rows);
        size_t half = count / 2;
        for (size_t row = 0; row < count; row++)
            rows[row] = (uint32_t)(count - 1 - row);
        packed_read(&packed, 0, half, read);
        packed_read(&packed, half, count - half, read + half);
        packed_gather(&packed, rows, count, gathered);
        for (size_t row = 0; row < count; row++) {
            assert_true(is_same(read[row], values[row]));
            assert_true(is_same(gathered[count - 1 - row], values[row]));
            assert_true(is_same(packed_value(&packed, row), values[row]));
        }
        free(read);
        free(gathered);
        free(rows);
        packed_release(&packed);
    }
}

/* `distinct` whole numbers, each at least once, and missing ones in between. */
static void draw(size_t count, size_t distinct, double missing, unsigned seed)
{
    for (size_t row = 0; row < count; row++) {
        double drawn = row < distinct ? (double)row : floor(drawn_uniform(&seed) * (double)distinct);
        bool none = row >= distinct && drawn_uniform(&seed) < missing;
        values[row] = none ? NAN : (float)(drawn - (double)distinct / 2) * 0.25F;
    }
    for (size_t row = count; row-- > 1;) {
        size_t other = (size_t)(drawn_uniform(&seed) * (double)(row + 1));
        float swap = values[row];
        values[row] = values[other];
        values[other] = swap;
    }
}

static void as_small_as_their_values_allow(void **state)
{
    (void)state;
    static const struct {
        size_t count, distinct;
        double missing;
        enum packed_kind kind;
    } cases[] = {{0, 0, 0, PACKED_BYTES},
                 {1, 1, 0, PACKED_BYTES},
                 {3, 0, 1, PACKED_BYTES},
                 {254, 254, 0, PACKED_BYTES},
                 {5000, 1, 0, PACKED_BYTES},
                 {5000, 254, 0.5, PACKED_BYTES},
                 {5000, 255, 0.5, PACKED_WORDS},
                 {5000, 600, 0, PACKED_WORDS},
                 {5000, 700, 0, PACKED_FLOATS},
                 {20000, 20000, 0, PACKED_FLOATS},
                 {60000, 30000, 0.9, PACKED_FLOATS},
                 {MOST_ROWS, 8000, 0.1, PACKED_WORDS},
                 {MOST_ROWS, 9000, 0.1, PACKED_FLOATS}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        draw(cases[i].count, cases[i].distinct, cases[i].missing, (unsigned)i + 1);
        check(cases[i].count, cases[i].kind);
    }
}

/* Which could be mistaken for each other, or for nothing. */
static void values_that_look_alike(void **state)
{
    (void)state;
    static const uint32_t bits[] = {0x00000000U,  /* 0 */
                                    0x80000000U,  /* -0 */
                                    0x00000001U,  /* the least above 0 */
                                    0x7f800000U,  /* infinity */
                                    0xff800000U,  /* -infinity */
                                    0x7f7fffffU,  /* the largest below it */
                                    0x7fc00000U,  /* NaN */
                                    0xffffffffU,  /* another NaN */
                                    0x7f800001U}; /* a signalling one */
    enum { COUNT = sizeof bits / sizeof *bits };
    memcpy(values, bits, sizeof bits);
    check(COUNT, PACKED_BYTES);
    struct packed packed = pack(COUNT, false);
    assert_int_equal(packed.distinct, 6);
    assert_int_equal(packed.rows[6], 3);
    assert_true(packed.values[0] == -INFINITY && packed.values[5] == INFINITY);
    assert_true(signbit(packed.values[1]) && !signbit(packed.values[2]) && packed.values[2] == 0);
    packed_release(&packed);
}

static void keys_sort_as_numbers_do(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static uint32_t keys[COUNT], room[COUNT];
    unsigned seed = 3;
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = (float)((drawn_uniform(&seed) - 0.5) * exp(40 * drawn_uniform(&seed) - 20));
        keys[i] = order_key(values[i]);
        assert_true(order_value(keys[i]) == values[i]);
    }
    const uint32_t *sorted = order_sort(keys, room, COUNT);
    double sum = 0, wanted = 0;
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(i == 0 || order_value(sorted[i - 1]) <= order_value(sorted[i]));
        sum += fabs((double)order_value(sorted[i]));
        wanted += fabs((double)values[i]);
    }
    assert_true(fabs(sum - wanted) <= 1e-12 * wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_small_as_their_values_allow),
        cmocka_unit_test(values_that_look_alike),
        cmocka_unit_test(keys_sort_as_numbers_do),
    };
    return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
