/* Floats in ascending order, many at once. */
#ifndef CLAIRSCORE_BACKEND_ORDER_H
#define CLAIRSCORE_BACKEND_ORDER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A number other than NaN as an unsigned one in the same order (-0 right before 0), and back: all bits of
 * negatives flip, of the others the sign. */
static inline uint32_t order_key(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000U ? ~bits : bits | 0x80000000U;
}

static inline float order_value(uint32_t key)
{
    float value;
    key = key & 0x80000000U ? key & 0x7fffffffU : ~key;
    memcpy(&value, &key, sizeof value);
    return value;
}

/* Sorts `count` keys with room for as many more. Returns the sorted ones, which lie in `keys` or in `room`.
 */
uint32_t *order_sort(uint32_t *keys, uint32_t *room, size_t count);

#endif
