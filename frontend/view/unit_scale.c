#include "frontend/view/unit_scale.h"

#include <stddef.h>
#include <string.h>

static const double DAYS_IN_YEAR = 365.25;

struct unit_scale unit_scale_of(const char *unit, double lowest, double highest)
{
    bool days = strcmp(unit, "days") == 0;
    if (days && highest <= 0)
        return (struct unit_scale){-1 / DAYS_IN_YEAR, -1, false, "unit.years"};
    if (days && highest - lowest > 2 * DAYS_IN_YEAR)
        return (struct unit_scale){1 / DAYS_IN_YEAR, -1, false, "unit.years"};
    if (days)
        return (struct unit_scale){1, -1, false, "unit.days"};
    if (strcmp(unit, "ratio") == 0)
        return (struct unit_scale){1, 0, true, NULL};
    if (strcmp(unit, "months") == 0)
        return (struct unit_scale){1, -1, false, "unit.months"};
    if (strcmp(unit, "years") == 0)
        return (struct unit_scale){1, -1, false, "unit.years"};
    return (struct unit_scale){1, -1, false, NULL};
}
