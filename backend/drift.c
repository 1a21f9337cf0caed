#include "backend/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shared/model/decision.h"
#include "shared/model/psi.h"

/* The most bins a feature can have: one a category and one for missing, or psi.h's. */
enum { LEVELS = 64, BINS = LEVELS + 1 > PSI_BINS ? LEVELS + 1 : PSI_BINS };

/* Expected shares and how values are sorted into them. */
struct expectation {
    bool levels;
    struct psi_bins bins; /* unless `levels` */
    double shares[BINS];  /* of psi_bin's bins; of the levels with missing last */
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
           read_numbers(out->shares, &out->count, BINS, json_object_get(entry, "shares")) &&
           out->count == psi_bins_count(bins);
}

static bool read_levels(struct expectation *out, const json_t *entry)
{
    double missing = json_number_value(json_object_get(entry, "missing"));
    if (!read_numbers(out->shares, &out->count, LEVELS, json_object_get(entry, "shares")))
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
    double shares[BINS] = {0};
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

size_t drift_measure(struct drift *out, const struct model *model, const struct drift_clients *clients)
{
    const json_t *features = json_object_get(model_reference(model), "features");
    const size_t trained_on = drift_trained_on(model);
    struct expectation expectation;
    size_t count = 0;
    if (clients->count == 0)
        return 0;
    for (size_t i = 0; i < model_feature_count(model); i++) {
        size_t feature = model_feature(model, i);
        if (!read_expectation(&expectation, json_object_get(features, catalogue_feature(feature)->name)))
            continue;
        double counts[BINS] = {0};
        const struct drift_values column = clients->column(clients->context, feature);
        for (size_t value = 0; value < column.count; value++)
            counts[bin_of(&expectation, (double)column.values[value])] +=
                column.clients ? column.clients[value] : 1;
        out[count].feature = (int)feature;
        compare(&out[count++], &expectation, counts, trained_on, clients->count);
    }
    memset(&expectation, 0, sizeof expectation);
    if (read_bins(&expectation, json_object_get(model_reference(model), "scores"))) {
        double counts[BINS] = {0};
        for (size_t row = 0; row < clients->count; row++)
            counts[bin_of(&expectation, decision_probability(clients->margin(clients->context, row)))]++;
        out[count].feature = DRIFT_SCORE;
        compare(&out[count++], &expectation, counts, trained_on, clients->count);
    }
    qsort(out, count, sizeof *out, compare_drifts);
    return count;
}
