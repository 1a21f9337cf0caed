#include "notebooks-port/explore/rates.h"

#include <math.h>

#include "shared/model/proportion.h"

struct rate rate_of(size_t level, size_t clients, size_t defaults)
{
    struct rate out = {.level = level, .clients = clients, .defaults = defaults};
    out.share = clients ? (double)defaults / (double)clients : (double)NAN;
    proportion_interval(&out.low, &out.high, (double)defaults, (double)clients);
    return out;
}

static void settle(struct rate *rates, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rates[i] = rate_of(i, rates[i].clients, rates[i].defaults);
}

void rates_by_level(struct rate *out, const double *codes, const uint8_t *labels, size_t rows, size_t levels)
{
    for (size_t i = 0; i <= levels; i++)
        out[i] = (struct rate){.level = i};
    for (size_t row = 0; row < rows; row++) {
        struct rate *rate = &out[isnan(codes[row]) ? levels : (size_t)codes[row]];
        rate->clients++;
        rate->defaults += labels[row];
    }
    settle(out, levels + 1);
}

void rates_by_band(struct rate *out, const double *values, const uint8_t *labels, size_t rows,
                   const double *edges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (struct rate){.level = i};
    for (size_t row = 0; row < rows; row++) {
        double value = values[row];
        if (!(value >= edges[0] && value <= edges[count]))
            continue;
        size_t low = 0;
        for (size_t high = count; high - low > 1;) {
            size_t middle = (low + high) / 2;
            if (value >= edges[middle])
                low = middle;
            else
                high = middle;
        }
        out[low].clients++;
        out[low].defaults += labels[row];
    }
    settle(out, count);
}

double rates_cramer(const struct rate *rates, size_t count)
{
    double clients = 0;
    double defaults = 0;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        clients += (double)rates[i].clients;
        defaults += (double)rates[i].defaults;
        used += rates[i].clients > 0;
    }
    double overall = defaults / clients;
    if (used < 2 || defaults == 0 || defaults == clients)
        return 0;
    double chi_square = 0;
    for (size_t i = 0; i < count; i++) {
        double expected = overall * (double)rates[i].clients;
        double miss = (double)rates[i].defaults - expected;
        if (rates[i].clients > 0)
            chi_square += miss * miss / expected + miss * miss / ((double)rates[i].clients - expected);
    }
    return sqrt(chi_square / clients); /* there are two outcomes, so the smaller dimension less one is 1 */
}
