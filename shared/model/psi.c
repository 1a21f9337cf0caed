#include "shared/model/psi.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double LEAST_SHARE = 1e-4, ATOM_SHARE = 0.02;

double psi_of_shares(const double *expected, const double *actual, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double e = fmax(expected[i], LEAST_SHARE), a = fmax(actual[i], LEAST_SHARE);
        sum += (a - e) * log(a / e);
    }
    return sum;
}

size_t psi_used_bins(const double *expected, const double *actual, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += expected[i] > 0 || actual[i] > 0;
    return used;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void psi_bins_make(struct psi_bins *out, double *sorted, size_t known, size_t rows)
{
    size_t rest = 0; /* values that are not atoms move to the front */
    *out = (struct psi_bins){.atom_count = 0};
    for (size_t i = 0, end; i < known; i = end) {
        for (end = i; end < known && sorted[end] == sorted[i]; end++)
            ;
        if ((double)(end - i) >= ATOM_SHARE * (double)rows && out->atom_count < PSI_ATOMS) {
            out->atoms[out->atom_count++] = sorted[i];
            continue;
        }
        for (size_t j = i; j < end; j++)
            sorted[rest++] = sorted[j];
    }
    for (size_t d = 1; d < PSI_DECILES && rest > 0; d++) {
        double edge = sorted[d * rest / PSI_DECILES];
        if (out->edge_count == 0 || edge > out->edges[out->edge_count - 1])
            out->edges[out->edge_count++] = edge;
    }
}

size_t psi_bins_count(const struct psi_bins *bins)
{
    return 1 + bins->atom_count + bins->edge_count + 1;
}

size_t psi_bin(const struct psi_bins *bins, double value)
{
    if (isnan(value))
        return 0;
    const double *atom = bsearch(&value, bins->atoms, bins->atom_count, sizeof *bins->atoms, compare);
    if (atom != NULL)
        return 1 + (size_t)(atom - bins->atoms);
    size_t i = 0;
    while (i < bins->edge_count && value >= bins->edges[i])
        i++;
    return 1 + bins->atom_count + i;
}

static void count_shares(double *shares, const struct psi_bins *bins, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        shares[psi_bin(bins, values[i])] += 1 / (double)count;
}

int psi_of_numbers(double *out, size_t *bins, const double *expected, size_t expected_count,
                   const double *actual, size_t actual_count, struct error *err)
{
    struct psi_bins cuts;
    double *sorted = malloc((expected_count + 1) * sizeof *sorted);
    if (sorted == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory to compare %zu values", expected_count);
    size_t known = 0;
    for (size_t i = 0; i < expected_count; i++)
        if (!isnan(expected[i]))
            sorted[known++] = expected[i];
    qsort(sorted, known, sizeof *sorted, compare);
    psi_bins_make(&cuts, sorted, known, expected_count);
    free(sorted);
    double e[PSI_BINS] = {0}, a[PSI_BINS] = {0};
    count_shares(e, &cuts, expected, expected_count);
    count_shares(a, &cuts, actual, actual_count);
    size_t count = psi_bins_count(&cuts);
    *out = psi_of_shares(e, a, count);
    if (bins)
        *bins = psi_used_bins(e, a, count);
    return 0;
}

int psi_of_levels(double *out, size_t *bins, const double *expected, size_t expected_count,
                  const double *actual, size_t actual_count, size_t levels, struct error *err)
{
    double *shares = calloc(2 * (levels + 1), sizeof *shares);
    if (shares == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory to compare %zu levels", levels);
    for (int side = 0; side < 2; side++) {
        const double *values = side ? actual : expected;
        size_t count = side ? actual_count : expected_count;
        double *side_shares = shares + (side ? levels + 1 : 0);
        for (size_t i = 0; i < count; i++) {
            bool known = values[i] >= 0 && values[i] < (double)levels;
            side_shares[known ? (size_t)values[i] : levels] += 1 / (double)count;
        }
    }
    *out = psi_of_shares(shares, shares + levels + 1, levels + 1);
    if (bins)
        *bins = psi_used_bins(shares, shares + levels + 1, levels + 1);
    free(shares);
    return 0;
}

double psi_chance(size_t expected_count, size_t actual_count, size_t bins)
{
    if (bins < 2 || expected_count == 0 || actual_count == 0)
        return 0;
    double spread = 1 / (double)expected_count + 1 / (double)actual_count;
    return spread * gsl_cdf_chisq_Qinv(0.05, (double)(bins - 1));
}
