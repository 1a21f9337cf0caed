/* How the numbers of the catalogue's units become what a person thinks in: days before the application become
 * years, shares become percent. */
#ifndef CLAIRSCORE_FRONTEND_VIEW_UNIT_SCALE_H
#define CLAIRSCORE_FRONTEND_VIEW_UNIT_SCALE_H

#include <stdbool.h>

struct unit_scale {
    double factor;    /* what is shown is the value times this; below 0 it runs the other way */
    int decimals;     /* -1: as the width of what is shown asks */
    bool percent;     /* shown as a share */
    const char *unit; /* key of its name in the locales, or NULL */
};

/* For values of `unit` ("money", "days", …) from `lowest` to `highest`. */
struct unit_scale unit_scale_of(const char *unit, double lowest, double highest);

#endif
