#include "shared/base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const double TERMINAL_INTERVAL_S = 0.1, LOG_INTERVAL_S = 5.0;
enum { BAR_CELLS = 24 };

double progress_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct progress progress_start(const char *label, uint64_t total)
{
    double now = progress_clock_s();
    return (struct progress){label, total, now, now, isatty(STDERR_FILENO) == 1};
}

static void show_bar(const struct progress *progress, uint64_t done, double elapsed_s)
{
    double share = progress->total ? (double)done / (double)progress->total : 0;
    if (share > 1)
        share = 1;
    char bar[BAR_CELLS + 1];
    for (int i = 0; i < BAR_CELLS; i++)
        bar[i] = i < (int)(share * BAR_CELLS) ? '#' : '.';
    bar[BAR_CELLS] = '\0';
    if (share > 0)
        fprintf(stderr, "\r%-28s [%s] %3.0f %%  %.0f s left \033[K", progress->label, bar, 100 * share,
                elapsed_s / share - elapsed_s);
    else
        fprintf(stderr, "\r%-28s %" PRIu64 "\033[K", progress->label, done);
}

void progress_update(struct progress *progress, uint64_t done)
{
    double now = progress_clock_s();
    if (now - progress->shown_s < (progress->terminal ? TERMINAL_INTERVAL_S : LOG_INTERVAL_S))
        return;
    progress->shown_s = now;
    if (progress->terminal)
        show_bar(progress, done, now - progress->started_s);
    else if (progress->total)
        fprintf(stderr, "%s: %.0f %%\n", progress->label, 100.0 * (double)done / (double)progress->total);
    else
        fprintf(stderr, "%s: %" PRIu64 "\n", progress->label, done);
}

void progress_end(struct progress *progress, uint64_t done)
{
    fprintf(stderr, "%s%s: %" PRIu64 " in %.1f s%s\n", progress->terminal ? "\r" : "", progress->label, done,
            progress_clock_s() - progress->started_s, progress->terminal ? "\033[K" : "");
}
