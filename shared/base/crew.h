/* The same work on several threads. */
#ifndef CLAIRSCORE_BASE_CREW_H
#define CLAIRSCORE_BASE_CREW_H

enum { CREW_LIMIT = 256 }; /* threads at work at once */

/* Calls `work(context)` on `threads` threads (the caller's own is one; at least 1, at most CREW_LIMIT) and
 * returns when all have returned. Threads that the system refuses are done without: the work must be shared
 * out by what it takes from `context`, such as a counter of blocks. */
void crew_run(unsigned threads, void *(*work)(void *context), void *context);

#endif
