#include "shared/model/proportion.h"

#include <math.h>

static const double NORMAL_975 = 1.959963984540054;

void proportion_interval(double *low, double *high, double hits, double rows)
{
    double square = NORMAL_975 * NORMAL_975;
    double share = hits / rows;
    double middle = (share + square / (2 * rows)) / (1 + square / rows);
    double half =
        NORMAL_975 / (1 + square / rows) * sqrt(share * (1 - share) / rows + square / (4 * rows * rows));
    *low = hits > 0 ? middle - half : rows > 0 ? 0 : (double)NAN;
    *high = hits < rows ? middle + half : rows > 0 ? 1 : (double)NAN;
}
