#include "shared/data/table.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/id_set.h"
#include "shared/base/number.h"
#include "shared/data/csv.h"
#include "shared/data/table_scan.h"

enum { SHOWN_BYTES = 80, SHOWN_SIZE = 4 * SHOWN_BYTES + 1 };

struct table_reader {
    struct csv_reader *csv;
    const struct table_schema *schema;
    char path[PATH_MAX];
    int *column_of_field; /* [field_count]: which column each field of a record is */
    size_t field_count;
    bool has_target;
    bool lacks_target;       /* an application file without it */
    struct id_set keys;      /* seen so far */
    struct table_scan *scan; /* the fast way to read a row; NULL where there is none */
};

/* Columns that a file may lack: application_test.csv has no TARGET. */
static bool may_be_absent(enum home_credit_table table, size_t column)
{
    return table == TABLE_APPLICATION && column == APPLICATION_TARGET;
}

/* The bytes as an error message shows them: at most SHOWN_BYTES, and what is not printable ASCII as \xNN, so
 * that the message stays one line of UTF-8 whatever the file holds. */
static void show(char out[SHOWN_SIZE], struct slice value)
{
    size_t length = value.length < SHOWN_BYTES ? value.length : SHOWN_BYTES;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        out += snprintf(out, 5, byte < ' ' || byte > '~' ? "\\x%02X" : "%c", byte);
    }
    *out = '\0';
}

/* The position of the column that a header field names, or -1. */
static int find_column(const struct table_schema *schema, struct slice name)
{
    for (size_t i = 0; i < schema->column_count; i++)
        if (slice_equals(name, schema->columns[i].name))
            return (int)i;
    return -1;
}

/* Matches the header with the schema. */
static int read_header(struct table_reader *reader, enum home_credit_table table, struct error *err)
{
    const struct table_schema *schema = reader->schema;
    const struct slice *fields = NULL;
    size_t count = 0;
    int got = csv_next(reader->csv, &fields, &count, err);
    if (got < 0)
        return -1;
    if (got == 0)
        return error_set(err, ERROR_PARSE, "%s: empty; the first line must name the columns of %s",
                         reader->path, schema->name);
    reader->column_of_field = calloc(count, sizeof *reader->column_of_field);
    bool *seen = calloc(schema->column_count, sizeof *seen);
    if (!reader->column_of_field || !seen) {
        free(seen);
        return error_set(err, ERROR_INTERNAL, "out of memory");
    }
    reader->field_count = count;
    int status = 0;
    for (size_t i = 0; status == 0 && i < count; i++) {
        char name[SHOWN_SIZE];
        show(name, fields[i]);
        int column = find_column(schema, fields[i]);
        if (column < 0)
            status = error_set(err, ERROR_INVALID,
                               "%s:%" PRIu64 ": unknown column \"%s\"; table %s has no such column",
                               reader->path, csv_line(reader->csv), name, schema->name);
        else if (seen[column])
            status = error_set(err, ERROR_INVALID, "%s:%" PRIu64 ": column %s stands twice", reader->path,
                               csv_line(reader->csv), name);
        else
            seen[column] = true;
        reader->column_of_field[i] = column;
    }
    for (size_t i = 0; status == 0 && i < schema->column_count; i++)
        if (!seen[i] && !may_be_absent(table, i))
            status = error_set(err, ERROR_INVALID, "%s:%" PRIu64 ": column %s is missing", reader->path,
                               csv_line(reader->csv), schema->columns[i].name);
    reader->has_target = table == TABLE_APPLICATION && seen[APPLICATION_TARGET];
    reader->lacks_target = table == TABLE_APPLICATION && !seen[APPLICATION_TARGET];
    free(seen);
    return status;
}

int table_open(struct table_reader **out, const char *path, enum home_credit_table table, struct error *err)
{
    struct table_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    reader->schema = home_credit_schema(table);
    snprintf(reader->path, sizeof reader->path, "%s", path);
    if (csv_open(&reader->csv, path, NULL, err) || read_header(reader, table, err) ||
        table_scan_new(&reader->scan, reader->schema, reader->column_of_field, reader->field_count, err)) {
        table_close(reader);
        return -1;
    }
    *out = reader;
    return 0;
}

/* Fills `err` for one wrong field: file, line, column, value and what is wrong with it. */
static int fail(const struct table_reader *reader, const struct column *column, struct slice value,
                const char *what, struct error *err)
{
    char shown[SHOWN_SIZE];
    show(shown, value);
    return error_set(err, ERROR_INVALID, "%s:%" PRIu64 ": %s: \"%s\" %s", reader->path, csv_line(reader->csv),
                     column->name, shown, what);
}

/* A number that the column takes. */
static inline bool is_number(double *out, const struct column *column, struct slice field)
{
    if (!number_read(out, field.data, field.length) || *out < column->lowest || *out > column->highest)
        return false;
    /* The range has made sure that it fits; a cast is cheaper than floor() on the baseline processor. */
    return column->kind == COLUMN_NUMBER || *out == (double)(int64_t)*out;
}

static inline bool is_value(double *out, const struct column *column, struct slice field)
{
    if (field.length == 0) {
        *out = NAN;
        return !column->required;
    }
    if (column->kind != COLUMN_CATEGORY)
        return is_number(out, column, field);
    int category = home_credit_category(column, field.data, field.length);
    *out = category;
    return category >= 0;
}

bool table_field(double *out, const struct column *column, struct slice field)
{
    return is_value(out, column, field);
}

/* Says what is wrong with a field. */
static int refuse(const struct table_reader *reader, const struct column *column, struct slice field,
                  struct error *err)
{
    double value;
    char range[96];
    const char *what = column->kind != COLUMN_NUMBER ? "is not a whole number" : "is not a number";
    if (field.length == 0) {
        what = "is empty, but every row needs it";
    } else if (column->kind == COLUMN_CATEGORY) {
        what = "is not a known category";
    } else if (number_read(&value, field.data, field.length) &&
               (value < column->lowest || value > column->highest)) {
        snprintf(range, sizeof range, "is not between %.15g and %.15g", column->lowest, column->highest);
        what = range;
    }
    return fail(reader, column, field, what, err);
}

/* Any record, field by field. Returns as table_next does. */
static int read_row(struct table_reader *reader, double *row, struct error *err)
{
    const struct slice *fields = NULL;
    size_t count = 0;
    int got = csv_next(reader->csv, &fields, &count, err);
    if (got <= 0)
        return got;
    const struct table_schema *schema = reader->schema;
    if (count != reader->field_count)
        return error_set(err, ERROR_PARSE, "%s:%" PRIu64 ": %zu fields where the header has %zu%s",
                         reader->path, csv_line(reader->csv), count, reader->field_count,
                         count < reader->field_count ? "; the line is truncated" : "");
    if (reader->lacks_target)
        row[APPLICATION_TARGET] = NAN;
    for (size_t i = 0; i < count; i++) {
        int column = reader->column_of_field[i];
        if (!is_value(&row[column], &schema->columns[column], fields[i]))
            return refuse(reader, &schema->columns[column], fields[i], err);
    }
    return 1;
}

int table_next(struct table_reader *reader, double *row, struct error *err)
{
    const struct table_schema *schema = reader->schema;
    if (!reader->scan || !table_scan_next(reader->scan, reader->csv, row)) {
        int got = read_row(reader, row, err);
        if (got <= 0)
            return got;
    }
    if (schema->key < 0)
        return 1;
    int added = id_set_add(&reader->keys, (int64_t)row[schema->key], err);
    if (added == 1)
        return error_set(err, ERROR_INVALID, "%s:%" PRIu64 ": %s: \"%.0f\" stands in an earlier line already",
                         reader->path, csv_line(reader->csv), schema->columns[schema->key].name,
                         row[schema->key]);
    return added == 0 ? 1 : -1;
}

bool table_has_target(const struct table_reader *reader)
{
    return reader->has_target;
}

uint64_t table_line(const struct table_reader *reader)
{
    return csv_line(reader->csv);
}

uint64_t table_position(const struct table_reader *reader)
{
    return csv_position(reader->csv);
}

uint64_t table_size(const struct table_reader *reader)
{
    return csv_size(reader->csv);
}

void table_close(struct table_reader *reader)
{
    if (!reader)
        return;
    csv_close(reader->csv);
    free(reader->column_of_field);
    table_scan_free(reader->scan);
    id_set_free(&reader->keys);
    free(reader);
}

/* ---- Whole tables ---- */

enum { FIRST_ROWS = 1024 };
static const int32_t MISSING_INTEGER = INT32_MIN;
static const int8_t MISSING_FLAG = INT8_MIN;
static const uint8_t MISSING_CATEGORY = UINT8_MAX;

struct table {
    const struct table_schema *schema;
    void **columns; /* one array a column, of the type its kind asks for */
    size_t rows, capacity;
    bool has_target;
};

static size_t value_bytes(enum column_kind kind)
{
    static const size_t bytes[] = {[COLUMN_KEY] = sizeof(double),
                                   [COLUMN_FLAG] = sizeof(int8_t),
                                   [COLUMN_INTEGER] = sizeof(int32_t),
                                   [COLUMN_NUMBER] = sizeof(double),
                                   [COLUMN_CATEGORY] = sizeof(uint8_t)};
    return bytes[kind];
}

static int grow(struct table *table, struct error *err)
{
    size_t capacity = table->capacity ? table->capacity * 2 : FIRST_ROWS;
    for (size_t i = 0; i < table->schema->column_count; i++) {
        void *column = realloc(table->columns[i], capacity * value_bytes(table->schema->columns[i].kind));
        if (!column)
            return error_set(err, ERROR_INTERNAL, "out of memory for %zu rows of %s", capacity,
                             table->schema->name);
        table->columns[i] = column;
    }
    table->capacity = capacity;
    return 0;
}

static void store(struct table *table, size_t column, double value)
{
    void *values = table->columns[column];
    bool missing = isnan(value);
    switch (table->schema->columns[column].kind) {
    case COLUMN_KEY:
    case COLUMN_NUMBER:
        ((double *)values)[table->rows] = value;
        break;
    case COLUMN_INTEGER:
        ((int32_t *)values)[table->rows] = missing ? MISSING_INTEGER : (int32_t)value;
        break;
    case COLUMN_FLAG:
        ((int8_t *)values)[table->rows] = (int8_t)(missing ? MISSING_FLAG : (int8_t)value);
        break;
    case COLUMN_CATEGORY:
        ((uint8_t *)values)[table->rows] = (uint8_t)(missing ? MISSING_CATEGORY : (uint8_t)value);
        break;
    }
}

int table_load(struct table **out, const char *path, enum home_credit_table kind, struct error *err)
{
    const struct table_schema *schema = home_credit_schema(kind);
    struct table_reader *reader = NULL;
    struct table *table = calloc(1, sizeof *table);
    double *row = calloc(schema->column_count, sizeof *row);
    int status = -1;
    if (!table || !row || !(table->columns = calloc(schema->column_count, sizeof *table->columns))) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        goto done;
    }
    table->schema = schema;
    if (table_open(&reader, path, kind, err))
        goto done;
    table->has_target = reader->has_target;
    int got = 0;
    while ((got = table_next(reader, row, err)) == 1) {
        if (table->rows == table->capacity && grow(table, err))
            goto done;
        for (size_t i = 0; i < schema->column_count; i++)
            store(table, i, row[i]);
        table->rows++;
    }
    status = got;
done:
    table_close(reader);
    free(row);
    if (status == 0)
        *out = table;
    else
        table_free(table);
    return status;
}

size_t table_rows(const struct table *table)
{
    return table->rows;
}

bool table_loaded_target(const struct table *table)
{
    return table->has_target;
}

double table_value(const struct table *table, size_t row, size_t column)
{
    const void *values = table->columns[column];
    switch (table->schema->columns[column].kind) {
    case COLUMN_INTEGER: {
        int32_t value = ((const int32_t *)values)[row];
        return value == MISSING_INTEGER ? (double)NAN : (double)value;
    }
    case COLUMN_FLAG: {
        int8_t value = ((const int8_t *)values)[row];
        return value == MISSING_FLAG ? (double)NAN : (double)value;
    }
    case COLUMN_CATEGORY: {
        uint8_t value = ((const uint8_t *)values)[row];
        return value == MISSING_CATEGORY ? (double)NAN : (double)value;
    }
    case COLUMN_KEY:
    case COLUMN_NUMBER:
        break;
    }
    return ((const double *)values)[row];
}

void table_row(const struct table *table, size_t row, double *out)
{
    for (size_t i = 0; i < table->schema->column_count; i++)
        out[i] = table_value(table, row, i);
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; table->columns && i < table->schema->column_count; i++)
        free(table->columns[i]);
    free(table->columns);
    free(table);
}
