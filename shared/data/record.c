#include "shared/data/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DETAIL_BYTES = 512, POINTER_BYTES = 256, SHOWN_BYTES = 60, WORD_BYTES = 64 };

/* Levenshtein distance of two short words, letter case ignored; WORD_BYTES or more when one is too long. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t length_a = strlen(a);
    size_t length_b = strlen(b);
    if (length_a >= WORD_BYTES || length_b >= WORD_BYTES)
        return WORD_BYTES;
    size_t row[WORD_BYTES + 1];
    for (size_t j = 0; j <= length_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            size_t above = row[j];
            size_t best = diagonal + (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0);
            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[length_b];
}

const char *record_nearest(const char *text, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t least = strlen(text) / 3 + 2; /* farther than this is another word, not a slip */
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(text, names[i]);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

/* Appends {"pointer": POINTER/NAME, "detail"} with the name escaped as RFC 6901 asks. */
static void add_problem(json_t *problems, const char *pointer, const char *name, const char *detail)
{
    char full[POINTER_BYTES];
    size_t at = (size_t)snprintf(full, sizeof full, "%s/", pointer);
    for (; *name && at + 3 < sizeof full; name++) {
        const char *escaped = *name == '~' ? "~0" : *name == '/' ? "~1" : NULL;
        if (escaped) {
            full[at++] = escaped[0];
            full[at++] = escaped[1];
        } else {
            full[at++] = *name;
        }
    }
    while (at > 0 && ((unsigned char)full[at - 1] & 0xC0) == 0x80) /* never end inside a UTF-8 sequence */
        at--;
    full[at] = '\0';
    json_array_append_new(problems, json_pack("{s:s, s:s}", "pointer", full, "detail", detail));
}

/* The value as it was sent, shortened, for an error message. */
static void show_value(char out[SHOWN_BYTES + 4], const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    snprintf(out, SHOWN_BYTES + 4, "%.*s%s", SHOWN_BYTES, text ? text : "?",
             text && strlen(text) > SHOWN_BYTES ? "…" : "");
    free(text);
}

/* Says what a categorical column takes: the nearest text when there is one, else all (a few). */
static void describe_categories(char *out, size_t size, const struct column *column, const char *sent)
{
    const char *nearest = sent ? record_nearest(sent, column->categories, column->category_count) : NULL;
    if (nearest) {
        snprintf(out, size, "did you mean \"%s\"?", nearest);
        return;
    }
    enum { ALL_UP_TO = 8 };
    size_t at = (size_t)snprintf(out, size, "it takes one of ");
    for (size_t i = 0; i < column->category_count && at < size; i++) {
        if (i == ALL_UP_TO) {
            snprintf(out + at, size - at, " …");
            return;
        }
        at += (size_t)snprintf(out + at, size - at, "%s\"%s\"", i ? ", " : "", column->categories[i]);
    }
}

/* One field. True and `*out` set, or false with `detail` filled. */
static bool read_value(double *out, const struct column *column, const json_t *value, char *detail)
{
    char shown[SHOWN_BYTES + 4];
    char help[DETAIL_BYTES / 2];
    show_value(shown, value);
    if (column->kind == COLUMN_CATEGORY) {
        const char *text = json_string_value(value);
        int category = text ? home_credit_category(column, text, json_string_length(value)) : -1;
        *out = category;
        if (category >= 0)
            return true;
        describe_categories(help, sizeof help, column, text);
        snprintf(detail, DETAIL_BYTES, "%s is %s; %s", shown, text ? "not a known category" : "not a text",
                 help);
        return false;
    }
    bool whole = column->kind != COLUMN_NUMBER;
    if (!json_is_number(value)) {
        snprintf(detail, DETAIL_BYTES, "%s is not a number; send a JSON %s or null", shown,
                 whole ? "integer" : "number");
        return false;
    }
    *out = json_number_value(value);
    if (whole && *out != floor(*out)) {
        snprintf(detail, DETAIL_BYTES, "%s is not a whole number", shown);
        return false;
    }
    if (*out < column->lowest || *out > column->highest) {
        snprintf(detail, DETAIL_BYTES, "%s is not between %.15g and %.15g", shown, column->lowest,
                 column->highest);
        return false;
    }
    return true;
}

static void add_unknown_name(json_t *problems, const char *pointer, const char *name,
                             const struct table_schema *schema)
{
    const char *names[APPLICATION_COLUMNS];
    for (size_t i = 0; i < schema->column_count; i++)
        names[i] = schema->columns[i].name;
    const char *nearest = record_nearest(name, names, schema->column_count);
    char detail[DETAIL_BYTES];
    if (nearest)
        snprintf(detail, sizeof detail, "%s has no such field; did you mean %s?", schema->name, nearest);
    else
        snprintf(detail, sizeof detail, "%s has no such field", schema->name);
    add_problem(problems, pointer, name, detail);
}

bool record_read(double *row, enum home_credit_table table, const json_t *object, const char *pointer,
                 json_t *problems)
{
    const struct table_schema *schema = home_credit_schema(table);
    for (size_t i = 0; i < schema->column_count; i++)
        row[i] = NAN;
    size_t before = json_array_size(problems);
    if (!json_is_object(object)) {
        json_array_append_new(problems, json_pack("{s:s, s:s}", "pointer", pointer, "detail",
                                                  "must be an object of field names and values"));
        return false;
    }
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)object, name, value)
    {
        int column = home_credit_column(schema, name);
        char detail[DETAIL_BYTES];
        if (column < 0)
            add_unknown_name(problems, pointer, name, schema);
        else if (!json_is_null(value) && !read_value(&row[column], &schema->columns[column], value, detail))
            add_problem(problems, pointer, name, detail);
    }
    return json_array_size(problems) == before;
}

json_t *record_write(const double *row, enum home_credit_table table)
{
    const struct table_schema *schema = home_credit_schema(table);
    json_t *object = json_object();
    for (size_t i = 0; i < schema->column_count; i++) {
        const struct column *column = &schema->columns[i];
        json_t *value = isnan(row[i])                     ? json_null()
                        : column->kind == COLUMN_CATEGORY ? json_string(column->categories[(size_t)row[i]])
                        : column->kind == COLUMN_NUMBER   ? json_real(row[i])
                                                          : json_integer((json_int_t)row[i]);
        json_object_set_new_nocheck(object, column->name, value);
    }
    return object;
}
