#include "shared/view/swarm.h"

#include <math.h>

enum { BINS = 160, FEW = 8 /* dots of a bin that lie close together although there is room */ };
static const double WIDTH = 0.36;

static size_t bin_of(double x, double low, double high)
{
    return high > low ? (size_t)((x - low) / (high - low) * (BINS - 1)) : 0;
}

void swarm_spread(double *y, const double *x, size_t count, double row, double low, double high)
{
    unsigned crowd[BINS] = {0}, most = FEW;
    for (size_t i = 0; i < count; i++) {
        unsigned dots = ++crowd[bin_of(x[i], low, high)];
        most = dots > most ? dots : most;
    }
    unsigned placed[BINS] = {0};
    for (size_t i = 0; i < count; i++) {
        unsigned place = placed[bin_of(x[i], low, high)]++;
        unsigned step = (place + 1) / 2;
        double shift = WIDTH * 2 * step / most;
        y[i] = place % 2 ? row + shift : row - shift;
    }
}

double swarm_place(size_t k)
{
    static const double GOLDEN = 0.6180339887498949;
    return fmod((double)k * GOLDEN, 1) - 0.5;
}

double swarm_place_across(size_t k)
{
    double place = 0, weight = 0.5;
    for (; k; k /= 2, weight /= 2)
        place += (k % 2) ? weight : 0;
    return place - 0.5;
}
