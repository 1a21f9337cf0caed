/* multipart/form-data (RFC 7578) read as it arrives, by libmicrohttpd. */
#ifndef CLAIRSCORE_HTTP_MULTIPART_H
#define CLAIRSCORE_HTTP_MULTIPART_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/http/server.h"

struct http_multipart;

/* Called with each piece of a part: the part's name, the name of the file it was ("" when none is given),
 * where in it the piece stands (0: the part begins) and its bytes, perhaps none. False ends the reading. */
typedef bool http_multipart_piece(void *context, const char *name, const char *file, uint64_t offset,
                                  const char *bytes, size_t size);

/* NULL when the exchange's Content-Type is not multipart/form-data with a boundary, or without memory. The
 * caller ends it with http_multipart_end, while the exchange lives. */
struct http_multipart *http_multipart_new(const struct http_exchange *exchange, http_multipart_piece *piece,
                                          void *context);

/* The next bytes of the body. False when `piece` ended the reading, or when they are not multipart. */
bool http_multipart_read(struct http_multipart *multipart, const char *bytes, size_t size);

/* Releases it (NULL is allowed); true when the body was read up to its closing boundary. */
bool http_multipart_end(struct http_multipart *multipart);

#endif
