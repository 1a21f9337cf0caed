#include "backend/answers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    char key[ANSWERS_KEY];
    char *text; /* NULL: none */
    size_t length;
    bool mark;
};

struct answers {
    pthread_rwlock_t lock;
    struct answer kept[ANSWERS_KEPT]; /* a ring */
    size_t oldest, count, bytes;
};

int answers_new(struct answers **out, struct error *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return error_set(err, ERROR_INTERNAL, "no memory to keep answers");
    pthread_rwlock_init(&(*out)->lock, NULL);
    return 0;
}

void answers_free(struct answers *answers)
{
    if (!answers)
        return;
    for (size_t i = 0; i < ANSWERS_KEPT; i++)
        free(answers->kept[i].text);
    pthread_rwlock_destroy(&answers->lock);
    free(answers);
}

static const struct answer *find(const struct answers *answers, const char *key)
{
    for (size_t i = 0; i < answers->count; i++) {
        const struct answer *answer = &answers->kept[(answers->oldest + i) % ANSWERS_KEPT];
        if (strcmp(answer->key, key) == 0)
            return answer;
    }
    return NULL;
}

char *answers_find(struct answers *answers, const char *key, size_t *length, bool *mark)
{
    char *copy = NULL;
    pthread_rwlock_rdlock(&answers->lock);
    const struct answer *answer = find(answers, key);
    if (answer)
        copy = malloc(answer->length + 1);
    if (copy) {
        memcpy(copy, answer->text, answer->length);
        copy[answer->length] = '\0';
        *length = answer->length;
        *mark = answer->mark;
    }
    pthread_rwlock_unlock(&answers->lock);
    return copy;
}

static void drop_oldest(struct answers *answers)
{
    struct answer *answer = &answers->kept[answers->oldest];
    answers->bytes -= answer->length;
    free(answer->text);
    *answer = (struct answer){.text = NULL};
    answers->oldest = (answers->oldest + 1) % ANSWERS_KEPT;
    answers->count--;
}

void answers_keep(struct answers *answers, const char *key, const char *text, size_t length, bool mark)
{
    char *copy = length > 0 && length <= ANSWERS_BYTES && strlen(key) < ANSWERS_KEY ? malloc(length) : NULL;
    if (!copy)
        return;
    memcpy(copy, text, length);
    pthread_rwlock_wrlock(&answers->lock);
    if (!find(answers, key)) {
        while (answers->count == ANSWERS_KEPT || answers->bytes + length > ANSWERS_BYTES)
            drop_oldest(answers);
        struct answer *answer = &answers->kept[(answers->oldest + answers->count) % ANSWERS_KEPT];
        *answer = (struct answer){.text = copy, .length = length, .mark = mark};
        memcpy(answer->key, key, strlen(key) + 1);
        answers->count++;
        answers->bytes += length;
        copy = NULL;
    }
    pthread_rwlock_unlock(&answers->lock);
    free(copy);
}
