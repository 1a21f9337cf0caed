/* A streaming CSV reader: RFC 4180 with quotes, doubled quotes, embedded newlines, LF or CRLF, an
 * optional UTF-8 byte order mark and a last line with or without its newline. Memory is one chunk. */
#ifndef CLAIRSCORE_DATA_CSV_H
#define CLAIRSCORE_DATA_CSV_H

#include <stdbool.h>
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

/* A record as it lies in the reader's buffer: field i is bytes[ends[i - 1] + 1 .. ends[i]), for the first one
 * too (ends[-1] is valid; the sum is taken in 32 bits). CSV_SURROUNDING bytes before and behind every field
 * may be read. */
enum { CSV_SURROUNDING = 64 };
struct csv_plain {
    const char *bytes;
    const uint32_t *ends;
    uint32_t past, marks; /* for csv_pass */
};

/* For tables, whose records are nearly all alike: the next records without a slice for each field, at most
 * `most` of them as far as they are at hand. Each has exactly `count` fields, none of them quoted or to be
 * converted, and is within all limits. They are valid until the reader's next call but csv_pass. Returns how
 * many; 0 when the next record is another one, at the end, and always where the processor lacks AVX2:
 * csv_next then reads the record or says what is wrong. */
size_t csv_peek(struct csv_reader *reader, size_t count, struct csv_plain *records, size_t most);

/* Goes on behind the first of the records that csv_peek has found and that have not been passed. */
void csv_pass(struct csv_reader *reader, const struct csv_plain *record);

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
