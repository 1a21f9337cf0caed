/* Numbers as text: as machines write them, and as a person reads them in the form of each language. */
#ifndef CLAIRSCORE_BASE_NUMBER_H
#define CLAIRSCORE_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/language.h"

enum { NUMBER_TEXT = 64 }; /* bytes, with the terminator, that every form fits in */

/* `value` rounded to `decimals` (0..9) places, thousands in groups: "1 234,5" with narrow no-break spaces in
 * French, "1,234.5" in English; a minus sign, not a hyphen; never "-0". "–" when not finite. */
void number_format(char out[NUMBER_TEXT], double value, int decimals, enum language language);

/* The share (0.091 is 9.1 %) in percent: "9,1 %" in French, "9.1%" in English. */
void number_format_percent(char out[NUMBER_TEXT], double share, int decimals, enum language language);

/* The same with its sign, "+" included: "+12", "−3", "0". */
void number_format_signed(char out[NUMBER_TEXT], double value, int decimals, enum language language);

/* `size` (at least 0) times 10^`places` (0..NUMBER_PLACES) as a whole number, rounded as printf rounds: by
 * all binary digits of `size`, halves to even. False beyond 2^53, above which a double has no halves. */
enum { NUMBER_PLACES = 22 };
bool number_scale(uint64_t *out, double size, int places);

/* Writes the decimal digits of `value`, the last of them before `end`; returns where they begin. */
char *number_digits(char *end, uint64_t value);

/* The same of `digits` / 10^`places` (0..19) with a point before the last `places` digits, if any. */
char *number_decimal(char *end, uint64_t digits, int places);

/* Reads all `length` bytes as a decimal number: optional sign, digits with an optional point, optional
 * exponent. False for anything else, spaces, "nan", "inf" and hexadecimal included, and for what overflows.
 * Numbers of at most 19 digits whose value and power of ten are exact in a double take one multiplication or
 * division (Clinger 1990, "How to Read Floating Point Numbers Accurately"); the others go through strtod_l.
 */
bool number_read(double *out, const char *text, size_t length);

/* Reads a terminated text as a person of that language types a number: "12 000,50 €", "−3", "35 %" in French,
 * "$12,000.50", "-3", "35%" in English. Spaces of any width may stand around it, before a currency or percent
 * sign (which are passed over: 35 % is 35) and between thousands, where English also has commas; groups hold
 * three digits. In French a decimal point is read too, as in "12.5"; but "12.000", which some mean as
 * thousands, is no number. False for anything else and for more than NUMBER_TEXT - 1 bytes. */
bool number_read_typed(double *out, const char *text, enum language language);

#endif
