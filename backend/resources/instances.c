#include "backend/resources/instances.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/plain_instance.h"
#include "backend/resources/request.h"
#include "shared/data/record.h"
#include "shared/features/features.h"
#include "shared/http/problem.h"

enum { FEATURE_HELP = 256 };

struct reading {
    struct instances *out;
    const struct population *population; /* NULL: not loaded */
    bool population_missing;
    const struct service *service;
    json_t *problems;
    bool unknown_client;
};

static bool is_full(const struct reading *reading)
{
    return json_array_size(reading->problems) >= REQUEST_PROBLEMS;
}

/* ---- {"client_id": 100001} ---- */

static void read_client(struct reading *reading, size_t index, const json_t *value, const char *pointer)
{
    char at[REQUEST_POINTER];
    request_pointer(at, pointer, "client_id");
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        request_problem(reading->problems, at, "Give the client's id as a whole number.");
        return;
    }
    if (!reading->population) {
        reading->population_missing = true;
        return;
    }
    int64_t id = json_integer_value(value), row = population_find(reading->population, id);
    if (row < 0) {
        request_problem(reading->problems, at, "There is no client %lld.", (long long)id);
        reading->unknown_client = true;
        return;
    }
    reading->out->client_ids[index] = id;
    population_vector(reading->population, (size_t)row, reading->out->vectors + index * FEATURE_COUNT);
}

/* ---- {"application": {…}, "bureau": […], …} ---- */

/* A row that names another client than the application does was sent by mistake. */
static bool is_of_client(struct reading *reading, const double *row, enum home_credit_table table,
                         double client, const char *pointer)
{
    char at[REQUEST_POINTER];
    int column = home_credit_schema(table)->client;
    if (column < 0 || isnan(row[column]) || isnan(client) || row[column] == client)
        return true;
    request_pointer(at, pointer, home_credit_schema(table)->columns[column].name);
    request_problem(reading->problems, at, "This row is of client %.0f, the application of client %.0f.",
                    row[column], client);
    return false;
}

/* `client` is the application's SK_ID_CURR, NaN without one. */
static void read_history(struct reading *reading, struct history *history, enum home_credit_table table,
                         double client, const json_t *rows, const char *pointer)
{
    char at[REQUEST_POINTER];
    if (!json_is_array(rows)) {
        request_problem(reading->problems, pointer, "Give a list of rows.");
        return;
    }
    if (json_array_size(rows) > INSTANCE_HISTORY_ROWS) {
        request_problem(reading->problems, pointer, "%zu rows; at most %d are taken.", json_array_size(rows),
                        INSTANCE_HISTORY_ROWS);
        return;
    }
    double *row = malloc(home_credit_schema(table)->column_count * sizeof *row);
    if (!row) {
        request_problem(reading->problems, pointer, "There is no memory to read this now.");
        return;
    }
    history_know(history, table);
    for (size_t i = 0; i < json_array_size(rows) && !is_full(reading); i++) {
        snprintf(at, sizeof at, "%.200s/%zu", pointer, i);
        if (record_read(row, table, json_array_get(rows, i), at, reading->problems) &&
            is_of_client(reading, row, table, client, at))
            history_add(history, table, row);
    }
    free(row);
}

/* The history table called `name`, or -1. */
static int history_table(const char *name)
{
    for (int table = TABLE_APPLICATION + 1; table < TABLE_COUNT; table++)
        if (strcmp(home_credit_schema((enum home_credit_table)table)->name, name) == 0)
            return table;
    return -1;
}

static void read_application(struct reading *reading, size_t index, json_t *object, const char *pointer)
{
    double row[APPLICATION_COLUMNS];
    struct history history;
    bool history_known = false;
    const char *name;
    json_t *value;
    char at[REQUEST_POINTER];
    history_init(&history);
    request_pointer(at, pointer, "application");
    bool fine =
        record_read(row, TABLE_APPLICATION, json_object_get(object, "application"), at, reading->problems);
    json_object_foreach(object, name, value)
    {
        int table = history_table(name);
        if (table < 0)
            continue;
        request_pointer(at, pointer, name);
        read_history(reading, &history, (enum home_credit_table)table, row[APPLICATION_SK_ID_CURR], value,
                     at);
        history_known = true;
    }
    if (!fine || is_full(reading))
        return;
    if (!isnan(row[APPLICATION_SK_ID_CURR]))
        reading->out->client_ids[index] = (int64_t)row[APPLICATION_SK_ID_CURR];
    features_build(row, history_known ? &history : NULL, reading->out->vectors + index * FEATURE_COUNT);
}

/* ---- {"features": {…}} ---- */

/* What a feature takes, with its unit, after "Give ". */
static void describe_feature(char *out, size_t size, size_t feature)
{
    const struct feature *meaning = catalogue_feature(feature);
    const struct column *column = catalogue_column(feature);
    if (meaning->unit == UNIT_FLAG)
        snprintf(out, size, "0 for no, 1 for yes or null");
    else if (meaning->unit == UNIT_CATEGORY && column)
        snprintf(out, size, "null or the position of a category in the catalogue, 0 (\"%s\") to %zu (\"%s\")",
                 column->categories[0], column->category_count - 1,
                 column->categories[column->category_count - 1]);
    else if (column)
        snprintf(out, size, "null or a number from %.15g to %.15g (unit: %s)", column->lowest,
                 column->highest, catalogue_unit_code(meaning->unit));
    else
        snprintf(out, size, "null or a number (unit: %s)", catalogue_unit_code(meaning->unit));
}

static bool is_whole(const struct column *column, enum feature_unit unit)
{
    return unit == UNIT_FLAG || (column && column->kind != COLUMN_NUMBER);
}

bool instances_takes(size_t feature, double number)
{
    const struct feature *meaning = catalogue_feature(feature);
    const struct column *column = catalogue_column(feature);
    double lowest = -FLT_MAX, highest = FLT_MAX;
    if (column) {
        lowest = column->lowest;
        highest = column->highest;
    } else if (meaning->unit == UNIT_FLAG) {
        lowest = 0;
        highest = 1;
    }
    return number >= lowest && number <= highest &&
           (!is_whole(column, meaning->unit) || number == floor(number));
}

bool instances_check_value(size_t feature, double number, const char *pointer, json_t *problems)
{
    char right[FEATURE_HELP];
    if (instances_takes(feature, number))
        return true;
    describe_feature(right, sizeof right, feature);
    request_problem(problems, pointer, "%.15g will not do. Give %s.", number, right);
    return false;
}

static bool read_fine_feature(float *vector, const char *name, const json_t *value)
{
    int feature = catalogue_find(name);
    bool is_null = json_is_null(value);
    if (feature < 0 || !(is_null || json_is_number(value)))
        return false;
    double number = json_number_value(value);
    if (!is_null && !instances_takes((size_t)feature, number))
        return false;
    vector[feature] = is_null ? NAN : (float)number;
    return true;
}

/* Says what is wrong with a feature. */
static void refuse_feature(const struct reading *reading, const char *name, const json_t *value,
                           const char *pointer)
{
    int feature = catalogue_find(name);
    char right[FEATURE_HELP];
    if (feature < 0) {
        const char *near = request_nearest_feature(name);
        request_problem(reading->problems, pointer,
                        near ? "Unknown feature. Did you mean %s?" : "Unknown feature.", near);
    } else if (!json_is_number(value)) {
        describe_feature(right, sizeof right, (size_t)feature);
        request_problem(reading->problems, pointer, "This is not a number. Give %s.", right);
    } else {
        instances_check_value((size_t)feature, json_number_value(value), pointer, reading->problems);
    }
}

static void read_features(struct reading *reading, size_t index, json_t *features, const char *pointer)
{
    float *vector = reading->out->vectors + index * FEATURE_COUNT;
    char all[REQUEST_POINTER], at[REQUEST_POINTER];
    const char *name;
    json_t *value;
    request_pointer(all, pointer, "features");
    if (!json_is_object(features)) {
        request_problem(reading->problems, all, "Give an object of feature names and numbers.");
        return;
    }
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        vector[i] = NAN;
    json_object_foreach(features, name, value)
    {
        if (is_full(reading))
            return;
        if (read_fine_feature(vector, name, value))
            continue;
        request_pointer(at, all, name);
        refuse_feature(reading, name, value, at);
    }
}

/* ---- The request ---- */

/* Fields of an application to score: what it is, and the tables beside an application. */
static const char *const kinds[] = {"client_id", "application", "features"};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Names a field that has no place beside `kind` (NULL: none of the kinds was given). */
static void refuse_field(struct reading *reading, const char *kind, const char *name, const char *pointer)
{
    const char *names[KINDS + TABLE_COUNT] = {NULL};
    size_t count = 0;
    char at[REQUEST_POINTER];
    for (size_t i = 0; i < KINDS && !kind; i++)
        names[count++] = kinds[i];
    for (int table = TABLE_APPLICATION + 1; table < TABLE_COUNT && (!kind || kind == kinds[1]); table++)
        names[count++] = home_credit_schema((enum home_credit_table)table)->name;
    const char *near = record_nearest(name, names, count);
    request_pointer(at, pointer, name);
    request_problem(reading->problems, at, "Unknown field%s%s.%s%s%s", kind ? " beside " : "",
                    kind ? kind : "", near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
}

static void read_instance(struct reading *reading, size_t index, json_t *object, const char *pointer)
{
    const char *kind = NULL, *name;
    size_t given = 0;
    json_t *value;
    reading->out->client_ids[index] = -1;
    if (!json_is_object(object)) {
        request_problem(reading->problems, pointer, "Give an object.");
        return;
    }
    for (size_t i = 0; i < KINDS; i++) {
        if (json_object_get(object, kinds[i])) {
            kind = kinds[i];
            given++;
        }
    }
    if (given == 0) {
        json_object_foreach(object, name, value)
        {
            if (!is_full(reading) && history_table(name) < 0)
                refuse_field(reading, NULL, name, pointer);
        }
    }
    if (given != 1) {
        request_problem(reading->problems, pointer, "Give one of client_id, application or features%s.",
                        given > 1 ? ", not several" : "");
        return;
    }
    json_object_foreach(object, name, value)
    {
        bool known = strcmp(name, kind) == 0 || (kind == kinds[1] && history_table(name) >= 0);
        if (known || is_full(reading))
            continue;
        refuse_field(reading, kind, name, pointer);
    }
    if (kind == kinds[0])
        read_client(reading, index, json_object_get(object, kind), pointer);
    else if (kind == kinds[1])
        read_application(reading, index, object, pointer);
    else
        read_features(reading, index, json_object_get(object, kind), pointer);
}

static int allocate(struct instances *out, size_t count)
{
    out->count = count;
    out->vectors = malloc(count * FEATURE_COUNT * sizeof *out->vectors);
    out->client_ids = malloc(count * sizeof *out->client_ids);
    return out->vectors && out->client_ids ? 0 : -1;
}

static int read_document(struct reading *reading, json_t *document, struct http_exchange *exchange)
{
    struct instances *out = reading->out;
    json_t *list = json_is_object(document) ? json_object_get(document, "instances") : NULL;
    size_t limit = service_config(reading->service)->instances, count = 1;
    out->single = !list;
    if (list) {
        const char *name;
        json_t *value;
        char at[REQUEST_POINTER];
        json_object_foreach(document, name, value)
        {
            if (strcmp(name, "instances") == 0)
                continue;
            request_pointer(at, "", name);
            request_problem(reading->problems, at, "Unknown field beside instances.");
        }
        count = json_array_size(list);
        if (!json_is_array(list) || count < 1 || count > limit) {
            request_problem(reading->problems, "/instances", "Give a list of 1 to %zu applications.", limit);
            return 0;
        }
    }
    if (allocate(out, count)) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        return -1;
    }
    if (!list)
        read_instance(reading, 0, document, "");
    for (size_t i = 0; list && i < count && !is_full(reading); i++) {
        char at[REQUEST_POINTER];
        snprintf(at, sizeof at, "/instances/%zu", i);
        read_instance(reading, i, json_array_get(list, i), at);
    }
    return 0;
}

bool instances_read_plainly(float *vector, int64_t *client_id, const struct population *population,
                            const char *text, size_t length)
{
    int64_t id = -1;
    int64_t row = -1;
    switch (plain_instance_read(vector, &id, text, length)) {
    case PLAIN_FEATURES:
        *client_id = -1;
        return true;
    case PLAIN_CLIENT:
        row = population ? population_find(population, id) : -1;
        if (row < 0)
            return false;
        *client_id = id;
        population_vector(population, (size_t)row, vector);
        return true;
    case PLAIN_NOT:
        break;
    }
    return false;
}

int instances_read(struct instances *out, struct http_exchange *exchange)
{
    const struct population *population = snapshot_population(request_snapshot(exchange));
    memset(out, 0, sizeof *out);
    out->single = true;
    if (allocate(out, 1) == 0 &&
        instances_read_plainly(out->vectors, out->client_ids, population, exchange->request->binary_body,
                               exchange->request->binary_body_length))
        return 0;
    instances_free(out);
    memset(out, 0, sizeof *out);
    json_t *document = request_json(exchange);
    if (!document)
        return -1;
    int status = -1;
    struct reading reading = {
        .out = out, .population = population, .service = exchange->context, .problems = json_array()};
    if (read_document(&reading, document, exchange))
        goto done;
    size_t problems = json_array_size(reading.problems);
    if (problems == 1 && reading.unknown_client && out->single)
        problem_answer(exchange, 404,
                       json_string_value(json_object_get(json_array_get(reading.problems, 0), "detail")),
                       reading.problems);
    else if (problems > 0)
        request_refuse(exchange, reading.problems);
    else if (reading.population_missing)
        problem_answer(exchange, 503, "The portfolio is not loaded.", NULL);
    else
        status = 0;
done:
    json_decref(reading.problems);
    json_decref(document);
    return status;
}

void instances_free(struct instances *instances)
{
    free(instances->vectors);
    free(instances->client_ids);
}

bool instances_read_one(float *vector, int64_t *client_id, bool *unavailable, const struct service *service,
                        const struct population *population, json_t *object, json_t *problems)
{
    struct instances one = {.single = true, .count = 1, .vectors = vector, .client_ids = client_id};
    struct reading reading = {
        .out = &one, .population = population, .service = service, .problems = problems};
    read_instance(&reading, 0, object, "");
    *unavailable = reading.population_missing;
    return json_array_size(problems) == 0 && !reading.population_missing;
}
