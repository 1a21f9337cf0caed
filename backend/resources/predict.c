#include <stdlib.h>

#include "backend/resources/prediction.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

void prediction_note(const struct verdict *verdicts, const struct instances *instances,
                     struct http_exchange *exchange)
{
    struct service *service = exchange->context;
    recent_add(service_recent(service), instances->vectors, instances->count);
    for (size_t i = 0; i < instances->count; i++)
        metrics_decision(service_metrics(service), scoring_decision(&verdicts[i]), verdicts[i].probability);
}

int prediction_score(struct verdict *verdicts, const struct instances *instances,
                     struct http_exchange *exchange)
{
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
    for (size_t i = 0; !status && i < instances->count; i++)
        verdicts[i] = scoring_verdict(model, scores[i].margin);
    if (!status)
        prediction_note(verdicts, instances, exchange);
    free(scores);
    return status;
}

void prediction_write(struct json_writer *writer, const struct verdict *verdict, int64_t client_id,
                      struct http_exchange *exchange)
{
    const struct model *model = request_model(exchange);
    json_writer_key(writer, "client_id");
    if (client_id < 0)
        json_writer_null(writer);
    else
        json_writer_integer(writer, client_id);
    json_writer_key(writer, "probability");
    json_writer_number(writer, verdict->probability);
    json_writer_key(writer, "score");
    json_writer_number(writer, verdict->points);
    json_writer_key(writer, "decision");
    json_writer_text(writer, scoring_decision(verdict));
    json_writer_key(writer, "threshold");
    json_writer_number(writer, model_threshold(model));
    json_writer_key(writer, "model");
    json_writer_open(writer, '{');
    json_writer_key(writer, "name");
    json_writer_text(writer, model_name(model));
    json_writer_key(writer, "version");
    json_writer_text(writer, model_version(model));
    json_writer_close(writer, '}');
    json_writer_key(writer, "request_id");
    json_writer_text(writer, exchange->request_id);
}

void prediction_open(struct json_writer *writer, const struct instances *instances)
{
    if (instances->single)
        return;
    json_writer_open(writer, '{');
    json_writer_key(writer, "predictions");
    json_writer_open(writer, '[');
}

void prediction_close(struct json_writer *writer, const struct instances *instances)
{
    if (instances->single)
        return;
    json_writer_close(writer, ']');
    json_writer_close(writer, '}');
}

void prediction_answer(struct http_exchange *exchange, const struct json_writer *writer)
{
    struct buffer *text = writer->out;
    if (json_writer_end(writer)) {
        problem_answer_error(exchange, writer->err);
        return;
    }
    size_t length = text->length;
    http_answer_take(exchange, 200, "application/json", buffer_take(text), length);
}

void predict_post(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    struct instances instances;
    struct verdict *verdicts = NULL;
    struct error err = {0};
    struct buffer text = buffer_new(PREDICTION_BYTES);
    struct json_writer writer = json_writer_start(&text, &err);
    if (instances_read(&instances, exchange))
        goto done;
    verdicts = malloc(instances.count * sizeof *verdicts);
    if (!verdicts) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        goto done;
    }
    if (prediction_score(verdicts, &instances, exchange))
        goto done;
    prediction_open(&writer, &instances);
    for (size_t i = 0; i < instances.count; i++) {
        json_writer_open(&writer, '{');
        prediction_write(&writer, &verdicts[i], instances.client_ids[i], exchange);
        json_writer_close(&writer, '}');
    }
    prediction_close(&writer, &instances);
    prediction_answer(exchange, &writer);
done:
    buffer_free(&text);
    free(verdicts);
    instances_free(&instances);
}
