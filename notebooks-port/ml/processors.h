/* Hot loops for the processors at hand. */
#ifndef CLAIRSCORE_ML_PROCESSORS_H
#define CLAIRSCORE_ML_PROCESSORS_H

/* Before a function: compiles it for several generations of processors; the program takes the best one that
 * it runs on when it starts. Sanitizers start after that choice, so they get the plain function. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

#endif
