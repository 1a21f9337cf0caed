/* A matrix of named features, one row a client: built by shared/features from a folder of Home Credit files,
 * or read back from the CSV file that 01_explore writes. */
#ifndef CLAIRSCORE_ML_MATRIX_H
#define CLAIRSCORE_ML_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notebooks-port/ml/examples.h"
#include "shared/base/error.h"
#include "shared/base/file.h"

struct matrix {
    size_t rows, columns;
    char **names; /* of the columns */
    int64_t *client_ids;
    uint8_t *labels;               /* TARGET; NULL of clients whose outcome is not known yet */
    float *values;                 /* rows × columns, NaN missing */
    char data_hash[FILE_HASH_HEX]; /* of the files it was built from */
};

enum { MATRIX_COLUMNS = 4096 }; /* most columns of a file */

/* Reads application_train.csv and the histories of `folder`. ERROR_INVALID without TARGET, with fewer than
 * 100 rows or only one class. The caller releases with matrix_free. */
int matrix_read(struct matrix *out, const char *folder, bool show_progress, struct error *err);

/* SHA-256 over the names and hashes of the tables that `folder` has: what identifies the data. */
int matrix_hash_folder(char out[FILE_HASH_HEX], const char *folder, struct error *err);

/* Reads a CSV file with the columns SK_ID_CURR, TARGET and one a feature (a number, or empty for missing).
 * Errors as matrix_read's; they name line and column. */
int matrix_read_file(struct matrix *out, const char *path, bool show_progress, struct error *err);

/* Writes such a file as FOLDER/NAME, whole or not at all; without labels it has no column TARGET. Numbers are
 * written with as few digits as give the same float. */
int matrix_write(const struct matrix *matrix, const char *folder, const char *name, struct error *err);

void matrix_free(struct matrix *matrix);

/* The matrix as examples, which live as long as it does. */
struct examples matrix_examples(const struct matrix *matrix);

/* True when the columns are the catalogue's, in its order. */
bool matrix_is_catalogue(const struct matrix *matrix);

/* Which fold (0..folds-1) each row is in, into `fold[rows]`. From the columns SK_ID_CURR and fold of a CSV
 * file: every client of the matrix must be in it; `*folds` is one more than the largest. */
int matrix_read_folds(const struct matrix *matrix, const char *path, uint8_t *fold, unsigned *folds,
                      struct error *err);

#endif
