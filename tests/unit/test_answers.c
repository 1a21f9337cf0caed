/* Kept answers: found as they were, the oldest go first, any number of threads at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/answers.h"

enum { THREADS = 4, TURNS = 3000, LONG = ANSWERS_BYTES / 4 };

static void check_kept(struct answers *answers, const char *key, const char *wanted)
{
    size_t length = 0;
    bool mark = false;
    char *text = answers_find(answers, key, &length, &mark);
    if (!wanted) {
        assert_null(text);
        return;
    }
    assert_non_null(text);
    assert_int_equal(length, strlen(wanted));
    assert_string_equal(text, wanted);
    assert_true(mark == (strlen(wanted) % 2 == 1));
    free(text);
}

static void keep(struct answers *answers, const char *key, const char *text)
{
    answers_keep(answers, key, text, strlen(text), strlen(text) % 2 == 1);
}

static void what_was_kept_is_found(void **state)
{
    struct answers *answers = NULL;
    struct error err = {0};
    (void)state;
    assert_int_equal(answers_new(&answers, &err), 0);
    check_kept(answers, "a", NULL);
    keep(answers, "a", "first");
    keep(answers, "b", "second");
    keep(answers, "a", "other"); /* the same question has the same answer */
    check_kept(answers, "a", "first");
    check_kept(answers, "b", "second");
    char key[ANSWERS_KEY + 1];
    memset(key, 'k', ANSWERS_KEY);
    key[ANSWERS_KEY] = '\0';
    keep(answers, key, "too long a question");
    check_kept(answers, key, NULL);
    key[ANSWERS_KEY - 1] = '\0';
    keep(answers, key, "just fits");
    check_kept(answers, key, "just fits");
    answers_free(answers);
    answers_free(NULL);
}

static void the_oldest_go_first(void **state)
{
    struct answers *answers = NULL;
    struct error err = {0};
    char key[32];
    (void)state;
    assert_int_equal(answers_new(&answers, &err), 0);
    for (int i = 0; i < ANSWERS_KEPT + 3; i++) {
        snprintf(key, sizeof key, "%d", i);
        keep(answers, key, key);
    }
    check_kept(answers, "2", NULL);
    check_kept(answers, "3", "3");
    snprintf(key, sizeof key, "%d", ANSWERS_KEPT + 2);
    check_kept(answers, key, key);

    char *large = malloc(ANSWERS_BYTES + 2);
    memset(large, 'x', ANSWERS_BYTES + 1);
    large[LONG] = '\0';
    for (int i = 0; i < 5; i++) {
        snprintf(key, sizeof key, "large %d", i);
        keep(answers, key, large);
    }
    check_kept(answers, "large 0", NULL);
    check_kept(answers, "large 1", large);
    check_kept(answers, "large 4", large);
    large[LONG] = 'x';
    large[ANSWERS_BYTES + 1] = '\0';
    keep(answers, "larger than all", large);
    check_kept(answers, "larger than all", NULL);
    check_kept(answers, "large 4", (large[LONG] = '\0', large));
    free(large);
    answers_free(answers);
}

static void *ask_and_keep(void *context)
{
    struct answers *answers = context;
    char key[32];
    for (int i = 0; i < TURNS; i++) {
        size_t length;
        bool mark;
        snprintf(key, sizeof key, "%d", i % (ANSWERS_KEPT * 2));
        char *text = answers_find(answers, key, &length, &mark);
        if (text && strcmp(text, key) != 0)
            return context;
        if (!text)
            keep(answers, key, key);
        free(text);
    }
    return NULL;
}

static void threads_share_them(void **state)
{
    struct answers *answers = NULL;
    struct error err = {0};
    pthread_t threads[THREADS];
    (void)state;
    assert_int_equal(answers_new(&answers, &err), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_and_keep, answers), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong = answers;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    answers_free(answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_kept_is_found),
        cmocka_unit_test(the_oldest_go_first),
        cmocka_unit_test(threads_share_them),
    };
    return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
