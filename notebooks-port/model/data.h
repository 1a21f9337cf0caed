/* Reading the data and parting the rows. */
#ifndef CLAIRSCORE_MODEL_DATA_H
#define CLAIRSCORE_MODEL_DATA_H

#include "notebooks-port/model/study.h"

/* Reads a folder of tables or a matrix in a file: whatever `path` is. As matrix_read. */
int data_read_matrix(struct matrix *out, const char *path, struct error *err);

/* Reads the data, starts the report and tells what was read. */
int data_read(struct study *study, struct error *err);

/* Deals the rows into folds, and holds out those that no choice is to see. ERROR_INVALID when a part would
 * have too few clients of a class to learn from. */
int data_split(struct study *study, struct error *err);

#endif
