#include "shared/base/instant.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t US = 1000000;

void instant_format(char out[INSTANT_TEXT], int64_t instant)
{
    if (instant < INSTANT_FIRST)
        instant = INSTANT_FIRST;
    if (instant > INSTANT_LAST)
        instant = INSTANT_LAST;
    int64_t fraction = instant % US;
    if (fraction < 0)
        fraction += US;
    time_t seconds = (time_t)((instant - fraction) / US);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char text[96]; /* any numbers fit */
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", utc.tm_year + 1900, utc.tm_mon + 1,
             utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)fraction);
    memcpy(out, text, INSTANT_TEXT);
}

/* Reads exactly `digits` digits within the limits and steps over them. */
static bool read_digits(int *out, const char **at, int digits, int lowest, int highest)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *out = value;
    return value >= lowest && value <= highest;
}

static bool read_character(const char **at, const char *allowed)
{
    if (!**at || !strchr(allowed, **at))
        return false;
    (*at)++;
    return true;
}

/* ".5" as 500000 microseconds; nothing when there is no point. */
static bool read_fraction(int64_t *out, const char **at)
{
    *out = 0;
    if (**at != '.')
        return true;
    (*at)++;
    const char *start = *at;
    for (int64_t unit = US / 10; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
        *out += unit * (**at - '0');
    return *at > start;
}

/* "Z" or "+01:00", in minutes east of UTC. */
static bool read_offset(int *out, const char **at)
{
    int sign = **at == '-' ? -1 : 1, hours = 0, minutes = 0;
    *out = 0;
    if (read_character(at, "Zz"))
        return true;
    if (!read_character(at, "+-") || !read_digits(&hours, at, 2, 0, 23) || !read_character(at, ":") ||
        !read_digits(&minutes, at, 2, 0, 59))
        return false;
    *out = sign * (hours * 60 + minutes);
    return true;
}

bool instant_read(int64_t *out, const char *text)
{
    struct tm utc = {0};
    int year, month, offset = 0;
    int64_t fraction = 0;
    if (!read_digits(&year, &text, 4, 1, 9999) || !read_character(&text, "-") ||
        !read_digits(&month, &text, 2, 1, 12) || !read_character(&text, "-") ||
        !read_digits(&utc.tm_mday, &text, 2, 1, 31))
        return false;
    utc.tm_year = year - 1900;
    utc.tm_mon = month - 1;
    int day = utc.tm_mday;
    if (*text && (!read_character(&text, "Tt ") || !read_digits(&utc.tm_hour, &text, 2, 0, 23) ||
                  !read_character(&text, ":") || !read_digits(&utc.tm_min, &text, 2, 0, 59) ||
                  !read_character(&text, ":") || !read_digits(&utc.tm_sec, &text, 2, 0, 59) ||
                  !read_fraction(&fraction, &text) || !read_offset(&offset, &text) || *text))
        return false;
    time_t seconds = timegm(&utc); /* makes the 31st of April the 1st of May */
    if (utc.tm_mday != day)
        return false;
    *out = ((int64_t)seconds - (int64_t)offset * 60) * US + fraction;
    return *out >= INSTANT_FIRST && *out <= INSTANT_LAST;
}
