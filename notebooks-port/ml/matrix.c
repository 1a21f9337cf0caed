#include "notebooks-port/ml/matrix.h"

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
#include "shared/data/csv_writer.h"
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
    float *values = realloc(matrix->values, *capacity * matrix->columns * sizeof *values);
    if (values)
        matrix->values = values;
    return ids && labels && values ? 0
                                   : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", *capacity);
}

/* Is there enough to learn from? */
static int check_rows(const struct matrix *matrix, const char *path, struct error *err)
{
    size_t defaults = 0;
    for (size_t i = 0; i < matrix->rows; i++)
        defaults += matrix->labels[i];
    if (matrix->rows < LEAST_ROWS)
        return error_set(err, ERROR_INVALID, "%s: %zu rows; at least %d are needed to learn", path,
                         matrix->rows, LEAST_ROWS);
    if (defaults == 0 || defaults == matrix->rows)
        return error_set(err, ERROR_INVALID,
                         "%s: TARGET is %d in every row; both classes are needed to learn", path,
                         defaults != 0);
    return 0;
}

int matrix_hash_folder(char out[FILE_HASH_HEX], const char *folder, struct error *err)
{
    char hashes[TABLE_COUNT][FILE_HASH_HEX] = {0}; /* empty for a table that is not there */
    struct error errors[TABLE_COUNT] = {0};
#pragma omp parallel for schedule(dynamic)
    for (int table = 0; table < TABLE_COUNT; table++) {
        char path[PATH_MAX];
        const char *name = home_credit_schema((enum home_credit_table)table)->file;
        if (file_path(path, sizeof path, folder, name, &errors[table]) == 0 && file_exists(path))
            file_hash(hashes[table], path, &errors[table]);
    }
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (int table = 0; table < TABLE_COUNT; table++) {
        const char *name = home_credit_schema((enum home_credit_table)table)->file;
        if (errors[table].code != ERROR_NONE)
            return error_set(err, errors[table].code, "%s", errors[table].message);
        if (hashes[table][0] == '\0')
            continue;
        crypto_hash_sha256_update(&state, (const unsigned char *)name, strlen(name));
        crypto_hash_sha256_update(&state, (const unsigned char *)hashes[table], sizeof hashes[table]);
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
        features_build(row, history_set_get(histories, id), matrix->values + matrix->rows * FEATURE_COUNT);
        if (++matrix->rows % PROGRESS_ROWS == 0 && show_progress)
            progress_update(&progress, table_position(reader));
    }
    table_close(reader);
    if (got)
        return -1;
    if (show_progress)
        progress_end(&progress, matrix->rows);
    return check_rows(matrix, path, err);
}

static int name_columns(struct matrix *matrix, struct error *err)
{
    matrix->columns = FEATURE_COUNT;
    matrix->names = calloc(FEATURE_COUNT, sizeof *matrix->names);
    bool named = matrix->names != NULL;
    for (size_t i = 0; named && i < FEATURE_COUNT; i++)
        named = (matrix->names[i] = strdup(catalogue_feature(i)->name)) != NULL;
    return named ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
}

int matrix_read(struct matrix *out, const char *folder, bool show_progress, struct error *err)
{
    memset(out, 0, sizeof *out);
    char path[PATH_MAX];
    struct history_set *histories = NULL;
    int status = name_columns(out, err);
    if (status == 0)
        status = file_path(path, sizeof path, folder, "application_train.csv", err);
    if (status == 0)
        status = history_set_read(&histories, folder, show_progress, err);
    if (status == 0)
        status = read_rows(out, path, histories, show_progress, err);
    if (status == 0)
        status = matrix_hash_folder(out->data_hash, folder, err);
    history_set_free(histories);
    if (status)
        matrix_free(out);
    return status;
}

void matrix_free(struct matrix *matrix)
{
    for (size_t i = 0; matrix->names && i < matrix->columns; i++)
        free(matrix->names[i]);
    free(matrix->names);
    free(matrix->client_ids);
    free(matrix->labels);
    free(matrix->values);
    memset(matrix, 0, sizeof *matrix);
}

struct examples matrix_examples(const struct matrix *matrix)
{
    return (struct examples){matrix->values, matrix->labels, matrix->rows, matrix->columns};
}

bool matrix_is_catalogue(const struct matrix *matrix)
{
    bool same = matrix->columns == FEATURE_COUNT;
    for (size_t i = 0; same && i < FEATURE_COUNT; i++)
        same = strcmp(matrix->names[i], catalogue_feature(i)->name) == 0;
    return same;
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

/* ---- The matrix as a file ---------------------------------------------------------------------------- */

/* Where the columns of a matrix file stand. */
struct file_columns {
    size_t count, id, target;
};

/* Takes the header: SK_ID_CURR, TARGET, and features under names that differ. */
static int read_header(struct matrix *matrix, struct file_columns *columns, struct csv_reader *reader,
                       const char *path, struct error *err)
{
    const struct slice *fields = NULL;
    *columns = (struct file_columns){0, SIZE_MAX, SIZE_MAX};
    int got = csv_next(reader, &fields, &columns->count, err);
    if (got < 0)
        return -1;
    matrix->names = calloc(columns->count + 1, sizeof *matrix->names);
    if (!matrix->names)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; got == 1 && i < columns->count; i++) {
        size_t *special = slice_equals(fields[i], "SK_ID_CURR") ? &columns->id
                          : slice_equals(fields[i], "TARGET")   ? &columns->target
                                                                : NULL;
        if (special && *special != SIZE_MAX)
            return error_set(err, ERROR_INVALID, "%s:1: %.*s stands there twice", path, (int)fields[i].length,
                             fields[i].data);
        if (special) {
            *special = i;
            continue;
        }
        char *name = strndup(fields[i].data, fields[i].length);
        if (!name)
            return error_set(err, ERROR_INTERNAL, "out of memory");
        matrix->names[matrix->columns++] = name;
        for (size_t j = 0; j + 1 < matrix->columns; j++)
            if (strcmp(matrix->names[j], name) == 0)
                return error_set(err, ERROR_INVALID, "%s:1: the column %s stands there twice", path, name);
    }
    if (columns->id == SIZE_MAX || columns->target == SIZE_MAX || matrix->columns == 0)
        return error_set(err, ERROR_INVALID,
                         "%s:1: columns SK_ID_CURR, TARGET and at least one feature are needed", path);
    return 0;
}

static int read_file_row(struct matrix *matrix, const struct file_columns *columns,
                         const struct slice *fields, const char *path, uint64_t line, struct error *err)
{
    float *out = matrix->values + matrix->rows * matrix->columns;
    size_t at = 0;
    for (size_t i = 0; i < columns->count; i++) {
        double value = (double)NAN;
        bool special = i == columns->id || i == columns->target;
        const char *name = i == columns->id       ? "SK_ID_CURR"
                           : i == columns->target ? "TARGET"
                                                  : matrix->names[at];
        bool known = fields[i].length > 0;
        bool right = known ? number_read(&value, fields[i].data, fields[i].length) : !special;
        if (i == columns->target)
            right = right && (value == 0 || value == 1);
        if (i == columns->id)
            right = right && value >= 1 && value == floor(value) && value < 9e15;
        if (!right)
            return error_set(err, ERROR_PARSE, "%s:%" PRIu64 ": %s: \"%.*s\" is not %s", path, line, name,
                             (int)(fields[i].length < 40 ? fields[i].length : 40), fields[i].data,
                             i == columns->target ? "0 or 1"
                             : i == columns->id   ? "a client's number"
                                                  : "a number");
        if (i == columns->id)
            matrix->client_ids[matrix->rows] = (int64_t)value;
        else if (i == columns->target)
            matrix->labels[matrix->rows] = value == 1;
        else
            out[at++] = (float)value;
    }
    matrix->rows++;
    return 0;
}

int matrix_read_file(struct matrix *out, const char *path, bool show_progress, struct error *err)
{
    memset(out, 0, sizeof *out);
    struct csv_reader *reader = NULL;
    const struct csv_options limits = {.fields = MATRIX_COLUMNS + 2};
    struct file_columns columns;
    if (csv_open(&reader, path, &limits, err))
        return -1;
    int got = read_header(out, &columns, reader, path, err);
    struct progress progress = {0};
    if (show_progress)
        progress = progress_start("matrix", csv_size(reader));
    const struct slice *fields = NULL;
    size_t count = 0;
    size_t capacity = 0;
    while (got == 0 && (got = csv_next(reader, &fields, &count, err)) == 1) {
        got = 0;
        if (count != columns.count)
            got = error_set(err, ERROR_PARSE, "%s:%" PRIu64 ": %zu fields where the header has %zu", path,
                            csv_line(reader), count, columns.count);
        if (got == 0 && out->rows == capacity)
            got = grow(out, &capacity, err);
        if (got == 0)
            got = read_file_row(out, &columns, fields, path, csv_line(reader), err);
        if (got == 0 && show_progress && out->rows % PROGRESS_ROWS == 0)
            progress_update(&progress, csv_position(reader));
    }
    csv_close(reader);
    if (got == 0 && show_progress)
        progress_end(&progress, out->rows);
    if (got == 0)
        got = check_rows(out, path, err);
    if (got == 0)
        got = file_hash(out->data_hash, path, err);
    if (got)
        matrix_free(out);
    return got;
}

int matrix_write(const struct matrix *matrix, const char *folder, const char *name, struct error *err)
{
    struct writer writer = {.descriptor = -1};
    if (writer_open(&writer, folder, name, err))
        return -1;
    writer_text(&writer, "SK_ID_CURR", ',');
    if (matrix->labels)
        writer_text(&writer, "TARGET", ',');
    for (size_t i = 0; i < matrix->columns; i++)
        writer_text(&writer, matrix->names[i], i + 1 < matrix->columns ? ',' : '\n');
    for (size_t row = 0; row < matrix->rows; row++) {
        const float *values = matrix->values + row * matrix->columns;
        writer_integer(&writer, matrix->client_ids[row], ',');
        if (matrix->labels)
            writer_integer(&writer, matrix->labels[row], ',');
        for (size_t i = 0; i < matrix->columns; i++)
            writer_float(&writer, values[i], i + 1 < matrix->columns ? ',' : '\n');
    }
    int status = writer_close(&writer, err);
    if (status == 0)
        status = writer_publish(&writer, err);
    if (status)
        writer_abandon(&writer);
    return status;
}
