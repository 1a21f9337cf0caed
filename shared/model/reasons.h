/* Why, in words: the principal reasons for and against, specific and true to the computation.
 *
 * Features that measure one thing (the external scores with their mean, least and largest, say) share its
 * effect as the trees happen to split: one may get more than the whole and another the opposite sign. Told
 * one by one they would speak for and against a client with the same figure. So the contributions of a story
 * (enum feature_story, the catalogue) are added up, over all its features, told or not; the story speaks on
 * the side of that sum alone, by the strongest feature of that sign that can be told (a score that would
 * speak against its own meaning, low and yet for the client, only where there is no other), and ranks by the
 * sum. A story without such a feature stays silent.
 *
 * This is true to the computation: Shapley values add up to the margin, hence so do their sums over the
 * stories, and each sum is what its features together move this client's margin by in the same account (as
 * in groupShapley; Jullum, Redelmeier & Aas 2021). How it is divided within the story is not told. */
#ifndef CLAIRSCORE_MODEL_REASONS_H
#define CLAIRSCORE_MODEL_REASONS_H

#include "shared/model/model.h"

enum { REASON_FACT = 448, REASON_TEXT = 512 };

struct reason {
    size_t feature;         /* catalogue id of the one that speaks */
    double contribution;    /* of its whole story, log-odds; above 0 raises the risk */
    char fact[REASON_FACT]; /* a sentence with the client's value and what is usual */
    char text[REASON_TEXT]; /* the same and a second one, which way it pulls */
};

/* Fills up to `limit` reasons, strongest first: those that speak against the client when `against` is 1, for
 * them when 0. `contributions[FEATURE_COUNT]` as model_explain gives them. Sensitive and obscure features are
 * weighed but never speak; no story speaks on both sides. Returns how many. */
size_t reasons_find(struct reason *out, size_t limit, const struct model *model, const float *vector,
                    const double *contributions, int against, enum language language);

#endif
