#include "notebooks-port/ml/metrics.h"

#include <math.h>

#include "notebooks-port/ml/cuts.h"

/* The quotients at which each class stands above and below a run of ties (DeLong, DeLong & Clarke-Pearson
 * 1988): their means are the AUC, their variances its error. */
struct components {
    double sum, square;
};

static void add_component(struct components *components, double count, double value)
{
    components->sum += count * value;
    components->square += count * value * value;
}

static double variance_of_mean(const struct components *components, double count)
{
    double mean = components->sum / count;
    return count > 1 ? fmax(0, components->square - count * mean * mean) / (count - 1) / count : 0;
}

int metrics_rank(struct ranking_metrics *out, const double *scores, const uint8_t *labels, size_t rows)
{
    struct cuts cuts;
    int status = cuts_make(&cuts, scores, labels, rows, NULL);
    double m = (double)cuts.positives, n = (double)(rows - cuts.positives);
    struct components of_positives = {0, 0}, of_negatives = {0, 0};
    double ks = 0, precision_sum = 0;
    for (size_t c = 1; status == 0 && c < cuts.count; c++) {
        double positives_above = (double)cuts.true_positives[c - 1];
        double negatives_above = (double)cuts.ends[c - 1] - positives_above;
        double positives = (double)cuts.true_positives[c], taken = (double)cuts.ends[c];
        double p = positives - positives_above;
        double q = taken - positives - negatives_above;
        add_component(&of_positives, p, (n - negatives_above - q / 2) / n);
        add_component(&of_negatives, q, (positives_above + p / 2) / m);
        ks = fmax(ks, fabs(positives / m - (taken - positives) / n));
        precision_sum += p * positives / taken;
    }
    double auc = of_positives.sum / m;
    double error =
        1.959963984540054 * sqrt(variance_of_mean(&of_positives, m) + variance_of_mean(&of_negatives, n));
    *out = (struct ranking_metrics){.auc = auc,
                                    .auc_low = fmax(0, auc - error),
                                    .auc_high = fmin(1, auc + error),
                                    .gini = 2 * auc - 1,
                                    .ks = ks,
                                    .average_precision = precision_sum / m};
    cuts_free(&cuts);
    return status;
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
    struct cuts cuts;
    double best = NAN;
    *cost = INFINITY;
    if (cuts_make(&cuts, probabilities, labels, rows, NULL) == 0)
        for (size_t c = 0; c < cuts.count; c++) {
            double here = metrics_cost(cuts_confusion(&cuts, c), missed, refused);
            if (here <= *cost) {
                *cost = here;
                best = cuts.thresholds[c];
            }
        }
    cuts_free(&cuts);
    return best;
}
