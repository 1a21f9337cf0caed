/* Rows of a Home Credit table, typed and checked against its schema: one at a time from a CSV file of
 * any length, or a whole table in typed columns. */
#ifndef CLAIRSCORE_DATA_TABLE_H
#define CLAIRSCORE_DATA_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/base/slice.h"
#include "shared/data/home_credit.h"

struct table_reader;

/* Opens `path` and matches its header with the schema: every column must be there once, in any order;
 * unknown columns are an error; TARGET alone may be absent (has_target tells). The caller closes *out. */
int table_open(struct table_reader **out, const char *path, enum home_credit_table table, struct error *err);

/* The next row into `row[schema->column_count]`, in schema order. Returns 1, 0 at the end, or -1 with an
 * error that gives file, line, column and value: wrong type, out of range, unknown category, missing
 * required value, duplicate key, too few or too many fields. */
int table_next(struct table_reader *reader, double *row, struct error *err);

/* The value of one field, as table_next reads it, NaN when it is empty. False when the column does not take
 * it. */
bool table_field(double *out, const struct column *column, struct slice field);

/* True when the file has a TARGET column (TABLE_APPLICATION only). */
bool table_has_target(const struct table_reader *reader);

/* Line of the last row; bytes read and in all, for progress. */
uint64_t table_line(const struct table_reader *reader);
uint64_t table_position(const struct table_reader *reader);
uint64_t table_size(const struct table_reader *reader);

/* Closes and frees; NULL is allowed. */
void table_close(struct table_reader *reader);

/* A whole table in memory. Columns hold the narrowest type that keeps their values: float64 for
 * numbers and keys, float32 never (amounts keep their cents), int32 for integers, int8 for flags and
 * uint8 for categories. */
struct table;

/* Reads the whole file. The caller frees *out. */
int table_load(struct table **out, const char *path, enum home_credit_table kind, struct error *err);

size_t table_rows(const struct table *table);
bool table_loaded_target(const struct table *table); /* whether the file had TARGET */

/* One value as a double; NaN when missing. */
double table_value(const struct table *table, size_t row, size_t column);

/* One row, as table_next gives it. */
void table_row(const struct table *table, size_t row, double *out);

void table_free(struct table *table);

#endif
