/* The application tables of a data folder, with enough in them to explore. */
#ifndef CLAIRSCORE_EXPLORE_APPLICATIONS_H
#define CLAIRSCORE_EXPLORE_APPLICATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/data/table.h"

enum { APPLICATIONS_LEAST = 100 }; /* rows below which nothing can be said */
extern const double DAYS_UNKNOWN;  /* 365243: what Home Credit writes for "no such day" */

/* Reads FOLDER/application_train.csv. ERROR_NOT_FOUND without it; ERROR_INVALID with fewer than
 * APPLICATIONS_LEAST rows, and unless TARGET is there, known in every row and of both classes. The caller
 * frees *out. */
int applications_load(struct table **out, const char *folder, struct error *err);

/* Reads FOLDER/application_test.csv; *out is NULL when the folder has none. ERROR_INVALID without rows. */
int applications_load_test(struct table **out, const char *folder, struct error *err);

/* One column, NaN missing, into out[table_rows]. */
void applications_column(double *out, const struct table *table, size_t column);

/* The same with DAYS_UNKNOWN and the categories that stand for "unknown" (XNA, Unknown) as missing. */
void applications_clean_column(double *out, const struct table *table, size_t column);

/* TARGET as 0 or 1 into out[table_rows]; a missing one is 0. */
void applications_labels(uint8_t *out, const struct table *table);

/* How many rows repeat an earlier one in everything but SK_ID_CURR, of which the reader allows no second. */
int applications_duplicates(size_t *out, const struct table *table, struct error *err);

#endif
