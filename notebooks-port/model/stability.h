/* Whether another training would say the same. */
#ifndef CLAIRSCORE_MODEL_STABILITY_H
#define CLAIRSCORE_MODEL_STABILITY_H

#include "notebooks-port/model/study.h"

/* The section: trains again and again, each time with another seed on another nine tenths of the rows, and
 * compares AUC, thresholds, leading features and decisions on rows that none of them saw: those held out, or
 * the first fold where none are. */
int stability_measure(struct study *study, struct error *err);

#endif
