#include <math.h>
#include <stdlib.h>

#include "backend/resources/explanation.h"
#include "backend/resources/prediction.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"
#include "shared/model/decision.h"
#include "shared/model/reasons.h"

enum { TOP_LIMIT = 1000, TEXT = 128 };

struct ranked {
    uint16_t feature;
    double size;
};

/* Larger contributions first; equal ones in catalogue order. */
static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->size != right->size)
        return left->size > right->size ? -1 : 1;
    return (int)left->feature - (int)right->feature;
}

double explanation_points(double contribution)
{
    return contribution == 0 ? 0 : decision_contribution_points(contribution);
}

static json_t *render_contribution(size_t feature, float value, double contribution, enum language language)
{
    const struct feature *meaning = catalogue_feature(feature);
    char text[TEXT];
    catalogue_format(text, sizeof text, feature, value, language);
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:f, s:f}", "feature", meaning->name, "label",
                     meaning->label[language], "theme", catalogue_theme_code(meaning->theme), "value",
                     render_value(feature, value), "text", text, "contribution", contribution, "points",
                     explanation_points(contribution));
}

static void add_contributions(json_t *result, const struct model *model, const float *vector,
                              const double *contributions, size_t top, enum language language)
{
    struct ranked ranked[FEATURE_COUNT] = {0};
    size_t count = model_feature_count(model);
    double rest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t feature = model_feature(model, i);
        ranked[i] = (struct ranked){(uint16_t)feature, fabs(contributions[feature])};
    }
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    if (top > count)
        top = count;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        size_t feature = ranked[i].feature;
        if (i < top)
            json_array_append_new(
                list, render_contribution(feature, vector[feature], contributions[feature], language));
        else
            rest += contributions[feature];
    }
    rest = scoring_round(rest);
    json_object_set_new(result, "contributions", list);
    json_object_set_new(result, "rest",
                        json_pack("{s:I, s:f, s:f}", "count", (json_int_t)(count - top), "contribution", rest,
                                  "points", explanation_points(rest)));
}

static void add_reasons(json_t *list, const struct model *model, const float *vector,
                        const double *contributions, int against, enum language language)
{
    struct reason reasons[PREDICTION_REASONS];
    size_t count = reasons_find(reasons, PREDICTION_REASONS, model, vector, contributions, against, language);
    for (size_t i = 0; i < count; i++) {
        const struct feature *meaning = catalogue_feature(reasons[i].feature);
        double contribution = scoring_round(reasons[i].contribution);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f}", "code",
                                              meaning->name, "text", reasons[i].text, "fact", reasons[i].fact,
                                              "theme", catalogue_theme_code(meaning->theme), "theme_label",
                                              catalogue_theme_label(meaning->theme, language), "direction",
                                              against ? "against" : "for", "contribution", contribution,
                                              "points", explanation_points(contribution)));
    }
}

int explanation_compute(struct explanation *out, const struct model *model, const float *vector,
                        struct error *err)
{
    struct score score;
    if (model_explain(model, vector, &score, out->contributions, &out->base_value, err))
        return -1;
    out->verdict = scoring_verdict(model, score.margin);
    scoring_settle(out->verdict.margin, &out->base_value, out->contributions);
    return 0;
}

void explanation_render(json_t *result, const struct model *model, const float *vector,
                        const struct explanation *explanation, size_t top, enum language language)
{
    const double *contributions = explanation->contributions;
    json_object_set_new(result, "base_value", json_real(explanation->base_value));
    json_object_set_new(result, "margin", json_real(explanation->verdict.margin));
    add_contributions(result, model, vector, contributions, top, language);
    json_t *reasons = json_array();
    add_reasons(reasons, model, vector, contributions, 1, language);
    add_reasons(reasons, model, vector, contributions, 0, language);
    json_object_set_new(result, "reasons", reasons);
}

bool explanation_read_top(struct http_exchange *exchange, size_t *top)
{
    static const char *const known[] = {"top", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    *top = request_number(exchange, "top", 1, TOP_LIMIT, FEATURE_COUNT, problems);
    bool fine = json_array_size(problems) == 0;
    if (!fine)
        request_refuse(exchange, problems);
    json_decref(problems);
    return fine;
}

void explain_post(struct http_exchange *exchange)
{
    size_t top;
    if (!explanation_read_top(exchange, &top))
        return;
    const struct model *model = request_model(exchange);
    struct error err = {0};
    struct instances instances;
    struct verdict *verdicts = NULL;
    json_t *results = NULL;
    if (instances_read(&instances, exchange))
        goto done;
    verdicts = malloc(instances.count * sizeof *verdicts);
    if (!verdicts) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        goto done;
    }
    if (prediction_score(verdicts, &instances, exchange))
        goto done;
    results = json_array();
    for (size_t i = 0; i < instances.count; i++) {
        json_t *result = prediction_render(&verdicts[i], instances.client_ids[i], exchange);
        json_array_append_new(results, result);
        const float *vector = instances.vectors + i * FEATURE_COUNT;
        struct explanation explanation;
        if (explanation_compute(&explanation, model, vector, &err)) {
            problem_answer_error(exchange, &err);
            goto done;
        }
        explanation_render(result, model, vector, &explanation, top, exchange->language);
    }
    render_language(exchange);
    prediction_answer(exchange, &instances, results);
    results = NULL;
done:
    json_decref(results);
    free(verdicts);
    instances_free(&instances);
}
