#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/group.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

enum { FEATURES_LIMIT = 50, FEATURES_USUAL = 6 };

struct question {
    size_t features[FEATURES_LIMIT], count;
    int group; /* GROUP_ALL, GROUP_SIMILAR or a feature */
};

static void unknown_feature(json_t *problems, const char *pointer, const char *name, const char *also)
{
    const char *near = request_nearest_feature(name);
    request_problem(problems, pointer, "\"%.64s\" is %sno feature.%s%s%s", name, also,
                    near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
}

static void read_features(struct question *question, const char *list, const struct population *population,
                          json_t *problems)
{
    if (!list) {
        for (; question->count < FEATURES_USUAL; question->count++)
            question->features[question->count] = population_by_importance(population)[question->count];
        return;
    }
    for (;;) {
        char name[65];
        size_t length = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : (int)sizeof name - 1, list);
        int feature = length < sizeof name ? catalogue_find(name) : -1;
        if (feature < 0) {
            unknown_feature(problems, "?features", name, "");
        } else if (question->count == FEATURES_LIMIT) {
            request_problem(problems, "?features", "Name at most %d features.", FEATURES_LIMIT);
            return;
        } else {
            question->features[question->count++] = (size_t)feature;
        }
        if (!list[length] || json_array_size(problems) >= FEATURES_LIMIT)
            return;
        list += length + 1;
    }
}

static bool read_question(struct http_exchange *exchange, const struct population *population,
                          struct question *question)
{
    static const char *const known[] = {"features", "group", NULL};
    json_t *problems = json_array();
    question->count = 0;
    request_check_query(exchange, known, problems);
    read_features(question, http_query(exchange, "features"), population, problems);
    const char *group = http_query(exchange, "group");
    question->group = group_find(group ? group : "all");
    if (question->group == GROUP_NONE)
        unknown_feature(problems, "?group", group, "neither all nor similar and ");
    bool fine = json_array_size(problems) == 0;
    if (!fine)
        request_refuse(exchange, problems);
    json_decref(problems);
    return fine;
}

static json_t *render_comparison(const struct group *group, size_t feature, float value,
                                 enum language language)
{
    struct distribution distribution;
    double rank = group_compare(&distribution, group, feature, value);
    json_t *result = render_field(feature, value, language);
    json_object_del(result, "missing");
    int bin = distribution_bin(&distribution, value);
    json_object_set_new(result, "rank_percent", distribution.categorical ? json_null() : render_number(rank));
    json_object_set_new(result, "bin", bin < 0 ? json_null() : json_integer(bin));
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
    if (group_form(&group, population, question.group, (size_t)row, &err)) {
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
