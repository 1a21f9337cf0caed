/* One row of a Home Credit table from JSON and to JSON, checked against the schema like a CSV row.
 * Wrong fields are all collected, each with a JSON pointer and what would be right. */
#ifndef CLAIRSCORE_DATA_RECORD_H
#define CLAIRSCORE_DATA_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/data/home_credit.h"

enum { RECORD_PROBLEMS = 1000 }; /* an array of problems grows to this many; the rest is not told */

/* Appends {"pointer", "detail", "code", "values"} to `problems`: `detail` says in English what is wrong and
 * what would be right, `code` names the kind of fault and `values` (an object, taken over, or NULL for none)
 * what goes with it, for those who say it in other words. Nothing beyond RECORD_PROBLEMS. The codes are those
 * of openapi.json. */
void record_problem(json_t *problems, const char *pointer, const char *detail, const char *code,
                    json_t *values);

/* Fills `row[schema->column_count]` from a JSON object of raw fields under their Home Credit names; an
 * absent or null field is missing, whatever the schema requires of a file.
 * Every wrong field (unknown name, wrong type, unknown category, out of range) appends
 * an entry (record_problem) to the array `problems`; `pointer` is the JSON pointer of the object itself,
 * such as "/instances/3/application". The detail suggests the nearest known name or category.
 * At RECORD_PROBLEMS entries nothing more is appended. Returns true when nothing was wrong. */
bool record_read(double *row, enum home_credit_table table, const json_t *object, const char *pointer,
                 json_t *problems);

/* The row as a new JSON object under Home Credit names: numbers, category texts, null for missing. */
json_t *record_write(const double *row, enum home_credit_table table);

/* The entry of `names[count]` nearest to `text` by edit distance, or NULL when none is near. Used for "did
 * you mean". */
const char *record_nearest(const char *text, const char *const *names, size_t count);

#endif
