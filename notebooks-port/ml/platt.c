#include "notebooks-port/ml/platt.h"

#include <math.h>

enum { ITERATIONS = 100 };

struct calibration platt_fit(const double *margins, const uint8_t *labels, size_t rows)
{
    size_t positives = 0;
    for (size_t i = 0; i < rows; i++)
        positives += labels[i];
    double high = ((double)positives + 1) / ((double)positives + 2);
    double low = 1 / ((double)(rows - positives) + 2);

    struct calibration fit = {1, 0};
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        double gradient[2] = {0, 0};
        double h11 = 1e-12;
        double h12 = 0;
        double h22 = 1e-12;
        for (size_t i = 0; i < rows; i++) {
            double p = decision_probability(decision_calibrate(fit, margins[i]));
            double residual = p - (labels[i] ? high : low);
            double weight = p * (1 - p);
            gradient[0] += residual * margins[i];
            gradient[1] += residual;
            h11 += weight * margins[i] * margins[i];
            h12 += weight * margins[i];
            h22 += weight;
        }
        double determinant = h11 * h22 - h12 * h12;
        double slope_step = (h22 * gradient[0] - h12 * gradient[1]) / determinant;
        double intercept_step = (h11 * gradient[1] - h12 * gradient[0]) / determinant;
        fit.slope -= slope_step;
        fit.intercept -= intercept_step;
        if (fabs(slope_step) + fabs(intercept_step) < 1e-12)
            break;
    }
    return fit;
}
