#include "notebooks-port/ml/agreement.h"

#include <math.h>
#include <stdlib.h>

struct placed {
    double importance;
    size_t place;
};

static int by_importance(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->importance != y->importance)
        return x->importance < y->importance ? 1 : -1;
    return x->place < y->place ? -1 : x->place > y->place;
}

int agreement_ranks(size_t *ranks, const double *importances, size_t size, struct error *err)
{
    struct placed *placed = malloc((size ? size : 1) * sizeof *placed);
    if (!placed)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t i = 0; i < size; i++)
        placed[i] = (struct placed){importances[i], i};
    qsort(placed, size, sizeof *placed, by_importance);
    for (size_t i = 0; i < size; i++)
        ranks[placed[i].place] = i + 1;
    free(placed);
    return 0;
}

static double pairs(size_t count)
{
    return (double)count * ((double)count - 1) / 2;
}

double agreement_overlap(const size_t *ranks, size_t count, size_t size, size_t top)
{
    size_t common = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++)
            for (size_t i = 0; i < size; i++)
                common += ranks[a * size + i] <= top && ranks[b * size + i] <= top;
    return (double)common / (double)top / pairs(count);
}

double agreement_correlation(const size_t *ranks, size_t count, size_t size)
{
    const double n = (double)size;
    double sum = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++) {
            double squares = 0;
            for (size_t i = 0; i < size; i++) {
                double apart = (double)ranks[a * size + i] - (double)ranks[b * size + i];
                squares += apart * apart;
            }
            sum += 1 - 6 * squares / (n * (n * n - 1));
        }
    return size > 1 ? sum / pairs(count) : (double)NAN;
}

void agreement_decisions(double *pair, double *any, const uint8_t *decisions, size_t count, size_t size)
{
    size_t apart = 0;
    size_t split = 0;
    for (size_t i = 0; i < size; i++) {
        size_t refused = 0;
        for (size_t a = 0; a < count; a++)
            refused += decisions[a * size + i];
        apart += refused * (count - refused);
        split += refused > 0 && refused < count;
    }
    *pair = (double)apart / pairs(count) / (double)size;
    *any = (double)split / (double)size;
}
