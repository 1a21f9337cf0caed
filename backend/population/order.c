#include "backend/population/order.h"

enum { RADIX_BITS = 11, RADIX = 1 << RADIX_BITS };

/* Three radix passes, which at 300,000 values and many columns is what makes a start take half a second and
 * not ten. */
uint32_t *order_sort(uint32_t *keys, uint32_t *room, size_t count)
{
    static const unsigned shifts[] = {0, RADIX_BITS, 2 * RADIX_BITS};
    enum { PASSES = sizeof shifts / sizeof *shifts };
    uint32_t offsets[PASSES][RADIX] = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t pass = 0; pass < PASSES; pass++)
            offsets[pass][keys[i] >> shifts[pass] & (RADIX - 1)]++;
    for (size_t pass = 0; pass < PASSES; pass++) {
        uint32_t total = 0;
        for (size_t i = 0; i < RADIX; i++) {
            uint32_t here = offsets[pass][i];
            offsets[pass][i] = total;
            total += here;
        }
        for (size_t i = 0; i < count; i++)
            room[offsets[pass][keys[i] >> shifts[pass] & (RADIX - 1)]++] = keys[i];
        uint32_t *swap = keys;
        keys = room;
        room = swap;
    }
    return keys;
}
