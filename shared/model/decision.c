#include "shared/model/decision.h"

#include <math.h>

static double points_per_log_odds(void)
{
    return DECISION_POINTS_TO_DOUBLE / log(2);
}

double decision_calibrate(struct calibration calibration, double margin)
{
    return calibration.slope * margin + calibration.intercept;
}

double decision_probability(double margin)
{
    return 1 / (1 + exp(-margin));
}

double decision_margin(double probability)
{
    return log(probability / (1 - probability));
}

double decision_points(double margin)
{
    return DECISION_POINTS_AT_ODDS - points_per_log_odds() * (log(DECISION_ODDS) + margin);
}

double decision_contribution_points(double contribution)
{
    return -points_per_log_odds() * contribution;
}

double decision_threshold(double missed, double refused)
{
    return refused / (refused + missed);
}

void decision_settle(double *contributions, size_t count, double base_value, double margin)
{
    double sum = base_value;
    size_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        sum += contributions[i];
        if (fabs(contributions[i]) > fabs(contributions[largest]))
            largest = i;
    }
    contributions[largest] += margin - sum;
}
