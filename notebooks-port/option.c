#include "notebooks-port/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

int option_whole(uint64_t *out, const char *name, const char *text, uint64_t highest, struct error *err)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || value > highest)
        return error_set(err, ERROR_INVALID, "--%s: \"%s\" is not a whole number from 0 to %" PRIu64, name,
                         text, highest);
    *out = value;
    return 0;
}
