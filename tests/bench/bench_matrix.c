/* Writes the examples that benchmarks hand to both sides: values.f32 (rows of float32, NaN missing),
 * filled.f32 (the same with each column's median in the gaps), standard.f32 (those around mean 0 with spread
 * 1) and labels.u8 into a folder; prints their shape. */
#include <gsl/gsl_sort.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/matrix.h"
#include "notebooks-port/ml/preparation.h"
#include "shared/base/file.h"
#include "shared/data/table.h"

enum { DISTINCT_VALUES = 1000 }; /* a column of the application with more is continuous */

/* The known values of a column of the table, ascending, into `out`; how many there are. */
static size_t sort_column(double *out, const struct table *table, size_t column)
{
    size_t known = 0;
    for (size_t row = 0; row < table_rows(table); row++) {
        double value = table_value(table, row, column);
        if (!isnan(value))
            out[known++] = value;
    }
    gsl_sort(out, 1, known);
    return known;
}

static bool is_continuous(double *scratch, const struct table *table, size_t column)
{
    enum column_kind kind = home_credit_schema(TABLE_APPLICATION)->columns[column].kind;
    if (kind != COLUMN_NUMBER && kind != COLUMN_INTEGER)
        return false;
    size_t known = sort_column(scratch, table, column);
    size_t distinct = known > 0;
    for (size_t i = 1; i < known; i++)
        distinct += scratch[i] > scratch[i - 1];
    return distinct > DISTINCT_VALUES;
}

/* The continuous columns of the application table: what the original notebook imputes. */
static int read_application(struct matrix *out, const char *folder, struct error *err)
{
    char path[PATH_MAX];
    struct table *table = NULL;
    memset(out, 0, sizeof *out);
    if (file_path(path, sizeof path, folder, "application_train.csv", err) ||
        table_load(&table, path, TABLE_APPLICATION, err))
        return -1;
    size_t rows = table_rows(table);
    size_t columns[APPLICATION_COLUMNS];
    double *scratch = malloc((rows + 1) * sizeof *scratch);
    for (size_t column = 0; scratch && column < APPLICATION_COLUMNS; column++)
        if (column != APPLICATION_TARGET && is_continuous(scratch, table, column))
            columns[out->columns++] = column;
    out->labels = malloc(rows + 1);
    out->values = malloc((rows * out->columns + 1) * sizeof *out->values);
    int status = scratch && out->labels && out->values ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0 && out->columns == 0)
        status = error_set(err, ERROR_INVALID, "%s: no column has more than %d distinct values", path,
                           DISTINCT_VALUES);
    for (size_t row = 0; status == 0 && row < rows; row++) {
        out->labels[row] = table_value(table, row, APPLICATION_TARGET) == 1;
        for (size_t i = 0; i < out->columns; i++)
            out->values[row * out->columns + i] = (float)table_value(table, row, columns[i]);
    }
    out->rows = rows;
    free(scratch);
    table_free(table);
    return status;
}

static int write_bytes(const char *folder, const char *name, const void *bytes, size_t length,
                       struct error *err)
{
    char path[PATH_MAX];
    return file_path(path, sizeof path, folder, name, err) ? -1 : file_write(path, bytes, length, err);
}

/* Writes the examples after the `steps` of a preparation. */
static int write_prepared(const struct preparation *preparation, const struct examples *examples,
                          unsigned steps, const char *folder, const char *name, struct error *err)
{
    struct examples prepared = {0};
    int status = preparation_apply(&prepared, preparation, examples, steps, err);
    if (status == 0)
        status = write_bytes(folder, name, prepared.values,
                             prepared.rows * prepared.columns * sizeof *prepared.values, err);
    examples_free(&prepared);
    return status;
}

static int write_examples(const struct matrix *matrix, const char *folder, struct error *err)
{
    struct preparation preparation = {0};
    struct examples examples = matrix_examples(matrix);
    const unsigned all = PREPARATION_FILL | PREPARATION_STANDARDISE;
    int status = file_make_folder(folder, err);
    if (status == 0)
        status = write_bytes(folder, "labels.u8", matrix->labels, matrix->rows, err);
    if (status == 0)
        status = preparation_fit(&preparation, &examples, err);
    if (status == 0)
        status = write_prepared(&preparation, &examples, 0, folder, "values.f32", err);
    if (status == 0)
        status = write_prepared(&preparation, &examples, PREPARATION_FILL, folder, "filled.f32", err);
    if (status == 0)
        status = write_prepared(&preparation, &examples, all, folder, "standard.f32", err);
    preparation_free(&preparation);
    return status;
}

int main(int argc, char **argv)
{
    bool application = argc == 4 && strcmp(argv[1], "application") == 0;
    if (argc != 4 || (!application && strcmp(argv[1], "full") != 0)) {
        fputs("usage: bench_matrix application|full DATA OUT\n", stderr);
        return 2;
    }
    struct error err = {0};
    struct matrix matrix = {0};
    int status =
        application ? read_application(&matrix, argv[2], &err) : matrix_read(&matrix, argv[2], false, &err);
    if (status == 0)
        status = write_examples(&matrix, argv[3], &err);
    if (status == 0)
        printf("{\"rows\": %zu, \"columns\": %zu}\n", matrix.rows, matrix.columns);
    else
        fprintf(stderr, "bench_matrix: %s\n", err.message);
    matrix_free(&matrix);
    return status ? 1 : 0;
}
