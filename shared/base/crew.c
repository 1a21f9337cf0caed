#include "shared/base/crew.h"

#include <pthread.h>

void crew_run(unsigned threads, void *(*work)(void *context), void *context)
{
    pthread_t others[CREW_LIMIT];
    unsigned started = 0;
    while (started + 1 < threads && started + 1 < CREW_LIMIT &&
           pthread_create(&others[started], NULL, work, context) == 0)
        started++;
    work(context);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i], NULL);
}
