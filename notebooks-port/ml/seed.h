/* One seed for a program, another for each unit of its work. */
#ifndef CLAIRSCORE_ML_SEED_H
#define CLAIRSCORE_ML_SEED_H

#include <stdint.h>

/* The seed of unit `index` (a replicate, fold, trial …) of a task seeded with `seed`: two rounds of
 * SplitMix64 (Steele, Lea & Flood 2014), so that neighbouring units draw unrelated numbers whichever thread
 * runs them. The value fits the 32 bits that gsl_rng_mt19937 takes. */
static inline unsigned long seed_of(uint64_t seed, uint64_t index)
{
    uint64_t z = seed;
    for (int round = 0; round < 2; round++) {
        z += 0x9E3779B97F4A7C15u * (round ? index + 1 : 1);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
    }
    return (unsigned long)(z >> 32);
}

#endif
