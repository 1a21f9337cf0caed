#include "shared/base/id_map.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

/* Fibonacci hashing (Knuth, TAOCP 6.4) of groups of four consecutive ids: they share a cache line, and files
 * mostly count their ids upwards. */
static size_t slot_of(const struct id_map *map, int64_t id)
{
    uint64_t hash = ((uint64_t)id >> 2) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(hash >> 32 << 2 | ((uint64_t)id & 3)) & (map->slot_count - 1);
}

/* The slot that holds `id`, or the free one where it belongs. */
static struct id_map_slot *find(const struct id_map *map, int64_t id)
{
    size_t at = slot_of(map, id);
    while (map->slots[at].used && map->slots[at].id != id)
        at = (at + 1) & (map->slot_count - 1);
    return &map->slots[at];
}

int64_t id_map_get(const struct id_map *map, int64_t id)
{
    if (map->count == 0)
        return ID_MAP_NONE;
    const struct id_map_slot *slot = find(map, id);
    return slot->used ? (int64_t)slot->value : ID_MAP_NONE;
}

static int grow(struct id_map *map, struct error *err)
{
    struct id_map larger = {.slot_count = map->slot_count ? map->slot_count * 2 : FIRST_SLOTS,
                            .count = map->count};
    larger.slots = calloc(larger.slot_count, sizeof *larger.slots);
    if (!larger.slots)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu ids", larger.slot_count);
    for (size_t i = 0; i < map->slot_count; i++)
        if (map->slots[i].used)
            *find(&larger, map->slots[i].id) = map->slots[i];
    free(map->slots);
    *map = larger;
    return 0;
}

int id_map_add(struct id_map *map, int64_t id, uint32_t value, struct error *err)
{
    if (3 * (map->count + 1) > 2 * map->slot_count && grow(map, err))
        return -1;
    struct id_map_slot *slot = find(map, id);
    if (slot->used)
        return 1;
    *slot = (struct id_map_slot){.id = id, .value = value, .used = 1};
    map->count++;
    return 0;
}

void id_map_free(struct id_map *map)
{
    free(map->slots);
    *map = (struct id_map){0};
}
