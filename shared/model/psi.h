/* Population stability index: Σ (a − e) ln(a / e) over bins, e the expected and a the actual share.
 * Under 0.10 stable, 0.10–0.25 worth a look, above 0.25 another population. */
#ifndef CLAIRSCORE_MODEL_PSI_H
#define CLAIRSCORE_MODEL_PSI_H

#include <stddef.h>

#include "shared/base/error.h"

/* The index of two rows of shares. A share below 0.0001 counts as that much, so that an empty bin does
 * not make the index infinite. */
double psi_of_shares(const double *expected, const double *actual, size_t count);

/* How a quantity is cut into bins: 0 for missing (NaN), then one for every value that at least 2 % of the
 * expected have, then tenths of the other expected values, the first and the last of which are open. */
enum { PSI_ATOMS = 50, PSI_DECILES = 10, PSI_BINS = 1 + PSI_ATOMS + PSI_DECILES };
struct psi_bins {
    double atoms[PSI_ATOMS]; /* ascending */
    size_t atom_count;
    double edges[PSI_DECILES]; /* ascending; a bin takes its lower one */
    size_t edge_count;
};

/* The bins of expected values: `known` ascending ones, which are overwritten, out of `rows`. */
void psi_bins_make(struct psi_bins *out, double *sorted, size_t known, size_t rows);
size_t psi_bins_count(const struct psi_bins *bins);
size_t psi_bin(const struct psi_bins *bins, double value);

/* The index of a quantity in the bins of its expected values. `bins` (may be NULL) receives how many bins at
 * least one value fell into, for psi_chance. */
int psi_of_numbers(double *out, size_t *bins, const double *expected, size_t expected_count,
                   const double *actual, size_t actual_count, struct error *err);

/* The index of a category: one bin a level (values are codes 0 ≤ code < levels), one for missing;
 * `bins` as above. */
int psi_of_levels(double *out, size_t *bins, const double *expected, size_t expected_count,
                  const double *actual, size_t actual_count, size_t levels, struct error *err);

/* How many of the bins either side reached. */
size_t psi_used_bins(const double *expected, const double *actual, size_t count);

/* What chance alone makes the index between samples of these sizes exceed once in twenty times: with k
 * bins it is (1/n + 1/m) times a chi-square of k − 1 degrees (Yurdakul 2018). */
double psi_chance(size_t expected_count, size_t actual_count, size_t bins);

#endif
