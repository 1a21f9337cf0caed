/* The numbers of a reference file: a CSV file with a heading and nothing but numbers. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_REFERENCE_ROWS_H
#define CLAIRSCORE_TESTS_SUPPORT_REFERENCE_ROWS_H

#include <stdbool.h>
#include <stdlib.h>

#include "shared/base/number.h"
#include "shared/data/csv.h"

enum { REFERENCE_ROWS = 2000 };

/* Reads the first REFERENCE_ROWS rows of the file at `path` into a row-major matrix that the caller frees;
 * NULL when it has fewer, or other than `columns` numbers a row. */
static inline double *reference_rows(const char *path, size_t columns)
{
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0, row = 0;
    if (csv_open(&reader, path, NULL, NULL))
        return NULL;
    double *out = malloc(REFERENCE_ROWS * columns * sizeof *out);
    bool is_good = out && csv_next(reader, &fields, &count, NULL) == 1 && count == columns;
    for (; is_good && row < REFERENCE_ROWS && csv_next(reader, &fields, &count, NULL) == 1; row++) {
        is_good = count == columns;
        for (size_t i = 0; is_good && i < columns; i++)
            is_good = number_read(out + row * columns + i, fields[i].data, fields[i].length);
    }
    csv_close(reader);
    if (is_good && row == REFERENCE_ROWS)
        return out;
    free(out);
    return NULL;
}

#endif
