#include "shared/data/csv_index.h"

#ifdef __x86_64__

#include <immintrin.h>

enum { BLOCK_BYTES = 64, STEP = 8 };

bool csv_index_works(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}

/* Bit i is set when byte i is a comma, a quote or at most a carriage return. */
CSV_VECTORS static inline uint32_t marks_of(const char *bytes)
{
    const __m256i block = _mm256_loadu_si256((const void *)bytes);
    const __m256i comma = _mm256_cmpeq_epi8(block, _mm256_set1_epi8(','));
    const __m256i quote = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('"'));
    const __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(block, _mm256_set1_epi8('\r')), block);
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(comma, quote), control));
}

CSV_VECTORS size_t csv_index(uint32_t *out, const char *bytes, size_t from, size_t to)
{
    uint32_t *next = out;
    for (size_t base = from; base < to; base += BLOCK_BYTES) {
        uint64_t marks = marks_of(bytes + base) | (uint64_t)marks_of(bytes + base + BLOCK_BYTES / 2) << 32;
        uint32_t *const behind = next + _mm_popcnt_u64(marks);
        /* More than there are, so that the number of marks decides few branches. */
        do {
            for (int i = 0; i < STEP; i++) {
                next[i] = (uint32_t)(base + _tzcnt_u64(marks));
                marks = _blsr_u64(marks);
            }
            next += STEP;
        } while (marks);
        next = behind;
    }
    while (next > out && next[-1] >= to)
        next--;
    return (size_t)(next - out);
}

#else

bool csv_index_works(void)
{
    return false;
}

size_t csv_index(uint32_t *out, const char *bytes, size_t from, size_t to)
{
    (void)out, (void)bytes, (void)from, (void)to;
    return 0;
}

#endif
