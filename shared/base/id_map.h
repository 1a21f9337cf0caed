/* A map from 64-bit ids to small numbers: open addressing with linear probing, 16 bytes a slot.
 * GLib's and uthash's tables allocate per entry, which 1.7 million credits a file make too dear. */
#ifndef CLAIRSCORE_BASE_ID_MAP_H
#define CLAIRSCORE_BASE_ID_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

struct id_map_slot {
    int64_t id;
    uint32_t value;
    uint32_t used;
};

struct id_map {
    struct id_map_slot *slots; /* a power of two of them, at most two thirds used */
    size_t slot_count;
    size_t count;
};

enum { ID_MAP_NONE = -1 };

/* The number stored for `id` (0..UINT32_MAX), or ID_MAP_NONE. Works on a zeroed map. */
int64_t id_map_get(const struct id_map *map, int64_t id);

/* Stores `value` for a new `id`. Returns 0, 1 when the id is there already (nothing changes),
 * or -1 without memory. */
int id_map_add(struct id_map *map, int64_t id, uint32_t value, struct error *err);

/* Releases the memory; the map is empty and usable again. */
void id_map_free(struct id_map *map);

#endif
