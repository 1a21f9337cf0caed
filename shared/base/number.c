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

/* ---- Reading what a person typed ---- */

/* The length of the space that `at` begins with, of whatever width; 0 when it is none. */
static size_t space_at(const char *at)
{
    static const char *const spaces[] = {" ", "\t", "\u00a0", "\u2009", "\u202f"};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (strncmp(at, spaces[i], strlen(spaces[i])) == 0)
            return strlen(spaces[i]);
    return 0;
}

static const char *pass_spaces(const char *at)
{
    for (size_t length = space_at(at); length; length = space_at(at))
        at += length;
    return at;
}

/* Behind a currency sign, or behind a percent sign where that may stand; `at` itself without one. */
static const char *pass_sign(const char *at, bool percent)
{
    static const char *const signs[] = {"\u20ac", "$", "\u00a3"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(at, signs[i], strlen(signs[i])) == 0)
            return at + strlen(signs[i]);
    return at + (percent && *at == '%');
}

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

static size_t count_digits(const char *at)
{
    size_t count = 0;
    while (is_digit(at[count]))
        count++;
    return count;
}

/* Behind the separator of thousands that `at` begins with, when three digits and no more follow it. */
static const char *pass_group_mark(const char *at, enum language language)
{
    const char *behind = at + space_at(at);
    if (language == LANGUAGE_EN && *at == ',')
        behind = at + 1;
    return behind > at && count_digits(behind) == 3 ? behind : at;
}

/* "12.000" is twelve to some in France and twelve thousand to others. */
static bool is_ambiguous(const char *digits, size_t whole, size_t fraction, char mark, enum language language)
{
    return language == LANGUAGE_FR && mark == '.' && fraction == 3 && whole >= 1 && whole <= 3 &&
           digits[0] != '0';
}

/* Copies the digits before the decimal mark without what parts them into thousands; how many. */
static size_t copy_whole(char *out, const char **at, enum language language)
{
    size_t first = count_digits(*at), length = 0;
    for (size_t group = first; group; group = count_digits(*at)) {
        memcpy(out + length, *at, group);
        length += group;
        *at = first <= 3 ? pass_group_mark(*at + group, language) : *at + group;
    }
    return length;
}

/* Writes what stands between signs and spaces as number_read takes it, and moves `at` behind it. */
static bool copy_number(char *out, const char **at, enum language language)
{
    size_t first = count_digits(*at), length = copy_whole(out, at, language);
    if (**at == '.' || (language == LANGUAGE_FR && **at == ',')) {
        size_t fraction = count_digits(*at + 1);
        if (length == first && is_ambiguous(out, length, fraction, **at, language))
            return false;
        out[length] = '.';
        memcpy(out + length + 1, *at + 1, fraction);
        length += 1 + fraction;
        *at += 1 + fraction;
    }
    out[length] = '\0';
    return true;
}

bool number_read_typed(double *out, const char *text, enum language language)
{
    char plain[NUMBER_TEXT];
    if (strnlen(text, NUMBER_TEXT) == NUMBER_TEXT)
        return false;
    const char *at = pass_spaces(text);
    size_t minus = *at == '-' ? 1 : strncmp(at, MINUS, strlen(MINUS)) == 0 ? strlen(MINUS) : 0;
    at = pass_spaces(at + (minus ? minus : *at == '+'));
    at = pass_spaces(pass_sign(at, false));
    if (!copy_number(plain, &at, language))
        return false;
    at = pass_spaces(pass_sign(pass_spaces(at), true));
    if (*at || !number_read(out, plain, strlen(plain)))
        return false;
    if (minus)
        *out = -*out;
    return true;
}
