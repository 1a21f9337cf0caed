#include "shared/base/number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char NARROW_SPACE[] = "\u202f", MINUS[] = "\u2212", NOTHING[] = "\u2013";
static const double LARGEST_SCALED = 9007199254740992; /* 2^53 */

static const double powers_of_ten[NUMBER_PLACES + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* 10^places, of 0 to 19 places. */
static uint64_t whole_power(int places)
{
    static const uint64_t powers[] = {1U,
                                      10U,
                                      100U,
                                      1000U,
                                      10000U,
                                      100000U,
                                      1000000U,
                                      10000000U,
                                      100000000U,
                                      1000000000U,
                                      10000000000U,
                                      100000000000U,
                                      1000000000000U,
                                      10000000000000U,
                                      100000000000000U,
                                      1000000000000000U,
                                      10000000000000000U,
                                      100000000000000000U,
                                      1000000000000000000U,
                                      10000000000000000000U};
    return powers[places];
}

/* ---- Writing ---- */

bool number_scale(uint64_t *out, double size, int places)
{
    double scaled = size * powers_of_ten[places];
    if (!(scaled < LARGEST_SCALED))
        return false;
    /* What the product lost by rounding decides where it ends in a half. */
    double lost = fma(size, powers_of_ten[places], -scaled);
    uint64_t whole = (uint64_t)scaled;
    double rest = scaled - (double)whole;
    bool up = rest > 0.5 || (rest == 0.5 && (lost > 0 || (lost == 0 && whole % 2 == 1)));
    *out = whole + up;
    return true;
}

/* "00" to "99": two digits a division. */
static char *put_pair(char *end, uint64_t value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
        "8081828384858687888990919293949596979899";
    return memcpy(end - 2, pairs + 2 * value, 2);
}

/* Exactly `width` digits, with zeros in front. */
static char *put_padded(char *end, uint64_t value, int width)
{
    for (; width > 1; width -= 2, value /= 100)
        end = put_pair(end, value % 100);
    if (width > 0)
        *--end = (char)('0' + value % 10);
    return end;
}

char *number_digits(char *end, uint64_t value)
{
    for (; value >= 100; value /= 100)
        end = put_pair(end, value % 100);
    if (value >= 10)
        return put_pair(end, value);
    *--end = (char)('0' + value);
    return end;
}

char *number_decimal(char *end, uint64_t digits, int places)
{
    if (places > 0) {
        uint64_t one = whole_power(places);
        end = put_padded(end, digits % one, places);
        *--end = '.';
        digits /= one;
    }
    return number_digits(end, digits);
}

static char *put_before(char *at, const char *text)
{
    for (size_t length = strlen(text); length > 0; length--)
        *--at = text[length - 1];
    return at;
}

/* Writes sign, groups, decimal mark and `behind`, from the end on. What is shown as zero has no sign. */
static void write_number(char out[NUMBER_TEXT], double value, int decimals, const char *sign,
                         const char *behind, enum language language)
{
    enum { GROUP = 3 };
    const char *group = language == LANGUAGE_FR ? NARROW_SPACE : ",";
    const char *mark = language == LANGUAGE_FR ? "," : ".";
    uint64_t digits;
    if (!number_scale(&digits, value, decimals)) { /* beyond what is worth grouping */
        snprintf(out, NUMBER_TEXT, "%s%.3g%s", sign, value, behind);
        return;
    }
    char text[NUMBER_TEXT];
    char *end = text + sizeof text;
    char *at = put_before(end, behind);
    const char *shown_sign = digits > 0 ? sign : "";
    if (decimals > 0) {
        uint64_t one = whole_power(decimals);
        at = put_before(put_padded(at, digits % one, decimals), mark);
        digits /= one;
    }
    for (int written = 0; written == 0 || digits > 0; written++, digits /= 10) {
        if (written > 0 && written % GROUP == 0)
            at = put_before(at, group);
        *--at = (char)('0' + digits % 10);
    }
    at = put_before(at, shown_sign);
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
}

static void format(char out[NUMBER_TEXT], double value, int decimals, const char *plus, const char *behind,
                   enum language language)
{
    if (!isfinite(value)) {
        snprintf(out, NUMBER_TEXT, "%s", NOTHING);
        return;
    }
    write_number(out, fabs(value), decimals, value < 0 ? MINUS : plus, behind, language);
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

enum { LONGEST_NUMBER = 400, EXACT_DIGITS = 19 };

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
    if (digit_count > EXACT_DIGITS || digits > (UINT64_C(1) << 53) || fraction > NUMBER_PLACES)
        return read_slowly(out, text, length);
    double value = (double)digits / powers_of_ten[fraction];
    *out = negative ? -value : value;
    return true;
}
