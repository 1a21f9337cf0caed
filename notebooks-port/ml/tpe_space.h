/* A space of parameters to search, from a JSON file:
 *
 *   {"max_depth": {"type": "integer", "low": 2, "high": 8},
 *    "eta": {"type": "log_uniform", "low": 0.01, "high": 0.3},
 *    "subsample": {"type": "uniform", "low": 0.5, "high": 1, "step": 0.05},
 *    "rounds": {"type": "log_integer", "low": 50, "high": 2000},
 *    "booster": {"type": "choice", "options": ["gbtree", "dart"]},
 *    "objective": {"type": "constant", "value": "binary:logistic"}}
 *
 * uniform, log_uniform and integer may have a step: their values are then low, low + step, … up to high.
 * Options and values are texts, numbers or booleans. */
#ifndef CLAIRSCORE_ML_TPE_SPACE_H
#define CLAIRSCORE_ML_TPE_SPACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/error.h"
#include "shared/base/file.h"

enum { TPE_PARAMETERS = 64, TPE_OPTIONS = 64, TPE_NAME = 64, TPE_SPACE_BYTES = 1 << 20 }; /* most */

enum tpe_kind { TPE_CONSTANT, TPE_CHOICE, TPE_NUMBER };

struct tpe_parameter {
    const char *name;      /* borrowed from the space's document */
    const json_t *options; /* array, borrowed: of a choice; of a constant, its one value */
    enum tpe_kind kind;
    bool logarithmic, integer;
    double low, high; /* of a number, both possible */
    double step;      /* 0: continuous */
};

struct tpe_space {
    struct tpe_parameter parameters[TPE_PARAMETERS]; /* in alphabetical order */
    size_t count;
    char hash[FILE_HASH_HEX]; /* of what it says, whatever the order and the white space */
    json_t *document;
};

/* Reads the file `path`. Errors name the parameter and what is wrong with it. The caller releases *out with
 * tpe_space_free, also after a failure. */
int tpe_space_load(struct tpe_space *out, const char *path, struct error *err);

/* The same from a document, which is borrowed for the call; `source` names it in errors. */
int tpe_space_read(struct tpe_space *out, const json_t *document, const char *source, struct error *err);

void tpe_space_free(struct tpe_space *space);

/* Checks that `values` holds a possible value of each parameter and nothing else. */
int tpe_space_check(const struct tpe_space *space, const json_t *values, struct error *err);

/* The place of a number on the scale it is searched on: itself, or its logarithm. */
double tpe_parameter_scale(const struct tpe_parameter *parameter, double value);

/* The ends of that scale; with a step, half a step beyond the extreme values. */
void tpe_parameter_range(const struct tpe_parameter *parameter, double *low, double *high);

/* The possible value at (with a step, nearest to) a place on the scale, and the stretch of the scale that is
 * its own: from *from to *to, of no length for a continuous parameter. */
double tpe_parameter_value(const struct tpe_parameter *parameter, double place, double *from, double *to);

#endif
