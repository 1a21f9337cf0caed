#include "notebooks-port/ml/dummies.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/features/catalogue.h"

/* The categories of a column, or NULL for one that is a quantity. */
static const struct column *categories_of(const char *name)
{
    int id = catalogue_find(name);
    const struct column *column = id < 0 ? NULL : catalogue_column((size_t)id);
    return column && column->kind == COLUMN_CATEGORY ? column : NULL;
}

static char *join(const char *column, const char *category)
{
    size_t size = strlen(column) + strlen(category) + 2;
    char *name = malloc(size);
    if (name)
        snprintf(name, size, "%s=%s", column, category);
    return name;
}

/* Names the columns to be, and notes where each of the columns that are starts. */
static int lay_out(struct matrix *out, size_t *starts, const struct matrix *from, struct error *err)
{
    for (size_t c = 0; c < from->columns; c++) {
        const struct column *column = categories_of(from->names[c]);
        starts[c] = out->columns;
        out->columns += column ? column->category_count : 1;
    }
    if (out->columns > MATRIX_COLUMNS)
        return error_set(err, ERROR_LIMIT,
                         "%zu columns with the categories spread out; at most %d are possible", out->columns,
                         MATRIX_COLUMNS);
    out->names = calloc(out->columns + 1, sizeof *out->names);
    bool named = out->names != NULL;
    for (size_t c = 0; named && c < from->columns; c++) {
        const struct column *column = categories_of(from->names[c]);
        char **names = out->names + starts[c];
        if (!column)
            named = (names[0] = strdup(from->names[c])) != NULL;
        for (size_t k = 0; named && column && k < column->category_count; k++)
            named = (names[k] = join(from->names[c], column->categories[k])) != NULL;
    }
    return named ? 0 : error_set(err, ERROR_INTERNAL, "out of memory for %zu names", out->columns);
}

static int copy_rows(struct matrix *out, const struct matrix *from, struct error *err)
{
    size_t cells = 0;
    if (__builtin_mul_overflow(from->rows ? from->rows : 1, out->columns ? out->columns : 1, &cells))
        return error_set(err, ERROR_LIMIT, "%zu rows of %zu columns are too many", from->rows, out->columns);
    out->values = calloc(cells, sizeof *out->values);
    out->client_ids = malloc((from->rows + 1) * sizeof *out->client_ids);
    out->labels = malloc(from->rows + 1);
    if (!out->values || !out->client_ids || !out->labels)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows of %zu columns", from->rows,
                         out->columns);
    out->rows = from->rows;
    memcpy(out->client_ids, from->client_ids, from->rows * sizeof *out->client_ids);
    memcpy(out->labels, from->labels, from->rows);
    memcpy(out->data_hash, from->data_hash, sizeof out->data_hash);
    return 0;
}

static int spread(struct matrix *out, size_t start, const struct column *column, const struct matrix *from,
                  size_t at, struct error *err)
{
    for (size_t r = 0; r < from->rows; r++) {
        double value = (double)from->values[r * from->columns + at];
        if (isnan(value))
            continue;
        if (!(value >= 0 && value < (double)column->category_count && value == floor(value)))
            return error_set(err, ERROR_INVALID, "row %zu: %s is %g; a category is a position from 0 to %zu",
                             r + 1, column->name, value, column->category_count - 1);
        out->values[r * out->columns + start + (size_t)value] = 1;
    }
    return 0;
}

int dummies_expand(struct matrix *out, const struct matrix *from, struct error *err)
{
    memset(out, 0, sizeof *out);
    size_t *starts = calloc(from->columns + 1, sizeof *starts);
    int status = starts ? lay_out(out, starts, from, err) : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0)
        status = copy_rows(out, from, err);
    for (size_t c = 0; status == 0 && c < from->columns; c++) {
        const struct column *column = categories_of(from->names[c]);
        if (column)
            status = spread(out, starts[c], column, from, c, err);
        for (size_t r = 0; !column && r < from->rows; r++)
            out->values[r * out->columns + starts[c]] = from->values[r * from->columns + c];
    }
    free(starts);
    return status;
}
