#include "shared/base/temporary.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An entry is written while BUSY and read by the handler only when KEPT. */
enum { FREE, BUSY, KEPT };

static struct {
    atomic_int state;
    char path[PATH_MAX];
} entries[TEMPORARY_FILES];

/* Calls only what signal-safety(7) allows. */
static void remove_all(int number)
{
    for (int i = TEMPORARY_FILES - 1; i >= 0; i--)
        if (atomic_load(&entries[i].state) == KEPT && unlink(entries[i].path) != 0 &&
            (errno == EISDIR || errno == EPERM))
            rmdir(entries[i].path);
    signal(number, SIG_DFL);
    raise(number);
}

void temporary_remove_on_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = remove_all, .sa_flags = SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
}

void temporary_add(const char *path)
{
    if (strlen(path) >= PATH_MAX)
        return;
    for (int i = 0; i < TEMPORARY_FILES; i++) {
        int expected = FREE;
        if (!atomic_compare_exchange_strong(&entries[i].state, &expected, BUSY))
            continue;
        snprintf(entries[i].path, PATH_MAX, "%s", path);
        atomic_store(&entries[i].state, KEPT);
        return;
    }
}

void temporary_forget(const char *path)
{
    for (int i = 0; i < TEMPORARY_FILES; i++) {
        int expected = KEPT;
        if (atomic_load(&entries[i].state) == KEPT && strcmp(entries[i].path, path) == 0 &&
            atomic_compare_exchange_strong(&entries[i].state, &expected, FREE))
            return;
    }
}
