/* What resources need to read a request and to say what is wrong with it. */
#ifndef CLAIRSCORE_BACKEND_RESOURCES_REQUEST_H
#define CLAIRSCORE_BACKEND_RESOURCES_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/service.h"
#include "shared/http/server.h"

/* At most so many wrong fields are listed in one answer. */
enum { REQUEST_PROBLEMS = 1000, REQUEST_POINTER = 256 };

/* Appends {"pointer","detail"} to `problems`. */
void request_problem(json_t *problems, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes `base`/`name` as a JSON pointer (RFC 6901) into `out`, cut when it does not fit. */
void request_pointer(char out[REQUEST_POINTER], const char *base, const char *name);

/* Answers 422 with `problems`. */
void request_refuse(struct http_exchange *exchange, const json_t *problems);

/* The body as JSON, or NULL after answering 400. The caller releases it. */
json_t *request_json(struct http_exchange *exchange);

/* Lists query parameters other than `known` (ends with NULL; lang is always known) in `problems`. */
void request_check_query(const struct http_exchange *exchange, const char *const *known, json_t *problems);

/* A whole number of the query from lowest to highest, `fallback` when absent; else listed in `problems`. */
size_t request_number(const struct http_exchange *exchange, const char *name, size_t lowest, size_t highest,
                      size_t fallback, json_t *problems);

/* Checks a call that takes no query parameter but lang: answers 422 and returns false otherwise. */
bool request_has_no_query(struct http_exchange *exchange);

/* The population, or NULL after answering 503. The caller releases it. */
struct population *request_population(struct http_exchange *exchange);

/* The row of the client in the path, or -1 after answering 404. */
int64_t request_client(struct http_exchange *exchange, const struct population *population);

/* The largest id: 2^53 - 1, exact in every JSON reader. */
#define REQUEST_LARGEST_ID 9007199254740991LL

/* True when `text` is a whole number that a client id can be; its value in `*out`. */
bool request_client_id(int64_t *out, const char *text);

/* The nearest feature name to `name`, or NULL. */
const char *request_nearest_feature(const char *name);

#endif
