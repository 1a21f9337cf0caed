#include "shared/base/text.h"

#include <string.h>

void text_join(char *out, size_t size, const char *const *pieces)
{
    size_t left = size - 1;
    for (; *pieces; pieces++) {
        size_t length = strnlen(*pieces, left);
        memcpy(out, *pieces, length);
        out += length;
        left -= length;
    }
    *out = '\0';
}
