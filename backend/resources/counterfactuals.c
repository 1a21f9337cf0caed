/* GET /clients/{id}/counterfactuals: what would have to change for a refused client to be granted. */
#include <math.h>
#include <string.h>

#include "backend/recourse/words.h"
#include "backend/resources/change.h"
#include "backend/resources/client_file.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/features/features.h"
#include "shared/http/problem.h"

enum { ANSWERS_LIMIT = 5 };
static const double EFFORT_UNITS = 1e4; /* the effort is given in hundredths of a percent */

/* What every answer to one client is made from. */
struct inquiry {
    const struct model *model;
    const struct client_file *file;
    float vector[FEATURE_COUNT];
    struct verdict verdict;
    struct levers levers;
    enum language language;
};

static bool read_limit(struct http_exchange *exchange, size_t *limit)
{
    static const char *const known[] = {"limit", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    *limit = request_number(exchange, "limit", 1, ANSWERS_LIMIT, ANSWERS_LIMIT, problems);
    return request_is_fine(exchange, problems);
}

/* Scores an application the way every other call does. */
static int score_application(struct verdict *verdict, float vector[FEATURE_COUNT], const double *application,
                             const struct inquiry *inquiry, struct error *err)
{
    struct score score;
    features_build(application, inquiry->file->history, vector);
    if (model_predict(inquiry->model, vector, 1, &score, err))
        return -1;
    *verdict = scoring_verdict(inquiry->model, score.margin);
    return 0;
}

/* One move as its answer, scored again from the changed application; NULL in a failure. */
static json_t *render_move(const struct inquiry *inquiry, const struct recourse_move *move, struct error *err)
{
    double after[APPLICATION_COLUMNS];
    float vector[FEATURE_COUNT];
    bool changed[APPLICATION_COLUMNS];
    char text[RECOURSE_TEXT];
    struct verdict verdict;
    const double *before = inquiry->levers.application;
    levers_apply(&inquiry->levers, move->levels, after);
    if (score_application(&verdict, vector, after, inquiry, err))
        return NULL;
    for (size_t i = 0; i < APPLICATION_COLUMNS; i++)
        changed[i] = after[i] != before[i] && !(isnan(after[i]) && isnan(before[i]));
    recourse_tell(text, &inquiry->levers, move, after, inquiry->language);
    json_t *result =
        json_pack("{s:s, s:f, s:o}", "text", text, "effort",
                  nearbyint(move->effort * EFFORT_UNITS) / EFFORT_UNITS, "changes",
                  change_render(&(struct change_side){before, inquiry->vector},
                                &(struct change_side){after, vector}, changed, inquiry->language));
    render_verdict(result, &verdict);
    return result;
}

/* The moves that are shown, in `found`; what was reached without one in `*best`. */
static int render_moves(json_t *found, json_t **best, const struct inquiry *inquiry, size_t limit,
                        struct error *err)
{
    struct recourse recourse;
    if (recourse_search(&recourse, &inquiry->levers, inquiry->file->history, inquiry->model, err))
        return -1;
    for (size_t i = 0; i < recourse.count && i < limit; i++) {
        json_t *move = render_move(inquiry, &recourse.moves[i], err);
        if (!move)
            return -1;
        json_array_append_new(found, move);
    }
    if (recourse.count > 0)
        return 0;
    json_t *move = render_move(inquiry, &recourse.best, err);
    if (!move)
        return -1;
    json_decref(*best);
    *best = move;
    return 0;
}

static void answer_inquiry(struct http_exchange *exchange, const struct inquiry *inquiry, int64_t client_id,
                           size_t limit)
{
    struct error err = {0};
    json_t *found = json_array(), *best = json_null(), *answer = NULL;
    bool granted = !inquiry->verdict.refused;
    if (!granted && render_moves(found, &best, inquiry, limit, &err)) {
        problem_answer_error(exchange, &err);
        goto done;
    }
    size_t count = json_array_size(found);
    answer = json_pack("{s:I, s:s, s:s, s:f, s:o, s:O, s:O}", "client_id", (json_int_t)client_id, "status",
                       granted     ? "granted"
                       : count > 0 ? "found"
                                   : "none_found",
                       "text", recourse_conclusion(granted, count, inquiry->language), "threshold",
                       model_threshold(inquiry->model), "model", render_model(inquiry->model),
                       "counterfactuals", found, "best", best);
    render_verdict(answer, &inquiry->verdict);
    render_language(exchange);
    http_answer_json(exchange, 200, answer);
done:
    json_decref(answer);
    json_decref(found);
    json_decref(best);
}

void counterfactuals_get(struct http_exchange *exchange)
{
    const struct population *population = request_population(exchange);
    struct client_file file;
    struct inquiry inquiry = {.file = &file, .language = exchange->language};
    struct error err = {0};
    size_t limit;
    if (!population)
        return;
    int64_t row = request_client(exchange, population);
    if (row < 0 || !read_limit(exchange, &limit) ||
        client_file_read(&file, exchange, population, (size_t)row))
        return;
    inquiry.model = request_model(exchange);
    if (score_application(&inquiry.verdict, inquiry.vector, file.application, &inquiry, &err)) {
        problem_answer_error(exchange, &err);
        return;
    }
    levers_find(&inquiry.levers, file.application, population);
    answer_inquiry(exchange, &inquiry, population_id(population, (size_t)row), limit);
}
