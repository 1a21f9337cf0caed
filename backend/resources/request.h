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

/* Takes `problems` over: answers 422 and returns false when there are any. */
bool request_is_fine(struct http_exchange *exchange, json_t *problems);

/* The body as JSON, or NULL after answering 400. The caller releases it. */
json_t *request_json(struct http_exchange *exchange);

/* The same of a part of the body. */
json_t *request_parse(struct http_exchange *exchange, const void *bytes, size_t length);

/* Lists query parameters other than `known` (ends with NULL; lang is always known) in `problems`. */
void request_check_query(const struct http_exchange *exchange, const char *const *known, json_t *problems);

/* A whole number of the query from lowest to highest, `fallback` when absent; else listed in `problems`. */
size_t request_number(const struct http_exchange *exchange, const char *name, size_t lowest, size_t highest,
                      size_t fallback, json_t *problems);

/* The same for a decimal number. */
double request_decimal(const struct http_exchange *exchange, const char *name, double lowest, double highest,
                       double fallback, json_t *problems);

/* The position in `choices` (ends with NULL) of a query parameter's value, -1 when absent; else listed in
 * `problems`. */
int request_choice(const struct http_exchange *exchange, const char *name, const char *const *choices,
                   json_t *problems);

/* Checks a call that takes no query parameter but lang: answers 422 and returns false otherwise. */
bool request_has_no_query(struct http_exchange *exchange);

/* What this request is answered with: the same from the first call on, whatever is loaded meanwhile. It and
 * what it holds live until the handler returns. */
struct snapshot *request_snapshot(struct http_exchange *exchange);
const struct model *request_model(struct http_exchange *exchange);

/* The population, or NULL after answering 503. */
const struct population *request_population(struct http_exchange *exchange);

/* The row of the client in the path, or -1 after answering 404. */
int64_t request_client(struct http_exchange *exchange, const struct population *population);

/* The feature that the path names, or -1 after answering 404. */
int request_path_feature(struct http_exchange *exchange);

/* The largest id: 2^53 - 1, exact in every JSON reader. */
#define REQUEST_LARGEST_ID 9007199254740991LL

/* True when `text` is a whole number that a client id can be; its value in `*out`. */
bool request_client_id(int64_t *out, const char *text);

/* The features named by ?features=, separated by commas, 1 to REQUEST_FEATURES of them; without it the
 * REQUEST_FEATURES_USUAL that matter most to the model. Fills `out`, returns how many; what is wrong is
 * listed in `problems`. */
enum { REQUEST_FEATURES = 50, REQUEST_FEATURES_USUAL = 6 };
size_t request_features(size_t out[REQUEST_FEATURES], const struct http_exchange *exchange,
                        const struct population *population, json_t *problems);

/* The feature called `name`, or -1 after listing it in `problems` at `pointer` with the nearest name; `also`
 * completes "\"…\" is …no feature.". */
int request_feature(const char *name, const char *pointer, const char *also, json_t *problems);

/* The nearest feature name to `name`, or NULL. */
const char *request_nearest_feature(const char *name);

#endif
