/* Points in time: microseconds since 1970 in UTC, and as text (RFC 3339). */
#ifndef CLAIRSCORE_BASE_INSTANT_H
#define CLAIRSCORE_BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

enum { INSTANT_TEXT = 28 }; /* bytes of "2026-11-25T09:30:00.123456Z" with the terminator */

/* What can be written: the years 1 to 9999. */
#define INSTANT_FIRST (-62135596800000000LL)
#define INSTANT_LAST 253402300799999999LL

/* Writes "2026-11-25T09:30:00.123456Z", always with six decimals; what lies beyond the first or last instant
 * as that one. */
void instant_format(char out[INSTANT_TEXT], int64_t instant);

/* Reads a date and time with an offset ("2026-11-25T10:30:00.5+01:00", "2026-11-25T09:30:00Z"; decimals below
 * the microsecond are dropped), or a date alone, which is its first moment in UTC. False for anything else: a
 * day or time that does not exist (leap seconds included) and years other than 1 to 9999. */
bool instant_read(int64_t *out, const char *text);

#endif
