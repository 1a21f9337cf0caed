/* The histories of all clients of a folder of Home Credit files. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "shared/base/file.h"
#include "shared/base/id_map.h"
#include "shared/base/number.h"
#include "shared/base/progress.h"
#include "shared/data/csv.h"
#include "shared/data/table.h"
#include "shared/features/history.h"

enum { FIRST_HISTORIES = 1024, PROGRESS_ROWS = 1 << 14 };

struct history_set {
    struct id_map clients; /* client id → position in histories */
    struct history *histories;
    size_t count, capacity;
    struct id_map unknown;      /* clients whose history was not supplied */
    struct id_map credits;      /* SK_ID_BUREAU → position in histories; only while reading */
    struct history known_empty; /* of a client without rows */
    uint64_t rows[TABLE_COUNT];
};

/* The position of the client's history, made when it is new; -1 without memory. */
static int64_t position_of(struct history_set *set, int64_t client_id, struct error *err)
{
    int64_t position = id_map_get(&set->clients, client_id);
    if (position != ID_MAP_NONE)
        return position;
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : FIRST_HISTORIES;
        struct history *histories = realloc(set->histories, capacity * sizeof *histories);
        if (!histories)
            return error_set(err, ERROR_INTERNAL, "out of memory for %zu histories", capacity);
        set->histories = histories;
        set->capacity = capacity;
    }
    if (id_map_add(&set->clients, client_id, (uint32_t)set->count, err) < 0)
        return -1;
    history_init(&set->histories[set->count]);
    return (int64_t)set->count++;
}

/* Adds one row to its client. Monthly balances of a credit that bureau.csv does not have are left out:
 * Kaggle's file holds some. */
static int add_row(struct history_set *set, enum home_credit_table table, const double *row,
                   struct error *err)
{
    int64_t position = 0;
    if (table == TABLE_BUREAU_BALANCE) {
        position = id_map_get(&set->credits, (int64_t)row[BUREAU_BALANCE_SK_ID_BUREAU]);
        if (position == ID_MAP_NONE)
            return 0;
    } else {
        position = position_of(set, (int64_t)row[home_credit_schema(table)->client], err);
        if (position < 0)
            return -1;
    }
    if (table == TABLE_BUREAU &&
        id_map_add(&set->credits, (int64_t)row[BUREAU_SK_ID_BUREAU], (uint32_t)position, err) < 0)
        return -1;
    history_add(&set->histories[position], table, row);
    return 0;
}

static int read_table(struct history_set *set, const char *folder, enum home_credit_table table,
                      bool show_progress, struct error *err)
{
    const struct table_schema *schema = home_credit_schema(table);
    char path[PATH_MAX];
    if (file_path(path, sizeof path, folder, schema->file, err))
        return -1;
    if (!file_exists(path))
        return 0;
    struct table_reader *reader = NULL;
    if (table_open(&reader, path, table, err))
        return -1;
    struct progress progress = {0};
    if (show_progress)
        progress = progress_start(schema->file, table_size(reader));
    double row[APPLICATION_COLUMNS]; /* the widest table */
    int got = 0;
    while ((got = table_next(reader, row, err)) == 1) {
        if (add_row(set, table, row, err)) {
            got = -1;
            break;
        }
        if (++set->rows[table] % PROGRESS_ROWS == 0 && show_progress)
            progress_update(&progress, table_position(reader));
    }
    table_close(reader);
    if (got == 0 && show_progress)
        progress_end(&progress, set->rows[table]);
    history_know(&set->known_empty, table);
    return got;
}

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

int history_set_read(struct history_set **out, const char *folder, bool show_progress, struct error *err)
{
    /* Credits come before their months. */
    static const enum home_credit_table tables[] = {
        TABLE_BUREAU,           TABLE_BUREAU_BALANCE,        TABLE_PREVIOUS_APPLICATION,
        TABLE_POS_CASH_BALANCE, TABLE_INSTALLMENTS_PAYMENTS, TABLE_CREDIT_CARD_BALANCE};
    struct history_set *set = calloc(1, sizeof *set);
    if (!set)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    int status = read_unknown(set, folder, err);
    for (size_t i = 0; status == 0 && i < sizeof tables / sizeof *tables; i++)
        status = read_table(set, folder, tables[i], show_progress, err);
    id_map_free(&set->credits);
    if (status) {
        history_set_free(set);
        return -1;
    }
    /* A table that is there is known for everybody it says nothing about, too. */
    for (size_t i = 0; i < set->count; i++)
        set->histories[i].known = set->known_empty.known;
    *out = set;
    return 0;
}

const struct history *history_set_get(const struct history_set *set, int64_t client_id)
{
    if (id_map_get(&set->unknown, client_id) != ID_MAP_NONE)
        return NULL;
    int64_t position = id_map_get(&set->clients, client_id);
    return position == ID_MAP_NONE ? &set->known_empty : &set->histories[position];
}

uint64_t history_set_rows(const struct history_set *set, enum home_credit_table table)
{
    return set->rows[table];
}

void history_set_free(struct history_set *set)
{
    if (!set)
        return;
    id_map_free(&set->clients);
    id_map_free(&set->unknown);
    id_map_free(&set->credits);
    free(set->histories);
    free(set);
}
