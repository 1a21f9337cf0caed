/* Columns, levels and figures of the tables as a reader sees them. */
#ifndef CLAIRSCORE_EXPLORE_WORDS_H
#define CLAIRSCORE_EXPLORE_WORDS_H

#include <jansson.h>
#include <stddef.h>

#include "shared/base/language.h"
#include "shared/data/home_credit.h"

/* The catalogue's label of an application column, or its name where the catalogue has none. Borrowed. */
const char *words_column(size_t column, enum language language);

/* The catalogue's label of a category of an application column, or Home Credit's own text. Borrowed. */
const char *words_level(size_t column, size_t level, enum language language);

/* −1 for a column that counts days before the application, whose label speaks of how long ago that is (an
 * age, years in the job); 1 for all others. What is told about the label's meaning takes this sign. */
double words_direction(size_t column);

/* A number for a cell of a report's table; null for NaN. New. */
json_t *words_number(double value);

/* One value of a column as text: a category's own text, or the number. New; null for NaN. */
json_t *words_value(const struct column *column, double value, enum language language);

#endif
