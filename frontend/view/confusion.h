/* What a threshold does to clients whose outcome is known, as a table with words, counts and shares. */
#ifndef CLAIRSCORE_FRONTEND_VIEW_CONFUSION_H
#define CLAIRSCORE_FRONTEND_VIEW_CONFUSION_H

#include <jansson.h>

#include "shared/base/language.h"

/* What the template `confusion` needs, from the API's Confusion: the counts of the four fields
 * "granted_repaid", "granted_defaulted", "refused_repaid", "refused_defaulted" and of the sums "granted",
 * "refused", "repaid", "defaulted", "all"; of each also NAME_share, its share of all. New. */
json_t *confusion_view(const json_t *confusion, enum language language);

#endif
