/* How far a long step is: a bar with the time left on a terminal, a plain line now and then in a log. */
#ifndef CLAIRSCORE_BASE_PROGRESS_H
#define CLAIRSCORE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *label;
    uint64_t total; /* 0 when unknown */
    double started_s, shown_s;
    bool terminal;
};

/* Starts a step named `label` (kept by pointer) of `total` units, shown on standard error. */
struct progress progress_start(const char *label, uint64_t total);

/* Tells that `done` units are done. Cheap: shows at most ten times a second (a terminal) or once in
 * five seconds (a log). */
void progress_update(struct progress *progress, uint64_t done);

/* Ends the step with one line: label, units, seconds. */
void progress_end(struct progress *progress, uint64_t done);

/* Seconds on a clock that never goes back. */
double progress_clock_s(void);

#endif
