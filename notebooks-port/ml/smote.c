#include "notebooks-port/ml/smote.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/seed.h"

/* New rows are drawn in blocks with a generator each, so that threads do not share one. Block 0 of the seeds
 * is the order in which rows start segments. */
enum { BLOCK = 1024 };

struct sampling {
    const struct examples *data;
    struct examples rare; /* the rows of the rarer class */
    uint8_t label;        /* which is that */
    size_t added;
    uint32_t *order;   /* [rare.rows] the rows of `rare`, shuffled */
    uint32_t *nearest; /* [rare.rows][neighbours] */
};

static int count_classes(struct sampling *sampling, const struct smote_plan *plan, struct error *err)
{
    const struct examples *data = sampling->data;
    if (!data->labels)
        return error_set(err, ERROR_INVALID, "SMOTE needs labels, which say what class is the rarer one");
    size_t counts[2] = {0};
    for (size_t i = 0; i < data->rows; i++) {
        if (data->labels[i] > 1)
            return error_set(err, ERROR_INVALID, "the label of row %zu is %u; 0 and 1 are possible", i + 1,
                             data->labels[i]);
        counts[data->labels[i]]++;
    }
    sampling->label = counts[1] <= counts[0];
    size_t rare = counts[sampling->label], other = counts[!sampling->label];
    if (rare == 0)
        return error_set(err, ERROR_INVALID, "all %zu rows are of one class; SMOTE needs two", data->rows);
    if (rare <= plan->neighbours)
        return error_set(err, ERROR_INVALID,
                         "%zu rows of the rarer class; SMOTE with %u neighbours needs at least %u", rare,
                         plan->neighbours, plan->neighbours + 1);
    double wanted = round(plan->ratio * (double)other);
    if (wanted < (double)rare)
        return error_set(
            err, ERROR_INVALID,
            "the rarer class has %zu rows to %zu already; a ratio of %g asks for fewer, and SMOTE "
            "only adds",
            rare, other, plan->ratio);
    sampling->added = (size_t)wanted - rare;
    return 0;
}

static int check_plan(const struct smote_plan *plan, struct error *err)
{
    if (plan->neighbours == 0 || plan->neighbours > NEIGHBOURS_MOST)
        return error_set(err, ERROR_LIMIT, "SMOTE with %u neighbours; 1 to %d are possible", plan->neighbours,
                         NEIGHBOURS_MOST);
    if (!(plan->ratio > 0 && plan->ratio <= 1))
        return error_set(err, ERROR_INVALID, "SMOTE to a ratio of %g; above 0 and at most 1 is possible",
                         plan->ratio);
    return 0;
}

static int find_neighbours(struct sampling *sampling, const struct smote_plan *plan, struct error *err)
{
    if (examples_pick(&sampling->rare, sampling->data, sampling->data->labels, sampling->label, false, err))
        return -1;
    size_t rows = sampling->rare.rows;
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    uint32_t *own = malloc(rows * sizeof *own);
    sampling->order = malloc(rows * sizeof *sampling->order);
    sampling->nearest = malloc(rows * plan->neighbours * sizeof *sampling->nearest);
    int status = generator && own && sampling->order && sampling->nearest
                     ? 0
                     : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows);
    if (status == 0) {
        for (size_t i = 0; i < rows; i++)
            own[i] = sampling->order[i] = (uint32_t)i;
        gsl_rng_set(generator, seed_of(plan->seed, 0));
        gsl_ran_shuffle(generator, sampling->order, rows, sizeof *sampling->order);
        status = neighbours_find(sampling->nearest, NULL, &sampling->rare, &sampling->rare, own,
                                 plan->neighbours, err);
    }
    if (generator)
        gsl_rng_free(generator);
    free(own);
    return status;
}

/* In double precision: a rounded sum of floats could lie beyond the segment's end. */
static void place_between(float *restrict out, const float *from, const float *to, double share,
                          size_t columns)
{
    for (size_t c = 0; c < columns; c++)
        out[c] = (float)((double)from[c] + share * ((double)to[c] - (double)from[c]));
}

static void draw_block(float *added, const struct sampling *sampling, const struct smote_plan *plan,
                       size_t first, gsl_rng *generator)
{
    size_t columns = sampling->rare.columns, rows = sampling->rare.rows;
    size_t end = sampling->added - first < BLOCK ? sampling->added : first + BLOCK;
    gsl_rng_set(generator, seed_of(plan->seed, first / BLOCK + 1));
    for (size_t i = first; i < end; i++) {
        size_t from = sampling->order[i % rows];
        size_t to =
            sampling->nearest[from * plan->neighbours + gsl_rng_uniform_int(generator, plan->neighbours)];
        double share = gsl_rng_uniform(generator);
        place_between(added + i * columns, sampling->rare.values + from * columns,
                      sampling->rare.values + to * columns, share, columns);
    }
}

static int write_rows(struct examples *out, const struct sampling *sampling, const struct smote_plan *plan,
                      struct error *err)
{
    const struct examples *data = sampling->data;
    size_t rows = data->rows + sampling->added, columns = data->columns;
    float *values = examples_allocate(rows, columns);
    uint8_t *labels = malloc(rows);
    *out = (struct examples){values, labels, rows, columns};
    if (!values || !labels)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows of %zu columns", rows, columns);
    memcpy(labels, data->labels, data->rows);
    memset(labels + data->rows, sampling->label, sampling->added);
    bool has_memory = true;
#pragma omp parallel reduction(&& : has_memory)
    {
        gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
        has_memory = generator != NULL;
#pragma omp for nowait
        for (size_t r = 0; r < data->rows; r++)
            memcpy(values + r * columns, data->values + r * columns, columns * sizeof *values);
#pragma omp for schedule(dynamic)
        for (size_t first = 0; first < sampling->added; first += BLOCK)
            if (generator)
                draw_block(values + data->rows * columns, sampling, plan, first, generator);
        if (generator)
            gsl_rng_free(generator);
    }
    return has_memory ? 0 : error_set(err, ERROR_INTERNAL, "out of memory for random numbers");
}

int smote_sample(struct examples *out, const struct examples *data, const struct smote_plan *plan,
                 struct error *err)
{
    struct sampling sampling = {.data = data};
    *out = (struct examples){0};
    int status = check_plan(plan, err) || count_classes(&sampling, plan, err) ||
                         neighbours_check(data, err) || find_neighbours(&sampling, plan, err) ||
                         write_rows(out, &sampling, plan, err)
                     ? -1
                     : 0;
    examples_free(&sampling.rare);
    free(sampling.order);
    free(sampling.nearest);
    return status;
}
