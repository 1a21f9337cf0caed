#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/population/population_private.h"
#include "shared/base/crew.h"

/* Rows come one client at a time and are packed column by column: a block of rows at once, for one column's
 * values after the other would fetch a cache line each. */
enum { BLOCK_ROWS = 2048, READERS = 2, PACKING_THREADS = 2 };

struct reading {
    struct store *store;
    struct population *population;
    struct packer *packers[FEATURE_COUNT];
    pthread_mutex_t locks[FEATURE_COUNT];
    atomic_size_t next; /* feature to be finished */
    atomic_bool failed;
};

/* One of two that read towards each other, from either end. */
struct reader {
    struct reading *reading;
    bool backwards;
    size_t limit, rows, flushed; /* clients to read; read; packed */
    int64_t beyond;              /* the first reader's: who comes after its last; INT64_MAX: nobody */
    float *block;                /* BLOCK_ROWS vectors in ascending order of id */
    float *column;               /* BLOCK_ROWS values */
    int status;
    struct error err;
};

/* ---- Rows into columns ---- */

static int flush_block(struct reader *reader, struct error *err)
{
    struct reading *reading = reader->reading;
    const size_t count = reader->rows - reader->flushed;
    const size_t first = reader->backwards ? reading->population->count - reader->rows : reader->flushed;
    const float *block =
        reader->backwards ? reader->block + (BLOCK_ROWS - count) * FEATURE_COUNT : reader->block;
    int status = 0;
    for (size_t i = 0; i < FEATURE_COUNT && status == 0; i++) {
        /* The readers begin apart, so that they do not wait for each other. */
        const size_t feature = reader->backwards ? (i + FEATURE_COUNT / 2) % FEATURE_COUNT : i;
        for (size_t row = 0; row < count; row++)
            reader->column[row] = block[row * FEATURE_COUNT + feature];
        pthread_mutex_lock(&reading->locks[feature]);
        status = packer_add(reading->packers[feature], first, reader->column, count, err);
        pthread_mutex_unlock(&reading->locks[feature]);
    }
    reader->flushed = reader->rows;
    return status;
}

static int read_client(void *context, const struct store_client *client, struct error *err)
{
    struct reader *reader = context;
    struct population *population = reader->reading->population;
    if (client->feature_count != FEATURE_COUNT)
        return error_set(err, ERROR_CONFLICT, "the store's population has vectors of another length");
    if (reader->rows == reader->limit) {
        reader->beyond = client->id;
        return 0;
    }
    const size_t row = reader->backwards ? population->count - 1 - reader->rows : reader->rows;
    const size_t place = reader->rows - reader->flushed;
    population->ids[row] = client->id;
    population->outcomes[row] = (int8_t)client->outcome;
    population->margins[row] = client->margin;
    memcpy(reader->block + (reader->backwards ? BLOCK_ROWS - 1 - place : place) * FEATURE_COUNT,
           client->features, FEATURE_COUNT * sizeof *client->features);
    reader->rows++;
    return place + 1 == BLOCK_ROWS ? flush_block(reader, err) : 0;
}

static void *read_half(void *context)
{
    struct reader *reader = context;
    const struct store_scan scan = {.population = reader->reading->population->stored.id,
                                    .backwards = reader->backwards,
                                    /* the first looks one row further: there they meet */
                                    .limit = reader->limit + !reader->backwards};
    reader->block = malloc((size_t)BLOCK_ROWS * FEATURE_COUNT * sizeof *reader->block);
    reader->column = malloc(BLOCK_ROWS * sizeof *reader->column);
    if (!reader->block || !reader->column)
        reader->status = error_set(&reader->err, ERROR_INTERNAL, "no memory for the population");
    else
        reader->status = store_scan(reader->reading->store, &scan, read_client, reader, &reader->err);
    if (reader->status == 0)
        reader->status = flush_block(reader, &reader->err);
    free(reader->block);
    free(reader->column);
    return NULL;
}

/* Both halves are whole, and the second begins where the first ends. */
static int check_halves(const struct population *population, const struct reader readers[READERS],
                        struct error *err)
{
    const struct reader *first = &readers[0], *second = &readers[1];
    const int64_t wanted = second->limit > 0 ? population->ids[first->limit] : INT64_MAX;
    const bool fewer = first->rows < first->limit || second->rows < second->limit || first->beyond > wanted;
    if (fewer || first->beyond < wanted)
        return error_set(err, ERROR_CONFLICT, "the store's population has %s clients than it says",
                         fewer ? "fewer" : "more");
    return 0;
}

static int read_rows(struct reading *reading, struct error *err)
{
    const size_t count = reading->population->count;
    struct reader readers[READERS] = {{.reading = reading, .limit = count - count / 2, .beyond = INT64_MAX},
                                      {.reading = reading, .limit = count / 2, .backwards = true}};
    pthread_t thread;
    const bool together = pthread_create(&thread, NULL, read_half, &readers[1]) == 0;
    read_half(&readers[0]);
    if (together)
        pthread_join(thread, NULL);
    else
        read_half(&readers[1]);
    for (size_t i = 0; i < READERS; i++)
        if (readers[i].status)
            return error_set(err, readers[i].err.code, "%s", readers[i].err.message);
    return check_halves(reading->population, readers, err);
}

/* ---- All of it ---- */

static void *finish_columns(void *context)
{
    struct reading *reading = context;
    struct population *population = reading->population;
    bool failed = false;
    size_t feature;
    while (!failed && (feature = atomic_fetch_add(&reading->next, 1)) < FEATURE_COUNT) {
        failed = packer_finish(reading->packers[feature], &population->columns[feature], NULL) != 0;
        packer_free(reading->packers[feature]);
        reading->packers[feature] = NULL;
    }
    if (failed)
        atomic_store(&reading->failed, true);
    return NULL;
}

int population_read(struct population **out, struct store *store, const struct store_population *stored,
                    struct error *err)
{
    int status = -1;
    size_t locks = 0;
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading)
        return error_set(err, ERROR_INTERNAL, "no memory for the population");
    reading->store = store;
    if (population_new(&reading->population, stored, err))
        goto done;
    for (; locks < FEATURE_COUNT; locks++) {
        if (packer_new(&reading->packers[locks], reading->population->count, err))
            goto done;
        pthread_mutex_init(&reading->locks[locks], NULL);
    }
    if (read_rows(reading, err))
        goto done;
    crew_run(PACKING_THREADS, finish_columns, reading);
    if (atomic_load(&reading->failed)) {
        error_set(err, ERROR_INTERNAL, "no memory for the population");
        goto done;
    }
    status = 0;
done:
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        packer_free(reading->packers[i]);
    for (size_t i = 0; i < locks; i++)
        pthread_mutex_destroy(&reading->locks[i]);
    if (status)
        population_release(reading->population);
    else
        *out = reading->population;
    free(reading);
    return status;
}
