#include "frontend/breaker.h"

void breaker_init(struct breaker *breaker)
{
    pthread_mutex_init(&breaker->lock, NULL);
    breaker->failures = 0;
    breaker->probing = false;
    breaker->until_ms = 0;
}

void breaker_destroy(struct breaker *breaker)
{
    pthread_mutex_destroy(&breaker->lock);
}

bool breaker_allows(struct breaker *breaker, int64_t now_ms)
{
    pthread_mutex_lock(&breaker->lock);
    bool open = breaker->failures >= BREAKER_FAILURES;
    bool allowed = !open || (!breaker->probing && now_ms >= breaker->until_ms);
    if (open && allowed)
        breaker->probing = true;
    pthread_mutex_unlock(&breaker->lock);
    return allowed;
}

enum breaker_change breaker_report(struct breaker *breaker, bool succeeded, int64_t now_ms)
{
    enum breaker_change change = BREAKER_SAME;
    pthread_mutex_lock(&breaker->lock);
    bool was_open = breaker->failures >= BREAKER_FAILURES;
    if (succeeded) {
        breaker->failures = 0;
        breaker->probing = false;
        if (was_open)
            change = BREAKER_CLOSED;
    } else if (!was_open || breaker->probing) {
        /* What began before it opened and fails afterwards says nothing new. */
        breaker->probing = false;
        breaker->until_ms = now_ms + BREAKER_OPEN_MS;
        if (!was_open && ++breaker->failures == BREAKER_FAILURES)
            change = BREAKER_OPENED;
    }
    pthread_mutex_unlock(&breaker->lock);
    return change;
}
