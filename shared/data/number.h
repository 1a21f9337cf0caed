/* Decimal text to double, correctly rounded and independent of the locale. */
#ifndef CLAIRSCORE_DATA_NUMBER_H
#define CLAIRSCORE_DATA_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads all `length` bytes as a decimal number: optional sign, digits with an optional point, optional
 * exponent. False for anything else, spaces, "nan", "inf" and hexadecimal included, and for what overflows.
 * Numbers of at most 19 digits whose value and power of ten are exact in a double take one multiplication or
 * division (Clinger 1990, "How to Read Floating Point Numbers Accurately"); the others go through strtod_l.
 */
bool number_read(double *out, const char *text, size_t length);

#endif
