/* gzip, for what goes over the wire. */
#ifndef CLAIRSCORE_BASE_GZIP_H
#define CLAIRSCORE_BASE_GZIP_H

#include <stddef.h>

#include "shared/base/error.h"

/* How hard to try: what is made for one answer, and what is kept and sent many times. */
enum gzip_effort { GZIP_QUICK = 6, GZIP_BEST = 9 };

/* Compresses `length` bytes into new memory for the caller to free. *out is NULL, and that is no failure,
 * when compression gains nothing. */
int gzip_compress(void **out, size_t *out_length, const void *bytes, size_t length, enum gzip_effort effort,
                  struct error *err);

#endif
