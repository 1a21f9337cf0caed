#include "shared/data/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DETAIL_BYTES = 512, POINTER_BYTES = 256, SHOWN_BYTES = 60, WORD_BYTES = 64, CHOICES = 8 };

/* ASCII only and the same in every locale, unlike tolower. */
static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/* Edits that make one of two short words the other, letter case ignored: a letter more, less or another, or
 * two neighbours swapped (optimal string alignment, Damerau 1964). WORD_BYTES when one is too long or their
 * lengths alone differ by `limit` or more. */
static size_t edit_distance(const char *a, const char *b, size_t limit)
{
    size_t length_a = strlen(a);
    size_t length_b = strlen(b);
    if (length_a >= WORD_BYTES || length_b >= WORD_BYTES || length_a >= length_b + limit ||
        length_b >= length_a + limit)
        return WORD_BYTES;
    size_t rows[3][WORD_BYTES + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= length_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            char letter = lower(a[i - 1]), other = lower(b[j - 1]);
            size_t best = above[j - 1] + (letter != other);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && letter == lower(b[j - 2]) && lower(a[i - 2]) == other;
            if (swapped && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
    }
    return row[length_b];
}

const char *record_nearest(const char *text, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(text), third = length / 3 + 1, half = length / 2;
    size_t least = (third < half ? third : half) + 1; /* as far as this is another word, not a slip */
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(text, names[i], least);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

void record_problem(json_t *problems, const char *pointer, const char *detail, const char *code,
                    json_t *values)
{
    /* No caller reads so many, and each costs a search for the nearest word. */
    if (json_array_size(problems) < RECORD_PROBLEMS)
        json_array_append_new(problems, json_pack("{s:s, s:s, s:s, s:O*}", "pointer", pointer, "detail",
                                                  detail, "code", code, "values", values));
    json_decref(values);
}

/* Whether the byte goes on with a UTF-8 character that an earlier one began. */
static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* What is wrong with a value. */
struct fault {
    char detail[DETAIL_BYTES];
    const char *code;
    json_t *values; /* goes over to record_problem */
};

/* Appends a problem at POINTER/NAME, with the name escaped as RFC 6901 asks. */
static void add_problem(json_t *problems, const char *pointer, const char *name, struct fault *fault)
{
    char full[POINTER_BYTES];
    snprintf(full, sizeof full, "%s/", pointer);
    size_t at = strlen(full);
    for (; *name && at + 3 < sizeof full; name++) {
        const char *escaped = *name == '~' ? "~0" : *name == '/' ? "~1" : NULL;
        if (escaped) {
            full[at++] = escaped[0];
            full[at++] = escaped[1];
        } else {
            full[at++] = *name;
        }
    }
    if (is_continuation(*name)) { /* cut inside a character: take its beginning away too */
        while (is_continuation(full[at - 1]))
            at--;
        at--;
    }
    full[at] = '\0';
    record_problem(problems, full, fault->detail, fault->code, fault->values);
    fault->values = NULL;
}

/* The value as it was sent, shortened, for an error message. */
static void show_value(char out[SHOWN_BYTES + 4], const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    snprintf(out, SHOWN_BYTES + 4, "%.*s%s", SHOWN_BYTES, text ? text : "?",
             text && strlen(text) > SHOWN_BYTES ? "…" : "");
    free(text);
}

/* The same for `values`: a text as it is, without quotes. */
static json_t *sent_value(const json_t *value)
{
    char shown[SHOWN_BYTES + 4];
    const char *text = json_string_value(value);
    if (!text) {
        show_value(shown, value);
        return json_string(shown);
    }
    size_t length = strlen(text);
    if (length <= SHOWN_BYTES)
        return json_string(text);
    length = SHOWN_BYTES;
    while (is_continuation(text[length]))
        length--;
    return json_sprintf("%.*s…", (int)length, text);
}

static bool in_range(const struct column *column, double value)
{
    return value >= column->lowest && value <= column->highest;
}

/* Says what a categorical column takes: the nearest text when there is one, else all (a few). */
static void describe_categories(char *out, size_t size, const struct column *column, const char *nearest)
{
    if (nearest) {
        snprintf(out, size, "did you mean \"%s\"?", nearest);
        return;
    }
    size_t at = (size_t)snprintf(out, size, "it takes one of ");
    for (size_t i = 0; i < column->category_count && at < size; i++) {
        if (i == CHOICES) {
            snprintf(out + at, size - at, " …");
            return;
        }
        at += (size_t)snprintf(out + at, size - at, "%s\"%s\"", i ? ", " : "", column->categories[i]);
    }
}

/* Says what is wrong with a value of a categorical column. */
static void describe_category(struct fault *fault, const struct column *column, const json_t *value)
{
    char shown[SHOWN_BYTES + 4];
    char help[DETAIL_BYTES / 2];
    const char *text = json_string_value(value);
    const char *nearest = text ? record_nearest(text, column->categories, column->category_count) : NULL;
    show_value(shown, value);
    describe_categories(help, sizeof help, column, nearest);
    snprintf(fault->detail, DETAIL_BYTES, "%s is %s; %s", shown, text ? "not a known category" : "not a text",
             help);
    fault->code = "category";
    fault->values = json_pack("{s:o, s:s*}", "sent", sent_value(value), "near", nearest);
    if (nearest)
        return;
    json_t *choices = json_array();
    for (size_t i = 0; i < column->category_count && i < CHOICES; i++)
        json_array_append_new(choices, json_string(column->categories[i]));
    json_object_set_new(fault->values, "choices", choices);
}

/* The unit of a column of numbers, which Home Credit's names begin with. */
struct unit {
    const char *prefix, *code, *words;
};

static const struct unit *unit_of(const struct column *column)
{
    static const struct unit units[] = {
        {"AMT_", "money", ", an amount of money"},
        {"DAYS_", "days", ", in days from the application, those before it negative"},
        {"MONTHS_", "months", ", in months from the application, those before it negative"},
        {"CNT_", "count", ", a number of things"},
    };
    static const struct unit none = {"", NULL, ""};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strncmp(column->name, units[i].prefix, strlen(units[i].prefix)) == 0)
            return &units[i];
    return &none;
}

/* Says what is wrong with a value of a column of numbers. */
static void describe_number(struct fault *fault, const struct column *column, const json_t *value)
{
    char shown[SHOWN_BYTES + 4];
    bool whole = column->kind != COLUMN_NUMBER;
    const struct unit *unit = unit_of(column);
    show_value(shown, value);
    fault->values = json_pack("{s:o, s:f, s:f, s:s*}", "sent", sent_value(value), "low", column->lowest,
                              "high", column->highest, "unit", unit->code);
    if (!json_is_number(value)) {
        fault->code = whole ? "whole_number" : "number";
        snprintf(fault->detail, DETAIL_BYTES,
                 "%s is not a number; send a JSON %s from %.15g to %.15g%s, or null", shown,
                 whole ? "integer" : "number", column->lowest, column->highest, unit->words);
    } else if (!in_range(column, json_number_value(value))) {
        fault->code = "range";
        snprintf(fault->detail, DETAIL_BYTES, "%s is not between %.15g and %.15g%s", shown, column->lowest,
                 column->highest, unit->words);
    } else {
        fault->code = "whole_number";
        snprintf(fault->detail, DETAIL_BYTES, "%s is not a whole number", shown);
    }
}

/* One field. True and `*out` set, or false with `fault` filled. */
static bool read_value(double *out, const struct column *column, const json_t *value, struct fault *fault)
{
    if (column->kind == COLUMN_CATEGORY) {
        const char *text = json_string_value(value);
        int category = text ? home_credit_category(column, text, json_string_length(value)) : -1;
        *out = category;
        if (category < 0)
            describe_category(fault, column, value);
        return category >= 0;
    }
    *out = json_number_value(value);
    bool good = json_is_number(value) && in_range(column, *out) &&
                (column->kind == COLUMN_NUMBER || *out == floor(*out));
    if (!good)
        describe_number(fault, column, value);
    return good;
}

static void add_unknown_name(json_t *problems, const char *pointer, const char *name,
                             const struct table_schema *schema)
{
    const char *names[APPLICATION_COLUMNS];
    for (size_t i = 0; i < schema->column_count; i++)
        names[i] = schema->columns[i].name;
    const char *nearest = record_nearest(name, names, schema->column_count);
    struct fault fault = {.code = "unknown", .values = nearest ? json_pack("{s:s}", "near", nearest) : NULL};
    if (nearest)
        snprintf(fault.detail, DETAIL_BYTES, "%s has no such field; did you mean %s?", schema->name, nearest);
    else
        snprintf(fault.detail, DETAIL_BYTES, "%s has no such field", schema->name);
    add_problem(problems, pointer, name, &fault);
}

bool record_read(double *row, enum home_credit_table table, const json_t *object, const char *pointer,
                 json_t *problems)
{
    const struct table_schema *schema = home_credit_schema(table);
    for (size_t i = 0; i < schema->column_count; i++)
        row[i] = NAN;
    if (!json_is_object(object)) {
        record_problem(problems, pointer, "must be an object of field names and values", "object", NULL);
        return false;
    }
    /* Every column asks for its field, which costs a hash where finding the column of a field costs a search;
     * fields that no column asked for are looked at only when the count says that there are some. */
    bool good = true;
    size_t known = 0;
    for (size_t i = 0; i < schema->column_count; i++) {
        struct fault fault;
        const json_t *value = json_object_get(object, schema->columns[i].name);
        known += value != NULL;
        if (value && !json_is_null(value) && !read_value(&row[i], &schema->columns[i], value, &fault)) {
            add_problem(problems, pointer, schema->columns[i].name, &fault);
            good = false;
        }
    }
    if (known == json_object_size(object))
        return good;
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)object, name, value)
    {
        if (json_array_size(problems) >= RECORD_PROBLEMS)
            break;
        if (home_credit_column(schema, name) < 0)
            add_unknown_name(problems, pointer, name, schema);
    }
    return false;
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
