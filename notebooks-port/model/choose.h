/* What is chosen on the data: which features would do, and with which parameters to train. */
#ifndef CLAIRSCORE_MODEL_CHOOSE_H
#define CLAIRSCORE_MODEL_CHOOSE_H

#include "notebooks-port/model/study.h"

/* The section on recursive feature elimination. It informs: the model served keeps all features. */
int choose_features(struct study *study, struct error *err);

/* The section on the search by TPE; `space` is the text of the space when the options name no file. Leaves
 * the best parameters in study->found. */
int choose_by_search(struct study *study, const char *space, struct error *err);

/* The section that lets the settled parameters, the comparison's and the search's compete on the same folds,
 * the settled ones first. Leaves the winner in study->parameters and its run in study->trial. */
int choose_parameters(struct study *study, struct error *err);

#endif
