/* The distribution of one column as a short list of pieces: atoms (values that many rows share) and
 * intervals between them, in rising order, each with the cumulative probability at its end.
 *
 * No piece rests on fewer than MARGINAL_CLIENTS rows, and no bound is anybody's own value: a bound is
 * an atom, or the mean of the MARGINAL_BLUR rows around it, the extremes included (winsorised). */
#ifndef CLAIRSCORE_PORTFOLIO_MARGINAL_H
#define CLAIRSCORE_PORTFOLIO_MARGINAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/buffer.h"
#include "shared/base/error.h"

enum { MARGINAL_CLIENTS = 20, MARGINAL_BLUR = 10 };

struct piece {
    double upto;      /* cumulative probability at the end of the piece; 1 for the last */
    double low, high; /* equal in an atom */
};

struct marginal {
    double missing; /* share of missing values; the pieces describe the others */
    struct piece *pieces;
    size_t count; /* 0: nothing known */
};

/* Learns from `count` values (NaN = missing); sorts them in place. With `rare` a value that too few
 * rows have is kept as if ten had it (for levels whose absence would show); otherwise it melts into a
 * neighbour. `fineness` intervals at most outside the tails; 0: only the atoms (levels).
 * Too few values leave *out empty. */
int marginal_fit(struct marginal *out, double *values, size_t count, bool rare, size_t fineness,
                 struct error *err);

/* The value at probability 0 < u < 1; NaN in the missing share (which lies lowest). On a `step` > 0
 * values inside an interval are rounded to its multiples. */
double marginal_quantile(const struct marginal *marginal, double u, double step);

/* The normal score of a value: the mean of a standard normal over the value's atom, or the normal
 * quantile of its place in an interval. The missing share is left aside. NaN for NaN. */
double marginal_score(const struct marginal *marginal, double value);

/* Variance of the scores over the distribution, 0..1: 1 when continuous, small for a rare flag. */
double marginal_information(const struct marginal *marginal);

/* Coefficients of the score, as a function of its latent normal, on the normalised Hermite polynomials
 * 1..count: two latents that correlate by r give scores whose covariance is Σ coefficient[k]² r^(k+1). */
void marginal_hermite(double *coefficients, size_t count, const struct marginal *marginal);

/* JSON: [missing, [upto, value] or [upto, low, high], …]. */
int marginal_write(const struct marginal *marginal, struct buffer *out, struct error *err);
int marginal_read(struct marginal *out, const json_t *json, const char *where, struct error *err);

void marginal_free(struct marginal *marginal);

/* A marginal for every stratum of a condition, and the pooled one for strata with too few rows. */
struct marginal_set {
    size_t strata;
    struct marginal pooled;
    struct marginal *by; /* [strata]; NULL when strata is 1 */
};

/* Values on their way into a set. */
struct sample {
    struct sample_value {
        double value;
        unsigned stratum;
    } * values;
    size_t count, capacity;
};

int sample_add(struct sample *sample, size_t stratum, double value, struct error *err);
void sample_free(struct sample *sample);

/* Fits a set of `strata` from the sample; strata below `fewest` rows use the pooled marginal. */
int marginal_set_fit(struct marginal_set *out, const struct sample *sample, size_t strata, size_t fewest,
                     bool rare, size_t fineness, struct error *err);

/* The marginal that holds in a stratum. */
const struct marginal *marginal_of(const struct marginal_set *set, size_t stratum);

int marginal_set_write(const struct marginal_set *set, struct buffer *out, struct error *err);
int marginal_set_read(struct marginal_set *out, const json_t *json, size_t strata, const char *where,
                      struct error *err);
void marginal_set_free(struct marginal_set *set);

#endif
