/* Any bytes behind the names of a small table, cut in two wherever a record ends: every record is a row or is
 * told to be wrong, and the halves have together as many as the whole. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/data/csv.h"
#include "shared/data/row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_BYTES = 4096, INPUT_BYTES = 1 << 16 };

static const char names[] = "SK_ID_BUREAU,MONTHS_BALANCE,STATUS\n";
static char text[INPUT_BYTES + sizeof names];

/* The rows of `size` bytes behind the names; -1 when a line is too long. `*middle` is where, in the bytes,
 * the record behind half of them ends. */
static int count_rows(const uint8_t *bytes, size_t size, size_t *middle)
{
    const struct csv_options options = {.record_bytes = LINE_BYTES};
    struct csv_reader *reader = NULL;
    struct row_header header;
    const struct slice *fields = NULL;
    size_t count = 0;
    double row[APPLICATION_COLUMNS];
    struct error err = {0};
    int rows = 0;
    json_t *problems = json_array();
    memcpy(text, names, sizeof names - 1);
    memcpy(text + sizeof names - 1, bytes, size);
    if (csv_open_bytes(&reader, "fuzz", text, sizeof names - 1 + size, &options, &err) ||
        csv_next(reader, &fields, &count, &err) != 1 ||
        !row_match(&header, TABLE_BUREAU_BALANCE, fields, count, problems))
        abort();
    *middle = 0;
    for (int got; (got = csv_next(reader, &fields, &count, &err)) != 0; rows++) {
        json_array_clear(problems);
        error_clear(&err);
        if (got < 0 && csv_skip_line(reader, &err)) {
            rows = -1;
            break;
        }
        if (got > 0 && row_read(row, &header, fields, count, problems) != (json_array_size(problems) == 0))
            abort();
        size_t end = (size_t)csv_position(reader) - (sizeof names - 1);
        if (*middle == 0 && end >= size / 2)
            *middle = end;
    }
    json_decref(problems);
    csv_close(reader);
    return rows;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t middle = 0, unused = 0;
    if (size > INPUT_BYTES)
        return 0;
    int rows = count_rows(data, size, &middle);
    if (rows >= 0 &&
        count_rows(data, middle, &unused) + count_rows(data + middle, size - middle, &unused) != rows)
        abort();
    return 0;
}
