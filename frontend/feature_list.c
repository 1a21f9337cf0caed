#include "frontend/feature_list.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "frontend/answer.h"

struct feature_list {
    struct backend_client *backend;
    pthread_mutex_t lock; /* of what follows */
    json_t *entries[LANGUAGE_COUNT];
    time_t until_s[LANGUAGE_COUNT]; /* of the monotonic clock */
};

int feature_list_new(struct feature_list **out, struct backend_client *backend, struct error *err)
{
    struct feature_list *list = calloc(1, sizeof *list);
    if (!list)
        return error_set(err, ERROR_INTERNAL, "no memory for the list of features");
    list->backend = backend;
    pthread_mutex_init(&list->lock, NULL);
    *out = list;
    return 0;
}

void feature_list_free(struct feature_list *list)
{
    if (!list)
        return;
    for (enum language language = 0; language < LANGUAGE_COUNT; language++)
        json_decref(list->entries[language]);
    pthread_mutex_destroy(&list->lock);
    free(list);
}

static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static json_t *kept(struct feature_list *list, enum language language)
{
    json_t *entries = NULL;
    pthread_mutex_lock(&list->lock);
    if (now_s() < list->until_s[language])
        entries = json_incref(list->entries[language]);
    pthread_mutex_unlock(&list->lock);
    return entries;
}

static void keep(struct feature_list *list, enum language language, json_t *entries)
{
    pthread_mutex_lock(&list->lock);
    json_t *earlier = list->entries[language];
    list->entries[language] = json_incref(entries);
    list->until_s[language] = now_s() + FEATURE_LIST_S;
    pthread_mutex_unlock(&list->lock);
    json_decref(earlier);
}

static json_t *by_name(const json_t *features)
{
    json_t *entries = json_object(), *feature;
    size_t i;
    json_array_foreach(features, i, feature) json_object_set(entries, answer_text(feature, "name"), feature);
    return entries;
}

json_t *feature_list_get(struct feature_list *list, struct backend_call *call, const char *request_id,
                         enum language language)
{
    json_t *entries = kept(list, language);
    if (entries)
        return entries;
    snprintf(call->path, BACKEND_PATH, "/features");
    backend_client_run(list->backend, call, 1, request_id, language);
    if (call->outcome != BACKEND_OK)
        return NULL;
    entries = by_name(json_object_get(call->answer, "features"));
    if (json_object_size(entries) == 0) {
        json_decref(entries);
        call->outcome = BACKEND_BROKEN;
        return NULL;
    }
    keep(list, language, entries);
    return entries;
}
