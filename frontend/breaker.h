/* A circuit breaker: after BREAKER_FAILURES failures in a row it is open, and nothing is tried for
 * BREAKER_OPEN_MS; then one attempt is let through, whose outcome closes it or opens it again (M. Nygard,
 * "Release It!", 2007). Thread-safe. Times are milliseconds of any clock that does not go back. */
#ifndef CLAIRSCORE_FRONTEND_BREAKER_H
#define CLAIRSCORE_FRONTEND_BREAKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { BREAKER_FAILURES = 5, BREAKER_OPEN_MS = 2000 };

struct breaker {
    pthread_mutex_t lock;
    unsigned failures; /* in a row, up to BREAKER_FAILURES */
    bool probing;      /* the one attempt of a half-open breaker is under way */
    int64_t until_ms;  /* when the next attempt may be made, while it is open */
};

void breaker_init(struct breaker *breaker);
void breaker_destroy(struct breaker *breaker);

/* Whether an attempt may be made. After true the caller reports how it went. */
bool breaker_allows(struct breaker *breaker, int64_t now_ms);

/* What a report changed: worth a line in the log. */
enum breaker_change { BREAKER_SAME, BREAKER_OPENED, BREAKER_CLOSED };
enum breaker_change breaker_report(struct breaker *breaker, bool succeeded, int64_t now_ms);

#endif
