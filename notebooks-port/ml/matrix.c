#include "notebooks-port/ml/matrix.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/id_map.h"
#include "shared/base/number.h"
#include "shared/base/progress.h"
#include "shared/data/csv.h"
#include "shared/data/table.h"
#include "shared/features/features.h"

enum { FIRST_ROWS = 4096, LEAST_ROWS = 100, PROGRESS_ROWS = 1024 };

static int grow(struct matrix *matrix, size_t *capacity, struct error *err)
{
    *capacity = *capacity ? 2 * *capacity : FIRST_ROWS;
    int64_t *ids = realloc(matrix->client_ids, *capacity * sizeof *ids);
    if (ids)
        matrix->client_ids = ids;
    uint8_t *labels = realloc(matrix->labels, *capacity * sizeof *labels);
    if (labels)
        matrix->labels = labels;
    float *values = realloc(matrix->values, *capacity * FEATURE_COUNT * sizeof *values);
    if (values)
        matrix->values = values;
    return ids && labels && values ? 0
                                   : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", *capacity);
}

/* SHA-256 over the names and hashes of the tables that are there. */
static int hash_files(char out[FILE_HASH_HEX], const char *folder, struct error *err)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (int table = 0; table < TABLE_COUNT; table++) {
        char path[PATH_MAX];
        char hash[FILE_HASH_HEX];
        const char *name = home_credit_schema((enum home_credit_table)table)->file;
        if (file_path(path, sizeof path, folder, name, err))
            return -1;
        if (!file_exists(path))
            continue;
        if (file_hash(hash, path, err))
            return -1;
        crypto_hash_sha256_update(&state, (const unsigned char *)name, strlen(name));
        crypto_hash_sha256_update(&state, (const unsigned char *)hash, sizeof hash);
    }
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(out, FILE_HASH_HEX, digest, sizeof digest);
    return 0;
}

static int read_rows(struct matrix *matrix, const char *path, const struct history_set *histories,
                     bool show_progress, struct error *err)
{
    struct table_reader *reader = NULL;
    if (table_open(&reader, path, TABLE_APPLICATION, err))
        return -1;
    struct progress progress = {0};
    if (show_progress)
        progress = progress_start("application_train.csv", table_size(reader));
    size_t capacity = 0;
    size_t defaults = 0;
    double row[APPLICATION_COLUMNS];
    int got =
        table_has_target(reader) ? 0 : error_set(err, ERROR_INVALID, "%s: no column TARGET to learn", path);
    while (got == 0 && (got = table_next(reader, row, err)) == 1) {
        got = 0;
        if (isnan(row[APPLICATION_TARGET])) {
            got =
                error_set(err, ERROR_INVALID, "%s:%" PRIu64 ": TARGET: \"\" is empty, but training needs it",
                          path, table_line(reader));
            break;
        }
        if (matrix->rows == capacity && (got = grow(matrix, &capacity, err)))
            break;
        int64_t id = (int64_t)row[APPLICATION_SK_ID_CURR];
        matrix->client_ids[matrix->rows] = id;
        matrix->labels[matrix->rows] = row[APPLICATION_TARGET] == 1;
        defaults += matrix->labels[matrix->rows];
        features_build(row, history_set_get(histories, id), matrix->values + matrix->rows * FEATURE_COUNT);
        if (++matrix->rows % PROGRESS_ROWS == 0 && show_progress)
            progress_update(&progress, table_position(reader));
    }
    table_close(reader);
    if (got)
        return -1;
    if (show_progress)
        progress_end(&progress, matrix->rows);
    if (matrix->rows < LEAST_ROWS)
        return error_set(err, ERROR_INVALID, "%s: %zu rows; at least %d are needed to learn", path,
                         matrix->rows, LEAST_ROWS);
    if (defaults == 0 || defaults == matrix->rows)
        return error_set(err, ERROR_INVALID,
                         "%s: TARGET is %d in every row; both classes are needed to learn", path,
                         defaults != 0);
    return 0;
}

int matrix_read(struct matrix *out, const char *folder, bool show_progress, struct error *err)
{
    memset(out, 0, sizeof *out);
    char path[PATH_MAX];
    struct history_set *histories = NULL;
    int status = file_path(path, sizeof path, folder, "application_train.csv", err);
    if (status == 0)
        status = history_set_read(&histories, folder, show_progress, err);
    if (status == 0)
        status = read_rows(out, path, histories, show_progress, err);
    if (status == 0)
        status = hash_files(out->data_hash, folder, err);
    history_set_free(histories);
    if (status)
        matrix_free(out);
    return status;
}

void matrix_free(struct matrix *matrix)
{
    free(matrix->client_ids);
    free(matrix->labels);
    free(matrix->values);
    memset(matrix, 0, sizeof *matrix);
}

/* Reads id → fold of a CSV file with those two columns among others. */
static int read_fold_map(struct id_map *map, const char *path, struct error *err)
{
    struct csv_reader *reader = NULL;
    if (csv_open(&reader, path, NULL, err))
        return -1;
    const struct slice *fields = NULL;
    size_t count = 0;
    size_t id_at = SIZE_MAX;
    size_t fold_at = SIZE_MAX;
    int got = csv_next(reader, &fields, &count, err);
    size_t columns = count;
    for (size_t i = 0; got == 1 && i < count; i++) {
        id_at = slice_equals(fields[i], "SK_ID_CURR") ? i : id_at;
        fold_at = slice_equals(fields[i], "fold") ? i : fold_at;
    }
    if (got == 0 || (got == 1 && (id_at == SIZE_MAX || fold_at == SIZE_MAX)))
        got = error_set(err, ERROR_INVALID, "%s:1: columns SK_ID_CURR and fold are needed", path);
    while (got == 1 && (got = csv_next(reader, &fields, &count, err)) == 1) {
        double id = 0;
        double fold = 0;
        if (count != columns || !number_read(&id, fields[id_at].data, fields[id_at].length) ||
            !number_read(&fold, fields[fold_at].data, fields[fold_at].length) || fold < 0 || fold > 99 ||
            fold != floor(fold))
            got = error_set(err, ERROR_PARSE, "%s:%" PRIu64 ": needs a client id and a fold from 0 to 99",
                            path, csv_line(reader));
        else if (id_map_add(map, (int64_t)id, (uint32_t)fold, err) < 0)
            got = -1;
    }
    csv_close(reader);
    return got;
}

int matrix_read_folds(const struct matrix *matrix, const char *path, uint8_t *fold, unsigned *folds,
                      struct error *err)
{
    struct id_map map = {0};
    int status = read_fold_map(&map, path, err);
    *folds = 0;
    for (size_t i = 0; status == 0 && i < matrix->rows; i++) {
        int64_t found = id_map_get(&map, matrix->client_ids[i]);
        if (found == ID_MAP_NONE) {
            status = error_set(err, ERROR_INVALID, "%s: client %" PRId64 " has no fold", path,
                               matrix->client_ids[i]);
            break;
        }
        fold[i] = (uint8_t)found;
        if (found + 1 > *folds)
            *folds = (unsigned)found + 1;
    }
    if (status == 0 && *folds < 2)
        status = error_set(err, ERROR_INVALID, "%s: at least two folds are needed", path);
    id_map_free(&map);
    return status;
}

int matrix_split(const struct matrix *matrix, const bool *use, unsigned folds, uint64_t seed, uint8_t *fold,
                 struct error *err)
{
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    size_t *rows = malloc(matrix->rows * sizeof *rows);
    if (!generator || !rows) {
        if (generator)
            gsl_rng_free(generator);
        free(rows);
        return error_set(err, ERROR_INTERNAL, "out of memory");
    }
    gsl_rng_set(generator, (unsigned long)seed);
    memset(fold, UINT8_MAX, matrix->rows);
    for (int label = 0; label <= 1; label++) {
        size_t count = 0;
        for (size_t i = 0; i < matrix->rows; i++)
            if (matrix->labels[i] == label && (!use || use[i]))
                rows[count++] = i;
        gsl_ran_shuffle(generator, rows, count, sizeof *rows);
        for (size_t i = 0; i < count; i++)
            fold[rows[i]] = (uint8_t)(i % folds);
    }
    gsl_rng_free(generator);
    free(rows);
    return 0;
}
