/* What batches.c and batches_upkeep.c share. */
#ifndef CLAIRSCORE_BACKEND_STORE_BATCHES_PRIVATE_H
#define CLAIRSCORE_BACKEND_STORE_BATCHES_PRIVATE_H

#include <stdint.h>

#include "backend/store/batches.h"

/* Conditions on rows of the table batch: not finished; not finished and not all cut into chunks. */
#define IS_OPEN "state IN ('received', 'running')"
#define IS_UNCUT IS_OPEN " AND total IS NULL"

/* The end of a lease taken or renewed at `now`; microseconds since 1970. */
static inline int64_t batches_lease_from(int64_t now)
{
    return now + BATCHES_LEASE_S * 1000000LL;
}

#endif
