/* Inside of shared/data: the values of a plain record (csv_peek) of a table, without a branch for each field:
 * one pass makes a dividend and a divisor of every field, a second one divides and checks all together.
 * Whatever it does not take, right or wrong, is for table_next's other way, which says what is wrong. */
#ifndef CLAIRSCORE_DATA_TABLE_SCAN_H
#define CLAIRSCORE_DATA_TABLE_SCAN_H

#include <stdbool.h>

#include "shared/base/error.h"
#include "shared/data/csv.h"
#include "shared/data/home_credit.h"

/* What a file's fields are, prepared once. */
struct table_scan;

/* Prepares for records whose field i is column column_of_field[i]. *out is NULL, without an error, where the
 * processor cannot do it. The caller frees *out. */
int table_scan_new(struct table_scan **out, const struct table_schema *schema, const int *column_of_field,
                   size_t field_count, struct error *err);

/* The next row into `row[columns of the table]`, as table_next would read it bit by bit: NaN for columns that
 * the file lacks. Several rows are read at once and handed out one by one. False, with the record still to be
 * read, when it is none that this way takes. */
bool table_scan_next(struct table_scan *scan, struct csv_reader *csv, double *row);

void table_scan_free(struct table_scan *scan);

#endif
