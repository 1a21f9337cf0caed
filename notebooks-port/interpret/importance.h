/* Global interpretation: which features and themes weigh, and which way they pull. */
#ifndef CLAIRSCORE_INTERPRET_IMPORTANCE_H
#define CLAIRSCORE_INTERPRET_IMPORTANCE_H

#include "notebooks-port/interpret/explained.h"
#include "notebooks-port/report/report.h"

struct influence {
    size_t feature;
    double importance; /* mean |contribution|, log-odds (Lundberg et al. 2020) */
    double direction; /* correlation of value and contribution, −1 to 1: above 0, more of it means more risk;
                         NaN for what has no order or does not vary */
};

struct importance {
    struct influence ranked[FEATURE_COUNT]; /* heaviest first, equal ones in catalogue order */
    double themes[THEME_COUNT];             /* sums of their features' importance */
};

int importance_measure(struct importance *out, const struct explained *sample, struct error *err);

/* Writes the sections "importance" (bars, themes, the whole list) and "summary" (a beeswarm). */
int importance_report(struct report *report, const struct importance *importance,
                      const struct explained *sample, enum language language, struct error *err);

#endif
