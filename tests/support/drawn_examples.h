/* Generated examples for tests of methods. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_DRAWN_EXAMPLES_H
#define CLAIRSCORE_TESTS_SUPPORT_DRAWN_EXAMPLES_H

#include <stdint.h>

#include "notebooks-port/ml/examples.h"
#include "tests/support/drawn_scores.h"

/* Fills `rows` × `columns` values in -1..1 and marks every `each`th row as defaulted, shifted by 0.5. */
static inline struct examples drawn_examples(float *values, uint8_t *labels, size_t rows, size_t columns,
                                             size_t each, unsigned seed)
{
    for (size_t r = 0; r < rows; r++) {
        labels[r] = r % each == 0;
        for (size_t c = 0; c < columns; c++)
            values[r * columns + c] = (float)(2 * drawn_uniform(&seed) - 1 + 0.5 * labels[r]);
    }
    return (struct examples){values, labels, rows, columns};
}

#endif
