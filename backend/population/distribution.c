#include "backend/population/distribution.h"

#include <math.h>
#include <string.h>

#include "backend/population/order.h"

static const double QUANTILES[DISTRIBUTION_QUANTILES] = {0.05, 0.25, 0.5, 0.75, 0.95};
static const double DAYS_A_YEAR = 365.25;
enum { WANTED_BINS = 24 };

/* Known values in ascending order: one by one, or each once with the number of rows up to it. */
struct ranked {
    size_t count;
    const uint32_t *keys; /* order_key; NULL when it is the others that tell */
    const float *values;
    const uint32_t *ends;
};

static double value_at(const struct ranked *ranked, size_t rank)
{
    if (ranked->keys)
        return (double)order_value(ranked->keys[rank]);
    size_t at = 0;
    for (size_t above = ranked->count; at < above;) {
        size_t middle = at + (above - at) / 2;
        if (ranked->ends[middle] > rank)
            above = middle;
        else
            at = middle + 1;
    }
    return (double)ranked->values[at];
}

static double quantile(const struct ranked *sorted, size_t count, double share)
{
    double position = share * (double)(count - 1);
    size_t below = (size_t)position;
    double low = value_at(sorted, below);
    double high = value_at(sorted, below + 1 < count ? below + 1 : below);
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
static void lay_edges(struct distribution *out, int feature, const struct ranked *sorted)
{
    double lowest = value_at(sorted, 0), highest = value_at(sorted, out->known - 1);
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

static void begin(struct distribution *out, int feature, size_t known, size_t missing)
{
    size_t categories = category_count(feature);
    memset(out, 0, sizeof *out);
    out->known = known;
    out->missing = missing;
    out->categorical = categories > 0;
    out->bins = categories < DISTRIBUTION_BINS ? categories : DISTRIBUTION_BINS;
}

/* Edges and quantiles of numbers. */
static void lay_numbers(struct distribution *out, int feature, const struct ranked *sorted)
{
    for (size_t i = 0; i < DISTRIBUTION_QUANTILES; i++)
        out->quantiles[i] = quantile(sorted, out->known, QUANTILES[i]);
    for (size_t i = 0; i < DISTRIBUTION_TENTHS; i++)
        out->tenths[i] = (float)quantile(sorted, out->known, 0.1 * (double)(i + 1));
    lay_edges(out, feature, sorted);
}

static enum outcome_class class_of(int8_t outcome)
{
    return outcome < 0 ? CLASS_UNKNOWN : (enum outcome_class)outcome;
}

void distribution_compute(struct distribution *out, int feature, const float *values, const int8_t *outcomes,
                          size_t count, uint32_t *scratch)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            scratch[known++] = order_key(values[i]);
    begin(out, feature, known, count - known);
    if (!out->categorical && known > 0) {
        const struct ranked sorted = {.count = known, .keys = order_sort(scratch, scratch + count, known)};
        lay_numbers(out, feature, &sorted);
    }
    for (size_t i = 0; i < count; i++) {
        int bin = distribution_bin(out, (double)values[i]);
        if (bin >= 0)
            out->counts[class_of(outcomes[i])][bin]++;
    }
}

/* Which bin the rows of each of the values fall into is found once; DISTRIBUTION_BINS: none. */
static void count_packed(struct distribution *out, const struct packed *column, const int8_t *outcomes,
                         uint8_t *bins)
{
    uint32_t counts[CLASS_COUNT][DISTRIBUTION_BINS + 1] = {0};
    for (size_t place = 0; place <= column->distinct; place++) {
        int bin = distribution_bin(out, (double)column->values[place]);
        bins[place] = bin < 0 ? DISTRIBUTION_BINS : (uint8_t)bin;
    }
    if (column->kind == PACKED_BYTES)
        for (size_t row = 0; row < column->count; row++)
            counts[class_of(outcomes[row])][bins[column->bytes[row]]]++;
    else
        for (size_t row = 0; row < column->count; row++)
            counts[class_of(outcomes[row])][bins[column->words[row]]]++;
    for (size_t class = 0; class < CLASS_COUNT; class ++)
        memcpy(out->counts[class], counts[class], sizeof out->counts[class]);
}

void distribution_compute_packed(struct distribution *out, int feature, const struct packed *column,
                                 const int8_t *outcomes, uint32_t *scratch)
{
    if (column->kind == PACKED_FLOATS) {
        distribution_compute(out, feature, column->floats, outcomes, column->count, scratch);
        return;
    }
    uint32_t known = 0;
    for (size_t place = 0; place < column->distinct; place++)
        scratch[place] = known += column->rows[place];
    begin(out, feature, known, column->count - known);
    if (!out->categorical && known > 0) {
        const struct ranked sorted = {.count = column->distinct, .values = column->values, .ends = scratch};
        lay_numbers(out, feature, &sorted);
    }
    count_packed(out, column, outcomes, (uint8_t *)(scratch + column->distinct));
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

/* How many rows are below `value`, equal to it, and known, of listed values. */
static void count_listed(size_t counts[3], const struct packed_values *values, float value)
{
    for (size_t i = 0; i < values->count; i++) {
        const float other = values->values[i];
        counts[0] += other < value ? values->rows[i] : 0;
        counts[1] += other == value ? values->rows[i] : 0;
        counts[2] += other == other ? values->rows[i] : 0;
    }
}

/* The same of values one by one: nothing to look up, so that several are compared at once. */
static void count_each(size_t counts[3], const struct packed_values *values, float value)
{
    const float *others = values->values;
    size_t below = 0, equal = 0, known = 0;
    for (size_t i = 0; i < values->count; i++) {
        below += others[i] < value;
        equal += others[i] == value;
        known += others[i] == others[i];
    }
    counts[0] = below;
    counts[1] = equal;
    counts[2] = known;
}

struct rank distribution_rank(const struct packed_values *values, float value)
{
    size_t counts[3] = {0};
    if (values->rows)
        count_listed(counts, values, value);
    else
        count_each(counts, values, value);
    const double below = (double)counts[0], equal = (double)counts[1], known = (double)counts[2];
    if (isnan(value) || known == 0)
        return (struct rank){NAN, NAN};
    return (struct rank){100 * (below + 0.5 * equal) / known, 100 * equal / known};
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
