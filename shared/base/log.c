#include "shared/base/log.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static enum log_level lowest = LOG_INFO;

void log_set_level(enum log_level level)
{
    lowest = level;
}

void log_event(enum log_level level, const char *event, const char *fields, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (level < lowest)
        return;

    struct timespec now;
    struct tm utc;
    char stamp[64];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(stamp + length, sizeof stamp - length, ".%03ldZ", now.tv_nsec / 1000000);

    json_t *line = json_pack("{s:s, s:s, s:s}", "time", stamp, "level", names[level], "event", event);
    if (fields) {
        va_list arguments;
        va_start(arguments, fields);
        json_t *extra = json_vpack_ex(NULL, 0, fields, arguments);
        va_end(arguments);
        json_object_update_missing(line, extra);
        json_decref(extra);
    }
    char *text = json_dumps(line, JSON_COMPACT);
    if (text)
        fprintf(stderr, "%s\n", text); /* one call, so that one line stays one line */
    free(text);
    json_decref(line);
}
