#include "notebooks-port/ml/metrics.h"

#include <math.h>
#include <stdlib.h>

struct scored {
    double score;
    uint8_t label;
};

static int by_score(const void *a, const void *b)
{
    double x = ((const struct scored *)a)->score;
    double y = ((const struct scored *)b)->score;
    return (x > y) - (x < y);
}

/* The rows in ascending order of score; the caller frees. */
static struct scored *sort_rows(const double *scores, const uint8_t *labels, size_t rows)
{
    struct scored *sorted = malloc((rows ? rows : 1) * sizeof *sorted);
    if (!sorted)
        return NULL;
    for (size_t i = 0; i < rows; i++)
        sorted[i] = (struct scored){scores[i], labels[i]};
    qsort(sorted, rows, sizeof *sorted, by_score);
    return sorted;
}

/* The end of the run of equal scores that starts at `first`, and how many positives it holds. */
static size_t tie_end(const struct scored *sorted, size_t first, size_t rows, size_t *positives)
{
    size_t end = first;
    *positives = 0;
    while (end < rows && sorted[end].score == sorted[first].score)
        *positives += sorted[end++].label;
    return end;
}

int metrics_rank(struct ranking_metrics *out, const double *scores, const uint8_t *labels, size_t rows)
{
    struct scored *sorted = sort_rows(scores, labels, rows);
    if (!sorted)
        return -1;
    size_t positives = 0;
    for (size_t i = 0; i < rows; i++)
        positives += labels[i];
    double m = (double)positives;
    double n = (double)(rows - positives);

    /* One pass over runs of ties gives the ranks, DeLong's components V10 and V01, and KS. */
    double negatives_below = 0;
    double positives_below = 0;
    double sum10 = 0;
    double square10 = 0;
    double sum01 = 0;
    double square01 = 0;
    double ks = 0;
    for (size_t first = 0; first < rows;) {
        size_t tied_positives = 0;
        size_t end = tie_end(sorted, first, rows, &tied_positives);
        double p = (double)tied_positives;
        double q = (double)(end - first) - p;
        double v10 = (negatives_below + q / 2) / n;         /* of each positive of the run */
        double v01 = (m - positives_below - p + p / 2) / m; /* of each negative */
        sum10 += p * v10;
        square10 += p * v10 * v10;
        sum01 += q * v01;
        square01 += q * v01 * v01;
        negatives_below += q;
        positives_below += p;
        ks = fmax(ks, fabs(negatives_below / n - positives_below / m));
        first = end;
    }
    double auc = sum10 / m;
    double variance10 = m > 1 ? (square10 - m * auc * auc) / (m - 1) : 0;
    double auc01 = sum01 / n;
    double variance01 = n > 1 ? (square01 - n * auc01 * auc01) / (n - 1) : 0;
    double error = 1.959963984540054 * sqrt(fmax(0, variance10 / m + variance01 / n));

    double precision_sum = 0;
    double true_positives = 0;
    double taken = 0;
    for (size_t last = rows; last > 0;) {
        size_t first = last - 1;
        double p = sorted[first].label;
        while (first > 0 && sorted[first - 1].score == sorted[last - 1].score)
            p += sorted[--first].label;
        true_positives += p;
        taken += (double)(last - first);
        precision_sum += p * true_positives / taken;
        last = first;
    }
    *out = (struct ranking_metrics){.auc = auc,
                                    .auc_low = fmax(0, auc - error),
                                    .auc_high = fmin(1, auc + error),
                                    .gini = 2 * auc - 1,
                                    .ks = ks,
                                    .average_precision = precision_sum / m};
    free(sorted);
    return 0;
}

double metrics_brier(const double *probabilities, const uint8_t *labels, size_t rows)
{
    double sum = 0;
    for (size_t i = 0; i < rows; i++)
        sum += (probabilities[i] - labels[i]) * (probabilities[i] - labels[i]);
    return sum / (double)rows;
}

double metrics_log_loss(const double *probabilities, const uint8_t *labels, size_t rows)
{
    static const double EDGE = 1e-15;
    double sum = 0;
    for (size_t i = 0; i < rows; i++) {
        double p = fmin(fmax(probabilities[i], EDGE), 1 - EDGE);
        sum -= labels[i] ? log(p) : log(1 - p);
    }
    return sum / (double)rows;
}

struct confusion metrics_confusion(const double *probabilities, const uint8_t *labels, size_t rows,
                                   double threshold)
{
    struct confusion confusion = {0};
    for (size_t i = 0; i < rows; i++) {
        int positive = probabilities[i] >= threshold;
        confusion.true_positives += positive && labels[i];
        confusion.false_positives += positive && !labels[i];
        confusion.false_negatives += !positive && labels[i];
        confusion.true_negatives += !positive && !labels[i];
    }
    return confusion;
}

static double quotient(double dividend, double divisor)
{
    return divisor > 0 ? dividend / divisor : 0;
}

double metrics_precision(struct confusion c)
{
    return quotient((double)c.true_positives, (double)(c.true_positives + c.false_positives));
}

double metrics_recall(struct confusion c)
{
    return quotient((double)c.true_positives, (double)(c.true_positives + c.false_negatives));
}

double metrics_f_beta(struct confusion c, double beta)
{
    double square = beta * beta;
    return quotient((1 + square) * (double)c.true_positives, (1 + square) * (double)c.true_positives +
                                                                 square * (double)c.false_negatives +
                                                                 (double)c.false_positives);
}

double metrics_cost(struct confusion c, double missed, double refused)
{
    return missed * (double)c.false_negatives + refused * (double)c.false_positives;
}

double metrics_cheapest_threshold(double *cost, const double *probabilities, const uint8_t *labels,
                                  size_t rows, double missed, double refused)
{
    struct scored *sorted = sort_rows(probabilities, labels, rows);
    if (!sorted)
        return NAN;
    double now = 0; /* refuse everybody: every good client costs */
    for (size_t i = 0; i < rows; i++)
        now += labels[i] ? 0 : refused;
    double best = rows ? sorted[0].score : INFINITY;
    *cost = now;
    for (size_t first = 0; first < rows;) {
        size_t positives = 0;
        size_t end = tie_end(sorted, first, rows, &positives);
        now += missed * (double)positives - refused * (double)(end - first - positives);
        if (now < *cost) {
            *cost = now;
            best = end < rows ? sorted[end].score : INFINITY;
        }
        first = end;
    }
    free(sorted);
    return best;
}
