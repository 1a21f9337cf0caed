#include "notebooks-port/interpret/explained.h"

#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/progress.h"

enum { CHUNK = 256 /* clients between two looks at the clock */ };
static const double DAYS_IN_YEAR = 365.25;

const float *explained_vector(const struct explained *sample, size_t i)
{
    return sample->matrix.values + sample->rows[i] * FEATURE_COUNT;
}

bool explained_in_years(const struct explained *sample, size_t feature)
{
    return catalogue_feature(feature)->unit == UNIT_DAYS && model_usual(sample->model, feature) < 0;
}

bool explained_is_ordered(size_t feature)
{
    enum feature_unit unit = catalogue_feature(feature)->unit;
    return unit != UNIT_CATEGORY && unit != UNIT_FLAG;
}

double explained_value(const struct explained *sample, size_t i, size_t feature)
{
    double value = (double)explained_vector(sample, i)[feature];
    return explained_in_years(sample, feature) ? -value / DAYS_IN_YEAR : value;
}

void explained_axis(char out[EXPLAINED_LABEL], const struct explained *sample, size_t feature,
                    enum language language, const char *years)
{
    const char *label = catalogue_feature(feature)->label[language];
    if (explained_in_years(sample, feature))
        snprintf(out, EXPLAINED_LABEL, "%s (%s)", label, years);
    else
        snprintf(out, EXPLAINED_LABEL, "%s", label);
}

int explained_ranks(double *out, const struct explained *sample, size_t feature, struct error *err)
{
    size_t known = 0;
    double *values = calloc(sample->count, sizeof *values);
    size_t *who = malloc(sample->count * sizeof *who);
    size_t *order = malloc(sample->count * sizeof *order);
    int status = values && who && order ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; status == 0 && i < sample->count; i++) {
        out[i] = NAN;
        double value = explained_value(sample, i, feature);
        if (isnan(value) || !explained_is_ordered(feature))
            continue;
        values[known] = value;
        who[known++] = i;
    }
    if (status == 0)
        gsl_sort_index(order, values, 1, known);
    for (size_t i = 0, end = 0; status == 0 && i < known; i = end) {
        for (end = i + 1; end < known && values[order[end]] == values[order[i]]; end++)
            ;
        double middle = known > 1 ? (double)(i + end - 1) / 2 / (double)(known - 1) : 0.5;
        for (size_t j = i; j < end; j++)
            out[who[order[j]]] = middle;
    }
    free(values);
    free(who);
    free(order);
    return status;
}

/* The first steps of Fisher and Yates' shuffle. */
static int draw(struct explained *sample, uint64_t seed, struct error *err)
{
    size_t rows = sample->matrix.rows;
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    if (!generator)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    gsl_rng_set(generator, (unsigned long)seed);
    for (size_t i = 0; i < rows; i++)
        sample->rows[i] = i;
    for (size_t i = 0; i < sample->count; i++) {
        size_t j = i + gsl_rng_uniform_int(generator, rows - i);
        size_t kept = sample->rows[i];
        sample->rows[i] = sample->rows[j];
        sample->rows[j] = kept;
    }
    gsl_rng_free(generator);
    return 0;
}

/* The vectors of the clients drawn lie apart in the matrix: they are explained a chunk at a time. */
static int explain(struct explained *sample, struct error *err)
{
    float *vectors = malloc(CHUNK * FEATURE_COUNT * sizeof *vectors);
    int status = vectors ? 0 : error_set(err, ERROR_INTERNAL, "out of memory");
    struct progress progress = progress_start("explaining", sample->count);
    for (size_t from = 0; status == 0 && from < sample->count; from += CHUNK) {
        size_t count = sample->count - from < CHUNK ? sample->count - from : CHUNK;
        for (size_t i = 0; i < count; i++)
            memcpy(vectors + i * FEATURE_COUNT, explained_vector(sample, from + i),
                   FEATURE_COUNT * sizeof *vectors);
        status = model_explain_many(sample->model, vectors, count, (unsigned)omp_get_max_threads(),
                                    sample->scores + from, sample->contributions + from * FEATURE_COUNT,
                                    &sample->base_value, err);
        progress_update(&progress, from + count);
    }
    progress_end(&progress, sample->count);
    free(vectors);
    return status;
}

static void check_sums(struct explained *sample)
{
    for (size_t i = 0; i < sample->count; i++) {
        double sum = sample->base_value;
        for (size_t feature = 0; feature < FEATURE_COUNT; feature++)
            sum += sample->contributions[i * FEATURE_COUNT + feature];
        sample->worst_sum = fmax(sample->worst_sum, fabs(sum - sample->scores[i].margin));
    }
}

int explained_take(struct explained *out, const struct model *model, const char *folder, size_t count,
                   uint64_t seed, struct error *err)
{
    *out = (struct explained){.model = model};
    if (matrix_read(&out->matrix, folder, true, err))
        return -1;
    if (out->matrix.rows < EXPLAINED_LEAST)
        return error_set(err, ERROR_INVALID, "%s: %zu clients are too few to interpret; at least %d", folder,
                         out->matrix.rows, EXPLAINED_LEAST);
    out->count = count < out->matrix.rows ? count : out->matrix.rows;
    out->rows = malloc(out->matrix.rows * sizeof *out->rows);
    out->scores = malloc(out->count * sizeof *out->scores);
    out->contributions = malloc(out->count * FEATURE_COUNT * sizeof *out->contributions);
    if (!out->rows || !out->scores || !out->contributions)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu explanations", out->count);
    if (draw(out, seed, err) || explain(out, err))
        return -1;
    check_sums(out);
    return 0;
}

void explained_free(struct explained *sample)
{
    matrix_free(&sample->matrix);
    free(sample->rows);
    free(sample->scores);
    free(sample->contributions);
    memset(sample, 0, sizeof *sample);
}
