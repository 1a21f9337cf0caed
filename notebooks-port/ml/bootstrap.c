#include "notebooks-port/ml/bootstrap.h"

#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/seed.h"

enum { LABELS = UINT8_MAX + 1 };

/* The rows of label l are order[starts[l]] .. order[starts[l + 1] − 1]. */
struct strata {
    size_t starts[LABELS + 1];
    size_t *order;
};

static void group_rows(struct strata *strata, const uint8_t *labels, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        strata->starts[labels[i] + 1]++;
    for (size_t label = 0; label < LABELS; label++)
        strata->starts[label + 1] += strata->starts[label];
    size_t next[LABELS];
    memcpy(next, strata->starts, sizeof next);
    for (size_t i = 0; i < rows; i++)
        strata->order[next[labels[i]]++] = i;
}

static void draw(uint32_t *times, const struct strata *strata, size_t rows, gsl_rng *generator)
{
    memset(times, 0, rows * sizeof *times);
    for (size_t label = 0; label < LABELS; label++) {
        size_t start = strata->starts[label], count = strata->starts[label + 1] - start;
        for (size_t i = 0; i < count; i++)
            times[strata->order[start + gsl_rng_uniform_int(generator, count)]]++;
    }
}

/* Of several failures, the one of the first replicate is told, whichever thread met it first. */
struct failure {
    unsigned replicate;
    struct error error;
};

static void fail(struct failure *failure, unsigned replicate, const struct error *error)
{
#pragma omp critical(bootstrap_failure)
    if (replicate < failure->replicate)
        *failure = (struct failure){replicate, *error};
}

static unsigned first_failure(const struct failure *failure)
{
    unsigned replicate;
#pragma omp critical(bootstrap_failure)
    replicate = failure->replicate;
    return replicate;
}

int bootstrap_run(double *out, size_t width, unsigned replicates, const uint8_t *labels, size_t rows,
                  uint64_t seed, bootstrap_measure *measure, const void *context, struct error *err)
{
    if (replicates == 0 || replicates > BOOTSTRAP_REPLICATES)
        return error_set(err, ERROR_LIMIT, "bootstrap: %u replicates; 1 to %d are possible", replicates,
                         BOOTSTRAP_REPLICATES);
    if (rows == 0 || rows > UINT32_MAX - 1)
        return error_set(err, ERROR_INVALID, "bootstrap: %zu rows; 1 to 4294967294 are possible", rows);
    struct strata strata = {.order = malloc(rows * sizeof *strata.order)};
    if (!strata.order)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    group_rows(&strata, labels, rows);
    struct failure failure = {.replicate = UINT32_MAX};
#pragma omp parallel
    {
        uint32_t *times = malloc(rows * sizeof *times);
        gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
#pragma omp for schedule(dynamic)
        for (unsigned r = 0; r < replicates; r++) {
            struct error error = {0};
            if (r > first_failure(&failure))
                continue;
            int status = times && generator ? 0 : error_set(&error, ERROR_INTERNAL, "out of memory");
            if (status == 0) {
                gsl_rng_set(generator, seed_of(seed, r));
                draw(times, &strata, rows, generator);
                status = measure(context, times, out + r * width, &error);
            }
            if (status)
                fail(&failure, r, &error);
        }
        if (generator)
            gsl_rng_free(generator);
        free(times);
    }
    free(strata.order);
    if (failure.replicate == UINT32_MAX)
        return 0;
    return error_set(err, failure.error.code, "%s", failure.error.message);
}

int bootstrap_interval(double *low, double *high, const double *figures, size_t width, unsigned replicates,
                       size_t column, double level, struct error *err)
{
    double *sorted = malloc((replicates + 1u) * sizeof *sorted);
    if (!sorted)
        return error_set(err, ERROR_INTERNAL, "out of memory for %u replicates", replicates);
    size_t count = 0;
    for (unsigned r = 0; r < replicates; r++)
        if (!isnan(figures[r * width + column]))
            sorted[count++] = figures[r * width + column];
    *low = *high = NAN;
    if (count > 0) {
        gsl_sort(sorted, 1, count);
        size_t outside = (size_t)floor((1 - level) / 2 * (double)count + 1e-9);
        if (outside > (count - 1) / 2)
            outside = (count - 1) / 2;
        *low = sorted[outside];
        *high = sorted[count - 1 - outside];
    }
    free(sorted);
    return 0;
}
