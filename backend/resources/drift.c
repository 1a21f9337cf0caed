/* Whether clients still look like those the model learnt from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/lasting.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/http/problem.h"

/* Limits of the trade: below the first stable, above the second another population. */
static const double PSI_LOOK = 0.10, PSI_ACT = 0.25;

static const char *verdict_of(const struct drift *drift)
{
    if (drift->psi > PSI_ACT)
        return "act";
    if (drift->psi > PSI_LOOK)
        return "look";
    return "stable";
}

static json_t *render_drift(const struct drift *drift, enum language language)
{
    json_t *entry = json_object();
    if (drift->feature != DRIFT_SCORE) {
        json_decref(entry);
        entry = render_feature((size_t)drift->feature, language);
        json_object_set_new(entry, "missing_then", json_real(drift->missing_then));
        json_object_set_new(entry, "missing_now", json_real(drift->missing_now));
    }
    json_object_set_new(entry, "psi", json_real(scoring_round(drift->psi)));
    json_object_set_new(entry, "chance", json_real(scoring_round(drift->chance)));
    json_object_set_new(entry, "beyond_chance", json_boolean(drift->psi > drift->chance));
    json_object_set_new(entry, "verdict", json_string(verdict_of(drift)));
    return entry;
}

static json_t *render_drifts(struct http_exchange *exchange, const char *of, size_t clients,
                             const struct drift *drifts, size_t count)
{
    const struct model *model = request_model(exchange);
    json_t *features = json_array(), *score = json_null();
    for (size_t i = 0; i < count; i++) {
        json_t *entry = render_drift(&drifts[i], exchange->language);
        if (drifts[i].feature == DRIFT_SCORE) {
            json_decref(score);
            score = entry;
        } else {
            json_array_append_new(features, entry);
        }
    }
    return json_pack("{s:o, s:s, s:I, s:I, s:{s:f, s:f}, s:o, s:o}", "model", render_model(model), "of", of,
                     "clients", (json_int_t)clients, "trained_on", (json_int_t)drift_trained_on(model),
                     "limits", "look", PSI_LOOK, "act", PSI_ACT, "score", score, "features", features);
}

/* ---- What was scored last ---- */

/* Applications in rows, looked at column by column. */
struct scored {
    size_t count;
    const float *vectors;
    float *column; /* room for one */
    struct score *scores;
};

static struct drift_values scored_column(const void *context, size_t feature)
{
    const struct scored *scored = context;
    for (size_t i = 0; i < scored->count; i++)
        scored->column[i] = scored->vectors[i * FEATURE_COUNT + feature];
    return (struct drift_values){scored->column, NULL, scored->count};
}

static double scored_margin(const void *context, size_t row)
{
    return ((const struct scored *)context)->scores[row].margin;
}

static void answer_recent(struct http_exchange *exchange)
{
    struct drift drifts[FEATURE_COUNT + 1];
    struct error err = {0};
    float *vectors = malloc((size_t)RECENT_VECTORS * FEATURE_COUNT * sizeof *vectors);
    float *column = malloc(RECENT_VECTORS * sizeof *column);
    struct score *scores = malloc(RECENT_VECTORS * sizeof *scores);
    if (!vectors || !column || !scores) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        goto done;
    }
    const struct model *model = request_model(exchange);
    struct scored scored = {.vectors = vectors, .column = column, .scores = scores};
    scored.count = recent_copy(service_recent(exchange->context), vectors);
    /* By the model that answers now, which may be another than the one that scored them. */
    if (scored.count > 0 && model_predict(model, vectors, scored.count, scores, &err)) {
        problem_answer_error(exchange, &err);
        goto done;
    }
    const struct drift_clients clients = {scored.count, scored_column, scored_margin, &scored};
    size_t count = drift_measure(drifts, model, &clients);
    json_t *answer = render_drifts(exchange, "scorings", scored.count, drifts, count);
    render_language(exchange);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
done:
    free(vectors);
    free(column);
    free(scores);
}

/* ---- GET /monitoring/drift ---- */

void drift_get(struct http_exchange *exchange)
{
    static const char *const known[] = {"of", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    const char *of = http_query(exchange, "of");
    bool recent = of && strcmp(of, "scorings") == 0;
    if (of && !recent && strcmp(of, "population") != 0)
        request_problem(problems, "?of", "Give population or scorings.");
    if (!request_is_fine(exchange, problems))
        return;
    if (recent) {
        answer_recent(exchange);
        return;
    }
    const struct population *population = request_population(exchange);
    const struct drift *drifts;
    size_t count;
    struct error err = {0};
    if (!population || lasting_repeat(exchange, "population"))
        return;
    if (snapshot_drift(request_snapshot(exchange), &drifts, &count, &err)) {
        problem_answer_error(exchange, &err);
        return;
    }
    json_t *answer = render_drifts(exchange, "population", population_count(population), drifts, count);
    render_language(exchange);
    lasting_answer(exchange, "population", answer);
    json_decref(answer);
}
