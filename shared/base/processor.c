#include "shared/base/processor.h"

enum processor processor_best(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return PROCESSOR_AVX512;
    if (__builtin_cpu_supports("avx2"))
        return PROCESSOR_AVX2;
#endif
    return PROCESSOR_PLAIN;
}
