#include "backend/resources/lasting.h"

#include <stdio.h>

#include "backend/resources/render.h"
#include "backend/resources/request.h"

static void write_key(char key[ANSWERS_KEY], const struct http_exchange *exchange, const char *detail)
{
    snprintf(key, ANSWERS_KEY, "%s %s %s", exchange->route->path, language_code(exchange->language), detail);
}

bool lasting_repeat(struct http_exchange *exchange, const char *detail)
{
    char key[ANSWERS_KEY];
    size_t length;
    bool in_language;
    write_key(key, exchange, detail);
    char *text = answers_find(snapshot_answers(request_snapshot(exchange)), key, &length, &in_language);
    if (!text)
        return false;
    if (in_language)
        render_language(exchange);
    http_answer_take(exchange, 200, "application/json", text, length);
    return true;
}

void lasting_answer(struct http_exchange *exchange, const char *detail, const json_t *answer)
{
    char key[ANSWERS_KEY];
    http_answer_json(exchange, 200, answer);
    const struct _u_response *response = exchange->response;
    if (response->status != 200)
        return;
    write_key(key, exchange, detail);
    answers_keep(snapshot_answers(request_snapshot(exchange)), key, response->binary_body,
                 response->binary_body_length,
                 u_map_has_key_case(response->map_header, "Content-Language") != 0);
}
