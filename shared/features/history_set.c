/* The histories of all clients of a folder of Home Credit files. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/file.h"
#include "shared/base/id_map.h"
#include "shared/base/number.h"
#include "shared/base/pages.h"
#include "shared/data/csv.h"
#include "shared/features/derive.h"
#include "shared/features/history.h"
#include "shared/features/history_strand.h"

struct history_set {
    struct id_map clients; /* client id → position in the histories */
    struct history *histories;
    struct history_strands strands; /* the sums of `original` stay here, table by table */
    struct id_map unknown;          /* clients whose history was not supplied */
    struct history known_empty;     /* of a client without rows */
};

/* Reads the optional folds.csv: SK_ID_CURR, history (0: unknown), fold. */
static int read_unknown(struct history_set *set, const char *folder, struct error *err)
{
    enum { ID, HISTORY, COLUMNS };
    static const char *const names[COLUMNS] = {"SK_ID_CURR", "history"};
    int at[COLUMNS] = {-1, -1};
    char path[PATH_MAX];
    if (file_path(path, sizeof path, folder, "folds.csv", err))
        return -1;
    if (!file_exists(path))
        return 0;
    struct csv_reader *reader = NULL;
    if (csv_open(&reader, path, NULL, err))
        return -1;
    const struct slice *fields = NULL;
    size_t count = 0;
    int got = csv_next(reader, &fields, &count, err);
    size_t columns = count;
    for (size_t i = 0; got == 1 && i < count; i++)
        for (int j = 0; j < COLUMNS; j++)
            if (slice_equals(fields[i], names[j]))
                at[j] = (int)i;
    if (got == 1 && (at[ID] < 0 || at[HISTORY] < 0))
        got = error_set(err, ERROR_INVALID, "%s:1: columns SK_ID_CURR and history are needed", path);
    while (got == 1 && (got = csv_next(reader, &fields, &count, err)) == 1) {
        double id = 0;
        double known = 0;
        if (count != columns || !number_read(&id, fields[at[ID]].data, fields[at[ID]].length) ||
            !number_read(&known, fields[at[HISTORY]].data, fields[at[HISTORY]].length))
            got = error_set(err, ERROR_PARSE, "%s:%" PRIu64 ": needs a client id and history 0 or 1", path,
                            csv_line(reader));
        else if (known == 0 && id_map_add(&set->unknown, (int64_t)id, 0, err) < 0)
            got = -1;
    }
    csv_close(reader);
    return got;
}

/* Gives every client of the strands a position. */
static int number_clients(struct history_set *set, const struct history_strands *strands, struct error *err)
{
    for (size_t i = 0; i < HISTORY_STRANDS; i++) {
        for (size_t j = 0; j < strands->strands[i].count; j++)
            if (id_map_add(&set->clients, strands->strands[i].client_ids[j], (uint32_t)set->clients.count,
                           err) < 0)
                return -1;
    }
    return 0;
}

/* Copies the sums of a table from its strand to the clients' histories and releases them there: both are in
 * memory for one table at a time. */
static void gather(struct history_set *set, struct history_strand *strand, enum home_credit_table table)
{
    struct history_part part = history_part(table);
    const char *sums = strand->full[table];
    for (size_t i = 0; sums && i < strand->count; i++) {
        size_t client = (size_t)id_map_get(&set->clients, strand->client_ids[i]);
        memcpy((char *)&set->histories[client] + part.offset, sums + i * part.bytes, part.bytes);
    }
    free(strand->full[table]);
    strand->full[table] = NULL;
}

static int gather_all(struct history_set *set, struct error *err)
{
    struct history_strands *strands = &set->strands;
    if (number_clients(set, strands, err))
        return -1;
    size_t count = set->clients.count + 1;
    set->histories = pages_zeroed(count * sizeof *set->histories);
    if (!set->histories)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu histories", count);
    for (size_t i = 0; i < HISTORY_STRANDS; i++)
        for (int table = 0; table < TABLE_COUNT; table++)
            gather(set, &strands->strands[i], (enum home_credit_table)table);
    /* A table that is there is known for everybody it says nothing about, too. */
    for (int table = 0; table < TABLE_COUNT; table++)
        if (strands->present[table])
            history_know(&set->known_empty, (enum home_credit_table)table);
    for (size_t i = 0; i < set->clients.count; i++)
        set->histories[i].known = set->known_empty.known;
    return 0;
}

int history_set_read_sums(struct history_set **out, const char *folder, enum history_sums sums,
                          bool show_progress, struct error *err)
{
    struct history_set *set = calloc(1, sizeof *set);
    if (!set)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    set->strands.folder = folder;
    set->strands.sums = sums;
    int status = read_unknown(set, folder, err);
    if (status == 0)
        status = history_strands_read(&set->strands, show_progress, err);
    if (status == 0 && sums & HISTORY_FULL)
        status = gather_all(set, err);
    if (status) {
        history_set_free(set);
        return -1;
    }
    *out = set;
    return 0;
}

int history_set_read(struct history_set **out, const char *folder, bool show_progress, struct error *err)
{
    return history_set_read_sums(out, folder, HISTORY_FULL, show_progress, err);
}

const struct history *history_set_get(const struct history_set *set, int64_t client_id)
{
    if (id_map_get(&set->unknown, client_id) != ID_MAP_NONE)
        return NULL;
    int64_t position = id_map_get(&set->clients, client_id);
    return position == ID_MAP_NONE ? &set->known_empty : &set->histories[position];
}

bool history_set_original(struct original_history *out, const struct history_set *set, int64_t client_id)
{
    if (id_map_get(&set->unknown, client_id) != ID_MAP_NONE)
        return false;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < HISTORY_STRANDS; i++) {
        const struct history_strand *strand = &set->strands.strands[i];
        const int64_t position = id_map_get(&strand->clients, client_id);
        for (int table = 0; position != ID_MAP_NONE && table < TABLE_COUNT; table++) {
            const struct original_part part = original_part((enum home_credit_table)table);
            const char *sums = strand->original[table];
            if (sums)
                memcpy((char *)out + part.offset, sums + (size_t)position * part.bytes, part.bytes);
        }
    }
    return true;
}

uint64_t history_set_rows(const struct history_set *set, enum home_credit_table table)
{
    return set->strands.rows[table];
}

void history_set_free(struct history_set *set)
{
    if (!set)
        return;
    id_map_free(&set->clients);
    id_map_free(&set->unknown);
    free(set->histories);
    history_strands_free(&set->strands);
    free(set);
}
