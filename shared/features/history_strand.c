#include "shared/features/history_strand.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/file.h"
#include "shared/base/pages.h"
#include "shared/base/progress.h"
#include "shared/data/table.h"
#include "shared/features/derive.h"

enum { FIRST_CLIENTS = 1024, ROUND_ROWS = 1 << 12, STRAND_TABLES = 2 };

/* The longest first, so that no core is left alone with it. Credits come before their months. */
static const enum home_credit_table tables_of[HISTORY_STRANDS][STRAND_TABLES] = {
    {TABLE_BUREAU, TABLE_BUREAU_BALANCE}, {TABLE_INSTALLMENTS_PAYMENTS}, {TABLE_PREVIOUS_APPLICATION},
    {TABLE_CREDIT_CARD_BALANCE},          {TABLE_POS_CASH_BALANCE},
};

/* What the threads share. */
struct work {
    struct history_strands *out;
    struct error errors[HISTORY_STRANDS];
    atomic_size_t next;   /* strand nobody has taken yet */
    atomic_size_t failed; /* least strand that failed; those behind it need not go on */
    bool show_progress;
    struct progress progress;
    pthread_mutex_t showing;
    atomic_uint_fast64_t bytes; /* read so far */
};

static int grow(struct history_strand *strand, struct error *err)
{
    size_t capacity = strand->capacity ? 2 * strand->capacity : FIRST_CLIENTS;
    int64_t *ids = realloc(strand->client_ids, capacity * sizeof *ids);
    if (!ids)
        goto failed;
    strand->client_ids = ids;
    for (int table = 0; table < TABLE_COUNT; table++) {
        void **const sums[] = {&strand->full[table], &strand->original[table]};
        const size_t bytes[] = {history_part((enum home_credit_table)table).bytes,
                                original_part((enum home_credit_table)table).bytes};
        for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
            if (!*sums[i])
                continue;
            void *grown = pages_allocate(capacity * bytes[i]);
            if (!grown)
                goto failed;
            memcpy(grown, *sums[i], strand->count * bytes[i]);
            free(*sums[i]);
            *sums[i] = grown;
        }
    }
    strand->capacity = capacity;
    return 0;
failed:
    return error_set(err, ERROR_INTERNAL, "out of memory for %zu histories", capacity);
}

/* Zeroes what a new client has added up. */
static void start_client(struct history_strand *strand)
{
    for (int table = 0; table < TABLE_COUNT; table++) {
        void *const sums[] = {strand->full[table], strand->original[table]};
        const size_t bytes[] = {history_part((enum home_credit_table)table).bytes,
                                original_part((enum home_credit_table)table).bytes};
        for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
            if (sums[i])
                memset((char *)sums[i] + strand->count * bytes[i], 0, bytes[i]);
    }
}

/* The position of the client's sums, made when it is new; -1 without memory. */
static int64_t position_of(struct history_strand *strand, int64_t client_id, struct error *err)
{
    if (strand->count && strand->client_ids[strand->latest] == client_id) /* rows of a client mostly follow */
        return (int64_t)strand->latest;
    int64_t position = id_map_get(&strand->clients, client_id);
    if (position != ID_MAP_NONE) {
        strand->latest = (size_t)position;
        return position;
    }
    if ((strand->count == strand->capacity && grow(strand, err)) ||
        id_map_add(&strand->clients, client_id, (uint32_t)strand->count, err) < 0)
        return -1;
    start_client(strand);
    strand->client_ids[strand->count] = client_id;
    strand->latest = strand->count++;
    return (int64_t)strand->latest;
}

/* Adds one row to its client. Monthly balances of a credit that bureau.csv does not have are left out:
 * Kaggle's file holds some. */
static int add_row(struct history_strand *strand, enum home_credit_table table, const double *row,
                   struct error *err)
{
    int64_t position = 0;
    if (table == TABLE_BUREAU_BALANCE) {
        position = id_map_get(&strand->credits, (int64_t)row[BUREAU_BALANCE_SK_ID_BUREAU]);
        if (position == ID_MAP_NONE)
            return 0;
    } else {
        position = position_of(strand, (int64_t)row[home_credit_schema(table)->client], err);
        if (position < 0)
            return -1;
    }
    if (table == TABLE_BUREAU && strand->full[table] && /* the months are wanted too */
        id_map_add(&strand->credits, (int64_t)row[BUREAU_SK_ID_BUREAU], (uint32_t)position, err) < 0)
        return -1;
    if (strand->full[table])
        history_add_to_part((char *)strand->full[table] + (size_t)position * history_part(table).bytes, table,
                            row);
    if (strand->original[table])
        original_add((char *)strand->original[table] + (size_t)position * original_part(table).bytes, table,
                     row);
    return 0;
}

/* Allocates the sums that are asked for of a table; they grow with the strand. */
static int start_sums(struct history_strand *strand, enum home_credit_table table, enum history_sums sums,
                      struct error *err)
{
    size_t clients = strand->capacity + 1; /* at least one, so that there is something to grow */
    if (sums & HISTORY_FULL)
        strand->full[table] = calloc(clients, history_part(table).bytes);
    if (sums & HISTORY_ORIGINAL && original_part(table).bytes)
        strand->original[table] = calloc(clients, original_part(table).bytes);
    bool short_of_memory =
        (sums & HISTORY_FULL && !strand->full[table]) ||
        (sums & HISTORY_ORIGINAL && original_part(table).bytes && !strand->original[table]);
    return short_of_memory ? error_set(err, ERROR_INTERNAL, "out of memory") : 0;
}

static void show(struct work *work, uint64_t more_bytes)
{
    uint64_t bytes = atomic_fetch_add(&work->bytes, more_bytes) + more_bytes;
    if (!work->show_progress || pthread_mutex_trylock(&work->showing))
        return;
    progress_update(&work->progress, bytes);
    pthread_mutex_unlock(&work->showing);
}

static bool is_wanted(const struct history_strands *strands, enum home_credit_table table)
{
    return table != TABLE_APPLICATION &&
           (strands->sums & HISTORY_FULL || (strands->sums & HISTORY_ORIGINAL && original_part(table).bytes));
}

static int read_table(struct work *work, size_t index, enum home_credit_table table, struct error *err)
{
    struct history_strands *out = work->out;
    struct history_strand *strand = &out->strands[index];
    char path[PATH_MAX];
    if (file_path(path, sizeof path, out->folder, home_credit_schema(table)->file, err))
        return -1;
    if (!file_exists(path))
        return 0;
    out->present[table] = true;
    struct table_reader *reader = NULL;
    if (start_sums(strand, table, out->sums, err) || table_open(&reader, path, table, err))
        return -1;
    double row[APPLICATION_COLUMNS]; /* the widest table */
    uint64_t shown = 0;
    int got = 0;
    while ((got = table_next(reader, row, err)) == 1) {
        if (add_row(strand, table, row, err)) {
            got = -1;
            break;
        }
        if (++out->rows[table] % ROUND_ROWS)
            continue;
        show(work, table_position(reader) - shown);
        shown = table_position(reader);
        if (atomic_load(&work->failed) < index)
            break;
    }
    table_close(reader);
    return got < 0 ? -1 : 0;
}

static void read_strand(struct work *work, size_t index)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < STRAND_TABLES; i++)
        if (is_wanted(work->out, tables_of[index][i]))
            status = read_table(work, index, tables_of[index][i], &work->errors[index]);
    id_map_free(&work->out->strands[index].credits);
    size_t failed = atomic_load(&work->failed);
    while (status && index < failed && !atomic_compare_exchange_weak(&work->failed, &failed, index))
        ;
}

static void *read_strands(void *context)
{
    struct work *work = context;
    size_t index = 0;
    while ((index = atomic_fetch_add(&work->next, 1)) < HISTORY_STRANDS)
        read_strand(work, index);
    return NULL;
}

static uint64_t bytes_to_read(const struct history_strands *strands)
{
    uint64_t bytes = 0;
    for (int table = 0; table < TABLE_COUNT; table++) {
        char path[PATH_MAX];
        const char *file = home_credit_schema((enum home_credit_table)table)->file;
        if (is_wanted(strands, (enum home_credit_table)table) &&
            file_path(path, sizeof path, strands->folder, file, NULL) == 0)
            bytes += file_size(path);
    }
    return bytes;
}

int history_strands_read(struct history_strands *strands, bool show_progress, struct error *err)
{
    struct work work = {.out = strands, .show_progress = show_progress};
    atomic_init(&work.next, 0);
    atomic_init(&work.failed, HISTORY_STRANDS);
    atomic_init(&work.bytes, 0);
    pthread_mutex_init(&work.showing, NULL);
    if (show_progress)
        work.progress = progress_start("history tables", bytes_to_read(strands));
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t helpers = 0;
    pthread_t threads[HISTORY_STRANDS];
    while (helpers + 1 < HISTORY_STRANDS && (long)helpers + 1 < cores &&
           pthread_create(&threads[helpers], NULL, read_strands, &work) == 0)
        helpers++;
    read_strands(&work); /* this thread works too, alone when there is no other */
    for (size_t i = 0; i < helpers; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&work.showing);
    size_t failed = atomic_load(&work.failed);
    if (failed < HISTORY_STRANDS)
        return error_set(err, work.errors[failed].code, "%s", work.errors[failed].message);
    uint64_t rows = 0;
    for (int table = 0; table < TABLE_COUNT; table++)
        rows += strands->rows[table];
    if (show_progress)
        progress_end(&work.progress, rows);
    return 0;
}

void history_strands_free(struct history_strands *strands)
{
    for (size_t i = 0; i < HISTORY_STRANDS; i++) {
        struct history_strand *strand = &strands->strands[i];
        id_map_free(&strand->clients);
        id_map_free(&strand->credits);
        free(strand->client_ids);
        strand->client_ids = NULL;
        for (int table = 0; table < TABLE_COUNT; table++) {
            free(strand->full[table]);
            free(strand->original[table]);
            strand->full[table] = strand->original[table] = NULL;
        }
    }
}
