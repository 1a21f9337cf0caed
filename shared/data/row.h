/* A CSV record as a row of a Home Credit table, where one wrong row must not end the file: everything that is
 * wrong with it is named, in the words that record.h has for the same value in JSON. */
#ifndef CLAIRSCORE_DATA_ROW_H
#define CLAIRSCORE_DATA_ROW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/slice.h"
#include "shared/data/home_credit.h"

enum { ROW_FIELDS = 256 }; /* of a record at most; every table has fewer columns */

/* Which column each field of a record is. */
struct row_header {
    enum home_credit_table table;
    size_t field_count;
    int column_of_field[ROW_FIELDS];
};

/* Matches the fields of a file's first record with the table's columns: each must be there once, in any
 * order; TARGET alone may be absent. False when not: each unknown, doubled and missing name is appended to
 * `problems` at "/NAME" (record_problem). */
bool row_match(struct row_header *out, enum home_credit_table table, const struct slice *fields, size_t count,
               json_t *problems);

/* Reads a record into `row[columns of the table]`, in schema order, NaN where a field is empty, which only a
 * key must not be (table_next is stricter: a file to learn from has no gaps where Kaggle's has none). False
 * when something is wrong: each wrong field is appended to `problems` at "/NAME", the number of fields at "".
 */
bool row_read(double *row, const struct row_header *header, const struct slice *fields, size_t count,
              json_t *problems);

#endif
