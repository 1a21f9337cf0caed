#include <math.h>
#include <stdio.h>

#include "backend/resources/group.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"
#include "shared/model/decision.h"

void population_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    const struct population *population = request_population(exchange);
    if (!population)
        return;
    const struct model *model = request_model(exchange);
    const struct population_figures *figures = population_figures(population);
    double size = (double)population_count(population);
    double defaulted = (double)figures->outcomes[CLASS_DEFAULTED];
    double known = defaulted + (double)figures->outcomes[CLASS_REPAID];
    double threshold = model_threshold(model);
    json_t *answer =
        json_pack("{s:I, s:{s:I, s:I, s:I}, s:o, s:o, s:o, s:o, s:o, s:f, s:o}", "size", (json_int_t)size,
                  "outcomes", "repaid", (json_int_t)figures->outcomes[CLASS_REPAID], "defaulted",
                  (json_int_t)defaulted, "unknown", (json_int_t)figures->outcomes[CLASS_UNKNOWN],
                  "default_rate", render_number(known > 0 ? defaulted / known : NAN), "mean_income",
                  render_number(figures->mean_income), "mean_credit", render_number(figures->mean_credit),
                  "refused_share", render_number(size > 0 ? (double)figures->refused / size : NAN),
                  "mean_probability", render_number(figures->mean_probability), "score_at_threshold",
                  decision_points(decision_margin(threshold)), "scores",
                  render_histogram(population_points(population), DISTRIBUTION_NUMBER, exchange->language));
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

void population_feature_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    const struct population *population = request_population(exchange);
    if (!population)
        return;
    static const struct group_choice all = {.kind = GROUP_ALL};
    struct group *group = NULL;
    struct error err = {0};
    int feature = request_path_feature(exchange);
    if (feature < 0)
        return;
    if (group_form(&group, population, &all, -1, &err)) {
        problem_answer_error(exchange, &err);
        goto done;
    }
    json_t *answer = render_feature((size_t)feature, exchange->language);
    json_object_set_new(answer, "group", group_render(group, exchange->language));
    render_distribution(answer, population_distribution(population, (size_t)feature), (size_t)feature,
                        exchange->language);
    render_language(exchange);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
done:
    group_free(group);
}
