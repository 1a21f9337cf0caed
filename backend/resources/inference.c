/* The Open Inference Protocol V2, for the serving tools that banks already run: the model as tensors. A
 * caller gives either one tensor "features", one row an application and one column a feature in the model's
 * order, or one tensor for each feature it knows, by name. Missing values are null or NaN. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/prediction.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "backend/resources/tensor.h"
#include "shared/http/media_type.h"
#include "shared/http/problem.h"

static const char SERVER_NAME[] = "clairscore", SERVER_VERSION[] = "0.1.0", ALL_FEATURES[] = "features";

enum { OUTPUT_PROBABILITY, OUTPUT_MARGIN, OUTPUT_SCORE, OUTPUT_REFUSED, OUTPUT_BASE, OUTPUT_CONTRIBUTIONS };
static const struct {
    const char *name, *datatype;
    bool explains; /* given when it is asked for */
} outputs[] = {
    [OUTPUT_PROBABILITY] = {"probability", "FP64", false},
    [OUTPUT_MARGIN] = {"margin", "FP64", false},
    [OUTPUT_SCORE] = {"score", "FP64", false},
    [OUTPUT_REFUSED] = {"refused", "BOOL", false},
    [OUTPUT_BASE] = {"base_value", "FP64", true},
    [OUTPUT_CONTRIBUTIONS] = {"contributions", "FP64", true},
};
enum { OUTPUTS = sizeof outputs / sizeof *outputs };

/* ---- Metadata ---- */

void inference_server_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    json_t *answer = json_pack("{s:s, s:s, s:[s]}", "name", SERVER_NAME, "version", SERVER_VERSION,
                               "extensions", "binary_tensor_data");
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

/* The model in the path, or NULL after answering 404. */
static const struct model *find_model(struct http_exchange *exchange)
{
    const struct model *model = request_model(exchange);
    const char *name = http_path(exchange, "model"), *version = http_path(exchange, "version");
    if (strcmp(name, model_name(model)) == 0 && (!version || strcmp(version, model_version(model)) == 0))
        return model;
    char detail[512];
    snprintf(detail, sizeof detail, "There is no such model: this server has %.128s, version %.128s.",
             model_name(model), model_version(model));
    problem_answer(exchange, 404, detail, NULL);
    return NULL;
}

void inference_model_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    const struct model *model = find_model(exchange);
    if (!model)
        return;
    const json_int_t columns = (json_int_t)model_feature_count(model);
    json_t *names = json_array(), *given = json_array();
    for (size_t i = 0; i < model_feature_count(model); i++)
        json_array_append_new(names, json_string(catalogue_feature(model_feature(model, i))->name));
    for (int i = 0; i < OUTPUTS; i++) {
        json_t *shape = json_pack("[i]", -1);
        if (i == OUTPUT_CONTRIBUTIONS)
            json_array_append_new(shape, json_integer(columns));
        json_array_append_new(given, json_pack("{s:s, s:s, s:o}", "name", outputs[i].name, "datatype",
                                               outputs[i].datatype, "shape", shape));
    }
    json_t *answer =
        json_pack("{s:s, s:[s], s:s, s:[{s:s, s:s, s:[i, I], s:{s:o}}], s:o}", "name", model_name(model),
                  "versions", model_version(model), "platform", "xgboost", "inputs", "name", ALL_FEATURES,
                  "datatype", "FP32", "shape", -1, columns, "parameters", "columns", names, "outputs", given);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

void inference_ready_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    const struct model *model = find_model(exchange);
    if (!model)
        return;
    json_t *answer = json_pack("{s:s, s:b}", "name", model_name(model), "ready", 1);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

/* ---- What is asked ---- */

struct question {
    struct instances instances;
    bool wanted[OUTPUTS];
    const char *id; /* of the request; NULL: none */
};

static void read_outputs(struct question *question, const json_t *list, json_t *problems)
{
    char at[REQUEST_POINTER];
    const json_t *output;
    size_t i;
    for (int known = 0; known < OUTPUTS; known++)
        question->wanted[known] = json_array_size(list) == 0 && !outputs[known].explains;
    if (list && !json_is_array(list))
        request_problem(problems, "/outputs", "Give a list of tensors by name.");
    json_array_foreach(list, i, output)
    {
        const char *name = json_string_value(json_object_get(output, "name"));
        int known = 0;
        while (known < OUTPUTS && !(name && strcmp(name, outputs[known].name) == 0))
            known++;
        if (known < OUTPUTS) {
            question->wanted[known] = true;
        } else if (json_array_size(problems) < REQUEST_PROBLEMS) {
            snprintf(at, sizeof at, "/outputs/%zu/name", i);
            request_problem(problems, at,
                            "Give probability, margin, score, refused, base_value or contributions.");
        }
    }
}

/* Puts one tensor's values into the vectors: of all the model's features, or of `feature`. */
static void fill_vectors(struct question *question, const struct model *model, const struct tensor *tensor,
                         int feature, const char *pointer, json_t *problems)
{
    size_t count = tensor->rows * tensor->columns;
    char data[REQUEST_POINTER], at[REQUEST_POINTER], place[24];
    double *values = malloc(count * sizeof *values);
    if (!values) {
        request_problem(problems, pointer, "There is no memory to read this now.");
        return;
    }
    request_pointer(data, pointer, "data");
    bool fine = tensor_values(values, tensor, pointer, problems) == 0;
    for (size_t i = 0; fine && i < count && json_array_size(problems) < REQUEST_PROBLEMS; i++) {
        size_t id = feature < 0 ? model_feature(model, i % tensor->columns) : (size_t)feature;
        float *vector = question->instances.vectors + i / tensor->columns * FEATURE_COUNT;
        snprintf(place, sizeof place, "%zu", i);
        request_pointer(at, data, place);
        if (!isnan(values[i]) && instances_check_value(id, values[i], at, problems))
            vector[id] = (float)values[i];
    }
    free(values);
}

/* The feature that the tensor holds, -1 for all of the model; -2 when it is listed as wrong. */
static int find_feature(const struct tensor *tensor, const struct model *model, const char *pointer,
                        json_t *problems)
{
    char at[REQUEST_POINTER];
    bool all = strcmp(tensor->name, ALL_FEATURES) == 0;
    int feature = all ? -1 : catalogue_find(tensor->name);
    if (!all && feature < 0) {
        const char *near = request_nearest_feature(tensor->name);
        request_pointer(at, pointer, "name");
        request_problem(problems, at,
                        near ? "Neither features nor a feature. Did you mean %s?"
                             : "Neither features nor a feature.",
                        near);
        return -2;
    }
    size_t columns = all ? model_feature_count(model) : 1;
    if (tensor->columns != columns) {
        request_pointer(at, pointer, "shape");
        request_problem(problems, at, "%s takes %zu column%s.", all ? "features" : "A feature", columns,
                        columns == 1 ? "" : "s");
        return -2;
    }
    return feature;
}

static int allocate(struct instances *instances, size_t rows)
{
    instances->count = rows;
    instances->vectors = malloc(rows * FEATURE_COUNT * sizeof *instances->vectors);
    for (size_t i = 0; instances->vectors && i < rows * FEATURE_COUNT; i++)
        instances->vectors[i] = NAN;
    return instances->vectors ? 0 : -1;
}

static void read_inputs(struct question *question, const json_t *list, struct tensor_bytes *bytes,
                        struct http_exchange *exchange, json_t *problems)
{
    const struct model *model = request_model(exchange);
    const size_t limit = service_config(exchange->context)->instances;
    bool given[FEATURE_COUNT + 1] = {false}; /* the last: all of them */
    const json_t *input;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) < 1 || json_array_size(list) > FEATURE_COUNT) {
        request_problem(problems, "/inputs", "Give a list of tensors: features, or one a feature.");
        return;
    }
    json_array_foreach(list, i, input)
    {
        struct tensor tensor;
        char at[REQUEST_POINTER];
        snprintf(at, sizeof at, "/inputs/%zu", i);
        if (json_array_size(problems) >= REQUEST_PROBLEMS)
            return;
        if (tensor_read(&tensor, input, bytes, at, problems))
            continue;
        int feature = find_feature(&tensor, model, at, problems);
        if (feature < -1)
            continue;
        bool *seen = &given[feature < 0 ? FEATURE_COUNT : feature];
        if (*seen || (i > 0 && (feature < 0 || given[FEATURE_COUNT]))) {
            request_problem(problems, at, "Give each feature once: by its name, or among features.");
        } else if (tensor.rows > limit) {
            request_problem(problems, at, "%zu rows; at most %zu are taken.", tensor.rows, limit);
        } else if (question->instances.count > 0 && tensor.rows != question->instances.count) {
            request_problem(problems, at, "%zu rows where an earlier tensor has %zu.", tensor.rows,
                            question->instances.count);
        } else if (question->instances.count == 0 && allocate(&question->instances, tensor.rows)) {
            request_problem(problems, at, "There is no memory to read this now.");
            return;
        } else {
            *seen = true;
            fill_vectors(question, model, &tensor, feature, at, problems);
        }
    }
}

/* The JSON in front of the tensors' bytes, when the caller says how long it is; else the whole body. NULL
 * after answering. */
static json_t *read_document(struct http_exchange *exchange, struct tensor_bytes *bytes)
{
    const char *body = exchange->request->binary_body;
    const char *type = http_request_header(exchange, "Content-Type");
    const char *length = http_request_header(exchange, "Inference-Header-Content-Length");
    size_t size = exchange->request->binary_body_length;
    if (type && size > 0 && !media_type_is(type, "application/json") &&
        !media_type_is(type, "application/octet-stream")) {
        problem_answer(exchange, 415, "Send the body as application/json or application/octet-stream.", NULL);
        return NULL;
    }
    if (length) {
        char *end = NULL;
        unsigned long long json = strtoull(length, &end, 10);
        if (*length < '0' || *length > '9' || *end || json > size) {
            problem_answer(exchange, 400,
                           "Inference-Header-Content-Length is not the length of the JSON in the body.",
                           NULL);
            return NULL;
        }
        *bytes = (struct tensor_bytes){body + json, size - (size_t)json};
        size = (size_t)json;
    }
    return request_parse(exchange, body, size);
}

static bool read_question(struct question *question, struct http_exchange *exchange, const json_t *document,
                          struct tensor_bytes *bytes)
{
    json_t *problems = json_array();
    const json_t *id = json_object_get(document, "id");
    if (!json_is_object(document))
        request_problem(problems, "", "Give an object with inputs.");
    if (id && !json_is_string(id))
        request_problem(problems, "/id", "Give a string.");
    question->id = json_string_value(id);
    read_inputs(question, json_object_get(document, "inputs"), bytes, exchange, problems);
    read_outputs(question, json_object_get(document, "outputs"), problems);
    return request_is_fine(exchange, problems);
}

/* ---- What is answered ---- */

/* Adds the base value and the model's contributions of each row, as exact as /explain gives them. */
static int explain(json_t *bases, json_t *contributions, const struct question *question,
                   const struct model *model, const struct verdict *verdicts, struct error *err)
{
    for (size_t row = 0; row < question->instances.count; row++) {
        struct score score;
        double base, values[FEATURE_COUNT];
        if (model_explain(model, question->instances.vectors + row * FEATURE_COUNT, &score, values, &base,
                          err))
            return -1;
        scoring_settle(verdicts[row].margin, &base, values);
        json_array_append_new(bases, json_real(base));
        for (size_t i = 0; i < model_feature_count(model); i++)
            json_array_append_new(contributions, json_real(values[model_feature(model, i)]));
    }
    return 0;
}

static json_t *render_value_of(const struct verdict *verdict, int output)
{
    switch (output) {
    case OUTPUT_PROBABILITY:
        return json_real(verdict->probability);
    case OUTPUT_MARGIN:
        return json_real(verdict->margin);
    case OUTPUT_SCORE:
        return json_real(verdict->points);
    default:
        return json_boolean(verdict->refused);
    }
}

static int answer(struct http_exchange *exchange, const struct question *question,
                  const struct verdict *verdicts, struct error *err)
{
    const struct model *model = request_model(exchange);
    const size_t rows = question->instances.count;
    json_t *data[OUTPUTS], *list = json_array();
    for (int i = 0; i < OUTPUTS; i++)
        data[i] = json_array();
    for (int i = 0; i < OUTPUT_BASE; i++)
        for (size_t row = 0; question->wanted[i] && row < rows; row++)
            json_array_append_new(data[i], render_value_of(&verdicts[row], i));
    int status = 0;
    if (question->wanted[OUTPUT_BASE] || question->wanted[OUTPUT_CONTRIBUTIONS])
        status = explain(data[OUTPUT_BASE], data[OUTPUT_CONTRIBUTIONS], question, model, verdicts, err);
    for (int i = 0; i < OUTPUTS; i++) {
        json_t *shape = json_pack("[I]", (json_int_t)rows);
        if (i == OUTPUT_CONTRIBUTIONS)
            json_array_append_new(shape, json_integer((json_int_t)model_feature_count(model)));
        json_t *tensor = json_pack("{s:s, s:s, s:o, s:o}", "name", outputs[i].name, "datatype",
                                   outputs[i].datatype, "shape", shape, "data", data[i]);
        if (question->wanted[i])
            json_array_append(list, tensor);
        json_decref(tensor);
    }
    json_t *body = json_pack("{s:s, s:s, s:o}", "model_name", model_name(model), "model_version",
                             model_version(model), "outputs", list);
    if (question->id)
        json_object_set_new(body, "id", json_string(question->id));
    if (status == 0)
        http_answer_json(exchange, 200, body);
    json_decref(body);
    return status;
}

void inference_post(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange) || !find_model(exchange))
        return;
    struct question question = {.id = NULL};
    struct tensor_bytes bytes = {NULL, 0};
    struct error err = {0};
    struct verdict *verdicts = NULL;
    json_t *document = read_document(exchange, &bytes);
    if (!document || !read_question(&question, exchange, document, &bytes))
        goto done;
    verdicts = malloc(question.instances.count * sizeof *verdicts);
    if (!verdicts) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        goto done;
    }
    if (prediction_score(verdicts, &question.instances, exchange) == 0 &&
        answer(exchange, &question, verdicts, &err))
        problem_answer_error(exchange, &err);
done:
    free(verdicts);
    instances_free(&question.instances);
    json_decref(document);
}
