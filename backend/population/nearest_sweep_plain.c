#define NEAREST_SWEEP nearest_sweep_plain
#include "backend/population/nearest_sweep.h"
