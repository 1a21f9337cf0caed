#include "notebooks-port/portfolio/copula.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 2048, PROJECTIONS = 40 };

/* Five sums over the rows that know both columns give a pairwise correlation; with missing values
 * replaced by 0 each sum is a matrix product. */
struct moments {
    gsl_matrix *product, *sum, *square, *count; /* X'X, X'M, (X²)'M, M'M with M = 1 where known */
};

static void accumulate(struct moments *moments, gsl_matrix *x, gsl_matrix *squares, gsl_matrix *known)
{
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, x, x, 1, moments->product);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, x, known, 1, moments->sum);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, squares, known, 1, moments->square);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, known, known, 1, moments->count);
}

static double correlation_of(const struct moments *moments, size_t i, size_t j)
{
    double n = gsl_matrix_get(moments->count, i, j);
    if (n < 2)
        return 0;
    double mean_i = gsl_matrix_get(moments->sum, i, j) / n, mean_j = gsl_matrix_get(moments->sum, j, i) / n;
    double covariance = gsl_matrix_get(moments->product, i, j) / n - mean_i * mean_j;
    double variance_i = gsl_matrix_get(moments->square, i, j) / n - mean_i * mean_i;
    double variance_j = gsl_matrix_get(moments->square, j, i) / n - mean_j * mean_j;
    if (variance_i < 1e-12 || variance_j < 1e-12)
        return 0;
    return covariance / sqrt(variance_i * variance_j);
}

int copula_correlate(double *out, double *pairs, const double *values, size_t rows, size_t size,
                     struct error *err)
{
    struct moments moments = {gsl_matrix_calloc(size, size), gsl_matrix_calloc(size, size),
                              gsl_matrix_calloc(size, size), gsl_matrix_calloc(size, size)};
    double *block = malloc(3 * BLOCK_ROWS * size * sizeof *block);
    int failed = -1;
    if (!moments.product || !moments.sum || !moments.square || !moments.count || block == NULL) {
        error_set(err, ERROR_INTERNAL, "no memory for correlations of %zu columns", size);
        goto done;
    }
    for (size_t start = 0; start < rows; start += BLOCK_ROWS) {
        size_t here = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS, cells = here * size;
        for (size_t i = 0; i < cells; i++) {
            double value = values[start * size + i];
            int known = !isnan(value);
            block[i] = known ? value : 0;
            block[cells + i] = known ? value * value : 0;
            block[2 * cells + i] = known;
        }
        gsl_matrix_view x = gsl_matrix_view_array(block, here, size);
        gsl_matrix_view squares = gsl_matrix_view_array(block + cells, here, size);
        gsl_matrix_view known = gsl_matrix_view_array(block + 2 * cells, here, size);
        accumulate(&moments, &x.matrix, &squares.matrix, &known.matrix);
    }
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            out[i * size + j] = i == j ? 1 : correlation_of(&moments, i, j);
            if (pairs != NULL)
                pairs[i * size + j] = gsl_matrix_get(moments.count, i, j);
        }
    failed = 0;
done:
    free(block);
    gsl_matrix_free(moments.product);
    gsl_matrix_free(moments.sum);
    gsl_matrix_free(moments.square);
    gsl_matrix_free(moments.count);
    return failed;
}

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
