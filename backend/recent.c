#include "backend/recent.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct recent {
    pthread_mutex_t lock;
    size_t count, next;
    float vectors[RECENT_VECTORS][FEATURE_COUNT];
};

int recent_new(struct recent **out, struct error *err)
{
    struct recent *recent = calloc(1, sizeof *recent);
    if (!recent)
        return error_set(err, ERROR_INTERNAL, "no memory for recent applications");
    pthread_mutex_init(&recent->lock, NULL);
    *out = recent;
    return 0;
}

void recent_free(struct recent *recent)
{
    if (!recent)
        return;
    pthread_mutex_destroy(&recent->lock);
    free(recent);
}

void recent_add(struct recent *recent, const float *vectors, size_t count)
{
    if (count > RECENT_VECTORS) {
        vectors += (count - RECENT_VECTORS) * FEATURE_COUNT;
        count = RECENT_VECTORS;
    }
    pthread_mutex_lock(&recent->lock);
    for (size_t i = 0; i < count; i++) {
        memcpy(recent->vectors[recent->next], vectors + i * FEATURE_COUNT, sizeof *recent->vectors);
        recent->next = (recent->next + 1) % RECENT_VECTORS;
    }
    recent->count = recent->count + count < RECENT_VECTORS ? recent->count + count : RECENT_VECTORS;
    pthread_mutex_unlock(&recent->lock);
}

size_t recent_copy(struct recent *recent, float *vectors)
{
    pthread_mutex_lock(&recent->lock);
    size_t count = recent->count;
    memcpy(vectors, recent->vectors, count * sizeof *recent->vectors);
    pthread_mutex_unlock(&recent->lock);
    return count;
}
