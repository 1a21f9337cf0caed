#include "notebooks-port/ml/examples.h"

#include <stdlib.h>
#include <string.h>

#include "shared/base/pages.h"

float *examples_allocate(size_t rows, size_t columns)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(rows, columns, &bytes) || __builtin_mul_overflow(bytes, sizeof(float), &bytes))
        return NULL;
    return pages_allocate(bytes);
}

int examples_pick(struct examples *out, const struct examples *from, const uint8_t *marks, unsigned wanted,
                  bool others, struct error *err)
{
    size_t rows = 0;
    for (size_t i = 0; i < from->rows; i++)
        rows += marks[i] != UINT8_MAX && (marks[i] == wanted) != others;
    float *values = examples_allocate(rows, from->columns);
    uint8_t *labels = from->labels ? malloc(rows ? rows : 1) : NULL;
    *out = (struct examples){values, labels, rows, from->columns};
    if (!values || (from->labels && !labels))
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    size_t at = 0;
    for (size_t i = 0; i < from->rows; i++) {
        if (marks[i] == UINT8_MAX || (marks[i] == wanted) == others)
            continue;
        memcpy(values + at * from->columns, from->values + i * from->columns, from->columns * sizeof *values);
        if (labels)
            labels[at] = from->labels[i];
        at++;
    }
    return 0;
}

int examples_pick_columns(struct examples *out, const struct examples *from, const size_t *columns,
                          size_t count, struct error *err)
{
    size_t rows = from->rows;
    float *values = examples_allocate(rows, count);
    uint8_t *labels = from->labels ? malloc(rows ? rows : 1) : NULL;
    *out = (struct examples){values, labels, rows, count};
    if (!values || (from->labels && !labels))
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows of %zu columns", rows, count);
#pragma omp parallel for
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < count; c++)
            values[r * count + c] = from->values[r * from->columns + columns[c]];
    if (labels)
        memcpy(labels, from->labels, rows);
    return 0;
}

void examples_free(struct examples *examples)
{
    free((void *)examples->values);
    free((void *)examples->labels);
    *examples = (struct examples){0};
}
