/* What is wrong with a field, in the words of the dashboard's user. */
#ifndef CLAIRSCORE_FRONTEND_VIEW_ROW_FAULT_H
#define CLAIRSCORE_FRONTEND_VIEW_ROW_FAULT_H

#include <jansson.h>

#include "shared/base/language.h"
#include "shared/view/i18n.h"

/* The sentence for one of the API's errors, by its code and values. A new text; NULL for a fault that has no
 * words of its own: then the API's `detail`, which is English, says it. */
json_t *row_fault_text(const struct i18n *i18n, enum language language, const json_t *error);

#endif
