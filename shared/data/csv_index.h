/* Inside of shared/data: where the fields of many records end, found for whole blocks of bytes at once
 * (Langdale and Lemire 2019, "Parsing Gigabytes of JSON per Second", section 3.1), on processors with AVX2.
 */
#ifndef CLAIRSCORE_DATA_CSV_INDEX_H
#define CLAIRSCORE_DATA_CSV_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For functions that run only where csv_index_works. */
#define CSV_VECTORS __attribute__((target("avx2,bmi,bmi2,popcnt")))

/* Whether this processor can do it. */
bool csv_index_works(void);

/* How many places `out` of csv_index must have for `bytes` bytes. */
#define CSV_INDEX_PLACES(bytes) ((size_t)(bytes) + 128)

/* Writes the places of the commas, quotes and control characters up to the carriage return among
 * bytes[from..to) to `out`, rising; returns how many. 64 bytes behind `to` must be readable; places fit in 32
 * bits. */
size_t csv_index(uint32_t *out, const char *bytes, size_t from, size_t to);

#endif
