#include "shared/http/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/log.h"

static const char *title_of(unsigned status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Content";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    case 507:
        return "Insufficient Storage";
    default:
        return "Internal Server Error";
    }
}

static const char RETRY_AFTER_S[] = "5", PROTOCOL_PATH[] = "/v2/";

/* The detail, or where there is a list of errors its first one. */
static void add_protocol_error(json_t *body, const json_t *errors)
{
    const char *pointer = NULL, *detail = NULL;
    if (json_unpack(json_array_get(errors, 0), "{s:s, s:s}", "pointer", &pointer, "detail", &detail) == 0)
        json_object_set_new(body, "error", json_sprintf("%s: %s", pointer, detail));
    else
        json_object_set(body, "error", json_object_get(body, "detail"));
}

void problem_answer_with(struct http_exchange *exchange, unsigned status, const char *detail,
                         const json_t *errors, const json_t *more)
{
    const char *title = title_of(status);
    json_t *body =
        json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title", title, "status", (int)status,
                  "detail", detail && *detail ? detail : title, "request_id", exchange->request_id);
    if (json_array_size(errors) > 0)
        json_object_set(body, "errors", (json_t *)errors);
    if (more)
        json_object_update_missing(body, (json_t *)more);
    const char *path = exchange->request->url_path;
    if (path && strncmp(path, PROTOCOL_PATH, sizeof PROTOCOL_PATH - 1) == 0)
        add_protocol_error(body, errors);
    char *text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (status == 503 || status == 429)
        http_header(exchange, "Retry-After", RETRY_AFTER_S);
    http_answer_take(exchange, status, "application/problem+json", text, text ? strlen(text) : 0);
    json_decref(body);
}

void problem_answer(struct http_exchange *exchange, unsigned status, const char *detail, const json_t *errors)
{
    problem_answer_with(exchange, status, detail, errors, NULL);
}

void problem_answer_error(struct http_exchange *exchange, const struct error *err)
{
    unsigned status = 500;
    switch (err->code) {
    case ERROR_NOT_FOUND:
        status = 404;
        break;
    case ERROR_PARSE:
        status = 400;
        break;
    case ERROR_INVALID:
        status = 422;
        break;
    case ERROR_CONFLICT:
        status = 409;
        break;
    case ERROR_LIMIT:
        status = 413;
        break;
    case ERROR_UNAVAILABLE:
        status = 503;
        break;
    default:
        break;
    }
    if (status < 500) {
        problem_answer(exchange, status, err->message, NULL);
        return;
    }
    log_event(LOG_ERROR, status == 503 ? "unavailable" : "internal", "{s:s, s:s}", "cause", err->message,
              "request_id", exchange->request_id);
    problem_answer(exchange, status,
                   status == 503 ? "Something this needs is away. Try again later."
                                 : "The server could not answer. Its log tells why under this request id.",
                   NULL);
}
