#include "backend/population/distribution.h"

#include <math.h>
#include <string.h>

static const double QUANTILES[DISTRIBUTION_QUANTILES] = {0.05, 0.25, 0.5, 0.75, 0.95};
static const double DAYS_A_YEAR = 365.25;
enum { WANTED_BINS = 24, RADIX_BITS = 11, RADIX = 1 << RADIX_BITS };

/* Floats as unsigned numbers in the same order: all bits of negatives flip, of the others the sign. */
static uint32_t ordered_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000U ? ~bits : bits | 0x80000000U;
}

static float from_ordered_bits(uint32_t bits)
{
    float value;
    bits = bits & 0x80000000U ? bits & 0x7fffffffU : ~bits;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Sorts keys in three radix passes, which at 300,000 values and hundreds of columns is what makes a start
 * take one second and not ten. Returns the sorted ones, which lie in `keys` or in `room`. */
static const uint32_t *sort_keys(uint32_t *keys, uint32_t *room, size_t count)
{
    static const unsigned shifts[] = {0, RADIX_BITS, 2 * RADIX_BITS};
    enum { PASSES = sizeof shifts / sizeof *shifts };
    uint32_t offsets[PASSES][RADIX] = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t pass = 0; pass < PASSES; pass++)
            offsets[pass][keys[i] >> shifts[pass] & (RADIX - 1)]++;
    for (size_t pass = 0; pass < PASSES; pass++) {
        uint32_t total = 0;
        for (size_t i = 0; i < RADIX; i++) {
            uint32_t here = offsets[pass][i];
            offsets[pass][i] = total;
            total += here;
        }
        for (size_t i = 0; i < count; i++)
            room[offsets[pass][keys[i] >> shifts[pass] & (RADIX - 1)]++] = keys[i];
        uint32_t *swap = keys;
        keys = room;
        room = swap;
    }
    return keys;
}

static double quantile(const uint32_t *sorted, size_t count, double share)
{
    double position = share * (double)(count - 1);
    size_t below = (size_t)position;
    double low = from_ordered_bits(sorted[below]);
    double high = from_ordered_bits(sorted[below + 1 < count ? below + 1 : below]);
    return low + (position - (double)below) * (high - low);
}

double distribution_round_step(double step, bool whole)
{
    static const double nice[] = {1, 2, 2.5, 5, 10};
    double power = pow(10, floor(log10(step)));
    double found = 10 * power;
    for (size_t i = sizeof nice / sizeof *nice; i-- > 0;)
        if (nice[i] * power >= step * (1 - 1e-9) && !(whole && fmod(nice[i] * power, 1) != 0))
            found = nice[i] * power;
    return whole && found < 1 ? 1 : found;
}

/* Lays round edges over the bulk of the values, the 1st to the 99th percentile: the outliers that all
 * amounts have would press everything else into one bin. */
static void lay_edges(struct distribution *out, int feature, const uint32_t *sorted)
{
    double lowest = from_ordered_bits(sorted[0]), highest = from_ordered_bits(sorted[out->known - 1]);
    double low = quantile(sorted, out->known, 0.01), high = quantile(sorted, out->known, 0.99);
    if (low == high) {
        low = lowest;
        high = highest;
    }
    out->bulk[0] = low;
    out->bulk[1] = high;
    const struct feature *meaning =
        feature == DISTRIBUTION_NUMBER ? NULL : catalogue_feature((size_t)feature);
    const struct column *column = meaning ? catalogue_column((size_t)feature) : NULL;
    bool years = meaning && meaning->unit == UNIT_DAYS && high - low > 3 * DAYS_A_YEAR;
    bool whole =
        meaning && !years && (meaning->unit == UNIT_COUNT || (column && column->kind == COLUMN_INTEGER));
    double unit = years ? DAYS_A_YEAR : 1;
    double span = (high - low) / unit;
    double step = span > 0 ? distribution_round_step(span / WANTED_BINS, whole) : 1;
    double first = floor(low / unit / step), last = floor(high / unit / step) + 1;
    out->bins = (size_t)(last - first);
    if (out->bins > DISTRIBUTION_BINS)
        out->bins = DISTRIBUTION_BINS;
    for (size_t i = 0; i <= out->bins; i++)
        out->edges[i] = (first + (double)i) * step * unit;
}

static size_t category_count(int feature)
{
    if (feature == DISTRIBUTION_NUMBER)
        return 0;
    enum feature_unit unit = catalogue_feature((size_t)feature)->unit;
    const struct column *column = catalogue_column((size_t)feature);
    if (unit == UNIT_FLAG)
        return 2;
    return unit == UNIT_CATEGORY && column ? column->category_count : 0;
}

void distribution_compute(struct distribution *out, int feature, const float *values, const int8_t *outcomes,
                          size_t count, uint32_t *scratch)
{
    memset(out, 0, sizeof *out);
    size_t categories = category_count(feature);
    out->categorical = categories > 0;
    out->bins = categories < DISTRIBUTION_BINS ? categories : DISTRIBUTION_BINS;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            scratch[out->known++] = ordered_bits(values[i]);
    out->missing = count - out->known;

    if (!out->categorical && out->known > 0) {
        const uint32_t *sorted = sort_keys(scratch, scratch + count, out->known);
        for (size_t i = 0; i < DISTRIBUTION_QUANTILES; i++)
            out->quantiles[i] = quantile(sorted, out->known, QUANTILES[i]);
        for (size_t i = 0; i < DISTRIBUTION_TENTHS; i++)
            out->tenths[i] = (float)quantile(sorted, out->known, 0.1 * (double)(i + 1));
        lay_edges(out, feature, sorted);
    }
    for (size_t i = 0; i < count; i++) {
        int bin = distribution_bin(out, values[i]);
        if (bin >= 0)
            out->counts[outcomes[i] < 0 ? CLASS_UNKNOWN : outcomes[i]][bin]++;
    }
}

int distribution_bin(const struct distribution *distribution, double value)
{
    if (isnan(value) || distribution->bins == 0)
        return -1;
    if (distribution->categorical)
        return value >= 0 && value < (double)distribution->bins ? (int)value : -1;
    const double *edges = distribution->edges;
    int last = (int)distribution->bins - 1;
    double position = (value - edges[0]) / (edges[1] - edges[0]);
    int bin = position <= 0 ? 0 : position >= last ? last : (int)position;
    /* The division may round across an edge. */
    if (bin < last && value >= edges[bin + 1])
        bin++;
    else if (bin > 0 && value < edges[bin])
        bin--;
    return bin;
}

int distribution_tenth(const struct distribution *distribution, float value)
{
    int tenth = 0;
    while (tenth < DISTRIBUTION_TENTHS && value >= distribution->tenths[tenth])
        tenth++;
    return tenth;
}

double distribution_share(const struct distribution *distribution, double value)
{
    int bin = distribution_bin(distribution, value);
    if (bin < 0 || distribution->known == 0)
        return 0;
    size_t below = 0, here = 0;
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        for (int i = 0; i < bin; i++)
            below += distribution->counts[class][i];
        here += distribution->counts[class][bin];
    }
    double low = distribution->edges[bin], high = distribution->edges[bin + 1];
    double inside = fmin(fmax((value - low) / (high - low), 0), 1);
    return ((double)below + inside * (double)here) / (double)distribution->known;
}

struct rank distribution_rank(const float *values, size_t count, float value)
{
    size_t below = 0, equal = 0, known = 0;
    for (size_t i = 0; i < count; i++) {
        below += values[i] < value;
        equal += values[i] == value;
        known += values[i] == values[i];
    }
    if (isnan(value) || known == 0)
        return (struct rank){NAN, NAN};
    return (struct rank){100 * ((double)below + 0.5 * (double)equal) / (double)known,
                         100 * (double)equal / (double)known};
}

double distribution_default_rate(const struct distribution *distribution)
{
    size_t repaid = 0, defaulted = 0;
    for (size_t bin = 0; bin < distribution->bins; bin++) {
        repaid += distribution->counts[CLASS_REPAID][bin];
        defaulted += distribution->counts[CLASS_DEFAULTED][bin];
    }
    return repaid + defaulted ? (double)defaulted / (double)(repaid + defaulted) : NAN;
}
