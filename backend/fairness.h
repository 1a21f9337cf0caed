/* Whom the model would grant credit to, by gender and age. The model may not discriminate, so these are
 * watched; they are told of groups, never used for a decision. */
#ifndef CLAIRSCORE_BACKEND_FAIRNESS_H
#define CLAIRSCORE_BACKEND_FAIRNESS_H

#include "backend/population/population.h"
#include "shared/model/model.h"

enum fairness_attribute { FAIRNESS_GENDER, FAIRNESS_AGE, FAIRNESS_ATTRIBUTES };

/* Groups smaller than this are told but not compared: their shares say little. */
enum { FAIRNESS_GROUPS = 6, FAIRNESS_LEAST = 30 };

struct fairness_group {
    size_t clients, granted;
    size_t repaid, defaulted; /* those whose outcome is known */
    size_t repaid_granted;
    double ratio; /* share granted over that of the group granted most; NaN when not compared */
    double gap;   /* share granted among those who repaid, less that of the group where it is largest
                     (equal opportunity: Hardt, Price & Srebro 2016); NaN when not compared */
};

/* Counts the groups of an attribute, the last of them clients of whom it is not known; returns how many. */
size_t fairness_measure(struct fairness_group out[FAIRNESS_GROUPS], enum fairness_attribute attribute,
                        const struct population *population, const struct model *model);

/* "M", "30_to_39", "unknown": a stable name for JSON. */
const char *fairness_group_name(enum fairness_attribute attribute, size_t group);
const char *fairness_group_label(enum fairness_attribute attribute, size_t group, enum language language);

#endif
