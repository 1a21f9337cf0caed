#include "notebooks-port/ml/split.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Calls `take` for each label with its rows in random order. */
static int deal(const uint8_t *labels, const bool *use, size_t rows, uint64_t seed,
                void (*take)(void *context, const size_t *order, size_t count), void *context,
                struct error *err)
{
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    size_t *order = malloc((rows ? rows : 1) * sizeof *order);
    int status = generator && order ? 0 : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    if (status == 0)
        gsl_rng_set(generator, (unsigned long)seed);
    for (int label = 0; status == 0 && label <= 1; label++) {
        size_t count = 0;
        for (size_t i = 0; i < rows; i++)
            if (labels[i] == label && (!use || use[i]))
                order[count++] = i;
        if (count == 0)
            continue; /* GSL's shuffle does not end for none */
        gsl_ran_shuffle(generator, order, count, sizeof *order);
        take(context, order, count);
    }
    if (generator)
        gsl_rng_free(generator);
    free(order);
    return status;
}

struct folds {
    uint8_t *fold;
    unsigned count;
};

static void take_folds(void *context, const size_t *order, size_t count)
{
    const struct folds *folds = context;
    for (size_t i = 0; i < count; i++)
        folds->fold[order[i]] = (uint8_t)(i % folds->count);
}

int split_stratified(uint8_t *fold, const uint8_t *labels, const bool *use, size_t rows, unsigned folds,
                     uint64_t seed, struct error *err)
{
    struct folds wanted = {fold, folds};
    memset(fold, UINT8_MAX, rows);
    return deal(labels, use, rows, seed, take_folds, &wanted, err);
}

struct held {
    bool *held;
    double share;
};

static void take_share(void *context, const size_t *order, size_t count)
{
    const struct held *held = context;
    size_t wanted = (size_t)round(held->share * (double)count);
    for (size_t i = 0; i < wanted; i++)
        held->held[order[i]] = true;
}

int split_hold_out(bool *held, const uint8_t *labels, size_t rows, double share, uint64_t seed,
                   struct error *err)
{
    struct held wanted = {held, share};
    memset(held, 0, rows * sizeof *held);
    return deal(labels, NULL, rows, seed, take_share, &wanted, err);
}
