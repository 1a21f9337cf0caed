#include "shared/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 256 };

struct buffer buffer_new(size_t limit)
{
    return (struct buffer){.limit = limit};
}

int buffer_reserve(struct buffer *buffer, size_t length, struct error *err)
{
    if (length > buffer->limit - buffer->length)
        return error_set(err, ERROR_LIMIT, "more than %zu bytes, which is the limit here", buffer->limit);
    size_t needed = buffer->length + length + 1;
    if (needed <= buffer->capacity)
        return 0;
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (!data)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t length, struct error *err)
{
    if (buffer_reserve(buffer, length, err))
        return -1;
    if (length)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text, struct error *err)
{
    return buffer_append(buffer, text, strlen(text), err);
}

int buffer_append_format(struct buffer *buffer, struct error *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    int status = length < 0 ? error_set(err, ERROR_INTERNAL, "text cannot be formatted")
                            : buffer_reserve(buffer, (size_t)length, err);
    if (status == 0) {
        vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
    return status;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->data)
        buffer->data[0] = '\0';
}

char *buffer_take(struct buffer *buffer)
{
    char *data = buffer->data;
    *buffer = buffer_new(buffer->limit);
    return data;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = buffer_new(buffer->limit);
}
