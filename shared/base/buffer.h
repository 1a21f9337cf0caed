/* A growing byte buffer with a ceiling fixed when it is made. */
#ifndef CLAIRSCORE_BASE_BUFFER_H
#define CLAIRSCORE_BASE_BUFFER_H

#include <stddef.h>

#include "shared/base/error.h"
#include "shared/base/slice.h"

struct buffer {
    char *data; /* always terminated by a 0 that `length` does not count, once something was appended */
    size_t length;
    size_t capacity;
    size_t limit; /* `length` never exceeds it */
};

/* An empty buffer that holds at most `limit` bytes. Allocates nothing. */
struct buffer buffer_new(size_t limit);

/* Makes room for `length` more bytes, so that what is appended next needs no more memory. Fails as
 * buffer_append does. */
int buffer_reserve(struct buffer *buffer, size_t length, struct error *err);

/* Appends `length` bytes. Fails with ERROR_LIMIT at the ceiling and ERROR_INTERNAL
 * without memory; the buffer then keeps what it had. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t length, struct error *err);

/* Appends a terminated string. */
int buffer_append_text(struct buffer *buffer, const char *text, struct error *err);

/* Appends formatted text. */
int buffer_append_format(struct buffer *buffer, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Empties the buffer and keeps its memory. */
void buffer_clear(struct buffer *buffer);

/* Hands the bytes over: the caller frees the returned pointer with free(). The buffer is empty
 * afterwards. NULL when nothing was ever appended. */
char *buffer_take(struct buffer *buffer);

/* Releases the memory. The buffer may be used again. */
void buffer_free(struct buffer *buffer);

#endif
