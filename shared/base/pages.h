/* Memory for large arrays on huge pages where the kernel has them: that it hands small ones out takes longer
 * than filling them. */
#ifndef CLAIRSCORE_BASE_PAGES_H
#define CLAIRSCORE_BASE_PAGES_H

#include <stddef.h>

/* Room for `bytes` bytes, to be released with free; NULL without memory. */
void *pages_allocate(size_t bytes);

/* The same, zero. */
void *pages_zeroed(size_t bytes);

#endif
