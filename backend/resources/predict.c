#include <stdlib.h>

#include "backend/resources/prediction.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

int prediction_score(struct verdict *verdicts, const struct instances *instances,
                     struct http_exchange *exchange)
{
    struct service *service = exchange->context;
    const struct model *model = request_model(exchange);
    struct error err = {0};
    struct score *scores = malloc(instances->count * sizeof *scores);
    int status = -1;
    if (!scores)
        error_set(&err, ERROR_INTERNAL, "no memory for %zu scores", instances->count);
    else
        status = model_predict(model, instances->vectors, instances->count, scores, &err);
    if (status)
        problem_answer_error(exchange, &err);
    else
        recent_add(service_recent(service), instances->vectors, instances->count);
    for (size_t i = 0; !status && i < instances->count; i++) {
        verdicts[i] = scoring_verdict(model, scores[i].margin);
        metrics_decision(service_metrics(service), scoring_decision(&verdicts[i]), verdicts[i].probability);
    }
    free(scores);
    return status;
}

json_t *prediction_render(const struct verdict *verdict, int64_t client_id, struct http_exchange *exchange)
{
    const struct model *model = request_model(exchange);
    json_t *result = json_object();
    json_object_set_new(result, "client_id", client_id < 0 ? json_null() : json_integer(client_id));
    render_verdict(result, verdict);
    json_object_set_new(result, "threshold", json_real(model_threshold(model)));
    json_object_set_new(result, "model", render_model(model));
    json_object_set_new(result, "request_id", json_string(exchange->request_id));
    return result;
}

void prediction_answer(struct http_exchange *exchange, const struct instances *instances, json_t *results)
{
    if (instances->single) {
        http_answer_json(exchange, 200, json_array_get(results, 0));
        json_decref(results);
        return;
    }
    json_t *answer = json_pack("{s:o}", "predictions", results);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

void predict_post(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    struct instances instances;
    struct verdict *verdicts = NULL;
    if (instances_read(&instances, exchange))
        goto done;
    verdicts = malloc(instances.count * sizeof *verdicts);
    if (!verdicts) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        goto done;
    }
    if (prediction_score(verdicts, &instances, exchange))
        goto done;
    json_t *results = json_array();
    for (size_t i = 0; i < instances.count; i++)
        json_array_append_new(results, prediction_render(&verdicts[i], instances.client_ids[i], exchange));
    prediction_answer(exchange, &instances, results);
done:
    free(verdicts);
    instances_free(&instances);
}
