#include "notebooks-port/ml/correlation.h"

#include <gsl/gsl_blas.h>
#include <math.h>
#include <stdlib.h>

enum { BLOCK_ROWS = 2048 };
/* A variance below this share of the mean square is rounding, not spread. */
static const double NOISE = 1e-14;

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
        return NAN;
    double mean_i = gsl_matrix_get(moments->sum, i, j) / n, mean_j = gsl_matrix_get(moments->sum, j, i) / n;
    double covariance = gsl_matrix_get(moments->product, i, j) / n - mean_i * mean_j;
    double square_i = gsl_matrix_get(moments->square, i, j) / n,
           square_j = gsl_matrix_get(moments->square, j, i) / n;
    double variance_i = square_i - mean_i * mean_i, variance_j = square_j - mean_j * mean_j;
    if (variance_i <= NOISE * square_i || variance_j <= NOISE * square_j)
        return NAN;
    return covariance / sqrt(variance_i * variance_j);
}

/* Sums of squares of large numbers lose the digits that count; around the mean they do not. */
static void measure_centres(double *centre, const double *values, size_t rows, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        double sum = 0, known = 0;
        for (size_t r = 0; r < rows; r++)
            if (!isnan(values[r * size + i])) {
                sum += values[r * size + i];
                known++;
            }
        centre[i] = known > 0 ? sum / known : 0;
    }
}

int correlation_pairwise(double *out, double *pairs, const double *values, size_t rows, size_t size,
                         struct error *err)
{
    if (size == 0)
        return 0;
    struct moments moments = {gsl_matrix_calloc(size, size), gsl_matrix_calloc(size, size),
                              gsl_matrix_calloc(size, size), gsl_matrix_calloc(size, size)};
    double *centre = malloc(size * sizeof *centre);
    double *block = malloc(3 * (size_t)BLOCK_ROWS * size * sizeof *block);
    int failed = -1;
    if (!moments.product || !moments.sum || !moments.square || !moments.count || block == NULL ||
        centre == NULL) {
        error_set(err, ERROR_INTERNAL, "no memory for correlations of %zu columns", size);
        goto done;
    }
    measure_centres(centre, values, rows, size);
    for (size_t start = 0; start < rows; start += BLOCK_ROWS) {
        size_t here = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS, cells = here * size;
        for (size_t i = 0; i < cells; i++) {
            double value = values[start * size + i] - centre[i % size];
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
    free(centre);
    gsl_matrix_free(moments.product);
    gsl_matrix_free(moments.sum);
    gsl_matrix_free(moments.square);
    gsl_matrix_free(moments.count);
    return failed;
}
