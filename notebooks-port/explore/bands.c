#include "notebooks-port/explore/bands.h"

#include <math.h>

enum { WANTED = 30 };

struct bands bands_even(double low, double high)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    struct bands bands = {.edges = {low, low + 1}, .count = 1};
    if (!(low < high))
        return bands;
    double power = pow(10, floor(log10((high - low) / WANTED)));
    double step = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && step * WANTED < (high - low); i++)
        step = steps[i] * power;
    double first = floor(low / step);
    bands.count = (size_t)(ceil(high / step) - first);
    bands.count = bands.count < 1 ? 1 : bands.count > BANDS_MOST ? BANDS_MOST : bands.count;
    for (size_t i = 0; i <= bands.count; i++)
        bands.edges[i] = (first + (double)i) * step;
    return bands;
}

struct bands bands_logarithmic(double low, double high)
{
    static const double preferred[] = {1,    1.12, 1.25, 1.4, 1.6, 1.8, 2,   2.24, 2.5, 2.8,
                                       3.15, 3.55, 4,    4.5, 5,   5.6, 6.3, 7.1,  8,   9};
    enum { PREFERRED = sizeof preferred / sizeof *preferred };
    struct bands bands = {.edges = {low, low * 10}, .count = 1};
    if (!(low > 0 && low < high))
        return bands;
    size_t stride = 1; /* every number, every second or every fourth */
    while (stride < 4 && log10(high / low) * PREFERRED / (double)stride > WANTED)
        stride *= 2;
    double power = pow(10, floor(log10(low)));
    size_t next = 0;
    while (next + stride < PREFERRED && preferred[next + stride] * power <= low)
        next += stride;
    bands.count = 0;
    for (size_t edge = 0; edge <= BANDS_MOST; edge++) {
        bands.edges[edge] = preferred[next] * power;
        bands.count = edge;
        if (edge > 0 && bands.edges[edge] >= high)
            break;
        next += stride;
        power *= next >= PREFERRED ? 10 : 1;
        next %= PREFERRED;
    }
    return bands;
}
