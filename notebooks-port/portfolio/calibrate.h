/* Finding the latent correlations under which generated clients correlate like the real ones. */
#ifndef CLAIRSCORE_PORTFOLIO_CALIBRATE_H
#define CLAIRSCORE_PORTFOLIO_CALIBRATE_H

#include "notebooks-port/portfolio/client.h"
#include "shared/base/error.h"

enum { CALIBRATE_SEED = 20180517 };

/* Sets description->correlation and ->factor from values[rows × FIELD_COUNT]. First guess: correlations
 * of normal scores, made up for what ties between discrete values hide. Then clients are generated,
 * rules and all, their correlations (Pearson's, of quantities as they are, of levels by score) compared
 * with the real ones and the latent ones corrected, a few times over. `simulated` clients make a round.
 * reliability[effects]: of the real clients' effects. *error: the mean absolute difference that remains. */
int calibrate_correlation(struct description *description, const double *values, size_t rows,
                          const double *reliability, size_t simulated, double *error, struct error *err);

#endif
