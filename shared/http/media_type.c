#include "shared/http/media_type.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char BLANKS[] = " \t";

/* The length of the type itself at the start of `text`, without parameters and blanks. */
static size_t bare_length(const char *text)
{
    return strcspn(text, ";, \t");
}

/* How specifically the range covers the type: 3 exactly, 2 "text/ *", 1 "* / *", 0 not at all. */
static int range_covers(const char *range, size_t length, const char *type)
{
    if (length == strlen(type) && strncasecmp(range, type, length) == 0)
        return 3;
    if (length == 3 && memcmp(range, "*/*", 3) == 0)
        return 1;
    const char *slash = strchr(type, '/');
    size_t major = slash ? (size_t)(slash - type) + 1 : 0;
    return length == major + 1 && range[major] == '*' && strncasecmp(range, type, major) == 0 ? 2 : 0;
}

/* The quality among the parameters of a range that ends at `end`; 1 without one. */
static double range_quality(const char *at, const char *end)
{
    while ((at = memchr(at, ';', (size_t)(end - at)))) {
        at++;
        at += strspn(at, BLANKS);
        if (end - at > 2 && (at[0] == 'q' || at[0] == 'Q') && at[1] == '=')
            return strtod(at + 2, NULL);
    }
    return 1.0;
}

/* How much the header likes the type: 0 not at all. */
static double quality_of(const char *accept, const char *type)
{
    if (!accept || !accept[strspn(accept, BLANKS)])
        return 1.0;
    int best = 0;
    double quality = 0;
    while (*accept) {
        accept += strspn(accept, " \t,");
        const char *end = accept + strcspn(accept, ",");
        int covers = range_covers(accept, bare_length(accept), type);
        if (covers > best) {
            best = covers;
            quality = range_quality(accept, end);
        }
        accept = end;
    }
    return quality;
}

bool media_type_accepted(const char *accept, const char *type)
{
    return quality_of(accept, type) > 0;
}

const char *media_type_choose(const char *accept, const char *const *types)
{
    const char *chosen = NULL;
    double best = 0;
    for (; *types; types++) {
        double quality = quality_of(accept, *types);
        if (quality > best) {
            best = quality;
            chosen = *types;
        }
    }
    return chosen;
}

bool media_type_is(const char *content_type, const char *type)
{
    if (!content_type)
        return false;
    content_type += strspn(content_type, BLANKS);
    size_t length = bare_length(content_type);
    return length == strlen(type) && strncasecmp(content_type, type, length) == 0;
}
