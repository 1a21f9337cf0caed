/* Values of the notebooks' command lines. */
#ifndef CLAIRSCORE_NOTEBOOKS_OPTION_H
#define CLAIRSCORE_NOTEBOOKS_OPTION_H

#include <stdint.h>

#include "shared/base/error.h"

/* Reads the value `text` of the option --`name`: decimal digits alone. ERROR_INVALID unless it is a whole
 * number from 0 to `highest`; *out is then as it was. */
int option_whole(uint64_t *out, const char *name, const char *text, uint64_t highest, struct error *err);

#endif
