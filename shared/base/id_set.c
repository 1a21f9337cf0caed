#include "shared/base/id_set.h"

#include <stdbool.h>
#include <stdlib.h>

enum {
    PAGE_BITS = 12, /* of an id: its bit in the page */
    PAGE_WORDS = (1 << PAGE_BITS) / 64,
    ID_BITS = 32, /* ids of more are scattered */
    PAGES = 1 << (ID_BITS - PAGE_BITS),
    FREE_PAGES = 1024,
    IDS_OF_PAGE = 8 /* when pages hold fewer on average, the map takes less memory */
};

static void free_pages(struct id_set *set)
{
    for (size_t i = 0; set->pages && i < PAGES; i++)
        free(set->pages[i]);
    free(set->pages);
    set->pages = NULL;
}

static int scatter(struct id_set *set, struct error *err)
{
    for (size_t i = 0; set->pages && i < PAGES; i++)
        for (int64_t bit = 0; set->pages[i] && bit < 1 << PAGE_BITS; bit++)
            if (set->pages[i][bit / 64] >> bit % 64 & 1 &&
                id_map_add(&set->scattered, (int64_t)i << PAGE_BITS | bit, 0, err) < 0)
                return -1;
    free_pages(set);
    return 0;
}

static int add_page(struct id_set *set, size_t place, struct error *err)
{
    if (!set->pages)
        set->pages = calloc(PAGES, sizeof *set->pages);
    if (!set->pages || !(set->pages[place] = calloc(PAGE_WORDS, sizeof *set->pages[place])))
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu ids", set->count);
    set->page_count++;
    return 0;
}

int id_set_add(struct id_set *set, int64_t id, struct error *err)
{
    const bool dissolved = !set->pages && set->page_count > 0;
    if (dissolved || (uint64_t)id >> ID_BITS)
        return id_map_add(&set->scattered, id, 0, err);
    const size_t place = (size_t)id >> PAGE_BITS;
    if (!set->pages || !set->pages[place]) {
        if (set->page_count >= FREE_PAGES + set->count / IDS_OF_PAGE)
            return scatter(set, err) ? -1 : id_map_add(&set->scattered, id, 0, err);
        if (add_page(set, place, err))
            return -1;
    }
    uint64_t *word = &set->pages[place][(size_t)id % (1 << PAGE_BITS) / 64];
    const uint64_t bit = UINT64_C(1) << (id % 64);
    const bool there = *word & bit;
    *word |= bit;
    set->count += !there;
    return there;
}

void id_set_free(struct id_set *set)
{
    free_pages(set);
    id_map_free(&set->scattered);
    *set = (struct id_set){0};
}
