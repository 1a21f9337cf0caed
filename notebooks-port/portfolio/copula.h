/* A Gaussian copula: correlated standard normals behind columns of any kind. */
#ifndef CLAIRSCORE_PORTFOLIO_COPULA_H
#define CLAIRSCORE_PORTFOLIO_COPULA_H

#include <stddef.h>

#include "notebooks-port/portfolio/random.h"
#include "shared/base/error.h"

/* The nearest correlation matrix in the sense of Higham (2002), by alternating projections: onto
 * matrices whose eigenvalues are at least `lowest`, onto those with a unit diagonal. In place. */
int copula_make_positive(double *matrix, size_t size, double lowest, struct error *err);

/* The lower Cholesky factor of a correlation matrix into out[size × size], zeros above the diagonal. */
int copula_factor(double *out, const double *matrix, size_t size, struct error *err);

/* Inverts a symmetric positive definite matrix in place. */
int copula_invert(double *matrix, size_t size, struct error *err);

/* Draws latent[size] with the correlations that the factor stands for, out of own[size] independent
 * normals: latent[i] = Σ factor[i][j] · own[j] over j ≤ i, so that the terms j ≥ k are what latent[i] says
 * beyond the first k. */
void copula_draw(double *latent, double *own, const double *factor, size_t size,
                 struct random_stream *stream);

#endif
