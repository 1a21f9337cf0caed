/* GET /clients/{id}/similar: the nearest clients, what they have in common with this one, how they ended. */
#include <math.h>

#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

enum { NEIGHBOURS_LIMIT = 100, NEIGHBOURS_USUAL = 10 };

struct question {
    size_t features[REQUEST_FEATURES], count;
    size_t k;
};

static bool read_question(struct http_exchange *exchange, const struct population *population,
                          struct question *question)
{
    static const char *const known[] = {"k", "features", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    question->k = request_number(exchange, "k", 1, NEIGHBOURS_LIMIT, NEIGHBOURS_USUAL, problems);
    question->count = request_features(question->features, exchange, population, problems);
    return request_is_fine(exchange, problems);
}

/* One client as the list shows them, to be completed. */
static json_t *render_client(const struct population *population, size_t row, const struct question *question,
                             const struct model *model, enum language language)
{
    struct verdict verdict = scoring_verdict(model, population_margin(population, row));
    json_t *fields = json_array();
    for (size_t i = 0; i < question->count; i++) {
        size_t feature = question->features[i];
        float value = population_value(population, feature, row);
        json_array_append_new(fields, render_field(feature, value, language));
    }
    json_t *client =
        json_pack("{s:I, s:o, s:o}", "client_id", (json_int_t)population_id(population, row), "outcome",
                  render_outcome(population_outcome(population, row)), "fields", fields);
    render_verdict(client, &verdict);
    return client;
}

/* Share of defaults among those whose outcome is known; NaN without any. */
static double default_rate(const struct population *population, const uint32_t *rows, size_t count)
{
    size_t known = 0, defaulted = 0;
    for (size_t i = 0; i < count; i++) {
        int outcome = population_outcome(population, rows[i]);
        known += outcome != OUTCOME_UNKNOWN;
        defaulted += outcome == OUTCOME_DEFAULTED;
    }
    return known ? (double)defaulted / (double)known : NAN;
}

void similar_get(struct http_exchange *exchange)
{
    const struct population *population = request_population(exchange);
    struct question question;
    if (!population)
        return;
    int64_t row = request_client(exchange, population);
    if (row < 0 || !read_question(exchange, population, &question))
        return;
    uint32_t rows[NEIGHBOURS_LIMIT];
    float distances[NEIGHBOURS_LIMIT];
    const struct model *model = request_model(exchange);
    size_t count;
    struct error err = {0};
    if (population_nearest(population, (size_t)row, question.k, rows, distances, &count, &err)) {
        problem_answer_error(exchange, &err);
        return;
    }
    json_t *similar = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *client = render_client(population, rows[i], &question, model, exchange->language);
        json_object_set_new(client, "distance", render_float(distances[i]));
        json_array_append_new(similar, client);
    }
    json_t *answer = render_client(population, (size_t)row, &question, model, exchange->language);
    json_object_set_new(answer, "count", json_integer((json_int_t)count));
    json_object_set_new(answer, "default_rate", render_number(default_rate(population, rows, count)));
    json_object_set_new(answer, "similar", similar);
    render_language(exchange);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}
