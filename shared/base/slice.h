/* A run of bytes that somebody else owns: pointer plus length, not terminated. */
#ifndef CLAIRSCORE_BASE_SLICE_H
#define CLAIRSCORE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data;
    size_t length;
};

/* The slice over a terminated string, without the terminator. */
static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

/* True when the bytes are exactly those of the terminated string `text`. */
static inline bool slice_equals(struct slice slice, const char *text)
{
    return strlen(text) == slice.length && memcmp(slice.data, text, slice.length) == 0;
}

#endif
