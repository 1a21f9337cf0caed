/* What those who run the service ask: is it alive, is it ready, how is it doing, what does it offer. */
#include <string.h>

#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/base/embed.h"
#include "shared/http/problem.h"

enum { METRICS_BYTES = 4 << 20 };

static void answer_true(struct http_exchange *exchange, const char *name)
{
    json_t *answer = json_pack("{s:b}", name, 1);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

void live_get(struct http_exchange *exchange)
{
    if (request_has_no_query(exchange))
        answer_true(exchange, "live");
}

void ready_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange) || !request_population(exchange))
        return;
    if (keeper_store_is_away(service_keeper(exchange->context)))
        problem_answer(exchange, 503, "The client store is away.", NULL);
    else
        answer_true(exchange, "ready");
}

void metrics_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    struct error err = {0};
    struct buffer text = buffer_new(METRICS_BYTES);
    if (metrics_write(service_metrics(exchange->context), &text, &err))
        problem_answer_error(exchange, &err);
    else
        http_answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", text.data, text.length);
    buffer_free(&text);
}

/* The contract itself, put into the program by the assembler. */
EMBED(openapi_document, "backend/openapi.json");

void openapi_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    http_header(exchange, "Cache-Control", "max-age=300");
    http_answer(exchange, 200, "application/json", openapi_document, strlen(openapi_document));
}
