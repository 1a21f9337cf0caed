#include "backend/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shared/model/decision.h"
#include "shared/model/psi.h"

/* Expected shares and how values are sorted into them. */
struct expectation {
    bool levels;
    struct psi_bins bins;      /* unless `levels` */
    double shares[DRIFT_BINS]; /* of psi_bin's bins; of the levels with missing last */
    size_t count;
};

static bool read_numbers(double *out, size_t *count, size_t limit, const json_t *list)
{
    *count = json_array_size(list);
    for (size_t i = 0; i < *count && i < limit; i++)
        out[i] = json_number_value(json_array_get(list, i));
    return json_is_array(list) && *count <= limit;
}

static bool read_bins(struct expectation *out, const json_t *entry)
{
    struct psi_bins *bins = &out->bins;
    return read_numbers(bins->atoms, &bins->atom_count, PSI_ATOMS, json_object_get(entry, "atoms")) &&
           read_numbers(bins->edges, &bins->edge_count, PSI_DECILES, json_object_get(entry, "edges")) &&
           read_numbers(out->shares, &out->count, DRIFT_BINS, json_object_get(entry, "shares")) &&
           out->count == psi_bins_count(bins);
}

static bool read_levels(struct expectation *out, const json_t *entry)
{
    double missing = json_number_value(json_object_get(entry, "missing"));
    if (!read_numbers(out->shares, &out->count, DRIFT_LEVELS, json_object_get(entry, "shares")))
        return false;
    out->levels = true;
    for (size_t i = 0; i < out->count; i++)
        out->shares[i] *= 1 - missing; /* the artifact tells the shares among known values */
    out->shares[out->count++] = missing;
    return true;
}

static bool read_expectation(struct expectation *out, const json_t *entry)
{
    const json_t *bins = json_object_get(entry, "bins");
    memset(out, 0, sizeof *out);
    return bins ? read_bins(out, bins) : read_levels(out, entry);
}

static size_t bin_of(const struct expectation *expectation, double value)
{
    if (!expectation->levels)
        return psi_bin(&expectation->bins, value);
    size_t missing = expectation->count - 1;
    return value >= 0 && value < (double)missing ? (size_t)value : missing;
}

static void compare(struct drift *out, const struct expectation *expectation, const double *counts,
                    size_t trained_on, size_t clients)
{
    double shares[DRIFT_BINS] = {0};
    for (size_t i = 0; i < expectation->count; i++)
        shares[i] = counts[i] / (double)clients;
    size_t used = psi_used_bins(expectation->shares, shares, expectation->count);
    size_t missing = expectation->levels ? expectation->count - 1 : 0;
    out->psi = psi_of_shares(expectation->shares, shares, expectation->count);
    out->chance = psi_chance(trained_on, clients, used);
    out->missing_then = expectation->shares[missing];
    out->missing_now = shares[missing];
}

size_t drift_trained_on(const struct model *model)
{
    double rows =
        json_number_value(json_object_get(json_object_get(model_document(model), "training"), "rows"));
    return rows > 0 ? (size_t)rows : 0;
}

/* Largest first; among equal ones the order of the catalogue. */
static int compare_drifts(const void *a, const void *b)
{
    const struct drift *left = a, *right = b;
    if (left->psi != right->psi)
        return left->psi > right->psi ? -1 : 1;
    return left->feature - right->feature;
}

/* What the artifact expects of a feature or of the score; false when it does not say. */
static bool expect(struct expectation *out, const struct model *model, int feature)
{
    const json_t *reference = model_reference(model);
    if (feature == DRIFT_SCORE) {
        memset(out, 0, sizeof *out);
        return read_bins(out, json_object_get(reference, "scores"));
    }
    return read_expectation(out, json_object_get(json_object_get(reference, "features"),
                                                 catalogue_feature((size_t)feature)->name));
}

static void count_clients(double counts[DRIFT_BINS], const struct expectation *expectation,
                          const struct drift_clients *clients, int feature)
{
    memset(counts, 0, DRIFT_BINS * sizeof *counts);
    if (feature == DRIFT_SCORE) {
        for (size_t row = 0; row < clients->count; row++)
            counts[bin_of(expectation, decision_probability(clients->margin(clients->context, row)))]++;
        return;
    }
    const struct drift_values column = clients->column(clients->context, (size_t)feature);
    for (size_t value = 0; value < column.count; value++)
        counts[bin_of(expectation, (double)column.values[value])] +=
            column.clients ? column.clients[value] : 1;
}

size_t drift_measure(struct drift *out, const struct model *model, const struct drift_clients *clients)
{
    const size_t trained_on = drift_trained_on(model);
    struct expectation expectation;
    double counts[DRIFT_BINS];
    size_t count = 0, features = model_feature_count(model);
    if (clients->count == 0)
        return 0;
    for (size_t i = 0; i <= features; i++) {
        int feature = i < features ? (int)model_feature(model, i) : DRIFT_SCORE;
        if (!expect(&expectation, model, feature))
            continue;
        count_clients(counts, &expectation, clients, feature);
        out[count].feature = feature;
        compare(&out[count++], &expectation, counts, trained_on, clients->count);
    }
    qsort(out, count, sizeof *out, compare_drifts);
    return count;
}

/* ---- One by one ---- */

static void describe_bin(struct drift_bin *out, const struct expectation *expectation, size_t bin)
{
    const struct psi_bins *bins = &expectation->bins;
    if (expectation->levels) {
        out->kind = bin + 1 == expectation->count ? DRIFT_MISSING : DRIFT_LEVEL;
        out->low = out->high = (double)bin;
    } else if (bin == 0) {
        out->kind = DRIFT_MISSING;
    } else if (bin <= bins->atom_count) {
        out->kind = DRIFT_VALUE;
        out->low = out->high = bins->atoms[bin - 1];
    } else {
        size_t range = bin - 1 - bins->atom_count;
        out->kind = DRIFT_RANGE;
        out->low = range > 0 ? bins->edges[range - 1] : -INFINITY;
        out->high = range < bins->edge_count ? bins->edges[range] : INFINITY;
    }
}

/* Ascending, a value before the range that begins with it; missing last. */
static int compare_bins(const void *a, const void *b)
{
    const struct drift_bin *left = a, *right = b;
    if ((left->kind == DRIFT_MISSING) != (right->kind == DRIFT_MISSING))
        return left->kind == DRIFT_MISSING ? 1 : -1;
    if (left->low != right->low)
        return left->low < right->low ? -1 : 1;
    return (left->high > right->high) - (left->high < right->high);
}

size_t drift_look(struct drift_bin out[DRIFT_BINS], struct drift *drift, const struct model *model,
                  const struct drift_clients *clients, int feature)
{
    struct expectation expectation;
    double counts[DRIFT_BINS];
    if (clients->count == 0 || !expect(&expectation, model, feature))
        return 0;
    count_clients(counts, &expectation, clients, feature);
    drift->feature = feature;
    compare(drift, &expectation, counts, drift_trained_on(model), clients->count);
    for (size_t bin = 0; bin < expectation.count; bin++) {
        out[bin] =
            (struct drift_bin){.then = expectation.shares[bin], .now = counts[bin] / (double)clients->count};
        describe_bin(&out[bin], &expectation, bin);
    }
    qsort(out, expectation.count, sizeof *out, compare_bins);
    return expectation.count;
}
