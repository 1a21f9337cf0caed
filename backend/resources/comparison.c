#include "backend/resources/group.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

struct question {
    size_t features[REQUEST_FEATURES], count;
    struct group_choice group;
};

static bool read_question(struct http_exchange *exchange, const struct population *population,
                          struct question *question)
{
    static const char *const known[] = {"features", "group", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    question->count = request_features(question->features, exchange, population, problems);
    group_read(&question->group, http_query(exchange, "group"), problems);
    return request_is_fine(exchange, problems);
}

static json_t *render_comparison(const struct group *group, size_t feature, float value,
                                 enum language language)
{
    struct distribution distribution;
    struct rank rank = group_compare(&distribution, group, feature, value);
    json_t *result = render_field(feature, value, language);
    json_object_del(result, "missing");
    int bin = distribution_bin(&distribution, value);
    bool ranked = !distribution.categorical;
    json_object_set_new(result, "rank_percent", ranked ? render_number(rank.percent) : json_null());
    json_object_set_new(result, "equal_percent", ranked ? render_number(rank.equal) : json_null());
    json_object_set_new(result, "bin", bin < 0 ? json_null() : json_integer(bin));
    json_object_set_new(result, "count", json_integer((json_int_t)distribution.known));
    json_object_set_new(result, "default_rate", render_number(distribution_default_rate(&distribution)));
    render_distribution(result, &distribution, feature, language);
    return result;
}

void comparison_get(struct http_exchange *exchange)
{
    const struct population *population = request_population(exchange);
    if (!population)
        return;
    struct question question;
    struct error err = {0};
    struct group *group = NULL;
    int64_t row = request_client(exchange, population);
    if (row < 0 || !read_question(exchange, population, &question))
        goto done;
    if (group_form(&group, population, &question.group, row, &err)) {
        problem_answer_error(exchange, &err);
        goto done;
    }
    json_t *features = json_array();
    for (size_t i = 0; i < question.count; i++) {
        size_t feature = question.features[i];
        float value = population_column(population, feature)[row];
        json_array_append_new(features, render_comparison(group, feature, value, exchange->language));
    }
    json_t *answer =
        json_pack("{s:I, s:o, s:o}", "client_id", (json_int_t)population_id(population, (size_t)row), "group",
                  group_render(group, exchange->language), "features", features);
    render_language(exchange);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
done:
    group_free(group);
}
