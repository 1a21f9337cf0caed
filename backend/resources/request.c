#include "backend/resources/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/number.h"
#include "shared/data/record.h"
#include "shared/http/problem.h"

enum { NAME_BYTES = 65 /* no feature has a name so long */ };

/* A JSON string of text whose end may have been cut inside a character. */
static json_t *cut_text(char *text)
{
    json_t *string = json_string(text);
    for (size_t length = strlen(text); !string && length > 0; string = json_string(text))
        text[--length] = '\0';
    return string;
}

void request_problem(json_t *problems, const char *pointer, const char *format, ...)
{
    char detail[512], where[REQUEST_POINTER];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    snprintf(where, sizeof where, "%s", pointer);
    json_array_append_new(problems,
                          json_pack("{s:o, s:o}", "pointer", cut_text(where), "detail", cut_text(detail)));
}

void request_pointer(char out[REQUEST_POINTER], const char *base, const char *name)
{
    size_t used = (size_t)snprintf(out, REQUEST_POINTER / 2, "%s/", base);
    for (; *name && used + 3 < REQUEST_POINTER; name++) {
        if (*name == '~' || *name == '/') {
            out[used++] = '~';
            out[used++] = *name == '~' ? '0' : '1';
        } else {
            out[used++] = *name;
        }
    }
    out[used] = '\0';
}

void request_refuse(struct http_exchange *exchange, const json_t *problems)
{
    char detail[96];
    size_t count = json_array_size(problems);
    snprintf(detail, sizeof detail, "%s%zu %s wrong.", count >= REQUEST_PROBLEMS ? "At least " : "", count,
             count == 1 ? "thing is" : "things are");
    problem_answer(exchange, 422, detail, problems);
}

bool request_is_fine(struct http_exchange *exchange, json_t *problems)
{
    bool fine = json_array_size(problems) == 0;
    if (!fine)
        request_refuse(exchange, problems);
    json_decref(problems);
    return fine;
}

json_t *request_json(struct http_exchange *exchange)
{
    return request_parse(exchange, exchange->request->binary_body, exchange->request->binary_body_length);
}

void request_check_query(const struct http_exchange *exchange, const char *const *known, json_t *problems)
{
    size_t at = 0;
    for (const char *unknown; (unknown = http_query_unknown(exchange, known, &at));) {
        char pointer[REQUEST_POINTER];
        snprintf(pointer, sizeof pointer, "?%s", unknown);
        request_problem(problems, pointer, "Unknown parameter.");
    }
}

size_t request_number(const struct http_exchange *exchange, const char *name, size_t lowest, size_t highest,
                      size_t fallback, json_t *problems)
{
    const char *text = http_query(exchange, name);
    if (!text)
        return fallback;
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && *text >= '0' && *text <= '9' && value >= lowest &&
        value <= highest)
        return (size_t)value;
    char pointer[REQUEST_POINTER];
    snprintf(pointer, sizeof pointer, "?%s", name);
    request_problem(problems, pointer, "Give a whole number from %zu to %zu.", lowest, highest);
    return fallback;
}

double request_decimal(const struct http_exchange *exchange, const char *name, double lowest, double highest,
                       double fallback, json_t *problems)
{
    const char *text = http_query(exchange, name);
    double value;
    if (!text)
        return fallback;
    if (number_read(&value, text, strlen(text)) && value >= lowest && value <= highest)
        return value;
    char pointer[REQUEST_POINTER];
    snprintf(pointer, sizeof pointer, "?%s", name);
    request_problem(problems, pointer, "Give a number from %g to %g.", lowest, highest);
    return fallback;
}

int request_choice(const struct http_exchange *exchange, const char *name, const char *const *choices,
                   json_t *problems)
{
    const char *text = http_query(exchange, name);
    if (!text)
        return -1;
    char pointer[REQUEST_POINTER], list[256];
    size_t used = 0;
    for (int i = 0; choices[i]; i++) {
        if (strcmp(text, choices[i]) == 0)
            return i;
        int wrote = snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", choices[i]);
        if (wrote > 0 && (size_t)wrote < sizeof list - used)
            used += (size_t)wrote;
    }
    snprintf(pointer, sizeof pointer, "?%s", name);
    request_problem(problems, pointer, "Give one of %s.", list);
    return -1;
}

bool request_has_no_query(struct http_exchange *exchange)
{
    static const char *const none[] = {NULL};
    json_t *problems = json_array();
    request_check_query(exchange, none, problems);
    return request_is_fine(exchange, problems);
}

struct snapshot *request_snapshot(struct http_exchange *exchange)
{
    if (!exchange->held)
        exchange->held = keeper_snapshot(service_keeper(exchange->context));
    return exchange->held;
}

const struct model *request_model(struct http_exchange *exchange)
{
    return snapshot_model(request_snapshot(exchange));
}

const struct population *request_population(struct http_exchange *exchange)
{
    const struct population *population = snapshot_population(request_snapshot(exchange));
    if (!population)
        problem_answer(exchange, 503, "The portfolio is not loaded.", NULL);
    return population;
}

bool request_client_id(int64_t *out, const char *text)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || *text < '0' || *text > '9' || *end || value > REQUEST_LARGEST_ID)
        return false;
    *out = value;
    return true;
}

int64_t request_client(struct http_exchange *exchange, const struct population *population)
{
    int64_t id;
    const char *text = http_path(exchange, "id");
    if (!text || !request_client_id(&id, text)) {
        problem_answer(exchange, 404, "A client id is a whole number, such as 100001.", NULL);
        return -1;
    }
    int64_t row = population_find(population, id);
    if (row < 0) {
        char detail[64];
        snprintf(detail, sizeof detail, "There is no client %lld.", (long long)id);
        problem_answer(exchange, 404, detail, NULL);
    }
    return row;
}

const char *request_nearest_feature(const char *name)
{
    const char *names[FEATURE_COUNT];
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        names[i] = catalogue_feature(i)->name;
    return record_nearest(name, names, FEATURE_COUNT);
}

int request_path_feature(struct http_exchange *exchange)
{
    const char *name = http_path(exchange, "name");
    int feature = catalogue_find(name);
    if (feature < 0) {
        char detail[160];
        const char *near = request_nearest_feature(name);
        snprintf(detail, sizeof detail, "There is no feature of this name.%s%s%s",
                 near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
        problem_answer(exchange, 404, detail, NULL);
    }
    return feature;
}

json_t *request_parse(struct http_exchange *exchange, const void *bytes, size_t length)
{
    json_error_t error;
    char detail[128];
    json_t *document =
        length == 0 ? NULL : json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (document)
        return document;
    if (length == 0)
        snprintf(detail, sizeof detail, "The body is empty; send a JSON object.");
    else if (json_error_code(&error) == json_error_duplicate_key)
        snprintf(detail, sizeof detail, "A name is given twice in one object (line %d, column %d).",
                 error.line, error.column);
    else
        snprintf(detail, sizeof detail, "The body is not JSON (line %d, column %d).", error.line,
                 error.column);
    problem_answer(exchange, 400, detail, NULL);
    return NULL;
}

int request_feature(const char *name, const char *pointer, const char *also, json_t *problems)
{
    int feature = catalogue_find(name);
    if (feature >= 0)
        return feature;
    const char *near = request_nearest_feature(name);
    request_problem(problems, pointer, "\"%.64s\" is %sno feature.%s%s%s", name, also,
                    near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
    return -1;
}

size_t request_features(size_t out[REQUEST_FEATURES], const struct http_exchange *exchange,
                        const struct population *population, json_t *problems)
{
    static const char pointer[] = "?features";
    const char *list = http_query(exchange, "features");
    size_t count = 0;
    if (!list) {
        for (; count < REQUEST_FEATURES_USUAL; count++)
            out[count] = population_by_importance(population)[count];
        return count;
    }
    for (size_t named = 0;; named++) {
        char name[NAME_BYTES];
        size_t length = strcspn(list, ",");
        if (named == REQUEST_FEATURES) {
            request_problem(problems, pointer, "Name at most %d features.", REQUEST_FEATURES);
            return count;
        }
        /* A name that is cut is no feature's. */
        snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : (int)sizeof name - 1, list);
        int feature = request_feature(name, pointer, "", problems);
        if (feature >= 0)
            out[count++] = (size_t)feature;
        if (!list[length])
            return count;
        list += length + 1;
    }
}
