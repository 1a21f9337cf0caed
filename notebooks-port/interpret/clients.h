/* Local interpretation: three clients of the sample, explained as the dashboard would. */
#ifndef CLAIRSCORE_INTERPRET_CLIENTS_H
#define CLAIRSCORE_INTERPRET_CLIENTS_H

#include "notebooks-port/interpret/explained.h"
#include "notebooks-port/report/report.h"

/* The drawn client whose probability of default is nearest to `probability`, the first of several. */
size_t clients_nearest(const struct explained *sample, double probability);

/* Writes the sections "granted" (a quarter of the threshold), "borderline" (at it) and "refused" (three times
 * it): the verdict, the largest contributions in points, the reasons in words for and against. */
void clients_report(struct report *report, const struct explained *sample, enum language language);

#endif
