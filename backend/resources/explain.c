#include <math.h>
#include <stdlib.h>

#include "backend/resources/explanation.h"
#include "backend/resources/prediction.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/base/rank.h"
#include "shared/http/problem.h"
#include "shared/model/decision.h"
#include "shared/model/reasons.h"

enum { TOP_LIMIT = 1000, TEXT = 128 };

double explanation_points(double contribution)
{
    return contribution == 0 ? 0 : scoring_round(decision_contribution_points(contribution));
}

static void write_text(struct json_writer *writer, const char *key, const char *text)
{
    json_writer_key(writer, key);
    json_writer_text(writer, text);
}

static void write_pull(struct json_writer *writer, double contribution)
{
    json_writer_key(writer, "contribution");
    json_writer_number(writer, contribution);
    json_writer_key(writer, "points");
    json_writer_number(writer, explanation_points(contribution));
}

static void write_contribution(struct json_writer *writer, const struct phrases *phrases, size_t feature,
                               float value, double contribution, enum language language)
{
    struct slice said = phrases_feature(phrases, feature, language);
    json_writer_open(writer, '{');
    json_writer_raw_key(writer, said.data, said.length);
    if (phrases_value(&said, phrases, feature, value, language)) {
        json_writer_raw(writer, said.data, said.length);
    } else {
        char text[TEXT];
        catalogue_format(text, sizeof text, feature, value, language);
        render_write_value(writer, feature, value);
        write_text(writer, "text", text);
    }
    write_pull(writer, contribution);
    json_writer_close(writer, '}');
}

static void write_contributions(struct json_writer *writer, const float *vector, const double *contributions,
                                size_t top, struct http_exchange *exchange)
{
    struct ranked ranks[FEATURE_COUNT];
    const struct phrases *phrases = service_phrases(exchange->context);
    const struct model *model = request_model(exchange);
    size_t count = model_feature_count(model);
    double rest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t feature = model_feature(model, i);
        ranks[i] = (struct ranked){fabs(contributions[feature]), feature};
    }
    rank_sort(ranks, count);
    if (top > count)
        top = count;
    json_writer_key(writer, "contributions");
    json_writer_open(writer, '[');
    for (size_t i = 0; i < top; i++) {
        size_t feature = ranks[i].item;
        write_contribution(writer, phrases, feature, vector[feature], contributions[feature],
                           exchange->language);
    }
    json_writer_close(writer, ']');
    for (size_t i = top; i < count; i++)
        rest += contributions[ranks[i].item];
    json_writer_key(writer, "rest");
    json_writer_open(writer, '{');
    json_writer_key(writer, "count");
    json_writer_integer(writer, (int64_t)(count - top));
    write_pull(writer, scoring_round(rest));
    json_writer_close(writer, '}');
}

static void write_reasons(struct json_writer *writer, const struct model *model, const float *vector,
                          const double *contributions, int against, enum language language)
{
    struct reason reasons[PREDICTION_REASONS];
    size_t count = reasons_find(reasons, PREDICTION_REASONS, model, vector, contributions, against, language);
    for (size_t i = 0; i < count; i++) {
        const struct feature *meaning = catalogue_feature(reasons[i].feature);
        json_writer_open(writer, '{');
        write_text(writer, "code", meaning->name);
        write_text(writer, "text", reasons[i].text);
        write_text(writer, "fact", reasons[i].fact);
        write_text(writer, "theme", catalogue_theme_code(meaning->theme));
        write_text(writer, "theme_label", catalogue_theme_label(meaning->theme, language));
        write_text(writer, "direction", against ? "against" : "for");
        write_pull(writer, scoring_round(reasons[i].contribution));
        json_writer_close(writer, '}');
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

void explanation_write(struct json_writer *writer, const float *vector, const struct explanation *explanation,
                       size_t top, struct http_exchange *exchange)
{
    const struct model *model = request_model(exchange);
    const double *contributions = explanation->contributions;
    json_writer_key(writer, "base_value");
    json_writer_number(writer, explanation->base_value);
    json_writer_key(writer, "margin");
    json_writer_number(writer, explanation->verdict.margin);
    write_contributions(writer, vector, contributions, top, exchange);
    json_writer_key(writer, "reasons");
    json_writer_open(writer, '[');
    write_reasons(writer, model, vector, contributions, 1, exchange->language);
    write_reasons(writer, model, vector, contributions, 0, exchange->language);
    json_writer_close(writer, ']');
}

bool explanation_read_top(struct http_exchange *exchange, size_t *top)
{
    static const char *const known[] = {"top", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    *top = request_number(exchange, "top", 1, TOP_LIMIT, FEATURE_COUNT, problems);
    return request_is_fine(exchange, problems);
}

/* About what the answer takes: memory that grows while it is written is copied each time. */
static size_t expected_bytes(size_t explanations, size_t top)
{
    enum { FIRST = 4096, CONTRIBUTION = 200 };
    size_t contributions = top < FEATURE_COUNT ? top : FEATURE_COUNT;
    size_t bytes = explanations * (FIRST + contributions * CONTRIBUTION);
    return bytes < PREDICTION_BYTES ? bytes : PREDICTION_BYTES;
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
    struct buffer text = buffer_new(PREDICTION_BYTES);
    struct json_writer writer = json_writer_start(&text, &err);
    if (instances_read(&instances, exchange))
        goto done;
    verdicts = malloc(instances.count * sizeof *verdicts);
    if (!verdicts || buffer_reserve(&text, expected_bytes(instances.count, top), &err)) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        goto done;
    }
    prediction_open(&writer, &instances);
    for (size_t i = 0; i < instances.count; i++) {
        const float *vector = instances.vectors + i * FEATURE_COUNT;
        struct explanation explanation;
        if (explanation_compute(&explanation, model, vector, &err)) {
            problem_answer_error(exchange, &err);
            goto done;
        }
        verdicts[i] = explanation.verdict;
        json_writer_open(&writer, '{');
        prediction_write(&writer, &verdicts[i], instances.client_ids[i], exchange);
        explanation_write(&writer, vector, &explanation, top, exchange);
        json_writer_close(&writer, '}');
    }
    prediction_close(&writer, &instances);
    prediction_note(verdicts, &instances, exchange);
    render_language(exchange);
    prediction_answer(exchange, &writer);
done:
    buffer_free(&text);
    free(verdicts);
    instances_free(&instances);
}
