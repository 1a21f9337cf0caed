#include "notebooks-port/ml/reference.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shared/model/psi.h"

enum { QUANTILES = 101, BINS = 20 };
static const double TAIL = 0.005;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The known values of a column in ascending order. */
static size_t sort_column(const struct matrix *matrix, size_t feature, double *out)
{
    size_t count = 0;
    for (size_t i = 0; i < matrix->rows; i++) {
        float value = matrix->values[i * FEATURE_COUNT + feature];
        if (!isnan(value))
            out[count++] = (double)value;
    }
    qsort(out, count, sizeof *out, by_value);
    return count;
}

static bool has_levels(size_t feature)
{
    enum feature_unit unit = catalogue_feature(feature)->unit;
    return unit == UNIT_CATEGORY || unit == UNIT_FLAG;
}

/* Shares of the levels among the known values; "usual" is the most frequent. */
static json_t *describe_levels(size_t feature, const double *sorted, size_t count)
{
    const struct column *column = catalogue_column(feature);
    size_t levels = column && column->kind == COLUMN_CATEGORY ? column->category_count : 2;
    json_t *shares = json_array();
    size_t most = 0;
    size_t usual = 0;
    size_t at = 0;
    for (size_t level = 0; level < levels; level++) {
        size_t first = at;
        while (at < count && sorted[at] <= (double)level)
            at++;
        json_array_append_new(shares, json_real((double)(at - first) / (double)count));
        if (at - first > most) {
            most = at - first;
            usual = level;
        }
    }
    return json_pack("{s:f, s:o}", "usual", (double)usual, "shares", shares);
}

static json_t *describe_numbers(const double *sorted, size_t count)
{
    json_t *quantiles = json_array();
    for (int i = 0; i < QUANTILES; i++) {
        double share = TAIL + (1 - 2 * TAIL) * i / (QUANTILES - 1);
        json_array_append_new(quantiles,
                              json_real(gsl_stats_quantile_from_sorted_data(sorted, 1, count, share)));
    }
    double low = json_real_value(json_array_get(quantiles, 0));
    double high = json_real_value(json_array_get(quantiles, QUANTILES - 1));
    size_t counts[BINS] = {0};
    for (size_t i = 0; i < count; i++) {
        double place = high > low ? (sorted[i] - low) / (high - low) * BINS : 0;
        counts[(size_t)fmin(fmax(place, 0), BINS - 1)]++;
    }
    json_t *edges = json_array();
    json_t *bins = json_array();
    for (int i = 0; i <= BINS; i++)
        json_array_append_new(edges, json_real(low + (high - low) * i / BINS));
    for (int i = 0; i < BINS; i++)
        json_array_append_new(bins, json_integer((json_int_t)counts[i]));
    return json_pack("{s:f, s:o, s:{s:o, s:o}}", "usual", gsl_stats_median_from_sorted_data(sorted, 1, count),
                     "quantiles", quantiles, "histogram", "edges", edges, "counts", bins);
}

static json_t *doubles(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_real(values[i]));
    return array;
}

static json_t *describe_bins(const struct psi_bins *bins, const double *counts, size_t rows)
{
    json_t *shares = json_array();
    for (size_t i = 0; i < psi_bins_count(bins); i++)
        json_array_append_new(shares, json_real(counts[i] / (double)rows));
    return json_pack("{s:o, s:o, s:o}", "atoms", doubles(bins->atoms, bins->atom_count), "edges",
                     doubles(bins->edges, bins->edge_count), "shares", shares);
}

/* Overwrites the sorted known values. */
static json_t *bin_column(const struct matrix *matrix, size_t feature, double *sorted, size_t known)
{
    struct psi_bins bins;
    double counts[PSI_BINS] = {0};
    psi_bins_make(&bins, sorted, known, matrix->rows);
    for (size_t i = 0; i < matrix->rows; i++)
        counts[psi_bin(&bins, (double)matrix->values[i * FEATURE_COUNT + feature])]++;
    return describe_bins(&bins, counts, matrix->rows);
}

int reference_add_scores(json_t *reference, const double *probabilities, size_t rows, struct error *err)
{
    struct psi_bins bins;
    double counts[PSI_BINS] = {0};
    double *sorted = malloc(rows * sizeof *sorted);
    if (!sorted)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    memcpy(sorted, probabilities, rows * sizeof *sorted);
    qsort(sorted, rows, sizeof *sorted, by_value);
    psi_bins_make(&bins, sorted, rows, rows);
    free(sorted);
    for (size_t i = 0; i < rows; i++)
        counts[psi_bin(&bins, probabilities[i])]++;
    json_object_set_new(reference, "scores", describe_bins(&bins, counts, rows));
    return 0;
}

json_t *reference_describe(const struct matrix *matrix, struct error *err)
{
    double *sorted = malloc(matrix->rows * sizeof *sorted);
    if (!sorted) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    json_t *features = json_object();
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        size_t count = sort_column(matrix, i, sorted);
        json_t *feature = count == 0      ? json_object()
                          : has_levels(i) ? describe_levels(i, sorted, count)
                                          : describe_numbers(sorted, count);
        if (count > 0 && !has_levels(i))
            json_object_set_new(feature, "bins", bin_column(matrix, i, sorted, count));
        json_object_set_new(feature, "missing", json_real(1 - (double)count / (double)matrix->rows));
        json_object_set_new(features, catalogue_feature(i)->name, feature);
    }
    free(sorted);
    return json_pack("{s:o}", "features", features);
}

int reference_add_importance(json_t *reference, const struct boosting *boosting, const struct matrix *matrix,
                             struct calibration calibration, size_t sample, uint64_t seed, struct error *err)
{
    if (sample > matrix->rows)
        sample = matrix->rows;
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    float *values = malloc(sample * FEATURE_COUNT * sizeof *values);
    float *contributions = malloc(sample * (FEATURE_COUNT + 1) * sizeof *contributions);
    int status = generator && values && contributions ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0) {
        gsl_rng_set(generator, (unsigned long)seed);
        for (size_t i = 0; i < sample; i++)
            memcpy(values + i * FEATURE_COUNT,
                   matrix->values + gsl_rng_uniform_int(generator, matrix->rows) * FEATURE_COUNT,
                   FEATURE_COUNT * sizeof *values);
        struct examples data = {values, NULL, sample, FEATURE_COUNT};
        status = boosting_explain(boosting, &data, contributions, err);
    }
    for (size_t i = 0; status == 0 && i < FEATURE_COUNT; i++) {
        double sum = 0;
        for (size_t row = 0; row < sample; row++)
            sum += fabs((double)contributions[row * (FEATURE_COUNT + 1) + i]);
        json_t *feature = json_object_get(json_object_get(reference, "features"), catalogue_feature(i)->name);
        json_object_set_new(feature, "importance", json_real(calibration.slope * sum / (double)sample));
    }
    if (generator)
        gsl_rng_free(generator);
    free(values);
    free(contributions);
    return status;
}

/* A value of the feature as its description says: missing, a level, or between two quantiles. */
static float draw_value(const json_t *feature, gsl_rng *generator)
{
    const json_t *shares = json_object_get(feature, "shares");
    const json_t *quantiles = json_object_get(feature, "quantiles");
    if (gsl_rng_uniform(generator) < json_number_value(json_object_get(feature, "missing")))
        return NAN;
    if (quantiles) {
        double place = gsl_rng_uniform(generator) * (QUANTILES - 1);
        size_t below = (size_t)place;
        double a = json_number_value(json_array_get(quantiles, below));
        double b = json_number_value(json_array_get(quantiles, below + 1 < QUANTILES ? below + 1 : below));
        return (float)(a + (place - (double)below) * (b - a));
    }
    double left = gsl_rng_uniform(generator);
    size_t level = 0;
    json_t *share = NULL;
    json_array_foreach(shares, level, share)
    {
        left -= json_number_value(share);
        if (left <= 0)
            return (float)level;
    }
    return shares ? 0 : NAN;
}

static json_t *floats(const float *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, isnan(values[i]) ? json_null() : json_real((double)values[i]));
    return array;
}

int reference_add_golden(json_t *reference, const struct boosting *boosting, struct calibration calibration,
                         size_t count, uint64_t seed, struct error *err)
{
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    float *values = malloc(count * FEATURE_COUNT * sizeof *values);
    float *contributions = malloc(count * (FEATURE_COUNT + 1) * sizeof *contributions);
    double *margins = malloc(count * sizeof *margins);
    int status =
        generator && values && contributions && margins ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0) {
        gsl_rng_set(generator, (unsigned long)seed);
        const json_t *features = json_object_get(reference, "features");
        for (size_t i = 0; i < count * FEATURE_COUNT; i++)
            values[i] =
                draw_value(json_object_get(features, catalogue_feature(i % FEATURE_COUNT)->name), generator);
        struct examples data = {values, NULL, count, FEATURE_COUNT};
        status = boosting_predict(boosting, &data, margins, err) ||
                         boosting_judge(boosting, &data, contributions, err)
                     ? -1
                     : 0;
    }
    json_t *golden = json_array();
    for (size_t i = 0; status == 0 && i < count; i++) {
        const float *row = contributions + i * (FEATURE_COUNT + 1);
        double base_value = decision_calibrate(calibration, (double)row[FEATURE_COUNT]);
        double margin = decision_calibrate(calibration, margins[i]);
        double settled[FEATURE_COUNT];
        for (size_t j = 0; j < FEATURE_COUNT; j++)
            settled[j] = calibration.slope * (double)row[j];
        decision_settle(settled, FEATURE_COUNT, base_value, margin);
        json_array_append_new(golden, json_pack("{s:o, s:f, s:f, s:o}", "vector",
                                                floats(values + i * FEATURE_COUNT, FEATURE_COUNT), "margin",
                                                margin, "base_value", base_value, "contributions",
                                                doubles(settled, FEATURE_COUNT)));
    }
    json_object_set_new(reference, "golden", golden);
    if (generator)
        gsl_rng_free(generator);
    free(values);
    free(contributions);
    free(margins);
    return status;
}
