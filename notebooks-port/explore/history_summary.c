#include "notebooks-port/explore/history_summary.h"

#include <limits.h>
#include <stdlib.h>

#include "shared/base/file.h"
#include "shared/base/id_map.h"
#include "shared/base/progress.h"
#include "shared/data/table.h"

enum { STEP_ROWS = 1 << 14, FIRST_OWNERS = 1024 };

/* How many rows each owner has. */
struct owners {
    struct id_map places;
    uint32_t *rows;
    size_t capacity;
    int64_t last_id; /* of the row before: files are mostly in order of their owners */
    uint32_t last;
};

/* The progress of all files together. */
struct passage {
    struct progress progress;
    uint64_t done;
    bool shown;
};

static int count_owner(struct owners *owners, int64_t id, struct error *err)
{
    if (owners->places.count > 0 && id == owners->last_id) {
        owners->rows[owners->last]++;
        return 0;
    }
    int64_t place = id_map_get(&owners->places, id);
    if (place == ID_MAP_NONE) {
        place = (int64_t)owners->places.count;
        if ((size_t)place == owners->capacity) {
            size_t capacity = owners->capacity ? 2 * owners->capacity : FIRST_OWNERS;
            uint32_t *rows = realloc(owners->rows, capacity * sizeof *rows);
            if (!rows)
                return error_set(err, ERROR_INTERNAL, "out of memory for %zu ids", capacity);
            owners->rows = rows;
            owners->capacity = capacity;
        }
        if (id_map_add(&owners->places, id, (uint32_t)place, err) < 0)
            return -1;
        owners->rows[place] = 0;
    }
    if (!owners->rows) /* an id has its place only with its count */
        return error_set(err, ERROR_INTERNAL, "an id without a count");
    owners->rows[place]++;
    owners->last_id = id;
    owners->last = (uint32_t)place;
    return 0;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void measure_owners(struct history_table *out, struct owners *owners)
{
    out->owners = owners->places.count;
    if (out->owners == 0)
        return;
    qsort(owners->rows, out->owners, sizeof *owners->rows, compare);
    out->rows_median = owners->rows[(out->owners - 1) / 2];
    out->rows_most = owners->rows[out->owners - 1];
}

static void pass(struct passage *passage, uint64_t bytes)
{
#pragma omp critical(history_summary_progress)
    {
        passage->done += bytes;
        if (passage->shown)
            progress_update(&passage->progress, passage->done);
    }
}

static int read_rows(struct history_table *out, struct table_reader *reader, size_t columns,
                     struct passage *passage, struct error *err)
{
    struct owners owners = {.capacity = 0};
    double row[APPLICATION_COLUMNS]; /* the widest table */
    uint64_t told = 0;
    int got = 0;
    while ((got = table_next(reader, row, err)) == 1) {
        for (size_t c = 0; c < columns; c++)
            sketch_add(&out->columns[c], row[c]);
        if (count_owner(&owners, (int64_t)row[out->owner], err)) {
            got = -1;
            break;
        }
        if (++out->rows % STEP_ROWS == 0) {
            pass(passage, table_position(reader) - told);
            told = table_position(reader);
        }
    }
    pass(passage, table_position(reader) - told);
    measure_owners(out, &owners);
    id_map_free(&owners.places);
    free(owners.rows);
    return got;
}

static int read_table(struct history_table *out, const char *folder, enum home_credit_table table,
                      struct passage *passage, struct error *err)
{
    const struct table_schema *schema = home_credit_schema(table);
    struct table_reader *reader = NULL;
    char path[PATH_MAX];
    out->owner = schema->client >= 0 ? schema->client : BUREAU_BALANCE_SK_ID_BUREAU;
    out->columns = calloc(schema->column_count, sizeof *out->columns);
    if (!out->columns)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t c = 0; c < schema->column_count; c++)
        if (sketch_init(&out->columns[c], &schema->columns[c], err))
            return -1;
    if (file_path(path, sizeof path, folder, schema->file, err) || table_open(&reader, path, table, err))
        return -1;
    int status = read_rows(out, reader, schema->column_count, passage, err);
    table_close(reader);
    return status;
}

/* Which files there are and how long they are. */
static int find_tables(struct history_summary *out, const char *folder, uint64_t *bytes, struct error *err)
{
    for (int table = TABLE_BUREAU; table < TABLE_COUNT; table++) {
        struct history_table *found = &out->tables[table];
        char path[PATH_MAX];
        if (file_path(path, sizeof path, folder, home_credit_schema((enum home_credit_table)table)->file,
                      err))
            return -1;
        found->present = file_exists(path);
        found->bytes = found->present ? file_size(path) : 0;
        *bytes += found->bytes;
    }
    return 0;
}

int history_summary_read(struct history_summary *out, const char *folder, bool show_progress,
                         struct error *err)
{
    /* The longest first, so that no thread is left alone with one at the end. */
    static const enum home_credit_table order[] = {TABLE_INSTALLMENTS_PAYMENTS, TABLE_CREDIT_CARD_BALANCE,
                                                   TABLE_POS_CASH_BALANCE,      TABLE_PREVIOUS_APPLICATION,
                                                   TABLE_BUREAU_BALANCE,        TABLE_BUREAU};
    enum { TABLES = sizeof order / sizeof *order };
    *out = (struct history_summary){0};
    uint64_t bytes = 0;
    if (find_tables(out, folder, &bytes, err))
        return -1;
    struct passage passage = {.shown = show_progress && bytes > 0};
    if (passage.shown)
        passage.progress = progress_start("history tables", bytes);
    struct error errors[TABLES] = {0};
    int failed[TABLES] = {0};
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < TABLES; i++)
        if (out->tables[order[i]].present)
            failed[i] = read_table(&out->tables[order[i]], folder, order[i], &passage, &errors[i]);
    for (int i = 0; i < TABLES; i++)
        if (failed[i])
            return error_set(err, errors[i].code, "%s", errors[i].message);
    uint64_t rows = 0;
    for (int table = 0; table < TABLE_COUNT; table++)
        rows += out->tables[table].rows;
    if (passage.shown)
        progress_end(&passage.progress, rows);
    return 0;
}

void history_summary_free(struct history_summary *summary)
{
    for (int table = 0; table < TABLE_COUNT; table++) {
        struct sketch *columns = summary->tables[table].columns;
        for (size_t c = 0; columns && c < home_credit_schema((enum home_credit_table)table)->column_count;
             c++)
            sketch_free(&columns[c]);
        free(columns);
    }
    *summary = (struct history_summary){0};
}
