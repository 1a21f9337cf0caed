/* Answers that stay the same as long as one model and one population answer: made once, then copied. They
 * belong to a snapshot and go with it. Any number of threads may use them. */
#ifndef CLAIRSCORE_BACKEND_ANSWERS_H
#define CLAIRSCORE_BACKEND_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/base/error.h"

enum {
    ANSWERS_KEPT = 256,
    ANSWERS_BYTES = 8388608, /* of all that are kept */
    ANSWERS_KEY = 256        /* bytes of a question, its end included: longer ones are not kept */
};

struct answers;

/* The caller frees *out. */
int answers_new(struct answers **out, struct error *err);
void answers_free(struct answers *answers);

/* What was kept for the question `key`, a copy from malloc that goes over to the caller with its length and
 * mark; NULL when there is nothing. */
char *answers_find(struct answers *answers, const char *key, size_t *length, bool *mark);

/* Keeps a copy, in the place of the oldest ones when there are too many; does nothing without memory, for
 * what is larger than all may be together, and for a question that is there. */
void answers_keep(struct answers *answers, const char *key, const char *text, size_t length, bool mark);

#endif
