/* Slows down guessing: each account and each address may fail a few times at once and then only now and
 * then (the generic cell rate algorithm: one moment kept for each). A fixed table: when it is full, the entry
 * that would be free first gives way. Thread-safe. */
#ifndef CLAIRSCORE_FRONTEND_THROTTLE_H
#define CLAIRSCORE_FRONTEND_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

enum {
    THROTTLE_ACCOUNT_BURST = 5,       /* failures of one account at once, */
    THROTTLE_ACCOUNT_INTERVAL_S = 60, /* then one in so many seconds */
    THROTTLE_ADDRESS_BURST = 20,
    THROTTLE_ADDRESS_INTERVAL_S = 10
};

struct throttle;

int throttle_new(struct throttle **out, struct error *err);
void throttle_free(struct throttle *throttle);

/* Counts an attempt for `account` from `address` and returns 0 when it may go on; otherwise counts nothing
 * and returns the seconds after which the next may. An attempt is counted before its outcome is known, so
 * that many at once gain nothing. */
unsigned throttle_take(struct throttle *throttle, const char *account, const void *address,
                       size_t address_length, int64_t now);

/* The attempt succeeded: forgets the account's failures, and that the address tried this time; its other
 * attempts stay, or else one's own account would open the way to guess at others. */
void throttle_forgive(struct throttle *throttle, const char *account, const void *address,
                      size_t address_length);

#endif
