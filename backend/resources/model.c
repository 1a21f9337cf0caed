#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"

void model_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
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
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}
