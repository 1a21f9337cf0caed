/* Any bytes as records with tight limits and as a table: the readers return what is there or an error, and
 * nothing else. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shared/data/csv.h"
#include "shared/data/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORD_BYTES = 64, FIELD_BYTES = 16, FIELDS = 4, CONVERTED_BYTES = 3 * FIELD_BYTES };

static void read_records(const char *path, enum csv_encoding encoding)
{
    struct csv_options options = {
        .encoding = encoding, .record_bytes = RECORD_BYTES, .field_bytes = FIELD_BYTES, .fields = FIELDS};
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    size_t count = 0;
    struct error err = {0};
    uint64_t line = 0;
    int got = csv_open(&reader, path, &options, &err);
    while (got == 0 && (got = csv_next(reader, &fields, &count, &err)) == 1) {
        if (count == 0 || count > FIELDS || csv_line(reader) <= line)
            abort();
        for (size_t i = 0; i < count; i++)
            if (fields[i].length > CONVERTED_BYTES ||
                (fields[i].length && memchr(fields[i].data, '\0', fields[i].length)))
                abort();
        line = csv_line(reader);
        got = 0;
    }
    if (got == 0 && csv_position(reader) != csv_size(reader))
        abort();
    if (got < 0 && err.code == ERROR_NONE)
        abort();
    csv_close(reader);
}

/* The records that csv_peek finds must be those of csv_next, and what it leaves is for csv_next. */
static void compare_peeked(const char *path, size_t count)
{
    enum { MOST = 3 };
    struct csv_options options = {.record_bytes = RECORD_BYTES, .field_bytes = FIELD_BYTES, .fields = FIELDS};
    struct csv_reader *peeking = NULL;
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL;
    const struct slice *others = NULL;
    struct csv_plain plain[MOST];
    size_t got_count = 0;
    size_t other_count = 0;
    struct error err = {0};
    struct error other = {0};
    int got = csv_open(&peeking, path, &options, &err) || csv_open(&reader, path, &options, &err) ? -1 : 1;
    while (got == 1) {
        const size_t found = csv_peek(peeking, count, plain, MOST);
        for (size_t i = 0; i < found; i++) {
            csv_pass(peeking, &plain[i]);
            if (csv_next(reader, &fields, &got_count, &err) != 1 || got_count != count ||
                csv_line(reader) != csv_line(peeking) || csv_position(reader) != csv_position(peeking))
                abort();
            for (size_t j = 0; j < count; j++) {
                const uint32_t start = plain[i].ends[(ptrdiff_t)j - 1] + 1;
                if (fields[j].length != plain[i].ends[j] - start ||
                    memcmp(fields[j].data, plain[i].bytes + start, fields[j].length) != 0)
                    abort();
            }
        }
        if (found)
            continue;
        got = csv_next(reader, &fields, &got_count, &err);
        if (csv_next(peeking, &others, &other_count, &other) != got || (got == 1 && got_count != other_count))
            abort();
        for (size_t i = 0; got == 1 && i < got_count; i++)
            if (fields[i].length != others[i].length ||
                memcmp(fields[i].data, others[i].data, fields[i].length) != 0)
                abort();
    }
    if (strcmp(err.message, other.message) != 0)
        abort();
    csv_close(peeking);
    csv_close(reader);
}

static void read_table(const char *path)
{
    struct error err = {0};
    struct table_reader *reader = NULL;
    double row[APPLICATION_COLUMNS];
    if (table_open(&reader, path, TABLE_BUREAU_BALANCE, &err) == 0)
        while (table_next(reader, row, &err) == 1)
            ;
    table_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char header[] = "SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n";
    if (size == 0)
        return 0;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    uint8_t choice = *data++;
    size--;
    if ((choice % 4 == 3 && write(fd, header, sizeof header - 1) < 0) || write(fd, data, size) < 0)
        choice = 0;
    if (choice % 4 == 0)
        compare_peeked(path, 1 + choice / 4 % FIELDS);
    if (choice % 2)
        read_table(path);
    else
        read_records(path, choice % 4 ? CSV_CP1252 : CSV_UTF8);
    close(fd);
    return 0;
}
