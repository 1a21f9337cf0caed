/* A set of 64-bit ids. Ids that lie close together, as the numbers of a file's rows mostly do, take a bit
 * each; scattered ones go into an id_map, so that memory stays proportional to the number of ids. */
#ifndef CLAIRSCORE_BASE_ID_SET_H
#define CLAIRSCORE_BASE_ID_SET_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/base/id_map.h"

/* A zeroed set is empty. */
struct id_set {
    uint64_t **pages; /* [2^20] bits of 4096 ids each, NULL where there is none; NULL: not yet or no longer */
    size_t page_count, count;
    struct id_map scattered;
};

/* Returns 0 when the id is new, 1 when it is there already, -1 without memory. */
int id_set_add(struct id_set *set, int64_t id, struct error *err);

/* Releases the memory; the set is empty and usable again. */
void id_set_free(struct id_set *set);

#endif
