#include "notebooks-port/portfolio/copula.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PROJECTIONS = 40 };

int copula_make_positive(double *matrix, size_t size, double lowest, struct error *err)
{
    gsl_matrix_view target = gsl_matrix_view_array(matrix, size, size);
    gsl_matrix *step = gsl_matrix_alloc(size, size), *correction = gsl_matrix_calloc(size, size);
    gsl_matrix *vectors = gsl_matrix_alloc(size, size), *scaled = gsl_matrix_alloc(size, size);
    gsl_vector *roots = gsl_vector_alloc(size);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(size);
    int failed = -1;
    if (!step || !correction || !vectors || !scaled || !roots || !work) {
        error_set(err, ERROR_INTERNAL, "no memory for a %zu × %zu correlation matrix", size, size);
        goto done;
    }
    for (int round = 0; round < PROJECTIONS; round++) {
        gsl_matrix_memcpy(step, &target.matrix);
        gsl_matrix_sub(step, correction); /* Dykstra's correction: without it the result is not nearest */
        gsl_matrix_memcpy(scaled, step);
        gsl_matrix_memcpy(correction, step);
        gsl_eigen_symmv(scaled, roots, vectors, work);
        double smallest = gsl_vector_min(roots);
        for (size_t j = 0; j < size; j++) {
            double root = gsl_vector_get(roots, j);
            gsl_vector_view from = gsl_matrix_column(vectors, j), to = gsl_matrix_column(scaled, j);
            gsl_vector_memcpy(&to.vector, &from.vector);
            gsl_vector_scale(&to.vector, root > lowest ? root : lowest);
        }
        gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, scaled, vectors, 0, &target.matrix);
        gsl_matrix_sub(correction, &target.matrix);
        gsl_matrix_scale(correction, -1);
        for (size_t i = 0; i < size; i++)
            gsl_matrix_set(&target.matrix, i, i, 1);
        if (smallest >= lowest)
            break;
    }
    /* What is left below zero after the last round is bent back for good. */
    gsl_matrix_memcpy(step, &target.matrix);
    gsl_eigen_symmv(step, roots, vectors, work);
    for (size_t j = 0; j < size; j++) {
        double root = gsl_vector_get(roots, j);
        gsl_vector_view from = gsl_matrix_column(vectors, j), to = gsl_matrix_column(scaled, j);
        gsl_vector_memcpy(&to.vector, &from.vector);
        gsl_vector_scale(&to.vector, root > lowest ? root : lowest);
    }
    gsl_blas_dgemm(CblasNoTrans, CblasTrans, 1, scaled, vectors, 0, step);
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            matrix[i * size + j] = i == j ? 1
                                          : gsl_matrix_get(step, i, j) /
                                                sqrt(gsl_matrix_get(step, i, i) * gsl_matrix_get(step, j, j));
    failed = 0;
done:
    gsl_matrix_free(step);
    gsl_matrix_free(correction);
    gsl_matrix_free(vectors);
    gsl_matrix_free(scaled);
    gsl_vector_free(roots);
    gsl_eigen_symmv_free(work);
    return failed;
}

int copula_factor(double *out, const double *matrix, size_t size, struct error *err)
{
    memcpy(out, matrix, size * size * sizeof *out);
    gsl_matrix_view factor = gsl_matrix_view_array(out, size, size);
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    int failed = gsl_linalg_cholesky_decomp1(&factor.matrix);
    gsl_set_error_handler(before);
    if (failed)
        return error_set(err, ERROR_INVALID,
                         "the correlation matrix is not positive definite; run fit again");
    for (size_t i = 0; i < size; i++)
        for (size_t j = i + 1; j < size; j++)
            out[i * size + j] = 0;
    return 0;
}

int copula_invert(double *matrix, size_t size, struct error *err)
{
    gsl_matrix_view view = gsl_matrix_view_array(matrix, size, size);
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    int failed = gsl_linalg_cholesky_decomp1(&view.matrix);
    if (!failed)
        failed = gsl_linalg_cholesky_invert(&view.matrix);
    gsl_set_error_handler(before);
    return failed ? error_set(err, ERROR_INVALID, "a matrix to invert is not positive definite") : 0;
}

void copula_draw(double *latent, double *own, const double *factor, size_t size, struct random_stream *stream)
{
    for (size_t i = 0; i < size; i++)
        own[i] = random_normal(stream);
    for (size_t i = 0; i < size; i++) {
        double sum = 0;
        for (size_t j = 0; j <= i; j++)
            sum += factor[i * size + j] * own[j];
        latent[i] = sum;
    }
}
