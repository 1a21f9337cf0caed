/* Examples in plain files, as the benchmarks hand them to both sides: float32 rows, and a byte a label. */
#ifndef CLAIRSCORE_TESTS_EXAMPLES_FILE_H
#define CLAIRSCORE_TESTS_EXAMPLES_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"

static inline void *examples_file_bytes(const char *path, size_t bytes, struct error *err)
{
    void *out = malloc(bytes ? bytes : 1);
    FILE *file = out ? fopen(path, "rb") : NULL;
    size_t got = file ? fread(out, 1, bytes, file) : 0;
    int more = file ? fgetc(file) : EOF;
    if (file)
        fclose(file);
    if (file && got == bytes && more == EOF)
        return out;
    error_set(err, ERROR_IO, "%s: cannot be read, or is not of %zu bytes", path, bytes);
    free(out);
    return NULL;
}

/* Reads `rows` × `columns` values and `rows` labels. The caller releases with examples_free. */
static inline int examples_file_read(struct examples *out, const char *values, const char *labels,
                                     const char *rows, const char *columns, struct error *err)
{
    memset(out, 0, sizeof *out);
    out->rows = strtoul(rows, NULL, 10);
    out->columns = strtoul(columns, NULL, 10);
    size_t bytes = 0;
    if (out->rows == 0 || out->columns == 0 || __builtin_mul_overflow(out->rows, out->columns, &bytes) ||
        __builtin_mul_overflow(bytes, sizeof *out->values, &bytes))
        return error_set(err, ERROR_INVALID, "%s rows and %s columns: both must be whole numbers above 0",
                         rows, columns);
    out->values = examples_file_bytes(values, bytes, err);
    out->labels = out->values ? examples_file_bytes(labels, out->rows, err) : NULL;
    if (out->labels)
        return 0;
    examples_free(out);
    return -1;
}

#endif
