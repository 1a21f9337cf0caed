#include "notebooks-port/portfolio/logistic.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 50 };

static double log_odds(const struct logistic_problem *problem, const double *beta, size_t row, size_t entries,
                       const unsigned *index, const double *weight)
{
    double sum = problem->offset ? problem->offset[row] : 0;
    for (size_t i = 0; i < entries; i++)
        sum += beta[index[i]] * weight[i];
    return sum;
}

/* Gradient and lower half of the Hessian of the penalised loss at beta. */
static void derive(const struct logistic_problem *problem, const double *beta, gsl_vector *gradient,
                   gsl_matrix *hessian, unsigned *index, double *weight)
{
    size_t size = problem->size;
    for (size_t i = 0; i < size; i++) {
        double sum = 0;
        for (size_t j = 0; j < size; j++) {
            sum += problem->penalty[i * size + j] * beta[j];
            gsl_matrix_set(hessian, i, j, problem->penalty[i * size + j]);
        }
        gsl_vector_set(gradient, i, sum);
    }
    for (size_t row = 0; row < problem->rows; row++) {
        if (problem->fold != NULL && problem->fold[row] == problem->without)
            continue;
        size_t entries = problem->row(problem->context, row, index, weight);
        double p = 1 / (1 + exp(-log_odds(problem, beta, row, entries, index, weight)));
        double error = p - problem->outcome[row], curvature = p * (1 - p);
        for (size_t i = 0; i < entries; i++) {
            *gsl_vector_ptr(gradient, index[i]) += error * weight[i];
            for (size_t j = 0; j < entries; j++)
                if (index[j] <= index[i])
                    *gsl_matrix_ptr(hessian, index[i], index[j]) += curvature * weight[i] * weight[j];
        }
    }
}

int logistic_fit(double *beta, const struct logistic_problem *problem, struct error *err)
{
    size_t size = problem->size;
    gsl_matrix *hessian = gsl_matrix_alloc(size, size);
    gsl_vector *gradient = gsl_vector_alloc(size);
    unsigned *index = malloc(problem->most * sizeof *index);
    double *weight = malloc(problem->most * sizeof *weight);
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    int failed = -1;
    memset(beta, 0, size * sizeof *beta);
    if (!hessian || !gradient || !index || !weight) {
        error_set(err, ERROR_INTERNAL, "no memory for a regression on %zu columns", size);
        goto done;
    }
    for (int step = 0; step < STEPS; step++) {
        derive(problem, beta, gradient, hessian, index, weight);
        if (gsl_linalg_cholesky_decomp1(hessian) != 0) {
            error_set(err, ERROR_INVALID, "the regression has no unique solution: a column is constant");
            goto done;
        }
        gsl_linalg_cholesky_svx(hessian, gradient);
        double largest = 0;
        for (size_t i = 0; i < size; i++) {
            double move = gsl_vector_get(gradient, i);
            beta[i] -= move;
            largest = fmax(largest, fabs(move));
        }
        if (largest < 1e-6)
            break;
    }
    failed = 0;
done:
    gsl_set_error_handler(before);
    gsl_matrix_free(hessian);
    gsl_vector_free(gradient);
    free(index);
    free(weight);
    return failed;
}
