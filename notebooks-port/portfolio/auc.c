#include "notebooks-port/portfolio/auc.h"

#include <math.h>
#include <stdlib.h>

struct scored {
    double score;
    uint8_t positive;
};

static int compare(const void *a, const void *b)
{
    double x = ((const struct scored *)a)->score, y = ((const struct scored *)b)->score;
    return (x > y) - (x < y);
}

int auc_of(double *out, const double *scores, const uint8_t *positive, size_t count, struct error *err)
{
    struct scored *sorted = malloc((count + 1) * sizeof *sorted);
    if (sorted == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory for %zu scores", count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct scored){scores[i], positive[i]};
    qsort(sorted, count, sizeof *sorted, compare);
    double ranks = 0, positives = 0;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && sorted[end].score == sorted[i].score; end++)
            ;
        double rank = ((double)i + (double)end + 1) / 2;
        for (size_t j = i; j < end; j++)
            if (sorted[j].positive) {
                ranks += rank;
                positives++;
            }
    }
    double negatives = (double)count - positives;
    *out = positives > 0 && negatives > 0
               ? (ranks - positives * (positives + 1) / 2) / (positives * negatives)
               : NAN;
    free(sorted);
    return 0;
}
