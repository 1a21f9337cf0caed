#include "notebooks-port/explore/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A double's bits without sign, shifted, are its exponent and the first seven bits behind the point: bins in
 * ascending order, 128 a doubling. Amounts run from 2^-24 (less counts as 0) to 2^40. */
enum {
    FRACTION_BITS = 7,
    SHIFT = 52 - FRACTION_BITS,
    BIAS = 1023,
    SMALLEST_POWER = -24,
    LARGEST_POWER = 40,
    FIRST = (BIAS + SMALLEST_POWER) << FRACTION_BITS,
    SIDE = (LARGEST_POWER - SMALLEST_POWER) << FRACTION_BITS, /* bins of one sign; between them one for 0 */
    EXACT_MOST = 1 << 20
};

int sketch_init(struct sketch *out, const struct column *column, struct error *err)
{
    *out = (struct sketch){.minimum = (double)NAN, .maximum = (double)NAN};
    if (column->kind == COLUMN_KEY)
        return 0;
    bool text = column->kind == COLUMN_CATEGORY;
    double span = (text ? (double)column->category_count - 1 : column->highest - column->lowest) + 1;
    out->exact = column->kind != COLUMN_NUMBER && span <= EXACT_MOST;
    out->lowest = text ? 0 : column->lowest;
    out->bins = out->exact ? (size_t)span : 2 * SIDE + 1;
    out->counts = calloc(out->bins, sizeof *out->counts);
    return out->counts ? 0 : error_set(err, ERROR_INTERNAL, "out of memory for the column %s", column->name);
}

static size_t bin_of(const struct sketch *sketch, double value)
{
    if (sketch->exact)
        return (size_t)(value - sketch->lowest);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int64_t place = (int64_t)((bits & ~(UINT64_C(1) << 63)) >> SHIFT) - FIRST;
    if (place < 0)
        return SIDE;
    size_t step = place < SIDE ? (size_t)place : SIDE - 1;
    return value < 0 ? SIDE - 1 - step : SIDE + 1 + step;
}

void sketch_add(struct sketch *sketch, double value)
{
    if (isnan(value)) {
        sketch->missing++;
        return;
    }
    sketch->known++;
    if (!sketch->counts)
        return;
    sketch->counts[bin_of(sketch, value)]++;
    sketch->minimum = value >= sketch->minimum ? sketch->minimum : value;
    sketch->maximum = value <= sketch->maximum ? sketch->maximum : value;
    double step = value - sketch->mean;
    sketch->mean += step / (double)sketch->known;
    sketch->squares += step * (value - sketch->mean);
}

/* The middle of a bin. */
static double value_of(const struct sketch *sketch, size_t bin)
{
    if (sketch->exact)
        return sketch->lowest + (double)bin;
    if (bin == SIDE)
        return 0;
    uint64_t step = bin > SIDE ? bin - SIDE - 1 : SIDE - 1 - bin;
    uint64_t bits = ((FIRST + step) << SHIFT) + (UINT64_C(1) << (SHIFT - 1));
    double value;
    memcpy(&value, &bits, sizeof value);
    return bin > SIDE ? value : -value;
}

double sketch_quantile(const struct sketch *sketch, double probability)
{
    if (!sketch->counts || sketch->known == 0)
        return (double)NAN;
    uint64_t rank = (uint64_t)ceil(probability * (double)sketch->known);
    rank = rank < 1 ? 1 : rank;
    uint64_t below = 0;
    size_t bin = 0;
    while (bin + 1 < sketch->bins && (below += sketch->counts[bin]) < rank)
        bin++;
    return fmin(fmax(value_of(sketch, bin), sketch->minimum), sketch->maximum);
}

double sketch_deviation(const struct sketch *sketch)
{
    return sketch->counts && sketch->known > 1 ? sqrt(sketch->squares / (double)(sketch->known - 1))
                                               : (double)NAN;
}

uint64_t sketch_count(const struct sketch *sketch, double value)
{
    double place = value - sketch->lowest;
    bool inside = sketch->exact && place >= 0 && place < (double)sketch->bins && place == floor(place);
    return inside ? sketch->counts[(size_t)place] : 0;
}

double sketch_mode(const struct sketch *sketch)
{
    size_t best = 0;
    if (!sketch->exact || sketch->known == 0)
        return (double)NAN;
    for (size_t bin = 1; bin < sketch->bins; bin++)
        if (sketch->counts[bin] > sketch->counts[best])
            best = bin;
    return value_of(sketch, best);
}

void sketch_free(struct sketch *sketch)
{
    free(sketch->counts);
    *sketch = (struct sketch){0};
}
