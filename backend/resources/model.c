#include <string.h>

#include "backend/resources/lasting.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/media_type.h"
#include "shared/http/problem.h"

void model_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange) || lasting_repeat(exchange, ""))
        return;
    const struct model *model = request_model(exchange);
    json_t *features = json_array();
    for (size_t i = 0; i < model_feature_count(model); i++)
        json_array_append_new(features, json_string(catalogue_feature(model_feature(model, i))->name));
    /* A copy: reference counts of what threads share must not be touched. */
    json_t *answer = json_pack("{s:s, s:s, s:s, s:f, s:s, s:o, s:o}", "name", model_name(model), "version",
                               model_version(model), "hash", model_hash(model), "threshold",
                               model_threshold(model), "catalogue", catalogue_version(), "features", features,
                               "document", json_deep_copy(model_document(model)));
    lasting_answer(exchange, "", answer);
    json_decref(answer);
}

/* ---- GET /model/card ---- */

/* Adds {"title","text"} for what stands under each "## " heading. */
static json_t *render_sections(const char *card)
{
    static const char heading[] = "\n## ";
    json_t *sections = json_array();
    for (const char *at = strstr(card, heading); at;) {
        const char *title = at + sizeof heading - 1, *next = strstr(title, heading);
        size_t length = strcspn(title, "\n");
        const char *text = title + length + strspn(title + length, "\n");
        const char *end = next ? next : text + strlen(text);
        while (end > text && end[-1] == '\n')
            end--;
        json_array_append_new(sections, json_pack("{s:s%, s:s%}", "title", title, length, "text", text,
                                                  end > text ? (size_t)(end - text) : (size_t)0));
        at = next;
    }
    return sections;
}

void model_card_get(struct http_exchange *exchange)
{
    static const char json[] = "application/json", markdown[] = "text/markdown";
    static const char *const types[] = {markdown, json, NULL};
    if (!request_has_no_query(exchange))
        return;
    const struct model *model = request_model(exchange);
    const char *card = model_card(model);
    const char *type = media_type_choose(http_request_header(exchange, "Accept"), types);
    http_header(exchange, "Vary", "Accept");
    if (!card) {
        problem_answer(exchange, 404, "The artifact of this model has no card.", NULL);
    } else if (!type) {
        problem_answer(exchange, 406,
                       "This call answers with text/markdown or application/json, which the Accept header "
                       "rules out.",
                       NULL);
    } else if (type == markdown) {
        http_header(exchange, "Content-Language", "en");
        http_answer(exchange, 200, "text/markdown; charset=utf-8", card, strlen(card));
    } else {
        json_t *answer =
            json_pack("{s:s, s:s, s:s, s:o}", "name", model_name(model), "version", model_version(model),
                      "hash", model_hash(model), "sections", render_sections(card));
        http_header(exchange, "Content-Language", "en");
        http_answer_json(exchange, 200, answer);
        json_decref(answer);
    }
}
