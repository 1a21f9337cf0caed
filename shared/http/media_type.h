/* Media types as headers name them. */
#ifndef CLAIRSCORE_HTTP_MEDIA_TYPE_H
#define CLAIRSCORE_HTTP_MEDIA_TYPE_H

#include <stdbool.h>

/* True when the Accept header `accept` (RFC 9110 12.5.1; NULL or empty: anything) allows `type`, such as
 * "application/json". The most specific range that matches decides; quality 0 forbids. */
bool media_type_accepted(const char *accept, const char *type);

/* The one of `types` (ends with NULL) that the Accept header likes best, the first of those it likes equally;
 * NULL when it rules all of them out. */
const char *media_type_choose(const char *accept, const char *const *types);

/* True when the Content-Type header (NULL: none) is `type`, whatever its parameters. */
bool media_type_is(const char *content_type, const char *type);

#endif
