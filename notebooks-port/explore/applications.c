#include "notebooks-port/explore/applications.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/file.h"

const double DAYS_UNKNOWN = 365243;

static int check(const struct table *table, const char *path, struct error *err)
{
    size_t rows = table_rows(table);
    size_t defaults = 0;
    if (rows < APPLICATIONS_LEAST)
        return error_set(err, ERROR_INVALID, "%s: %zu rows; at least %d are needed", path, rows,
                         APPLICATIONS_LEAST);
    if (!table_loaded_target(table))
        return error_set(err, ERROR_INVALID, "%s:1: column TARGET is missing; it says who defaulted", path);
    for (size_t row = 0; row < rows; row++) {
        double target = table_value(table, row, APPLICATION_TARGET);
        if (isnan(target))
            return error_set(err, ERROR_INVALID, "%s: TARGET of client %.0f is empty; it must be 0 or 1",
                             path, table_value(table, row, APPLICATION_SK_ID_CURR));
        defaults += target == 1;
    }
    if (defaults == 0 || defaults == rows)
        return error_set(err, ERROR_INVALID,
                         "%s: TARGET is %d in every row; clients of both classes are needed", path,
                         defaults != 0);
    return 0;
}

int applications_load(struct table **out, const char *folder, struct error *err)
{
    char path[PATH_MAX];
    struct table *table = NULL;
    if (file_path(path, sizeof path, folder, "application_train.csv", err))
        return -1;
    if (!file_exists(path))
        return error_set(err, ERROR_NOT_FOUND,
                         "%s: no such file; the folder must hold Home Credit's CSV files", path);
    if (table_load(&table, path, TABLE_APPLICATION, err))
        return -1;
    if (check(table, path, err)) {
        table_free(table);
        return -1;
    }
    *out = table;
    return 0;
}

int applications_load_test(struct table **out, const char *folder, struct error *err)
{
    char path[PATH_MAX];
    *out = NULL;
    if (file_path(path, sizeof path, folder, "application_test.csv", err))
        return -1;
    if (!file_exists(path))
        return 0;
    if (table_load(out, path, TABLE_APPLICATION, err))
        return -1;
    if (table_rows(*out) > 0)
        return 0;
    table_free(*out);
    *out = NULL;
    return error_set(err, ERROR_INVALID, "%s: no rows; remove the file if there are no test clients", path);
}

void applications_column(double *out, const struct table *table, size_t column)
{
    for (size_t row = 0; row < table_rows(table); row++)
        out[row] = table_value(table, row, column);
}

void applications_clean_column(double *out, const struct table *table, size_t column)
{
    static const struct {
        size_t column;
        double value;
    } unknown[] = {{APPLICATION_DAYS_EMPLOYED, 365243},
                   {APPLICATION_CODE_GENDER, CODE_GENDER_XNA},
                   {APPLICATION_NAME_FAMILY_STATUS, NAME_FAMILY_STATUS_UNKNOWN},
                   {APPLICATION_ORGANIZATION_TYPE, ORGANIZATION_TYPE_XNA}};
    applications_column(out, table, column);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        for (size_t row = 0; unknown[i].column == column && row < table_rows(table); row++)
            if (out[row] == unknown[i].value)
                out[row] = (double)NAN;
}

void applications_labels(uint8_t *out, const struct table *table)
{
    for (size_t row = 0; row < table_rows(table); row++)
        out[row] = table_value(table, row, APPLICATION_TARGET) == 1;
}

/* ---- Duplicates -----------------------------------------------------------------------------------------
 */

struct fingerprint {
    uint64_t hash;
    size_t row;
};

/* FNV-1a over the row's bits; equal hashes are compared value by value. */
static uint64_t hash_row(const double *row)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        uint64_t bits = UINT64_MAX;
        if (!isnan(row[c]) && c != APPLICATION_SK_ID_CURR)
            memcpy(&bits, &row[c], sizeof bits);
        hash = (hash ^ bits) * UINT64_C(1099511628211);
        hash ^= hash >> 32;
    }
    return hash;
}

static int compare_fingerprints(const void *a, const void *b)
{
    const struct fingerprint *x = a;
    const struct fingerprint *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static bool same_rows(const struct table *table, size_t a, size_t b)
{
    for (size_t c = 0; c < APPLICATION_COLUMNS; c++) {
        double x = table_value(table, a, c);
        double y = table_value(table, b, c);
        if (c != APPLICATION_SK_ID_CURR && x != y && !(isnan(x) && isnan(y)))
            return false;
    }
    return true;
}

int applications_duplicates(size_t *out, const struct table *table, struct error *err)
{
    size_t rows = table_rows(table);
    struct fingerprint *prints = malloc((rows + 1) * sizeof *prints);
    if (!prints)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
#pragma omp parallel for
    for (size_t row = 0; row < rows; row++) {
        double values[APPLICATION_COLUMNS];
        table_row(table, row, values);
        prints[row] = (struct fingerprint){hash_row(values), row};
    }
    qsort(prints, rows, sizeof *prints, compare_fingerprints);
    *out = 0;
    for (size_t i = 1; i < rows; i++) {
        bool found = false;
        for (size_t j = i; !found && j > 0 && prints[j - 1].hash == prints[i].hash; j--)
            found = same_rows(table, prints[j - 1].row, prints[i].row);
        *out += found;
    }
    free(prints);
    return 0;
}
