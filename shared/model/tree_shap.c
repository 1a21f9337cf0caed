#include "shared/model/tree_shap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "shared/base/crew.h"
#include "shared/model/tree_shap_tables.h"

enum {
    BLOCK_FEW = 2, /* so many rows of a block are faster one by one */
};
static const size_t SCRATCH_LIMIT = (size_t)1 << 30;

#ifdef __x86_64__
static shap_explain_row_fn *const row_sweeps[PROCESSOR_COUNT] = {
    shap_explain_row_plain, shap_explain_row_avx2, shap_explain_row_avx512};
static shap_explain_rows_fn *const rows_sweeps[PROCESSOR_COUNT] = {
    shap_explain_rows_plain, shap_explain_rows_avx2, shap_explain_rows_avx512};
#else
static shap_explain_row_fn *const row_sweeps[PROCESSOR_COUNT] = {shap_explain_row_plain};
static shap_explain_rows_fn *const rows_sweeps[PROCESSOR_COUNT] = {shap_explain_rows_plain};
#endif

int tree_shap_use_processor(struct tree_shap *shap, enum processor processor)
{
    if (processor > processor_best())
        return -1;
    shap->processor = processor;
    return 0;
}

static size_t largest_shape(const struct shap_program *program)
{
    size_t largest = 1;
    for (size_t i = 0; i < program->shape_count; i++)
        if (program->shapes[i].slots > largest)
            largest = program->shapes[i].slots;
    return largest;
}

int tree_shap_new(struct tree_shap **out, const struct trees *trees, struct error *err)
{
    struct tree_shap *shap = calloc(1, sizeof *shap);
    if (!shap)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    int status = shap_tables_prepare(&shap->tables, trees, err);
    if (status == 0) {
        size_t by_tree = largest_shape(&shap->tables.by_tree);
        size_t by_row = largest_shape(&shap->tables.by_row);
        shap->processor = processor_best();
        shap->largest = by_tree > by_row ? by_tree : by_row;
        shap->scratch_bytes =
            (shap->largest * (3 * shap->tables.points.count + 2) + 2 * (size_t)shap->tables.used_count + 1) *
            sizeof(lanes);
        if (shap->scratch_bytes > SCRATCH_LIMIT)
            status =
                error_set(err, ERROR_LIMIT,
                          "explaining these trees takes %zu bytes a thread, more than %zu; train smaller "
                          "trees",
                          shap->scratch_bytes, SCRATCH_LIMIT);
    }
    if (status == 0)
        *out = shap;
    else
        tree_shap_free(shap);
    return status;
}

/* Each thread keeps its working memory until it ends. */
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static _Thread_local void *scratch_memory;
static _Thread_local size_t scratch_size;

static void make_scratch_key(void)
{
    pthread_key_create(&scratch_key, free);
}

static int take_scratch(struct shap_scratch *out, const struct tree_shap *shap, struct error *err)
{
    if (scratch_size < shap->scratch_bytes) {
        pthread_once(&scratch_once, make_scratch_key);
        free(scratch_memory);
        scratch_memory = aligned_alloc(sizeof(lanes), shap->scratch_bytes);
        scratch_size = scratch_memory ? shap->scratch_bytes : 0;
        pthread_setspecific(scratch_key, scratch_memory);
        if (!scratch_memory)
            return error_set(err, ERROR_INTERNAL, "out of memory");
    }
    size_t each = shap->largest * shap->tables.points.count;
    out->shares = scratch_memory;
    out->effects = out->shares + each;
    out->sums = out->effects + each;
    out->reached = out->sums + each;
    out->adds = out->reached + shap->largest;
    out->values = out->adds + shap->largest;
    out->totals = out->values + shap->tables.used_count;
    return 0;
}

static void explain_block(const struct tree_shap *shap, const float *rows, size_t count,
                          struct shap_scratch *scratch, float *contributions, float *margins)
{
    size_t columns = shap->tables.trees->columns;
    if (count > BLOCK_FEW)
        rows_sweeps[shap->processor](&shap->tables, rows, count, scratch, contributions, margins);
    else
        for (size_t i = 0; i < count; i++)
            row_sweeps[shap->processor](&shap->tables, rows + i * columns, scratch,
                                        contributions + i * (columns + 1), margins + i);
}

/* Blocks of rows that threads take as they come. */
struct work {
    const struct tree_shap *shap;
    const float *rows;
    size_t count;
    float *contributions;
    float *margins; /* NULL: not wanted */
    atomic_size_t next;
    atomic_bool failed;
};

static void *explain_blocks(void *context)
{
    struct work *work = context;
    size_t columns = work->shap->tables.trees->columns;
    float unwanted[SHAP_LANES] = {0};
    struct shap_scratch scratch;
    if (take_scratch(&scratch, work->shap, NULL)) {
        atomic_store(&work->failed, true);
        return NULL;
    }
    for (;;) {
        size_t first = atomic_fetch_add(&work->next, SHAP_LANES);
        if (first >= work->count)
            return NULL;
        size_t count = work->count - first < SHAP_LANES ? work->count - first : SHAP_LANES;
        explain_block(work->shap, work->rows + first * columns, count, &scratch,
                      work->contributions + first * (columns + 1),
                      work->margins ? work->margins + first : unwanted);
    }
}

int tree_shap_score(const struct tree_shap *shap, const float *rows, size_t count, unsigned threads,
                    float *contributions, float *margins, struct error *err)
{
    struct work work = {
        .shap = shap, .rows = rows, .count = count, .contributions = contributions, .margins = margins};
    size_t blocks = (count + SHAP_LANES - 1) / SHAP_LANES;
    crew_run(blocks < threads ? (unsigned)blocks : threads, explain_blocks, &work);
    return atomic_load(&work.failed) ? error_set(err, ERROR_INTERNAL, "out of memory") : 0;
}

int tree_shap_explain(const struct tree_shap *shap, const float *rows, size_t count, unsigned threads,
                      float *contributions, struct error *err)
{
    return tree_shap_score(shap, rows, count, threads, contributions, NULL, err);
}

size_t tree_shap_bytes(const struct tree_shap *shap)
{
    return sizeof *shap + shap_tables_bytes(&shap->tables);
}

void tree_shap_free(struct tree_shap *shap)
{
    if (!shap)
        return;
    shap_tables_release(&shap->tables);
    free(shap);
}
