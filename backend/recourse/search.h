/* The smallest changes with which a refused application would be granted: counterfactual explanations
 * (Wachter, Mittelstadt & Russell 2018, "Counterfactual Explanations Without Opening the Black Box") as
 * several different answers (Mothilal, Sharma & Tan 2020, "Explaining Machine Learning Classifiers through
 * Diverse Counterfactual Explanations"), over moves that a client can make (levers.h).
 *
 * Each set of levers is one question: what is the least effort with which moving just these leads to a grant?
 * One lever is tried at every level. Several are tried on a coarser lattice, whose best answer then goes back
 * one lever at a time as far as it stays granted (the sparsity step of Mothilal et al.). Where nothing is
 * granted, the safest move is improved one lever at a time.
 * A set is an answer of its own only when it costs a tenth less than every smaller set within it: more
 * decisions must be worth it. The search has no chance in it, and asks the model restricted to what moves
 * (model_slice_new), then the whole model where that grants: an answer is granted by the very score that
 * /predict gives. */
#ifndef CLAIRSCORE_BACKEND_RECOURSE_SEARCH_H
#define CLAIRSCORE_BACKEND_RECOURSE_SEARCH_H

#include "backend/recourse/levers.h"
#include "shared/features/history.h"
#include "shared/model/model.h"

enum { RECOURSE_SETS = 1 << LEVER_COUNT };

struct recourse_move {
    size_t levels[LEVER_COUNT]; /* 0: the lever is left alone */
    double effort;
    double margin; /* as model_predict gives it, of an answer; else within rounding */
};

struct recourse {
    size_t count;
    struct recourse_move moves[RECOURSE_SETS]; /* that lead to a grant, in ascending order of effort */
    struct recourse_move best; /* the safest that was reached when none leads to a grant, at the least effort
                  that does it; may be to change nothing */
};

/* Searches for a client whose application is `levers->application`; `history` may be NULL = unknown. Finding
 * nothing is a success with count 0. */
int recourse_search(struct recourse *out, const struct levers *levers, const struct history *history,
                    const struct model *model, struct error *err);

#endif
