/* Short texts put together where printf would take longer than what it prints. */
#ifndef CLAIRSCORE_BASE_TEXT_H
#define CLAIRSCORE_BASE_TEXT_H

#include <stddef.h>

/* Writes the `pieces` (ends with NULL), one behind the other, and the terminator: at most `size` bytes, which
 * is at least 1; what does not fit is cut. */
void text_join(char *out, size_t size, const char *const *pieces);

/* The pieces as an argument. */
#define TEXT_PIECES(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
