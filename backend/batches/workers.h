/* The threads of a backend that cut batches and score their chunks, and one that keeps the store tidy. */
#ifndef CLAIRSCORE_BACKEND_BATCHES_WORKERS_H
#define CLAIRSCORE_BACKEND_BATCHES_WORKERS_H

#include "shared/base/error.h"

struct service;
struct batch_workers;

/* Starts BATCH_WORKERS threads, or one that only cuts, and the keeper. The service must outlive them; the
 * caller stops them. */
int batch_workers_start(struct batch_workers **out, struct service *service, struct error *err);

/* Lets each thread finish its chunk. What is left goes to other replicas at once, or waits for the next
 * start. NULL is allowed. */
void batch_workers_stop(struct batch_workers *workers);

/* There is something to do. */
void batch_workers_wake(struct batch_workers *workers);

/* The name under which this process holds batches. */
const char *batch_workers_process(const struct batch_workers *workers);

#endif
