/* Percent-encoded text (RFC 3986, and the variant that forms use). */
#ifndef CLAIRSCORE_HTTP_URL_H
#define CLAIRSCORE_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes `length` bytes into `out`, which has room for `length` + 1; with `plus_is_blank` a '+' becomes a
 * blank. False when an escape is broken, or when the result holds a zero byte or is not UTF-8. */
bool url_decode(char *out, const char *text, size_t length, bool plus_is_blank);

bool url_is_utf8(const char *text, size_t length);

#endif
