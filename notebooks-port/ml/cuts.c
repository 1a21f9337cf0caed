#include "notebooks-port/ml/cuts.h"

#include <math.h>
#include <stdlib.h>

struct ranked {
    double score;
    size_t row;
};

static int by_falling_score(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

static void fill(struct cuts *cuts, const struct ranked *ranked, const uint8_t *labels)
{
    cuts->thresholds[0] = INFINITY;
    cuts->ends[0] = cuts->true_positives[0] = 0;
    cuts->count = 1;
    for (size_t k = 0; k < cuts->rows; k++) {
        cuts->order[k] = ranked[k].row;
        cuts->labels[k] = labels[ranked[k].row] != 0;
        cuts->positives += cuts->labels[k];
        if (k + 1 < cuts->rows && ranked[k + 1].score == ranked[k].score)
            continue;
        cuts->thresholds[cuts->count] = ranked[k].score;
        cuts->ends[cuts->count] = k + 1;
        cuts->true_positives[cuts->count] = cuts->positives;
        cuts->count++;
    }
}

int cuts_make(struct cuts *out, const double *scores, const uint8_t *labels, size_t rows, struct error *err)
{
    struct ranked *ranked = malloc((rows + 1) * sizeof *ranked);
    *out = (struct cuts){
        .rows = rows,
        .order = malloc((rows + 1) * sizeof *out->order),
        .labels = malloc(rows + 1),
        .thresholds = malloc((rows + 1) * sizeof *out->thresholds),
        .ends = malloc((rows + 1) * sizeof *out->ends),
        .true_positives = malloc((rows + 1) * sizeof *out->true_positives),
    };
    int status = -1;
    if (!ranked || !out->order || !out->labels || !out->thresholds || !out->ends || !out->true_positives) {
        error_set(err, ERROR_INTERNAL, "out of memory for %zu scores", rows);
        goto done;
    }
    for (size_t i = 0; i < rows; i++) {
        if (isnan(scores[i])) {
            error_set(err, ERROR_INVALID, "the score of row %zu is not a number", i);
            goto done;
        }
        ranked[i] = (struct ranked){scores[i], i};
    }
    qsort(ranked, rows, sizeof *ranked, by_falling_score);
    fill(out, ranked, labels);
    status = 0;
done:
    free(ranked);
    return status;
}

void cuts_free(struct cuts *cuts)
{
    free(cuts->order);
    free(cuts->labels);
    free(cuts->thresholds);
    free(cuts->ends);
    free(cuts->true_positives);
    *cuts = (struct cuts){0};
}

struct confusion cuts_confusion(const struct cuts *cuts, size_t cut)
{
    size_t true_positives = cuts->true_positives[cut];
    size_t false_positives = cuts->ends[cut] - true_positives;
    return (struct confusion){.true_negatives = cuts->rows - cuts->positives - false_positives,
                              .false_positives = false_positives,
                              .false_negatives = cuts->positives - true_positives,
                              .true_positives = true_positives};
}

size_t cuts_find(const struct cuts *cuts, double threshold)
{
    size_t low = 0, high = cuts->count; /* thresholds[low] >= threshold, those from high on are below */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (cuts->thresholds[middle] >= threshold)
            low = middle;
        else
            high = middle;
    }
    return low;
}
