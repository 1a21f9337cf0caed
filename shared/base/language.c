#include "shared/base/language.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const codes[LANGUAGE_COUNT] = {[LANGUAGE_FR] = "fr", [LANGUAGE_EN] = "en"};

const char *language_code(enum language language)
{
    return codes[language];
}

/* The quality that an Accept-Language range such as "en-GB;q=0.8" gives to its language. */
static double range_quality(const char *range, size_t length)
{
    const char *mark = memchr(range, ';', length);
    const char *quality = mark ? strstr(mark, "q=") : NULL;
    return quality && quality < range + length ? strtod(quality + 2, NULL) : 1.0;
}

enum language language_choose(const char *choice, const char *accept_language)
{
    for (int i = 0; choice && i < LANGUAGE_COUNT; i++)
        if (strcasecmp(choice, codes[i]) == 0)
            return (enum language)i;

    enum language best = LANGUAGE_FR;
    double best_quality = 0;
    for (const char *at = accept_language; at && *at;) {
        at += strspn(at, " \t,");
        size_t length = strcspn(at, ",");
        for (int i = 0; i < LANGUAGE_COUNT; i++) {
            double quality = range_quality(at, length);
            if (length >= 2 && strncasecmp(at, codes[i], 2) == 0 && quality > best_quality) {
                best = (enum language)i;
                best_quality = quality;
            }
        }
        at += length;
    }
    return best;
}
