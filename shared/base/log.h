/* One JSON object a line on standard error: {"time","level","event", …fields}. No personal data. */
#ifndef CLAIRSCORE_BASE_LOG_H
#define CLAIRSCORE_BASE_LOG_H

#include <stdbool.h>

#include "shared/base/json_writer.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* Lines below `level` are left out from now on. Call before threads start; LOG_INFO without a call. */
void log_set_level(enum log_level level);

/* Writes one line. `fields` is a json_pack() format of an object and its arguments, such as
 * "{s:s, s:i}", "bind", address, "port", port; NULL for none. Lines of concurrent callers do not mix. */
void log_event(enum log_level level, const char *event, const char *fields, ...);

/* The same for what is logged often: the caller writes the fields between begin and end. */
struct log_line {
    struct buffer text;
    struct error err;
    struct json_writer writer; /* in the open object */
};

/* False when the level is left out: then there is nothing to write, nor to end. `line` must stay where it is.
 */
bool log_begin(struct log_line *line, enum log_level level, const char *event);
void log_end(struct log_line *line);

#endif
