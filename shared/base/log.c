#include "shared/base/log.h"

#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "shared/base/text.h"

enum { STAMP = 64, NS_PER_MS = 1000000, LINE_LIMIT = 1 << 20 };

static enum log_level lowest = LOG_INFO;

void log_set_level(enum log_level level)
{
    lowest = level;
}

/* The time of day to the millisecond; a thread breaks a second up once. */
static void write_time(char out[STAMP])
{
    static _Thread_local time_t second;
    static _Thread_local char text[STAMP]; /* of that second, up to the point */
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != second || !text[0]) {
        struct tm utc;
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", gmtime_r(&now.tv_sec, &utc));
        second = now.tv_sec;
    }
    unsigned ms = (unsigned)(now.tv_nsec / NS_PER_MS);
    const char behind[] = {(char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z',
                           '\0'};
    text_join(out, STAMP, TEXT_PIECES(text, behind));
}

/* One call a line, so that one line stays one line. POSIX keeps what fits into PIPE_BUF in one piece, also in
 * a pipe and without a lock that the threads would wait for. */
static void write_whole(const char *line, size_t length)
{
    if (length > PIPE_BUF || write(STDERR_FILENO, line, length) < 0)
        fwrite(line, 1, length, stderr);
}

bool log_begin(struct log_line *line, enum log_level level, const char *event)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    char stamp[STAMP];
    if (level < lowest)
        return false;
    *line = (struct log_line){.text = buffer_new(LINE_LIMIT)};
    line->writer = json_writer_start(&line->text, &line->err);
    write_time(stamp);
    json_writer_open(&line->writer, '{');
    json_writer_key(&line->writer, "time");
    json_writer_text(&line->writer, stamp);
    json_writer_key(&line->writer, "level");
    json_writer_text(&line->writer, names[level]);
    json_writer_key(&line->writer, "event");
    json_writer_text(&line->writer, event);
    return true;
}

void log_end(struct log_line *line)
{
    json_writer_close(&line->writer, '}');
    if (!json_writer_end(&line->writer) && !buffer_append_text(&line->text, "\n", &line->err))
        write_whole(line->text.data, line->text.length);
    buffer_free(&line->text);
}

void log_event(enum log_level level, const char *event, const char *fields, ...)
{
    struct log_line line;
    if (!log_begin(&line, level, event))
        return;
    if (fields) {
        va_list arguments;
        va_start(arguments, fields);
        json_t *extra = json_vpack_ex(NULL, 0, fields, arguments);
        va_end(arguments);
        const char *name;
        json_t *value;
        json_object_foreach(extra, name, value)
        {
            json_writer_key(&line.writer, name);
            json_writer_tree(&line.writer, value);
        }
        json_decref(extra);
    }
    log_end(&line);
}
