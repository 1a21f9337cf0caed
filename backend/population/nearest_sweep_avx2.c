#include <stddef.h>

#ifdef __x86_64__
#pragma GCC target("avx2")
#define NEAREST_SWEEP nearest_sweep_avx2
#include "backend/population/nearest_sweep.h"
#endif
