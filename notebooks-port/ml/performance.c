#include "notebooks-port/ml/performance.h"

#include <stdbool.h>
#include <stdlib.h>

#include "shared/model/decision.h"

/* True when no taken cut is nearer than PERFORMANCE_STEP rows. */
static bool stands_apart(const struct cuts *cuts, const bool *taken, size_t cut)
{
    for (size_t i = cut; i-- > 0 && cuts->ends[cut] - cuts->ends[i] < PERFORMANCE_STEP;)
        if (taken[i])
            return false;
    for (size_t i = cut + 1; i < cuts->count && cuts->ends[i] - cuts->ends[cut] < PERFORMANCE_STEP; i++)
        if (taken[i])
            return false;
    return true;
}

static void take(const struct cuts *cuts, bool *taken, size_t cut)
{
    if (cut > 0 && stands_apart(cuts, taken, cut))
        taken[cut] = true;
}

/* The model's own, what refuses all, the optimal thresholds of round cost ratios first, then equal steps of
 * rows between them. */
static void choose(const struct cuts *cuts, bool *taken, double threshold)
{
    take(cuts, taken, cuts_find(cuts, threshold));
    take(cuts, taken, cuts->count - 1);
    for (int ratio = 1; ratio <= PERFORMANCE_COST_RATIO; ratio++)
        take(cuts, taken, cuts_find(cuts, decision_threshold(ratio, 1)));
    size_t cut = 1;
    for (size_t step = 1; step < PERFORMANCE_CUTS; step++) {
        while (cut + 1 < cuts->count && cuts->ends[cut] < step * cuts->rows / PERFORMANCE_CUTS)
            cut++;
        if (cut < cuts->count)
            take(cuts, taken, cut);
    }
}

/* Rows of one bin, in the order of the scores. */
static json_t *describe_bin(const struct cuts *cuts, size_t first, size_t last)
{
    double sum = 0;
    size_t defaults = 0, cut = 0;
    for (size_t row = first; row < last; row++) {
        while (cuts->ends[cut] <= row)
            cut++;
        sum += cuts->thresholds[cut];
        defaults += cuts->labels[row];
    }
    return json_pack("{s:I, s:I, s:f}", "clients", (json_int_t)(last - first), "defaults",
                     (json_int_t)defaults, "probability", sum / (double)(last - first));
}

static json_t *describe_calibration(const struct cuts *cuts)
{
    json_t *bins = json_array();
    for (size_t bin = PERFORMANCE_CALIBRATION; bin-- > 0;) { /* the safest first */
        size_t first = bin * cuts->rows / PERFORMANCE_CALIBRATION;
        size_t last = (bin + 1) * cuts->rows / PERFORMANCE_CALIBRATION;
        if (last > first)
            json_array_append_new(bins, describe_bin(cuts, first, last));
    }
    return bins;
}

json_t *performance_describe(const struct cuts *cuts, double threshold)
{
    bool *taken = calloc(cuts->count, sizeof *taken);
    if (!taken)
        return NULL;
    choose(cuts, taken, threshold);
    json_t *thresholds = json_array(), *refused = json_array(), *positives = json_array();
    for (size_t i = 0; i < cuts->count; i++) {
        if (!taken[i])
            continue;
        json_array_append_new(thresholds, json_real(cuts->thresholds[i]));
        json_array_append_new(refused, json_integer((json_int_t)cuts->ends[i]));
        json_array_append_new(positives, json_integer((json_int_t)cuts->true_positives[i]));
    }
    free(taken);
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "rows", (json_int_t)cuts->rows, "defaults",
                     (json_int_t)cuts->positives, "thresholds", thresholds, "refused", refused,
                     "true_positives", positives, "calibration", describe_calibration(cuts));
}
