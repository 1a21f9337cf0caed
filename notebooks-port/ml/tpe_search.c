#include "notebooks-port/ml/tpe_search.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "shared/base/buffer.h"
#include "shared/base/progress.h"

/* ---- The journal ---- */

static json_t *make_head(const struct tpe_task *task)
{
    char seed[32];
    snprintf(seed, sizeof seed, "%" PRIu64, task->plan.seed);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "journal", "clairscore tpe 1", "space",
                     task->space->hash, "seed", seed, "goal", task->goal_name, "direction",
                     task->plan.direction == TPE_MINIMISE ? "minimise" : "maximise", "startup",
                     (int)task->plan.startup, "candidates", (int)task->plan.candidates);
}

static int io_error(const char *path, struct error *err)
{
    return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
}

/* The line is on disk when this returns. */
static int append_line(int fd, const json_t *line, const char *path, struct error *err)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(17));
    struct buffer buffer = buffer_new(TPE_JOURNAL_BYTES);
    int status = text ? buffer_append_format(&buffer, err, "%s\n", text)
                      : error_set(err, ERROR_INTERNAL, "out of memory");
    for (size_t done = 0; status == 0 && done < buffer.length;) {
        ssize_t written = write(fd, buffer.data + done, buffer.length - done);
        if (written < 0 && errno != EINTR)
            status = io_error(path, err);
        else if (written > 0)
            done += (size_t)written;
    }
    if (status == 0 && fdatasync(fd))
        status = io_error(path, err);
    buffer_free(&buffer);
    free(text);
    return status;
}

/* Names the first setting in which the journal's head differs from this search's. */
static int check_head(const json_t *head, const json_t *wanted, const char *path, struct error *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)wanted, key, value)
    {
        const json_t *found = json_object_get(head, key);
        if (json_equal(found, value))
            continue;
        if (strcmp(key, "journal") == 0)
            return error_set(err, ERROR_INVALID, "%s:1: this is not the journal of a search", path);
        char *ours = json_dumps(value, JSON_ENCODE_ANY), *theirs = json_dumps(found, JSON_ENCODE_ANY);
        error_set(err, ERROR_CONFLICT,
                  "%s: the journal of another search: its %s is %.200s, here it is %.200s; name another file "
                  "or search as before",
                  path, key, theirs ? theirs : "missing", ours ? ours : "another");
        free(ours);
        free(theirs);
        return -1;
    }
    return 0;
}

static int read_trial(struct tpe_outcome *out, const struct tpe_task *task, const json_t *line, size_t number,
                      struct error *err)
{
    const json_t *place = json_object_get(line, "trial"), *value = json_object_get(line, "value");
    json_t *parameters = json_object_get(line, "parameters");
    struct error reason = {0};
    if (!json_is_integer(place) || json_integer_value(place) != (json_int_t)(number - 2) ||
        !(json_is_number(value) || json_is_null(value)))
        return error_set(err, ERROR_PARSE,
                         "%s:%zu: not the trial that belongs here; restore or remove the journal",
                         task->journal, number);
    if (tpe_space_check(task->space, parameters, &reason))
        return error_set(err, ERROR_PARSE, "%s:%zu: %s; restore or remove the journal", task->journal, number,
                         reason.message);
    if (out->count < task->trials)
        out->trials[out->count++] = (struct tpe_trial){
            json_incref(parameters), json_is_null(value) ? (double)NAN : json_number_value(value),
            json_number_value(json_object_get(line, "seconds"))};
    return 0;
}

/* Reads line after line; `*kept` is where the last whole one ends. */
static int read_lines(struct tpe_outcome *out, const struct tpe_task *task, const json_t *head,
                      const char *text, size_t length, size_t *kept, struct error *err)
{
    *kept = 0;
    for (size_t number = 1; *kept < length; number++) {
        const char *start = text + *kept, *end = memchr(start, '\n', length - *kept);
        if (!end)
            return 0; /* torn */
        json_t *line = json_loadb(start, (size_t)(end - start), JSON_REJECT_DUPLICATES, NULL);
        int status = 0;
        if (number == 1)
            status = check_head(line, head, task->journal, err);
        else
            status = line ? read_trial(out, task, line, number, err)
                          : error_set(err, ERROR_PARSE, "%s:%zu: not JSON; restore or remove the journal",
                                      task->journal, number);
        json_decref(line);
        if (status)
            return -1;
        *kept = (size_t)(end - text) + 1;
    }
    return 0;
}

/* A file of which not even the first line is whole may be somebody's notes: only the beginning of our own
 * head is taken for a torn journal. */
static int check_torn_head(const json_t *head, const char *text, size_t length, const char *path,
                           struct error *err)
{
    char *ours = json_dumps(head, JSON_COMPACT);
    int status = ours && length <= strlen(ours) && memcmp(ours, text, length) == 0
                     ? 0
                     : error_set(err, ERROR_INVALID, "%s:1: this is not the journal of a search", path);
    free(ours);
    return status;
}

/* Takes the trials of an existing journal, or starts one. `fd` is open and ours alone. */
static int take_up(struct tpe_outcome *out, const struct tpe_task *task, int fd, struct error *err)
{
    struct buffer text = buffer_new(TPE_JOURNAL_BYTES);
    json_t *head = make_head(task);
    size_t kept = 0;
    int status =
        head ? file_read(&text, task->journal, err) : error_set(err, ERROR_INTERNAL, "out of memory");
    if (status == 0 && text.length > 0)
        status = read_lines(out, task, head, text.data, text.length, &kept, err);
    if (status == 0 && kept == 0 && text.length > 0)
        status = check_torn_head(head, text.data, text.length, task->journal, err);
    if (status == 0 && kept < text.length && ftruncate(fd, (off_t)kept))
        status = io_error(task->journal, err);
    if (status == 0 && kept == 0)
        status = append_line(fd, head, task->journal, err);
    out->resumed = out->count;
    json_decref(head);
    buffer_free(&text);
    return status;
}

static int open_journal(const char *path, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return io_error(path, err);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    close(fd);
    return error_set(err, ERROR_CONFLICT, "%s: another search is writing this journal", path);
}

/* ---- The search ---- */

static int run_trial(struct tpe_outcome *out, const struct tpe_task *task, int fd, struct error *err)
{
    size_t number = out->count;
    json_t *parameters = tpe_suggest(task->space, out->trials, number, &task->plan, number, err);
    if (!parameters)
        return -1;
    double value = NAN, started = progress_clock_s();
    if (task->goal(task->context, parameters, number, &value, err)) {
        json_decref(parameters);
        return -1;
    }
    if (!isfinite(value))
        value = NAN;
    double seconds = progress_clock_s() - started;
    out->trials[out->count++] = (struct tpe_trial){parameters, value, seconds};
    if (fd < 0)
        return 0;
    json_t *line = json_pack("{s:I, s:O, s:o, s:f}", "trial", (json_int_t)number, "parameters", parameters,
                             "value", isnan(value) ? json_null() : json_real(value), "seconds", seconds);
    int status =
        line ? append_line(fd, line, task->journal, err) : error_set(err, ERROR_INTERNAL, "out of memory");
    json_decref(line);
    return status;
}

static int find_best(struct tpe_outcome *out, enum tpe_direction direction, struct error *err)
{
    for (size_t i = 1; i < out->count; i++)
        if (tpe_is_better(out->trials[i].value, out->trials[out->best].value, direction))
            out->best = i;
    if (isnan(out->trials[out->best].value))
        return error_set(err, ERROR_INVALID, "none of the %zu trials gave a number", out->count);
    return 0;
}

int tpe_search(struct tpe_outcome *out, const struct tpe_task *task, struct error *err)
{
    *out = (struct tpe_outcome){.count = 0};
    if (task->trials == 0 || task->trials > TPE_TRIALS)
        return error_set(err, ERROR_LIMIT, "%zu trials; 1 to %d are possible", task->trials, TPE_TRIALS);
    int fd = -1, status = 0;
    out->trials = calloc(task->trials, sizeof *out->trials);
    if (!out->trials)
        return error_set(err, ERROR_INTERNAL, "out of memory for %zu trials", task->trials);
    if (task->journal) {
        fd = open_journal(task->journal, err);
        status = fd < 0 ? -1 : take_up(out, task, fd, err);
    }
    struct progress progress = {0};
    if (status == 0 && task->show_progress)
        progress = progress_start("parameter search", task->trials);
    while (status == 0 && out->count < task->trials) {
        status = run_trial(out, task, fd, err);
        if (task->show_progress)
            progress_update(&progress, out->count);
    }
    if (status == 0 && task->show_progress)
        progress_end(&progress, out->count);
    if (status == 0)
        status = find_best(out, task->plan.direction, err);
    if (fd >= 0)
        close(fd);
    return status;
}

void tpe_outcome_free(struct tpe_outcome *outcome)
{
    for (size_t i = 0; i < outcome->count; i++)
        json_decref(outcome->trials[i].parameters);
    free(outcome->trials);
    *outcome = (struct tpe_outcome){.count = 0};
}
