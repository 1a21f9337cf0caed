/* Why, in words: the principal reasons for and against, specific and true to the computation. */
#ifndef CLAIRSCORE_MODEL_REASONS_H
#define CLAIRSCORE_MODEL_REASONS_H

#include "shared/model/model.h"

enum { REASON_LIMIT = 8, REASON_TEXT = 512 };

struct reason {
    size_t feature;         /* catalogue id */
    double contribution;    /* log-odds; above 0 raises the risk */
    char text[REASON_TEXT]; /* a sentence with the client's value, what is usual, and which way it pulls */
};

/* Fills up to `limit` reasons, strongest first: those that speak against the client when `against` is 1, for
 * them when 0. Sensitive features are never among them; of features that tell the same story (the external
 * scores and their mean, say) the strongest speaks. Returns how many. */
size_t reasons_find(struct reason *out, size_t limit, const struct model *model, const float *vector,
                    const double *contributions, int against, enum language language);

#endif
