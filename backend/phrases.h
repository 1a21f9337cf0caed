/* What the catalogue says of a feature and its values, as JSON that is escaped once and copied into every
 * explanation. Immutable; any number of threads may use it. */
#ifndef CLAIRSCORE_BACKEND_PHRASES_H
#define CLAIRSCORE_BACKEND_PHRASES_H

#include "shared/base/error.h"
#include "shared/base/slice.h"
#include "shared/features/catalogue.h"

struct phrases;

/* The caller frees *out. */
int phrases_new(struct phrases **out, struct error *err);
void phrases_free(struct phrases *phrases);

/* Members of an open object up to where the value is due: "feature":…,"label":…,"theme":…,"value": */
struct slice phrases_feature(const struct phrases *phrases, size_t feature, enum language language);

/* The value with the member behind it that tells it in words, such as 1,"text":"Oui". Only where there are
 * few values: missing, categories and flags; false for numbers. */
bool phrases_value(struct slice *out, const struct phrases *phrases, size_t feature, float value,
                   enum language language);

#endif
