#include "notebooks-port/ml/network.h"

#include <fann.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "notebooks-port/ml/seed.h"

/* Standardised amounts have long tails: a single one would throw the weights about. */
static const float FARTHEST = 4;

struct network {
    size_t columns;
    unsigned count;
    struct fann **members;
};

static void clip(fann_type *out, const float *values, size_t columns)
{
    for (size_t c = 0; c < columns; c++)
        out[c] = fminf(fmaxf(values[c], -FARTHEST), FARTHEST);
}

static double probability_of(fann_type margin)
{
    return 1 / (1 + exp(-(double)margin));
}

/* FANN draws first weights from the clock; these come from the generator, uniform within ± 1 / √inputs of the
 * neuron (LeCun, Bottou, Orr & Müller 1998), the answer starting at the base rate. */
static void draw_weights(struct fann *member, size_t columns, unsigned hidden, double base_margin,
                         gsl_rng *generator)
{
    size_t first = (columns + 1) * hidden;
    for (size_t i = 0; i < first; i++)
        member->weights[i] = (fann_type)((2 * gsl_rng_uniform(generator) - 1) / sqrt((double)columns + 1));
    for (size_t i = 0; i < hidden; i++)
        member->weights[first + i] = (fann_type)((2 * gsl_rng_uniform(generator) - 1) / sqrt(hidden + 1.0));
    member->weights[first + hidden] = (fann_type)base_margin;
}

static struct fann *create(size_t columns, unsigned hidden)
{
    struct fann *member = fann_create_standard(3, (unsigned)columns, hidden, 1U);
    if (!member)
        return NULL;
    fann_set_activation_function_hidden(member, FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_steepness_hidden(member, 1);
    fann_set_activation_function_output(member, FANN_LINEAR);
    fann_set_activation_steepness_output(member, 1);
    fann_set_training_algorithm(member, FANN_TRAIN_INCREMENTAL);
    fann_set_train_error_function(member, FANN_ERRORFUNC_LINEAR);
    return member;
}

/* FANN descends on the squared distance of a linear answer to its target, with the gradient target − margin.
 * The target margin + weight × (label − probability) makes that the gradient of the log loss. */
static void learn_row(struct fann *member, fann_type *input, double label, double weight)
{
    fann_type margin = fann_run(member, input)[0];
    fann_type target = margin + (fann_type)(weight * (label - probability_of(margin)));
    fann_train(member, input, &target);
}

static void shrink(struct fann *member, double decay)
{
    for (unsigned i = 0; i < member->total_connections; i++)
        member->weights[i] *= (fann_type)(1 - decay);
}

static double base_margin(const struct examples *train, const struct network_options *options)
{
    double weight[2] = {0, 0};
    for (size_t r = 0; r < train->rows; r++)
        weight[train->labels[r]] += options->class_weights[train->labels[r]];
    return log(weight[1] / weight[0]);
}

/* One network; false without memory. */
static bool train_member(struct fann **out, const struct examples *train,
                         const struct network_options *options, unsigned long seed)
{
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    size_t *order = malloc(train->rows * sizeof *order);
    fann_type *input = malloc(train->columns * sizeof *input);
    struct fann *member = *out = create(train->columns, options->hidden);
    bool ready = generator && order && input && member;
    if (ready) {
        gsl_rng_set(generator, seed);
        draw_weights(member, train->columns, options->hidden, base_margin(train, options), generator);
        for (size_t r = 0; r < train->rows; r++)
            order[r] = r;
    }
    for (unsigned epoch = 0; ready && epoch < options->epochs; epoch++) {
        fann_set_learning_rate(member, (float)(options->rate * (1 - (double)epoch / options->epochs)));
        gsl_ran_shuffle(generator, order, train->rows, sizeof *order);
        for (size_t i = 0; i < train->rows; i++) {
            size_t r = order[i];
            clip(input, train->values + r * train->columns, train->columns);
            learn_row(member, input, train->labels[r], options->class_weights[train->labels[r]]);
        }
        shrink(member, options->decay);
    }
    if (generator)
        gsl_rng_free(generator);
    free(order);
    free(input);
    return ready;
}

int network_train(struct network **out, const struct examples *train, const struct network_options *options,
                  uint64_t seed, struct error *err)
{
    bool failed = false;
    struct network *network = calloc(1, sizeof *network);
    if (!network || !(network->members = calloc(options->networks, sizeof(struct fann *)))) {
        free(network);
        return error_set(err, ERROR_INTERNAL, "out of memory");
    }
    network->columns = train->columns;
    network->count = options->networks;
#pragma omp parallel for schedule(dynamic)
    for (unsigned i = 0; i < options->networks; i++)
        if (!train_member(&network->members[i], train, options, seed_of(seed, i))) {
#pragma omp atomic write
            failed = true;
        }
    if (failed) {
        network_free(network);
        return error_set(err, ERROR_INTERNAL, "out of memory for a network of %u neurons", options->hidden);
    }
    *out = network;
    return 0;
}

int network_predict(const struct network *network, const struct examples *data, double *scores,
                    struct error *err)
{
    fann_type *input = malloc(network->columns * sizeof *input);
    if (!input)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t r = 0; r < data->rows; r++) {
        double sum = 0;
        clip(input, data->values + r * data->columns, network->columns);
        for (unsigned i = 0; i < network->count; i++)
            sum += probability_of(fann_run(network->members[i], input)[0]);
        scores[r] = sum / network->count;
    }
    free(input);
    return 0;
}

void network_free(struct network *network)
{
    if (!network)
        return;
    for (unsigned i = 0; i < network->count; i++)
        if (network->members[i])
            fann_destroy(network->members[i]);
    free(network->members);
    free(network);
}
