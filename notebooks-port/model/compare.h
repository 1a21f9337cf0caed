/* The model table: kinds of classifier on raw and on SMOTE data, with class weights, standardised. */
#ifndef CLAIRSCORE_MODEL_COMPARE_H
#define CLAIRSCORE_MODEL_COMPARE_H

#include "notebooks-port/model/study.h"

/* The section. Leaves in study->compared the parameters of the best method that the backend can serve. */
int compare_methods(struct study *study, struct error *err);

#endif
