#include "notebooks-port/ml/tpe.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>

#include "notebooks-port/ml/seed.h"

/* The share of good trials is the paper's; the rest are optuna's defaults. */
static const double GOOD_SHARE = 0.15;
enum { GOOD_MOST = 25, RECENT = 25, NARROWEST = 100 };

bool tpe_is_better(double a, double b, enum tpe_direction direction)
{
    if (isnan(a) || isnan(b))
        return !isnan(a) && isnan(b);
    return direction == TPE_MINIMISE ? a < b : a > b;
}

/* ---- Good trials and the rest ---- */

struct ordered {
    double value; /* to be made small */
    size_t trial;
};

static int by_value(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->trial > y->trial) - (x->trial < y->trial);
}

/* Marks the best GOOD_SHARE, at least one trial and at most GOOD_MOST. */
static int mark_good(bool *good, const struct tpe_trial *trials, size_t count, enum tpe_direction direction,
                     struct error *err)
{
    struct ordered *ordered = malloc(count * sizeof *ordered);
    if (!ordered)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu trials", count);
    for (size_t i = 0; i < count; i++) {
        double value = direction == TPE_MINIMISE ? trials[i].value : -trials[i].value;
        ordered[i] = (struct ordered){isnan(value) ? (double)INFINITY : value, i};
        good[i] = false;
    }
    qsort(ordered, count, sizeof *ordered, by_value);
    size_t wanted = (size_t)ceil(GOOD_SHARE * (double)count);
    for (size_t i = 0; i < wanted && i < GOOD_MOST; i++)
        good[ordered[i].trial] = true;
    free(ordered);
    return 0;
}

/* The weight of the i-th of n observations, oldest first: the last RECENT count 1, older ones ever less. */
static double weight_of(size_t i, size_t n)
{
    if (n <= RECENT || i >= n - RECENT)
        return 1;
    size_t ramp = n - RECENT;
    double oldest = 1 / (double)n;
    return ramp > 1 ? oldest + (1 - oldest) * (double)i / (double)(ramp - 1) : oldest;
}

/* ---- A number: a mixture of normals truncated to the range ---- */

struct kernel {
    double mean, sigma, weight;
    double inside; /* probability that the untruncated normal lies in the range */
};

struct mixture {
    double low, high, weight;
    struct kernel *kernels;
    size_t count;
};

static int by_mean(const void *a, const void *b)
{
    double x = ((const struct kernel *)a)->mean, y = ((const struct kernel *)b)->mean;
    return (x > y) - (x < y);
}

/* A kernel reaches to the farther of its neighbours; the ends of the range count as one only where there is
 * no other. The prior, as wide as the range, keeps every value possible. */
static void set_widths(struct mixture *mixture)
{
    double range = mixture->high - mixture->low;
    double narrowest = range / (double)GSL_MIN(NARROWEST, 1 + mixture->count);
    struct kernel *kernels = mixture->kernels;
    size_t last = mixture->count - 1;
    for (size_t i = 0; i <= last; i++) {
        double left = kernels[i].mean - (i > 0 ? kernels[i - 1].mean : mixture->low);
        double right = (i < last ? kernels[i + 1].mean : mixture->high) - kernels[i].mean;
        double reach = fmax(left, right);
        if (last > 0 && (i == 0 || i == last))
            reach = i == 0 ? right : left;
        if (kernels[i].sigma == 0) /* not the prior, which has its own */
            kernels[i].sigma = fmin(fmax(reach, narrowest), range);
        kernels[i].inside = gsl_cdf_ugaussian_P((mixture->high - kernels[i].mean) / kernels[i].sigma) -
                            gsl_cdf_ugaussian_P((mixture->low - kernels[i].mean) / kernels[i].sigma);
        mixture->weight += kernels[i].weight;
    }
}

static void lay_mixture(struct mixture *out, struct kernel *kernels, const struct tpe_parameter *parameter,
                        const struct tpe_trial *trials, const bool *good, size_t count, bool wanted)
{
    *out = (struct mixture){.kernels = kernels};
    tpe_parameter_range(parameter, &out->low, &out->high);
    size_t observed = 0;
    for (size_t i = 0; i < count; i++)
        observed += good[i] == wanted;
    for (size_t i = 0; i < count; i++)
        if (good[i] == wanted) {
            double value = json_number_value(json_object_get(trials[i].parameters, parameter->name));
            double weight = weight_of(out->count, observed);
            kernels[out->count++] = (struct kernel){tpe_parameter_scale(parameter, value), 0, weight, 0};
        }
    kernels[out->count++] = (struct kernel){(out->low + out->high) / 2, out->high - out->low, 1, 0};
    qsort(kernels, out->count, sizeof *kernels, by_mean);
    set_widths(out);
}

static double draw_place(const struct mixture *mixture, gsl_rng *generator)
{
    double left = gsl_rng_uniform(generator) * mixture->weight;
    size_t chosen = 0;
    while (chosen + 1 < mixture->count && left >= mixture->kernels[chosen].weight)
        left -= mixture->kernels[chosen++].weight;
    const struct kernel *kernel = &mixture->kernels[chosen];
    double below = gsl_cdf_ugaussian_P((mixture->low - kernel->mean) / kernel->sigma);
    double p = below + gsl_rng_uniform_pos(generator) * kernel->inside;
    double place = kernel->mean + kernel->sigma * gsl_cdf_ugaussian_Pinv(p);
    return fmin(fmax(place, mixture->low), mixture->high);
}

/* Logarithm of the density at `from`, or of the probability of the stretch from..to. */
static double log_density(const struct mixture *mixture, double from, double to)
{
    double sum = 0;
    for (size_t i = 0; i < mixture->count; i++) {
        const struct kernel *kernel = &mixture->kernels[i];
        double a = (from - kernel->mean) / kernel->sigma, b = (to - kernel->mean) / kernel->sigma;
        double here = from < to ? gsl_cdf_ugaussian_P(b) - gsl_cdf_ugaussian_P(a)
                                : gsl_ran_ugaussian_pdf(a) / kernel->sigma;
        sum += kernel->weight * here / kernel->inside;
    }
    return log(sum / mixture->weight);
}

/* What a parameter is chosen from: the trials, split, and memory for two mixtures. */
struct history {
    const struct tpe_trial *trials;
    size_t count;
    bool *good;
    struct kernel *good_kernels, *other_kernels;
};

static double choose_number(const struct tpe_parameter *parameter, const struct history *history,
                            unsigned candidates, gsl_rng *generator)
{
    struct mixture good, other;
    lay_mixture(&good, history->good_kernels, parameter, history->trials, history->good, history->count,
                true);
    lay_mixture(&other, history->other_kernels, parameter, history->trials, history->good, history->count,
                false);
    double best = -INFINITY, chosen = parameter->low;
    for (unsigned i = 0; i < candidates; i++) {
        double from = 0, to = 0;
        double value = tpe_parameter_value(parameter, draw_place(&good, generator), &from, &to);
        double ratio = log_density(&good, from, to) - log_density(&other, from, to);
        if (ratio > best) {
            best = ratio;
            chosen = value;
        }
    }
    return chosen;
}

/* ---- A choice: shares of the options among the trials, each seen once more than it was ---- */

static void count_options(double *shares, const struct tpe_parameter *parameter,
                          const struct history *history, bool wanted)
{
    size_t options = json_array_size(parameter->options), observed = 0, at = 0;
    double total = (double)options;
    for (size_t i = 0; i < history->count; i++)
        observed += history->good[i] == wanted;
    for (size_t o = 0; o < options; o++)
        shares[o] = 1;
    for (size_t i = 0; i < history->count; i++) {
        if (history->good[i] != wanted)
            continue;
        double weight = weight_of(at++, observed);
        const json_t *value = json_object_get(history->trials[i].parameters, parameter->name);
        for (size_t o = 0; o < options; o++)
            if (json_equal(value, json_array_get(parameter->options, o)))
                shares[o] += weight;
        total += weight;
    }
    for (size_t o = 0; o < options; o++)
        shares[o] /= total;
}

static size_t choose_option(const struct tpe_parameter *parameter, const struct history *history,
                            unsigned candidates, gsl_rng *generator)
{
    double good[TPE_OPTIONS] = {0}, other[TPE_OPTIONS] = {0};
    count_options(good, parameter, history, true);
    count_options(other, parameter, history, false);
    size_t options = json_array_size(parameter->options), chosen = 0;
    double best = -INFINITY;
    for (unsigned i = 0; i < candidates; i++) {
        double left = gsl_rng_uniform(generator);
        size_t option = 0;
        while (option + 1 < options && left >= good[option])
            left -= good[option++];
        if (good[option] / other[option] > best) {
            best = good[option] / other[option];
            chosen = option;
        }
    }
    return chosen;
}

/* ---- A whole set of parameters ---- */

static json_t *number_json(const struct tpe_parameter *parameter, double value)
{
    return parameter->integer ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *draw_prior(const struct tpe_parameter *parameter, gsl_rng *generator)
{
    if (parameter->kind != TPE_NUMBER) {
        size_t option = gsl_rng_uniform_int(generator, json_array_size(parameter->options));
        return json_incref(json_array_get(parameter->options, option));
    }
    double low = 0, high = 0, from = 0, to = 0;
    tpe_parameter_range(parameter, &low, &high);
    double place = low + (high - low) * gsl_rng_uniform(generator);
    return number_json(parameter, tpe_parameter_value(parameter, place, &from, &to));
}

static json_t *draw_learned(const struct tpe_parameter *parameter, const struct history *history,
                            unsigned candidates, gsl_rng *generator)
{
    if (parameter->kind == TPE_NUMBER)
        return number_json(parameter, choose_number(parameter, history, candidates, generator));
    size_t option =
        parameter->kind == TPE_CHOICE ? choose_option(parameter, history, candidates, generator) : 0;
    return json_incref(json_array_get(parameter->options, option));
}

static int check_plan(const struct tpe_plan *plan, size_t count, struct error *err)
{
    if (count > TPE_TRIALS)
        return error_set(err, ERROR_LIMIT, "a search has at most %d trials", TPE_TRIALS);
    if (plan->candidates == 0 || plan->candidates > TPE_CANDIDATES)
        return error_set(err, ERROR_LIMIT, "%u candidates; 1 to %d are possible", plan->candidates,
                         TPE_CANDIDATES);
    return 0;
}

json_t *tpe_suggest(const struct tpe_space *space, const struct tpe_trial *trials, size_t count,
                    const struct tpe_plan *plan, size_t number, struct error *err)
{
    if (check_plan(plan, count, err))
        return NULL;
    struct history history = {trials, count, malloc(count + 1),
                              malloc((count + 2) * sizeof *history.good_kernels),
                              malloc((count + 2) * sizeof *history.other_kernels)};
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);
    json_t *out = json_object();
    bool learn = count >= plan->startup && count > 0;
    int status = history.good && history.good_kernels && history.other_kernels && generator && out
                     ? 0
                     : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0 && learn)
        status = mark_good(history.good, trials, count, plan->direction, err);
    if (status == 0)
        gsl_rng_set(generator, seed_of(plan->seed, number));
    for (size_t i = 0; status == 0 && i < space->count; i++) {
        const struct tpe_parameter *parameter = &space->parameters[i];
        json_t *value = learn ? draw_learned(parameter, &history, plan->candidates, generator)
                              : draw_prior(parameter, generator);
        if (json_object_set_new(out, parameter->name, value))
            status = error_set(err, ERROR_INTERNAL, "out of memory");
    }
    if (generator)
        gsl_rng_free(generator);
    free(history.good);
    free(history.good_kernels);
    free(history.other_kernels);
    if (status == 0)
        return out;
    json_decref(out);
    return NULL;
}
