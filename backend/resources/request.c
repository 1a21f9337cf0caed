#include "backend/resources/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/data/record.h"
#include "shared/http/problem.h"

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

json_t *request_json(struct http_exchange *exchange)
{
    json_error_t error;
    char detail[128];
    const struct _u_request *request = exchange->request;
    json_t *document = request->binary_body_length == 0
                           ? NULL
                           : json_loadb(request->binary_body, request->binary_body_length,
                                        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (document)
        return document;
    if (request->binary_body_length == 0)
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

bool request_has_no_query(struct http_exchange *exchange)
{
    static const char *const none[] = {NULL};
    json_t *problems = json_array();
    request_check_query(exchange, none, problems);
    bool fine = json_array_size(problems) == 0;
    if (!fine)
        request_refuse(exchange, problems);
    json_decref(problems);
    return fine;
}

struct population *request_population(struct http_exchange *exchange)
{
    struct population *population = service_population(exchange->context);
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
