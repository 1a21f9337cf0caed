/* What a method learns from or answers about: rows of numbers and, mostly, their outcome. */
#ifndef CLAIRSCORE_ML_EXAMPLES_H
#define CLAIRSCORE_ML_EXAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

/* `rows` × `columns` floats, row after row, NaN missing; labels 0 repaid, 1 defaulted, or NULL. A method that
 * takes examples borrows them. */
struct examples {
    const float *values;
    const uint8_t *labels;
    size_t rows, columns;
};

/* Room for `rows` × `columns` values, to be freed with free or examples_free; NULL without memory. Where they
 * are many they lie on huge pages: that the kernel hands small ones out takes longer than filling them. */
float *examples_allocate(size_t rows, size_t columns);

/* Copies the rows whose mark is (or, with `others`, is not) `wanted`; rows marked UINT8_MAX are never taken.
 * The caller releases *out with examples_free, also after a failure. */
int examples_pick(struct examples *out, const struct examples *from, const uint8_t *marks, unsigned wanted,
                  bool others, struct error *err);

/* Copies the `count` columns named by their places, in that order; labels are copied too. Release as above.
 */
int examples_pick_columns(struct examples *out, const struct examples *from, const size_t *columns,
                          size_t count, struct error *err);

/* Frees what examples_pick or another function that says so has copied. */
void examples_free(struct examples *examples);

#endif
