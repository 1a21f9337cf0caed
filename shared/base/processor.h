/* What the processor can do beyond the least that its kind has to. */
#ifndef CLAIRSCORE_BASE_PROCESSOR_H
#define CLAIRSCORE_BASE_PROCESSOR_H

/* Instructions that loops are compiled for, each kind with those before it. AVX-512 is its parts F, BW, DQ
 * and VL. */
enum processor { PROCESSOR_PLAIN, PROCESSOR_AVX2, PROCESSOR_AVX512, PROCESSOR_COUNT };

/* The last kind that the processor at work has. */
enum processor processor_best(void);

#endif
