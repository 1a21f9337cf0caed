/* Whether more clients would help, and whether another training would decide alike. */
#ifndef CLAIRSCORE_MODEL_LEARNING_H
#define CLAIRSCORE_MODEL_LEARNING_H

#include "notebooks-port/model/study.h"

/* The section on the learning curve. */
int learning_measure(struct study *study, struct error *err);

#endif
