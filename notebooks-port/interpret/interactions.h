/* Which features act together: SHAP interaction values (Lundberg et al. 2020, "From local explanations to
 * global understanding with explainable AI for trees") of the leading pairs. */
#ifndef CLAIRSCORE_INTERPRET_INTERACTIONS_H
#define CLAIRSCORE_INTERPRET_INTERACTIONS_H

#include "notebooks-port/interpret/explained.h"
#include "notebooks-port/interpret/importance.h"
#include "notebooks-port/report/report.h"

/* The joint effect of each pair (a feature and another, by catalogue id) on each of the first `clients`
 * clients drawn, calibrated log-odds: out[clients × count]. The effect of the pair is whole: both halves of
 * the symmetric interaction matrix. On all cores; `label` names the step on the progress bar. */
int interactions_measure(double *out, const struct explained *sample, size_t clients,
                         const size_t (*pairs)[2], size_t count, const char *label, struct error *err);

/* Of the leading features, the one that `feature` interacts with most. */
int interactions_partner(size_t *out, const struct explained *sample, const struct importance *importance,
                         size_t feature, struct error *err);

/* Writes the section "interactions": a map of the leading features, the strongest pairs as a table, and the
 * strongest of those whose features both have an order as clouds of points. */
int interactions_report(struct report *report, const struct importance *importance,
                        const struct explained *sample, enum language language, struct error *err);

#endif
