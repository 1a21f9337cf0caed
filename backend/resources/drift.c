/* Whether clients still look like those the model learnt from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/lasting.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/base/number.h"
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

static void add_index(json_t *entry, const struct drift *drift)
{
    json_object_set_new(entry, "psi", json_real(scoring_round(drift->psi)));
    json_object_set_new(entry, "chance", json_real(scoring_round(drift->chance)));
    json_object_set_new(entry, "beyond_chance", json_boolean(drift->psi > drift->chance));
    json_object_set_new(entry, "verdict", json_string(verdict_of(drift)));
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
    add_index(entry, drift);
    return entry;
}

/* What was compared with what. */
static json_t *render_comparison(struct http_exchange *exchange, const char *of, size_t clients)
{
    const struct model *model = request_model(exchange);
    return json_pack("{s:o, s:s, s:I, s:I, s:{s:f, s:f}}", "model", render_model(model), "of", of, "clients",
                     (json_int_t)clients, "trained_on", (json_int_t)drift_trained_on(model), "limits", "look",
                     PSI_LOOK, "act", PSI_ACT);
}

static json_t *render_drifts(struct http_exchange *exchange, const char *of, size_t clients,
                             const struct drift *drifts, size_t count)
{
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
    json_t *answer = render_comparison(exchange, of, clients);
    json_object_set_new(answer, "score", score);
    json_object_set_new(answer, "features", features);
    return answer;
}

/* ---- One by one ---- */

enum { VALUE_TEXT = 256 };

static json_t *render_end(double value, int feature, enum language language)
{
    char text[VALUE_TEXT];
    if (!isfinite(value))
        return json_null();
    if (feature == DRIFT_SCORE)
        number_format_percent(text, value, 1, language);
    else
        catalogue_format(text, sizeof text, (size_t)feature, value, language);
    return json_string(text);
}

static json_t *render_bin(const struct drift_bin *bin, int feature, enum language language)
{
    static const char *const kinds[] = {[DRIFT_MISSING] = "missing",
                                        [DRIFT_VALUE] = "value",
                                        [DRIFT_RANGE] = "range",
                                        [DRIFT_LEVEL] = "category"};
    bool missing = bin->kind == DRIFT_MISSING;
    double low = missing ? (double)NAN : bin->low, high = missing ? (double)NAN : bin->high;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:f, s:f}", "kind", kinds[bin->kind], "low",
                     render_number(low), "high", render_number(high), "low_text",
                     render_end(low, feature, language), "high_text", render_end(high, feature, language),
                     "then", bin->then, "now", scoring_round(bin->now));
}

static void answer_bins(struct http_exchange *exchange, const char *of, const struct drift_clients *clients,
                        int feature)
{
    struct drift_bin bins[DRIFT_BINS];
    struct drift drift = {.feature = feature};
    size_t count = drift_look(bins, &drift, request_model(exchange), clients, feature);
    if (count == 0) {
        problem_answer(exchange, 404,
                       clients->count == 0 ? "There are no clients to compare."
                                           : "The model's artifact does not tell how this was distributed.",
                       NULL);
        return;
    }
    json_t *list = json_array(), *answer = render_comparison(exchange, of, clients->count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, render_bin(&bins[i], feature, exchange->language));
    json_object_set_new(answer, "feature",
                        feature == DRIFT_SCORE ? json_null()
                                               : render_feature((size_t)feature, exchange->language));
    add_index(answer, &drift);
    json_object_set_new(answer, "bins", list);
    render_language(exchange);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

/* ---- What was scored last ---- */

/* Applications in rows, looked at column by column. */
struct scored {
    size_t count;
    float *vectors;
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

static void scored_clean(struct scored *scored)
{
    free(scored->vectors);
    free(scored->column);
    free(scored->scores);
}

/* Takes what was scored last, to be cleaned in any case; -1 after answering. */
static int scored_take(struct scored *out, struct http_exchange *exchange)
{
    struct error err = {0};
    *out = (struct scored){.vectors = malloc((size_t)RECENT_VECTORS * FEATURE_COUNT * sizeof *out->vectors),
                           .column = malloc(RECENT_VECTORS * sizeof *out->column),
                           .scores = malloc(RECENT_VECTORS * sizeof *out->scores)};
    if (!out->vectors || !out->column || !out->scores) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        return -1;
    }
    out->count = recent_copy(service_recent(exchange->context), out->vectors);
    /* By the model that answers now, which may be another than the one that scored them. */
    if (out->count > 0 &&
        model_predict(request_model(exchange), out->vectors, out->count, out->scores, &err)) {
        problem_answer_error(exchange, &err);
        return -1;
    }
    return 0;
}

/* ---- The calls ---- */

/* Reads ?of=; false after answering. */
static bool read_of(struct http_exchange *exchange, bool *recent)
{
    static const char *const known[] = {"of", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    const char *of = http_query(exchange, "of");
    *recent = of && strcmp(of, "scorings") == 0;
    if (of && !*recent && strcmp(of, "population") != 0)
        request_problem(problems, "?of", "Give population or scorings.");
    return request_is_fine(exchange, problems);
}

static void answer_drifts(struct http_exchange *exchange, size_t clients, const struct drift *drifts,
                          size_t count)
{
    json_t *answer = render_drifts(exchange, "scorings", clients, drifts, count);
    render_language(exchange);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

static void answer_recent(struct http_exchange *exchange, const int *feature)
{
    struct drift drifts[FEATURE_COUNT + 1];
    struct scored scored;
    if (scored_take(&scored, exchange) == 0) {
        const struct drift_clients clients = {scored.count, scored_column, scored_margin, &scored};
        if (feature)
            answer_bins(exchange, "scorings", &clients, *feature);
        else
            answer_drifts(exchange, scored.count, drifts,
                          drift_measure(drifts, request_model(exchange), &clients));
    }
    scored_clean(&scored);
}

/* GET /monitoring/drift */
void drift_get(struct http_exchange *exchange)
{
    bool recent;
    const struct drift *drifts;
    size_t count;
    struct error err = {0};
    if (!read_of(exchange, &recent))
        return;
    if (recent) {
        answer_recent(exchange, NULL);
        return;
    }
    const struct population *population = request_population(exchange);
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

/* GET /monitoring/drift/{name} */
void drift_feature_get(struct http_exchange *exchange)
{
    bool recent, score = strcmp(http_path(exchange, "name"), "score") == 0;
    if (!read_of(exchange, &recent))
        return;
    int feature = score ? DRIFT_SCORE : request_path_feature(exchange);
    if (!score && feature < 0)
        return;
    if (recent) {
        answer_recent(exchange, &feature);
        return;
    }
    if (!request_population(exchange))
        return;
    const struct drift_clients clients = snapshot_clients(request_snapshot(exchange));
    answer_bins(exchange, "population", &clients, feature);
}
