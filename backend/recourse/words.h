/* Counterfactuals in words. */
#ifndef CLAIRSCORE_BACKEND_RECOURSE_WORDS_H
#define CLAIRSCORE_BACKEND_RECOURSE_WORDS_H

#include "backend/recourse/search.h"
#include "shared/base/language.h"

enum { RECOURSE_TEXT = 1024 };

/* What to do, a sentence for each lever that moves; empty when none does. `after` is the application as
 * levers_apply left it. */
void recourse_tell(char out[RECOURSE_TEXT], const struct levers *levers, const struct recourse_move *move,
                   const double *after, enum language language);

/* What a search came to: `granted` before any change, else `count` answers. Static. */
const char *recourse_conclusion(bool granted, size_t count, enum language language);

#endif
