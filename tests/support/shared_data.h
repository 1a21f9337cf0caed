/* Where the tests find the reference data, when this machine has them. */
#ifndef CLAIRSCORE_TESTS_SUPPORT_SHARED_DATA_H
#define CLAIRSCORE_TESTS_SUPPORT_SHARED_DATA_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The path of `name` in SHARED_DIR (default ../shared); false, with a word on why, when it is not there. */
static inline bool shared_path(char out[PATH_MAX], const char *name)
{
    const char *folder = getenv("SHARED_DIR");
    snprintf(out, PATH_MAX, "%s/%s", folder ? folder : "../shared", name);
    if (access(out, R_OK) == 0)
        return true;
    printf("skipped: %s is not here\n", out);
    return false;
}

#endif
