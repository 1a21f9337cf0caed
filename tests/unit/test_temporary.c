/* What is not whole yet goes when the program is interrupted; what is whole stays. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "shared/base/file.h"
#include "shared/base/temporary.h"
#include "shared/data/csv_writer.h"

static char folder[64];

static void path_of(char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", folder, name);
}

/* In a process of its own: writes a whole file, half of another and a folder with a file, and is interrupted.
 */
static void write_and_end(int number)
{
    struct error err = {0};
    struct writer whole, half;
    char path[128];
    temporary_remove_on_signals();
    if (writer_open(&whole, folder, "whole.csv", &err) || writer_close(&whole, &err) ||
        writer_publish(&whole, &err) || writer_open(&half, folder, "half.csv", &err))
        _exit(3);
    writer_text(&half, "SK_ID_CURR", '\n');
    path_of(path, "model.part");
    mkdir(path, 0755);
    temporary_add(path);
    path_of(path, "model.part/card.md");
    temporary_add(path);
    if (file_write(path, "x", 1, &err))
        _exit(4);
    path_of(path, "forgotten");
    temporary_add(path);
    if (file_write(path, "x", 1, &err))
        _exit(5);
    temporary_forget(path);
    raise(number);
    _exit(6);
}

static void test_signal(void **state)
{
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    static const struct {
        const char *name;
        bool stays;
    } expected[] = {{"whole.csv", true},      {"whole.csv.part", false}, {"half.csv", false},
                    {"half.csv.part", false}, {"model.part", false},     {"forgotten", true}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char path[128];
        int status = 0;
        snprintf(folder, sizeof folder, "/tmp/clairscore-temporary-%d-%zu", (int)getpid(), i);
        assert_int_equal(mkdir(folder, 0755), 0);
        pid_t child = fork();
        if (child == 0)
            write_and_end(numbers[i]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), numbers[i]);
        for (size_t j = 0; j < sizeof expected / sizeof *expected; j++) {
            path_of(path, expected[j].name);
            if (file_exists(path) != expected[j].stays)
                fail_msg("%s %s", path, expected[j].stays ? "is gone" : "stayed");
            unlink(path);
        }
        assert_int_equal(rmdir(folder), 0);
    }
}

/* More than fit are let go, not kept by force. */
static void test_full(void **state)
{
    (void)state;
    char path[32];
    for (int i = 0; i < 2 * TEMPORARY_FILES; i++) {
        snprintf(path, sizeof path, "/tmp/absent-%d", i);
        temporary_add(path);
    }
    for (int i = 0; i < 2 * TEMPORARY_FILES; i++) {
        snprintf(path, sizeof path, "/tmp/absent-%d", i);
        temporary_forget(path);
    }
    temporary_forget("/tmp/never-added");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_signal), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
