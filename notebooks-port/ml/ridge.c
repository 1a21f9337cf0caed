#include "notebooks-port/ml/ridge.h"

#include <float.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 300 };
static const double HYPERPRIOR = 1e-6, TOLERANCE = 1e-3;
/* What remains of a regressor's sum of squares below this share is rounding: it depends on others. */
static const double NOISE = 1e-13;

/* The regressors, which are the columns but for the target, and their eigenvectors. */
struct problem {
    size_t size, rank;   /* regressors; eigenvalues above 0 */
    double *products;    /* [size][size] */
    double *with;        /* [size] products with the target */
    double *factor;      /* [size][size], Cholesky's by columns, of which `rank` are filled */
    double *left;        /* [size] what the factor leaves of the diagonal */
    double *eigenvalues; /* [size] */
    double *along;       /* [size] products of the target with each eigenvector */
    double *weights;     /* [size] */
    gsl_matrix *vectors; /* [size][rank] */
};

static int problem_open(struct problem *problem, const struct ridge_sums *sums, size_t target,
                        struct error *err)
{
    size_t size = sums->columns - 1;
    double *block = calloc(2 * size * size + 5 * size, sizeof *block);
    if (!block)
        return error_set(err, ERROR_INTERNAL, "out of memory for a regression on %zu columns", size);
    *problem = (struct problem){.size = size, .products = block, .factor = block + size * size};
    double *rest = problem->factor + size * size;
    problem->with = rest;
    problem->left = rest + size;
    problem->eigenvalues = rest + 2 * size;
    problem->along = rest + 3 * size;
    problem->weights = rest + 4 * size;
    for (size_t i = 0; i < size; i++) {
        const double *row = sums->products + (i + (i >= target)) * sums->stride;
        memcpy(problem->products + i * size, row, target * sizeof *row);
        memcpy(problem->products + i * size + target, row + target + 1, (size - target) * sizeof *row);
        problem->with[i] = row[target];
    }
    return 0;
}

static void problem_close(struct problem *problem)
{
    gsl_matrix_free(problem->vectors);
    free(problem->products);
}

/* Cholesky's factor with the largest remainder first, until nothing but rounding remains. */
static void factorise(struct problem *problem)
{
    size_t size = problem->size;
    double *left = problem->left;
    for (size_t i = 0; i < size; i++)
        left[i] = problem->products[i * size + i];
    for (; problem->rank < size; problem->rank++) {
        size_t pivot = size;
        for (size_t i = 0; i < size; i++)
            if (left[i] > NOISE * problem->products[i * size + i] && (pivot == size || left[i] > left[pivot]))
                pivot = i;
        if (pivot == size)
            return;
        double *column = problem->factor + problem->rank * size;
        memcpy(column, problem->products + pivot * size, size * sizeof *column);
        for (size_t k = 0; k < problem->rank; k++) {
            const double *earlier = problem->factor + k * size;
            for (size_t i = 0; i < size; i++)
                column[i] -= earlier[i] * earlier[pivot];
        }
        double root = sqrt(left[pivot]);
        for (size_t i = 0; i < size; i++) {
            column[i] = left[i] > 0 ? column[i] / root : 0;
            left[i] -= column[i] * column[i];
        }
        column[pivot] = root;
        left[pivot] = 0;
    }
}

/* Eigenvectors of the products as the left singular vectors of that factor, by Jacobi's one-sided rotations
 * (Veselić & Hari 1989): amounts of money stand beside shares, and this way the small eigenvalues are as
 * exact as the large. */
static int find_eigenvectors(struct problem *problem, struct error *err)
{
    size_t size = problem->size, rank = problem->rank;
    gsl_matrix *rotation = gsl_matrix_alloc(rank, rank);
    gsl_vector *singular = gsl_vector_alloc(rank);
    problem->vectors = gsl_matrix_alloc(size, rank);
    int status = rotation && singular && problem->vectors
                     ? 0
                     : error_set(err, ERROR_INTERNAL, "out of memory for a regression on %zu columns", size);
    if (status == 0) {
        for (size_t i = 0; i < size; i++)
            for (size_t k = 0; k < rank; k++)
                gsl_matrix_set(problem->vectors, i, k, problem->factor[k * size + i]);
        if (gsl_linalg_SV_decomp_jacobi(problem->vectors, rotation, singular))
            status =
                error_set(err, ERROR_INTERNAL, "a regression on %zu columns has no singular values", size);
    }
    for (size_t k = 0; status == 0 && k < rank; k++) {
        problem->eigenvalues[k] = gsl_vector_get(singular, k) * gsl_vector_get(singular, k);
        for (size_t i = 0; i < size; i++)
            problem->along[k] += gsl_matrix_get(problem->vectors, i, k) * problem->with[i];
    }
    gsl_matrix_free(rotation);
    gsl_vector_free(singular);
    return status;
}

/* The weights under the given ratio of their precision to that of the noise; by how much they moved. */
static double solve(struct problem *problem, double ratio)
{
    double moved = 0;
    for (size_t i = 0; i < problem->size; i++) {
        const double *row = gsl_matrix_const_ptr(problem->vectors, i, 0);
        double weight = 0;
        for (size_t k = 0; k < problem->rank; k++)
            weight += row[k] * (problem->along[k] / (problem->eigenvalues[k] + ratio));
        moved += fabs(weight - problem->weights[i]);
        problem->weights[i] = weight;
    }
    return moved;
}

/* Sum of squares of what the target has beside every regressor. */
static double least_residual(const struct problem *problem, double total)
{
    for (size_t k = 0; k < problem->rank; k++)
        total -= problem->along[k] * problem->along[k] / problem->eigenvalues[k];
    return fmax(total, 0);
}

static void maximise_evidence(struct problem *problem, double total, double rows)
{
    double least = least_residual(problem, total);
    double noise = 1 / (total / rows + DBL_EPSILON), precision = 1;
    for (int step = 0; step < STEPS; step++) {
        double ratio = precision / noise;
        double moved = solve(problem, ratio);
        double known = 0, squares = 0, residual = least;
        for (size_t k = 0; k < problem->rank; k++) {
            double value = problem->eigenvalues[k];
            double weight = problem->along[k] / (value + ratio);
            double missed = weight * ratio;
            known += value / (value + ratio);
            squares += weight * weight;
            residual += missed * missed / value;
        }
        precision = (known + 2 * HYPERPRIOR) / (squares + 2 * HYPERPRIOR);
        noise = (rows - known + 2 * HYPERPRIOR) / (residual + 2 * HYPERPRIOR);
        if (step > 0 && moved < TOLERANCE)
            break;
    }
    solve(problem, precision / noise);
}

int ridge_fit(double *weights, const struct ridge_sums *sums, size_t target, struct error *err)
{
    struct problem problem;
    if (problem_open(&problem, sums, target, err))
        return -1;
    factorise(&problem);
    int status = problem.rank > 0 ? find_eigenvectors(&problem, err) : 0;
    if (status == 0 && problem.rank > 0)
        maximise_evidence(&problem, sums->products[target * sums->stride + target], (double)sums->rows);
    for (size_t i = 0; status == 0 && i < problem.size; i++)
        weights[i + (i >= target)] = problem.weights[i];
    weights[target] = 0;
    problem_close(&problem);
    return status;
}
