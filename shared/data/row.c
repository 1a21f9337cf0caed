#include "shared/data/row.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shared/base/number.h"
#include "shared/data/record.h"
#include "shared/data/table.h"

enum { NAME_BYTES = 64, DETAIL_BYTES = 256 };

static void add_problem(json_t *problems, const char *name, const char *code, json_t *values,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));

static void add_problem(json_t *problems, const char *name, const char *code, json_t *values,
                        const char *format, ...)
{
    char pointer[NAME_BYTES + 2] = "", detail[DETAIL_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    if (*name)
        snprintf(pointer, sizeof pointer, "/%s", name);
    record_problem(problems, pointer, detail, code, values);
}

/* The name as far as it can be one: what is not printable ASCII becomes a question mark, a slash too, which a
 * pointer would have to escape. */
static void copy_name(char out[NAME_BYTES], struct slice field)
{
    size_t length = field.length < NAME_BYTES - 1 ? field.length : NAME_BYTES - 1;
    for (size_t i = 0; i < length; i++) {
        char letter = field.data[i];
        out[i] = letter;
        if (letter < ' ' || letter > '~' || letter == '/' || letter == '~')
            out[i] = '?';
    }
    out[length] = '\0';
}

/* The application files of Kaggle differ in it. */
static bool may_be_absent(enum home_credit_table table, size_t column)
{
    return table == TABLE_APPLICATION && column == APPLICATION_TARGET;
}

static void add_unknown(json_t *problems, const struct table_schema *schema, const char *name)
{
    const char *names[APPLICATION_COLUMNS]; /* the widest table */
    for (size_t i = 0; i < schema->column_count; i++)
        names[i] = schema->columns[i].name;
    const char *nearest = record_nearest(name, names, schema->column_count);
    add_problem(problems, name, "unknown", nearest ? json_pack("{s:s}", "near", nearest) : NULL,
                nearest ? "%s has no such column; did you mean %s?" : "%s has no such column", schema->name,
                nearest);
}

bool row_match(struct row_header *out, enum home_credit_table table, const struct slice *fields, size_t count,
               json_t *problems)
{
    const struct table_schema *schema = home_credit_schema(table);
    bool seen[APPLICATION_COLUMNS] = {false};
    size_t before = json_array_size(problems);
    *out = (struct row_header){.table = table, .field_count = count};
    if (count > ROW_FIELDS) {
        add_problem(problems, "", "columns", NULL, "the first line has %zu names; %s has %zu columns", count,
                    schema->name, schema->column_count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        char name[NAME_BYTES];
        copy_name(name, fields[i]);
        int column = home_credit_column(schema, name);
        out->column_of_field[i] = column;
        if (column < 0)
            add_unknown(problems, schema, name);
        else if (seen[column])
            add_problem(problems, name, "twice", NULL, "stands twice in the first line");
        else
            seen[column] = true;
    }
    for (size_t i = 0; i < schema->column_count; i++)
        if (!seen[i] && !may_be_absent(table, i))
            add_problem(problems, schema->columns[i].name, "missing", NULL, "this column is missing");
    return json_array_size(problems) == before;
}

/* The field as JSON would have it. */
static json_t *to_json(const struct column *column, struct slice field)
{
    double number;
    if (field.length == 0)
        return json_null();
    if (column->kind != COLUMN_CATEGORY && number_read(&number, field.data, field.length))
        return memchr(field.data, '.', field.length) || number != (double)(json_int_t)number
                   ? json_real(number)
                   : json_integer((json_int_t)number);
    json_t *text = json_stringn(field.data, field.length);
    return text ? text : json_string("bytes that are not UTF-8");
}

/* The value of a field. An empty one is missing, as null is for /predict; only what identifies the row is
 * needed. */
static bool read_field(double *out, const struct column *column, struct slice field)
{
    if (field.length > 0 || column->kind == COLUMN_KEY)
        return table_field(out, column, field);
    *out = NAN;
    return true;
}

/* Lists what is wrong with a record in which something is. */
static void explain(const struct row_header *header, const struct slice *fields, json_t *problems)
{
    const struct table_schema *schema = home_credit_schema(header->table);
    double row[APPLICATION_COLUMNS], value;
    size_t before = json_array_size(problems);
    json_t *object = json_object();
    for (size_t i = 0; i < header->field_count; i++) {
        const struct column *column = &schema->columns[header->column_of_field[i]];
        if (read_field(&value, column, fields[i]))
            continue;
        if (fields[i].length == 0)
            add_problem(problems, column->name, "empty", NULL, "is empty, but every row needs it");
        else
            json_object_set_new(object, column->name, to_json(column, fields[i]));
    }
    if (json_object_size(object) > 0)
        record_read(row, header->table, object, "", problems);
    json_decref(object);
    if (json_array_size(problems) == before)
        add_problem(problems, "", "value", NULL, "a value is not one that %s takes", schema->name);
}

bool row_read(double *row, const struct row_header *header, const struct slice *fields, size_t count,
              json_t *problems)
{
    const struct table_schema *schema = home_credit_schema(header->table);
    if (count != header->field_count) {
        add_problem(
            problems, "", "fields",
            json_pack("{s:I, s:I}", "sent", (json_int_t)count, "expected", (json_int_t)header->field_count),
            "%zu fields where the first line has %zu%s", count, header->field_count,
            count < header->field_count ? "; the line is truncated" : "");
        return false;
    }
    if (header->table == TABLE_APPLICATION)
        row[APPLICATION_TARGET] = NAN;
    for (size_t i = 0; i < count; i++) {
        int column = header->column_of_field[i];
        if (!read_field(&row[column], &schema->columns[column], fields[i])) {
            explain(header, fields, problems);
            return false;
        }
    }
    return true;
}
