#include "shared/base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char NARROW_SPACE[] = "\u202f", MINUS[] = "\u2212", NOTHING[] = "\u2013";

/* Writes sign, groups, decimal mark and `behind`. */
static void write_number(char out[NUMBER_TEXT], double value, int decimals, const char *sign,
                         const char *behind, enum language language)
{
    char digits[NUMBER_TEXT / 2];
    int length = snprintf(digits, sizeof digits, "%.*f", decimals, value);
    if (length < 0 || length > 20) { /* beyond what is worth grouping */
        snprintf(out, NUMBER_TEXT, "%s%.3g%s", sign, value, behind);
        return;
    }
    const char *group = language == LANGUAGE_FR ? NARROW_SPACE : ",";
    size_t whole = strcspn(digits, "."), at = (size_t)snprintf(out, NUMBER_TEXT, "%s", sign);
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            at += (size_t)snprintf(out + at, NUMBER_TEXT - at, "%s", group);
        out[at++] = digits[i];
    }
    const char *mark = language == LANGUAGE_FR ? "," : ".";
    if (digits[whole])
        snprintf(out + at, NUMBER_TEXT - at, "%s%s%s", mark, digits + whole + 1, behind);
    else
        snprintf(out + at, NUMBER_TEXT - at, "%s", behind);
}

/* The absolute value as it will be shown is zero: then it has no sign. */
static int rounds_to_zero(double value, int decimals)
{
    return fabs(value) * pow(10, decimals) < 0.5;
}

static void format(char out[NUMBER_TEXT], double value, int decimals, const char *plus, const char *behind,
                   enum language language)
{
    if (!isfinite(value)) {
        snprintf(out, NUMBER_TEXT, "%s", NOTHING);
        return;
    }
    const char *sign = rounds_to_zero(value, decimals) ? "" : value < 0 ? MINUS : plus;
    write_number(out, fabs(value), decimals, sign, behind, language);
}

void number_format(char out[NUMBER_TEXT], double value, int decimals, enum language language)
{
    format(out, value, decimals, "", "", language);
}

void number_format_percent(char out[NUMBER_TEXT], double share, int decimals, enum language language)
{
    format(out, 100 * share, decimals, "", language == LANGUAGE_FR ? "\u202f%" : "%", language);
}

void number_format_signed(char out[NUMBER_TEXT], double value, int decimals, enum language language)
{
    format(out, value, decimals, "+", "", language);
}
