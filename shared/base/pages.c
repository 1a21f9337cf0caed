#include "shared/base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static const size_t PAGE = 1 << 12, HUGE_PAGE = 1 << 21;

/* Asks for huge pages where they fit inside. A kernel without them has its reasons. */
static void *advise(void *memory, size_t bytes)
{
    const size_t before = (PAGE - (uintptr_t)memory % PAGE) % PAGE;
    if (memory && bytes >= 2 * HUGE_PAGE)
        madvise((char *)memory + before, bytes - before, MADV_HUGEPAGE);
    return memory;
}

void *pages_allocate(size_t bytes)
{
    return advise(malloc(bytes ? bytes : 1), bytes);
}

void *pages_zeroed(size_t bytes)
{
    return advise(calloc(bytes ? bytes : 1, 1), bytes);
}
