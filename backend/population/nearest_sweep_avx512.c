#include <stddef.h>

#ifdef __x86_64__
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw")
#define NEAREST_SWEEP nearest_sweep_avx512
#include "backend/population/nearest_sweep.h"
#endif
