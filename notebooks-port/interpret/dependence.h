/* How a feature's contribution depends on its value, coloured by the feature it acts together with. */
#ifndef CLAIRSCORE_INTERPRET_DEPENDENCE_H
#define CLAIRSCORE_INTERPRET_DEPENDENCE_H

#include "notebooks-port/interpret/explained.h"
#include "notebooks-port/interpret/importance.h"
#include "notebooks-port/report/report.h"

enum { DEPENDENCES = 12, DEPENDENCE_PARTNER = -1 };

struct dependence {
    size_t feature;
    int colour; /* a feature, or DEPENDENCE_PARTNER: the one it interacts with most, of the leading ones */
};

/* Reads "EXT_SOURCE_2,CODE_GENDER:DAYS_BIRTH": features by name, each with the one that colours it where that
 * is given. ERROR_INVALID names what the catalogue does not have, ERROR_LIMIT above DEPENDENCES. */
int dependence_parse(struct dependence out[DEPENDENCES], size_t *count, const char *list, struct error *err);

/* Writes the section "dependence": a cloud of points (value, contribution) for a number, a row of points a
 * level for a category or flag, and the mean contribution by tenth of the values or level as a table. */
int dependence_report(struct report *report, const struct dependence *dependences, size_t count,
                      const struct importance *importance, const struct explained *sample,
                      enum language language, struct error *err);

#endif
