#include "shared/http/url.h"

#include <stdint.h>
#include <unistr.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool url_is_utf8(const char *text, size_t length)
{
    return u8_check((const uint8_t *)text, length) == NULL;
}

bool url_decode(char *out, const char *text, size_t length, bool plus_is_blank)
{
    size_t written = 0;
    for (size_t i = 0; i < length; i++) {
        int byte = (unsigned char)text[i];
        if (byte == '+' && plus_is_blank) {
            byte = ' ';
        } else if (byte == '%') {
            int high = length - i > 2 ? digit(text[i + 1]) : -1;
            int low = length - i > 2 ? digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            byte = high * 16 + low;
            i += 2;
        }
        if (byte == 0)
            return false;
        out[written++] = (char)byte;
    }
    out[written] = '\0';
    return url_is_utf8(out, written);
}
