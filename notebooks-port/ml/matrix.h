/* The feature matrix of a folder of Home Credit files, built by shared/features alone. */
#ifndef CLAIRSCORE_ML_MATRIX_H
#define CLAIRSCORE_ML_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/features/catalogue.h"

struct matrix {
    size_t rows;
    int64_t *client_ids;
    uint8_t *labels;               /* TARGET */
    float *values;                 /* rows × FEATURE_COUNT */
    char data_hash[FILE_HASH_HEX]; /* of the files it was built from */
};

/* Reads application_train.csv and the histories of `folder`. ERROR_INVALID without TARGET, with fewer than
 * 100 rows or only one class. The caller releases with matrix_free. */
int matrix_read(struct matrix *out, const char *folder, bool show_progress, struct error *err);

void matrix_free(struct matrix *matrix);

/* Which fold (0..folds-1) each row is in, into `fold[rows]`. From the columns SK_ID_CURR and fold of a CSV
 * file: every client of the matrix must be in it; `*folds` is one more than the largest. */
int matrix_read_folds(const struct matrix *matrix, const char *path, uint8_t *fold, unsigned *folds,
                      struct error *err);

/* A stratified split of the rows with use[row] true (all when NULL) into `folds` parts of equal default rate,
 * by a generator seeded with `seed`; rows not used get UINT8_MAX. */
int matrix_split(const struct matrix *matrix, const bool *use, unsigned folds, uint64_t seed, uint8_t *fold,
                 struct error *err);

#endif
