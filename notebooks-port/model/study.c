#include "notebooks-port/model/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shared/features/catalogue.h"

enum { REPLICATES = 200, QUICK_REPLICATES = 20 };

void study_free(struct study *study)
{
    report_free(study->report);
    matrix_free(&study->matrix);
    cuts_free(&study->cuts);
    boosting_free(study->boosting);
    json_decref(study->compared);
    json_decref(study->found);
    json_decref(study->parameters);
    json_decref(study->document);
    json_decref(study->reference);
    free(study->fold);
    free(study->chosen);
    free(study->amounts);
    free(study->trial.margins);
    free(study->validation.margins);
    free(study->probabilities);
}

struct threshold_costs study_costs(const struct study *study)
{
    return (struct threshold_costs){study->options.missed_cost, study->options.refused_cost, study->amounts};
}

unsigned study_replicates(const struct study *study)
{
    return study->options.quick ? QUICK_REPLICATES : REPLICATES;
}

size_t study_column(const struct study *study, const char *name)
{
    for (size_t i = 0; i < study->matrix.columns; i++)
        if (strcmp(study->matrix.names[i], name) == 0)
            return i;
    return SIZE_MAX;
}

const char *study_label(const struct study *study, size_t column)
{
    int id = catalogue_find(study->matrix.names[column]);
    return id < 0 ? study->matrix.names[column]
                  : catalogue_feature((size_t)id)->label[study->options.language];
}

json_t *study_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

void study_probabilities(double *out, const double *margins, size_t rows, struct calibration calibration)
{
    for (size_t i = 0; i < rows; i++)
        out[i] = isnan(margins[i]) ? margins[i]
                                   : decision_probability(decision_calibrate(calibration, margins[i]));
}
