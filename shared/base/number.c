#include "shared/base/number.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- Reading ---- */

enum { LONGEST_NUMBER = 400, EXACT_POWERS = 22, EXACT_DIGITS = 19 };

static const double powers_of_ten[EXACT_POWERS + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The C locale's strtod, whatever locale the process has. */
static bool read_slowly(double *out, const char *text, size_t length)
{
    char copy[LONGEST_NUMBER + 1];
    if (length > LONGEST_NUMBER)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!c_locale)
        return false;
    char *end = NULL;
    *out = strtod_l(copy, &end, c_locale);
    freelocale(c_locale);
    return end == copy + length && isfinite(*out);
}

bool number_read(double *out, const char *text, size_t length)
{
    const char *at = text;
    const char *end = text + length;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;

    uint64_t digits = 0;
    int digit_count = 0;
    int fraction = 0;
    bool any = false;
    bool point = false;
    for (; at < end; at++) {
        if (*at == '.' && !point) {
            point = true;
            continue;
        }
        unsigned digit = (unsigned)(*at - '0');
        if (digit > 9)
            break;
        any = true;
        fraction += point;
        digit_count += digit_count > 0 || digit > 0;
        digits = digits * 10 + digit; /* wraps beyond 19 digits; then it is not used */
    }
    if (!any)
        return false;
    if (at < end) { /* an exponent, or not a number */
        if (*at != 'e' && *at != 'E')
            return false;
        const char *exponent = at + 1;
        if (exponent < end && (*exponent == '-' || *exponent == '+'))
            exponent++;
        if (exponent == end)
            return false;
        for (; exponent < end; exponent++)
            if ((unsigned)(*exponent - '0') > 9)
                return false;
        return read_slowly(out, text, length);
    }
    if (digit_count > EXACT_DIGITS || digits > (UINT64_C(1) << 53) || fraction > EXACT_POWERS)
        return read_slowly(out, text, length);
    double value = (double)digits / powers_of_ten[fraction];
    *out = negative ? -value : value;
    return true;
}
