/* Numbers as a person reads them, in the form of each language. */
#ifndef CLAIRSCORE_BASE_NUMBER_H
#define CLAIRSCORE_BASE_NUMBER_H

#include "shared/base/language.h"

enum { NUMBER_TEXT = 64 }; /* bytes, with the terminator, that every form fits in */

/* `value` rounded to `decimals` (0..9) places, thousands in groups: "1 234,5" with narrow no-break spaces in
 * French, "1,234.5" in English; a minus sign, not a hyphen; never "-0". "–" when not finite. */
void number_format(char out[NUMBER_TEXT], double value, int decimals, enum language language);

/* The share (0.091 is 9.1 %) in percent: "9,1 %" in French, "9.1%" in English. */
void number_format_percent(char out[NUMBER_TEXT], double share, int decimals, enum language language);

/* The same with its sign, "+" included: "+12", "−3", "0". */
void number_format_signed(char out[NUMBER_TEXT], double value, int decimals, enum language language);

#endif
