#include "shared/data/csv.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/data/csv_index.h"

enum {
    RECORD_BYTES = 1 << 20,
    FIELD_BYTES = 1 << 16,
    FIELDS = 1024,
    READ_AHEAD_BYTES = 1 << 20,     /* what is read beside the longest record */
    PLAIN_BYTES = 1 << 18,          /* read and indexed together for csv_peek: they stay in the cache */
    BLOCK_BYTES = 64,               /* looked at together */
    PADDING_BYTES = 2 * BLOCK_BYTES /* zeros before and behind what was read, for what lies at its ends */
};

static const char BYTE_ORDER_MARK[] = "\xEF\xBB\xBF";
static const char ZERO_BYTE[] = "a zero byte: this is not a text file";

struct csv_reader {
    char path[PATH_MAX];
    int fd;
    struct csv_options limits;
    char *bytes; /* bytes[at..end) are read and not yet returned; zeros stand from bytes[end] on */
    size_t at, end, capacity;
    bool end_of_file;
    struct slice *fields;
    size_t field_count;
    bool doubled;       /* a field of the record has doubled quotes */
    uint64_t line;      /* of the last returned record */
    uint64_t next_line; /* of the record at `at` */
    uint64_t position, size;
    char *converted; /* CP1252: the record in UTF-8 */
    char *block;     /* `bytes` and the zeros before them */
    /* For csv_peek: index[mark..marks) are the places of the commas, quotes and line ends of
     * bytes[at..indexed_to), behind one place that is free for the end of what precedes a record. NULL when
     * records are never plain. */
    uint32_t *index;
    size_t mark, marks, indexed_to;
};

/* A reader without a file and with room for `beside` bytes beside the longest record. */
static struct csv_reader *make(const char *name, const struct csv_options *options, size_t beside,
                               struct error *err)
{
    struct csv_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    reader->fd = -1;
    snprintf(reader->path, sizeof reader->path, "%s", name);
    struct csv_options limits = options ? *options : (struct csv_options){0};
    reader->limits = (struct csv_options){
        .encoding = limits.encoding,
        .record_bytes = limits.record_bytes ? limits.record_bytes : RECORD_BYTES,
        .field_bytes = limits.field_bytes ? limits.field_bytes : FIELD_BYTES,
        .fields = limits.fields ? limits.fields : FIELDS,
    };
    reader->next_line = 1;
    reader->capacity = reader->limits.record_bytes + beside;
    reader->block = malloc(PADDING_BYTES + reader->capacity + PADDING_BYTES);
    reader->fields = calloc(reader->limits.fields, sizeof *reader->fields);
    const bool may_be_plain =
        limits.encoding == CSV_UTF8 && csv_index_works() && reader->capacity < UINT32_MAX - PADDING_BYTES;
    if (may_be_plain)
        reader->index = malloc((1 + CSV_INDEX_PLACES(PLAIN_BYTES)) * sizeof *reader->index);
    if (!reader->block || !reader->fields || (may_be_plain && !reader->index)) {
        csv_close(reader);
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    reader->bytes = reader->block + PADDING_BYTES;
    memset(reader->block, 0, 2 * (size_t)PADDING_BYTES);
    return reader;
}

int csv_open(struct csv_reader **out, const char *path, const struct csv_options *options, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "%s: %s", path, strerror(errno));
    struct csv_reader *reader = make(path, options, READ_AHEAD_BYTES, err);
    if (!reader) {
        close(fd);
        return -1;
    }
    reader->fd = fd;
    struct stat status;
    if (fstat(fd, &status) == 0)
        reader->size = (uint64_t)status.st_size;
    *out = reader;
    return 0;
}

/* Behind the byte order mark, when the text begins with one. */
static void pass_byte_order_mark(struct csv_reader *reader)
{
    if (reader->position == 0 && reader->next_line == 1 && reader->end >= sizeof BYTE_ORDER_MARK - 1 &&
        memcmp(reader->bytes, BYTE_ORDER_MARK, sizeof BYTE_ORDER_MARK - 1) == 0)
        reader->at = reader->position = sizeof BYTE_ORDER_MARK - 1;
}

int csv_open_bytes(struct csv_reader **out, const char *name, const void *bytes, size_t size,
                   const struct csv_options *options, struct error *err)
{
    struct csv_reader *reader = make(name, options, size, err);
    if (!reader)
        return -1;
    memcpy(reader->bytes, bytes, size);
    memset(reader->bytes + size, 0, PADDING_BYTES);
    reader->end = reader->size = size;
    reader->end_of_file = true;
    pass_byte_order_mark(reader);
    *out = reader;
    return 0;
}

/* Moves what is left to the front and reads `more` bytes behind it, or until the buffer is full or the file
 * ends. */
static int refill(struct csv_reader *reader, size_t more, struct error *err)
{
    memmove(reader->bytes, reader->bytes + reader->at, reader->end - reader->at);
    reader->end -= reader->at;
    reader->at = 0;
    reader->mark = reader->marks = reader->indexed_to = 0;
    const size_t room = reader->capacity - reader->end;
    const size_t wanted = reader->end + (more < room ? more : room);
    while (!reader->end_of_file && reader->end < wanted) {
        ssize_t got = read(reader->fd, reader->bytes + reader->end, wanted - reader->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, ERROR_IO, "%s: %s", reader->path, strerror(errno));
        reader->end_of_file = got == 0;
        reader->end += (size_t)got;
    }
    memset(reader->bytes + reader->end, 0, PADDING_BYTES);
    pass_byte_order_mark(reader);
    return 0;
}

static int fail(const struct csv_reader *reader, enum error_code code, const char *what, struct error *err)
{
    return error_set(err, code, "%s:%" PRIu64 ": %s", reader->path, reader->next_line, what);
}

/* The record does not end before the buffer does. */
static int fail_unfinished(const struct csv_reader *reader, struct error *err)
{
    if (reader->end_of_file)
        return fail(reader, ERROR_PARSE, "a quote is opened and never closed", err);
    return fail(reader, ERROR_LIMIT, "a record is longer than allowed, or a quote is never closed", err);
}

/* A quoted field opens at bytes[*at]: finds what is between the quotes and leaves *at behind the closing one.
 */
static int scan_quoted(struct csv_reader *reader, size_t *at, struct slice *field, uint64_t *lines,
                       struct error *err)
{
    const char *bytes = reader->bytes;
    size_t start = *at + 1;
    size_t from = start;
    for (;;) {
        const char *quote = memchr(bytes + from, '"', reader->end - from);
        if (!quote)
            return fail_unfinished(reader, err);
        size_t stop = (size_t)(quote - bytes);
        if (memchr(bytes + from, '\0', stop - from))
            return fail(reader, ERROR_PARSE, ZERO_BYTE, err);
        for (const char *newline = bytes + from; (newline = memchr(newline, '\n', (size_t)(quote - newline)));
             newline++)
            ++*lines;
        if (stop + 1 == reader->end || bytes[stop + 1] != '"') {
            *field = (struct slice){bytes + start, stop - start};
            *at = stop + 1;
            return 0;
        }
        reader->doubled = true;
        from = stop + 2;
    }
}

/* Makes one quote of each doubled one, in place. Only now that the record is whole: the bytes of one that is
 * not stay as they were, for csv_skip_line. */
static void undouble_quotes(struct csv_reader *reader)
{
    for (size_t i = 0; i < reader->field_count; i++) {
        struct slice *field = &reader->fields[i];
        char *to = reader->bytes + (field->data - reader->bytes);
        if (field->data == reader->bytes || field->data[-1] != '"')
            continue; /* not quoted */
        for (size_t from = 0; from < field->length; from++) {
            *to++ = field->data[from];
            from += field->data[from] == '"';
        }
        field->length = (size_t)(to - field->data);
    }
}

/* The four bytes that end an unquoted field are no larger than the comma, and most bytes of a table are
 * larger. */
static inline bool ends_field(char byte)
{
    return byte == ',' || byte == '\n' || byte == '\r' || byte == '\0';
}

/* The bytes from `base` that may end a field, found for a whole block at once, so that one field need not
 * wait for the other; bit i is bytes[base + i]. */
struct marks {
    size_t base;
    uint64_t bits;
};

/* Marks the bytes of the block at `base` that are no larger than the comma: an addition without the top bits
 * carries into them for the others, and a multiplication gathers the eight bits of a word. */
static inline struct marks mark_block(const char *bytes, size_t base)
{
    static const uint64_t TOP = UINT64_C(0x8080808080808080), EACH = UINT64_C(0x0101010101010101);
    static const uint64_t GATHER = UINT64_C(0x0102040810204080);
    struct marks marks = {base, 0};
    for (unsigned i = 0; i < BLOCK_BYTES / 8; i++) {
        uint64_t word = 0;
        memcpy(&word, bytes + base + 8 * (size_t)i, sizeof word);
        word = le64toh(word);
        const uint64_t small = ~(((word & ~TOP) + (0x7F - ',') * EACH) | word) & TOP;
        marks.bits |= ((small >> 7) * GATHER >> 56) << (8 * i);
    }
    return marks;
}

/* Where the unquoted field ends that the marks stand at. A zero ends the bytes, so there is an end. */
static inline size_t next_end(const char *bytes, struct marks *marks)
{
    for (;;) {
        while (marks->bits == 0)
            *marks = mark_block(bytes, marks->base + BLOCK_BYTES);
        size_t at = marks->base + (size_t)__builtin_ctzll(marks->bits);
        marks->bits &= marks->bits - 1;
        if (ends_field(bytes[at]))
            return at;
    }
}

/* Splits the record at reader->at into fields; `*past` is then behind its line end and `*lines` is the number
 * of lines it took. */
static int scan_record(struct csv_reader *reader, size_t *past, uint64_t *lines, struct error *err)
{
    const char *bytes = reader->bytes;
    size_t at = reader->at;
    struct marks marks = mark_block(bytes, at);
    reader->field_count = 0;
    reader->doubled = false;
    *lines = 0;
    for (;;) {
        if (reader->field_count == reader->limits.fields)
            return fail(reader, ERROR_LIMIT, "more fields than a record may have", err);
        struct slice *field = &reader->fields[reader->field_count++];
        if (at < reader->end && bytes[at] == '"') {
            if (scan_quoted(reader, &at, field, lines, err))
                return -1;
            marks = mark_block(bytes, at + 1);
        } else {
            size_t start = at;
            at = next_end(bytes, &marks);
            *field = (struct slice){bytes + start, at - start};
        }
        if (field->length > reader->limits.field_bytes)
            return fail(reader, ERROR_LIMIT, "a field is longer than allowed", err);
        if (at == reader->end) {
            if (!reader->end_of_file)
                return fail_unfinished(reader, err);
            *past = at;
            return 0;
        }
        size_t newline = bytes[at] == '\r' ? at + 1 : at;
        if (newline < reader->end && bytes[newline] == '\n') {
            ++*lines;
            *past = newline + 1;
            return 0;
        }
        if (bytes[at] != ',')
            return fail(reader, ERROR_PARSE,
                        bytes[at] == '\0'   ? ZERO_BYTE
                        : bytes[at] == '\r' ? "a carriage return without a newline"
                                            : "text after a closing quote",
                        err);
        at++;
    }
}

/* Converts all fields of the record from CP1252 to UTF-8 into one block. */
static int convert_record(struct csv_reader *reader, struct error *err)
{
    size_t total = 0;
    for (size_t i = 0; i < reader->field_count; i++)
        total += reader->fields[i].length;
    free(reader->converted);
    reader->converted = malloc(3 * total + 1); /* a CP1252 byte takes at most three in UTF-8 */
    if (!reader->converted)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    iconv_t converter = iconv_open("UTF-8", "CP1252");
    if (converter == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr): iconv_open's own error value
        return error_set(err, ERROR_INTERNAL, "no conversion from CP1252 on this system");
    char *to = reader->converted;
    size_t room = 3 * total;
    int status = 0;
    for (size_t i = 0; status == 0 && i < reader->field_count; i++) {
        char *from = (char *)reader->fields[i].data;
        size_t left = reader->fields[i].length;
        char *start = to;
        if (iconv(converter, &from, &left, &to, &room) == (size_t)-1)
            status = fail(reader, ERROR_PARSE, "a byte that CP1252 does not have", err);
        reader->fields[i] = (struct slice){start, (size_t)(to - start)};
    }
    iconv_close(converter);
    return status;
}

/* Whether the record ends with its line, which is in the buffer: every quote in it opens a field or is the
 * next one and closes it. False may also be said of one that does. */
static bool is_at_hand(const struct csv_reader *reader)
{
    const char *start = reader->bytes + reader->at;
    const char *newline = memchr(start, '\n', reader->end - reader->at);
    if (!newline)
        return false;
    const char *open = start;
    while ((open = memchr(open, '"', (size_t)(newline - open)))) {
        const char *close = memchr(open + 1, '"', (size_t)(newline - open) - 1);
        if ((open != start && open[-1] != ',') || !close ||
            (close[1] != ',' && close[1] != '\n' && close[1] != '\r'))
            return false;
        open = close + 1;
    }
    return true;
}

/* Reads on when the record at `at` may not end in the buffer. With as much there as a record may have, one
 * that does not end is over its limit. */
static int bring(struct csv_reader *reader, struct error *err)
{
    const size_t record_bytes = reader->limits.record_bytes;
    if (reader->at == reader->end && !reader->end_of_file && refill(reader, PLAIN_BYTES, err))
        return -1;
    if (reader->end_of_file || reader->end - reader->at > record_bytes || is_at_hand(reader))
        return 0;
    return refill(reader, reader->capacity, err);
}

int csv_next(struct csv_reader *reader, const struct slice **fields, size_t *count, struct error *err)
{
    for (;;) {
        if (bring(reader, err))
            return -1;
        if (reader->at == reader->end)
            return 0;
        size_t past = reader->at;
        uint64_t lines = 0;
        if (scan_record(reader, &past, &lines, err))
            return -1;
        if (past - reader->at > reader->limits.record_bytes)
            return fail(reader, ERROR_LIMIT, "a record is longer than allowed", err);
        if (reader->doubled)
            undouble_quotes(reader);
        bool quoted = reader->bytes[reader->at] == '"'; /* "" is a record of one empty field */
        bool empty = reader->field_count == 1 && !quoted && reader->fields[0].length == 0;
        if (!empty && reader->limits.encoding == CSV_CP1252 && convert_record(reader, err))
            return -1;
        reader->position += past - reader->at;
        reader->at = past;
        reader->line = reader->next_line;
        reader->next_line += lines;
        if (empty)
            continue;
        *fields = reader->fields;
        *count = reader->field_count;
        return 1;
    }
}

/* ---- Plain records ---- */

/* Finds the ends of fields from `at` on, reading when there is nothing left to look at. False when there are
 * no more than were known. */
static bool index_more(struct csv_reader *reader)
{
    struct error unseen = {0}; /* csv_next meets it again */
    if (reader->indexed_to == reader->end &&
        (reader->end_of_file || refill(reader, PLAIN_BYTES, &unseen) || reader->at == reader->end))
        return false;
    const size_t known = reader->marks - reader->mark;
    const size_t left = reader->end - reader->at;
    reader->indexed_to = reader->at + (left < PLAIN_BYTES ? left : PLAIN_BYTES);
    reader->mark = 0;
    reader->marks = csv_index(reader->index + 1, reader->bytes, reader->at, reader->indexed_to);
    return reader->marks > known;
}

/* Whether the record at `at`, whose first mark is *ends, is plain. */
static bool is_plain(const struct csv_reader *reader, size_t count, size_t at, const uint32_t *ends,
                     struct csv_plain *out)
{
    const char *bytes = reader->bytes;
    const struct csv_options *limits = &reader->limits;
    bool commas = true;
    for (size_t i = 0; i + 1 < count; i++)
        commas &= bytes[ends[i]] == ',';
    const size_t last = ends[count - 1];
    const bool carriage = bytes[last] == '\r' && bytes[last + 1] == '\n' && last + 1 < reader->indexed_to;
    const size_t past = last + 1 + carriage;
    *out = (struct csv_plain){bytes, ends, (uint32_t)past, (uint32_t)(count + carriage)};
    return commas && (carriage || bytes[last] == '\n') && (count > 1 || last > at) && /* no empty line */
           past - at <= limits->record_bytes && past - at <= limits->field_bytes;
}

size_t csv_peek(struct csv_reader *reader, size_t count, struct csv_plain *records, size_t most)
{
    if (!reader->index || count == 0 || count > reader->limits.fields)
        return 0;
    uint32_t *ends = reader->index + 1;
    while (reader->mark < reader->marks && ends[reader->mark] < reader->at) /* csv_next has gone on */
        reader->mark++;
    while (reader->marks - reader->mark <= count && index_more(reader)) /* one more: the newline of "\r\n" */
        ;
    size_t mark = reader->mark;
    size_t at = reader->at;
    size_t found = 0;
    ends[(ptrdiff_t)mark - 1] = (uint32_t)at - 1;
    while (found < most && reader->marks - mark >= count &&
           is_plain(reader, count, at, ends + mark, &records[found])) {
        mark += records[found].marks;
        at = records[found++].past;
    }
    return found;
}

void csv_pass(struct csv_reader *reader, const struct csv_plain *record)
{
    reader->position += record->past - reader->at;
    reader->at = record->past;
    reader->mark += record->marks;
    reader->line = reader->next_line++;
}

int csv_skip_line(struct csv_reader *reader, struct error *err)
{
    const char *start = reader->bytes + reader->at;
    size_t left = reader->end - reader->at;
    const char *newline = memchr(start, '\n', left);
    size_t length = newline ? (size_t)(newline - start) + 1 : left;
    if (length > reader->limits.record_bytes || (!newline && !reader->end_of_file))
        return fail(reader, ERROR_LIMIT, "a line is longer than allowed", err);
    reader->position += length;
    reader->at += length;
    reader->line = reader->next_line++;
    return 0;
}

uint64_t csv_line(const struct csv_reader *reader)
{
    return reader->line;
}

uint64_t csv_position(const struct csv_reader *reader)
{
    return reader->position;
}

uint64_t csv_size(const struct csv_reader *reader)
{
    return reader->size;
}

void csv_close(struct csv_reader *reader)
{
    if (!reader)
        return;
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader->block);
    free(reader->index);
    free(reader->fields);
    free(reader->converted);
    free(reader);
}
