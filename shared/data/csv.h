/* A streaming CSV reader: RFC 4180 with quotes, doubled quotes, embedded newlines, LF or CRLF, an
 * optional UTF-8 byte order mark and a last line with or without its newline. Memory is one chunk. */
#ifndef CLAIRSCORE_DATA_CSV_H
#define CLAIRSCORE_DATA_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"
#include "shared/base/slice.h"

enum csv_encoding { CSV_UTF8, CSV_CP1252 }; /* CP1252 is converted to UTF-8 while reading */

struct csv_options {
    enum csv_encoding encoding;
    size_t record_bytes; /* limit of one record; 0: 1 MiB */
    size_t field_bytes;  /* limit of one field; 0: 64 KiB */
    size_t fields;       /* limit of fields in a record; 0: 1024 */
};

struct csv_reader;

/* Opens `path` for reading; NULL options mean the defaults. The caller closes *out. */
int csv_open(struct csv_reader **out, const char *path, const struct csv_options *options, struct error *err);

/* Reads `size` bytes (copied) instead of a file; `name` stands for it in messages. */
int csv_open_bytes(struct csv_reader **out, const char *name, const void *bytes, size_t size,
                   const struct csv_options *options, struct error *err);

/* The next record. Returns 1 with `*fields` pointing at `*count` unquoted slices that stay valid until
 * the next call, 0 at the end of the file, -1 with an error that says file, line and cause: an unclosed
 * quote, bytes after a closing quote, a field, record or count above its limit, a zero byte.
 * Empty lines are skipped. */
int csv_next(struct csv_reader *reader, const struct slice **fields, size_t *count, struct error *err);

/* After csv_next has failed: goes on behind the end of the line on which the bad record starts, which takes
 * the record's place for csv_line. ERROR_LIMIT when that line is longer than a record may be. */
int csv_skip_line(struct csv_reader *reader, struct error *err);

/* The line (from 1) on which the last returned record starts. */
uint64_t csv_line(const struct csv_reader *reader);

/* Bytes read so far and the file's size, for progress. */
uint64_t csv_position(const struct csv_reader *reader);
uint64_t csv_size(const struct csv_reader *reader);

/* Closes and frees; NULL is allowed. */
void csv_close(struct csv_reader *reader);

#endif
