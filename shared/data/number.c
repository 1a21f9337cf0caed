#include "shared/data/number.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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
