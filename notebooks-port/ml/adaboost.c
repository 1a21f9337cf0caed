#include "notebooks-port/ml/adaboost.h"

#include <float.h>
#include <gsl/gsl_sort_float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 256 };

/* A column cut into bins: bin b holds the values up to its edge, which lies half-way to the next. */
struct binned {
    uint8_t *bins;  /* columns × rows, column after column */
    float *edges;   /* columns × BINS: the upper edges of all bins but the last */
    size_t *counts; /* columns: of bins */
    size_t rows, columns;
};

/* The midpoint, kept below `high` where the two are neighbours among floats. */
static float between(float low, float high)
{
    float middle = low + (high - low) / 2;
    return middle < high ? middle : low;
}

static size_t cut(float *edges, const float *sorted, size_t rows)
{
    size_t distinct = 1, count = 0;
    for (size_t i = 1; i < rows; i++)
        distinct += sorted[i] > sorted[i - 1];
    for (size_t i = 1; i < rows && count < BINS - 1; i++) {
        if (!(sorted[i] > sorted[i - 1]))
            continue;
        if (distinct <= BINS || i * BINS >= (count + 1) * rows)
            edges[count++] = between(sorted[i - 1], sorted[i]);
    }
    return count + 1;
}

static uint8_t bin_of(const float *edges, size_t count, float value)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (value <= edges[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return (uint8_t)low;
}

static int bin_columns(struct binned *out, const struct examples *data, struct error *err)
{
    size_t rows = data->rows, columns = data->columns;
    bool failed = false;
    out->rows = rows;
    out->columns = columns;
    out->bins = malloc(rows * columns);
    out->edges = malloc(columns * BINS * sizeof *out->edges);
    out->counts = malloc(columns * sizeof *out->counts);
    if (!out->bins || !out->edges || !out->counts)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows of %zu columns", rows, columns);
#pragma omp parallel
    {
        float *sorted = malloc(rows * sizeof *sorted);
#pragma omp for schedule(dynamic)
        for (size_t c = 0; c < columns; c++) {
            if (!sorted) {
#pragma omp atomic write
                failed = true;
                continue;
            }
            float *edges = out->edges + c * BINS;
            for (size_t r = 0; r < rows; r++)
                sorted[r] = data->values[r * columns + c];
            gsl_sort_float(sorted, 1, rows);
            out->counts[c] = cut(edges, sorted, rows);
            for (size_t r = 0; r < rows; r++)
                out->bins[c * rows + r] = bin_of(edges, out->counts[c], data->values[r * columns + c]);
        }
        free(sorted);
    }
    return failed ? error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", rows) : 0;
}

static void free_binned(struct binned *binned)
{
    free(binned->bins);
    free(binned->edges);
    free(binned->counts);
}

/* Weight of the rows of each label. */
struct side {
    double weight[2];
};

/* What a split leaves mixed is the less the larger this is: Σ weight² / weight, Gini's impurity turned round
 * and freed of its constants. */
static double purity(struct side side)
{
    double total = side.weight[0] + side.weight[1];
    return total > 0 ? (side.weight[0] * side.weight[0] + side.weight[1] * side.weight[1]) / total : 0;
}

struct split {
    double purity;
    size_t column, bin;
    struct side low, high;
};

static struct split split_column(const struct binned *binned, size_t column, const double *weights,
                                 const uint8_t *labels)
{
    struct side bins[BINS] = {0};
    struct side total = {0};
    const uint8_t *bin = binned->bins + column * binned->rows;
    for (size_t r = 0; r < binned->rows; r++)
        bins[bin[r]].weight[labels[r]] += weights[r];
    for (size_t b = 0; b < binned->counts[column]; b++)
        for (int label = 0; label <= 1; label++)
            total.weight[label] += bins[b].weight[label];
    struct split best = {.purity = -1, .column = column};
    struct side low = {0};
    for (size_t b = 0; b + 1 < binned->counts[column]; b++) {
        struct side high = {0};
        for (int label = 0; label <= 1; label++) {
            low.weight[label] += bins[b].weight[label];
            high.weight[label] = fmax(0, total.weight[label] - low.weight[label]);
        }
        double reached = purity(low) + purity(high);
        if (reached > best.purity)
            best = (struct split){reached, column, b, low, high};
    }
    return best;
}

/* Half the log-odds of label 1, its probability kept off 0 and 1 as scikit-learn keeps it. */
static double half_log_odds(struct side side)
{
    double total = side.weight[0] + side.weight[1];
    double probability = total > 0 ? side.weight[1] / total : 0.5;
    probability = fmin(fmax(probability, DBL_EPSILON), 1 - DBL_EPSILON);
    return (log(probability) - log1p(-probability)) / 2;
}

/* The first of the best columns; all of the rows on the low side where no column has two values. */
static struct stump find_stump(const struct binned *binned, struct split *splits, const double *weights,
                               const uint8_t *labels)
{
#pragma omp parallel for schedule(dynamic)
    for (size_t c = 0; c < binned->columns; c++)
        splits[c] = split_column(binned, c, weights, labels);
    struct split best = splits[0];
    for (size_t c = 1; c < binned->columns; c++)
        if (splits[c].purity > best.purity)
            best = splits[c];
    if (best.purity < 0) {
        struct side all = {0};
        for (size_t r = 0; r < binned->rows; r++)
            all.weight[labels[r]] += weights[r];
        return (struct stump){0, INFINITY, half_log_odds(all), half_log_odds(all)};
    }
    return (struct stump){best.column, binned->edges[best.column * BINS + best.bin], half_log_odds(best.low),
                          half_log_odds(best.high)};
}

static double answer(const struct stump *stump, const float *values)
{
    return values[stump->column] <= stump->threshold ? stump->low : stump->high;
}

/* Multiplies each weight by exp(−margin) and brings their sum to 1. Returns the weight of the rows that the
 * stump answers wrongly, before that. */
static double reweight(double *weights, const struct stump *stump, const struct examples *train, double rate)
{
    double sum = 0, wrong = 0;
    for (size_t r = 0; r < train->rows; r++) {
        double said = answer(stump, train->values + r * train->columns);
        double margin = train->labels[r] ? said : -said;
        wrong += margin < 0 || (margin == 0 && train->labels[r]) ? weights[r] : 0;
        weights[r] *= exp(-rate * margin);
        sum += weights[r];
    }
    for (size_t r = 0; r < train->rows; r++)
        weights[r] /= sum;
    return wrong;
}

int adaboost_train(struct adaboost *out, const struct examples *train, const struct adaboost_options *options,
                   struct error *err)
{
    *out = (struct adaboost){.rate = options->rate};
    struct binned binned = {0};
    double *weights = calloc(train->rows, sizeof *weights), sum = 0;
    struct split *splits = malloc(train->columns * sizeof *splits);
    out->stumps = malloc(options->rounds * sizeof *out->stumps);
    int status = weights && splits && out->stumps
                     ? bin_columns(&binned, train, err)
                     : error_set(err, ERROR_INTERNAL, "out of memory for %zu rows", train->rows);
    for (size_t r = 0; status == 0 && r < train->rows; r++)
        sum += weights[r] = options->class_weights[train->labels[r]];
    for (size_t r = 0; status == 0 && r < train->rows; r++)
        weights[r] /= sum;
    for (double wrong = 1; status == 0 && wrong > 0 && out->count < options->rounds;) {
        struct stump *stump = &out->stumps[out->count++];
        *stump = find_stump(&binned, splits, weights, train->labels);
        wrong = isinf(stump->threshold) ? 0 : reweight(weights, stump, train, options->rate);
    }
    free_binned(&binned);
    free(splits);
    free(weights);
    return status;
}

void adaboost_predict(const struct adaboost *adaboost, const struct examples *data, double *scores)
{
#pragma omp parallel for
    for (size_t r = 0; r < data->rows; r++) {
        double sum = 0;
        for (size_t i = 0; i < adaboost->count; i++)
            sum += adaboost->rate * answer(&adaboost->stumps[i], data->values + r * data->columns);
        scores[r] = 1 / (1 + exp(-2 * sum));
    }
}

void adaboost_free(struct adaboost *adaboost)
{
    free(adaboost->stumps);
    *adaboost = (struct adaboost){0};
}
