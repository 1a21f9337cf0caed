/* A client beside a group of clients, feature by feature, two features at once, and one by one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/client_page.h"
#include "frontend/pages/compare.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "shared/base/log.h"

enum { CLIENT, COMPARISON, FEATURES, PAIR, SIMILAR, POPULATION, EXPLANATION, CALLS };
enum { NEEDED = FEATURES + 1 }; /* the first calls: without them there is no page */
_Static_assert((int)CALLS <= (int)BACKEND_CALLS, "calls run at once");

/* Asked for when nothing is to be compared, to know the group; not shown. */
static const char ANY_FEATURE[] = "AMT_CREDIT";

/* Clients of a cell of two features on average: enough of them for most cells to have a default rate. */
enum { EACH = 12 };

/* ---- What is asked for ------------------------------------------------------------------------------- */

static void read_question(struct compare_question *out, const struct http_exchange *exchange)
{
    const struct compare_asked asked = {.group = http_query(exchange, "group"),
                                        .features = http_query(exchange, "features"),
                                        .x = http_query(exchange, "x"),
                                        .y = http_query(exchange, "y"),
                                        .similar = http_query(exchange, "similar"),
                                        .band = http_query(exchange, "band"),
                                        .by = http_query(exchange, "by"),
                                        .from = http_query(exchange, "from"),
                                        .to = http_query(exchange, "to")};
    compare_question_read(out, &asked, COMPARE_USUAL);
}

void compare_address(char out[PAGE_ADDRESS], const char *id, const struct compare_question *question,
                     const char *features)
{
    char own[COMPARE_FEATURES * COMPARE_NAME], similar[16];
    compare_question_features(own, sizeof own, question, NULL);
    snprintf(similar, sizeof similar, "%d", question->similar);
    snprintf(out, PAGE_ADDRESS, "/clients/%s/compare", id);
    page_add_parameter(out, PAGE_ADDRESS, '?', "group", question->group);
    page_add_parameter(out, PAGE_ADDRESS, '&', "features", features ? features : own);
    page_add_parameter(out, PAGE_ADDRESS, '&', "x", question->x);
    page_add_parameter(out, PAGE_ADDRESS, '&', "y", question->y);
    page_add_parameter(out, PAGE_ADDRESS, '&', "similar", similar);
}

/* The calls whose answers the question decides. */
static void ask_for(struct backend_call *call, int part, const char *id,
                    const struct compare_question *question)
{
    char features[COMPARE_FEATURES * COMPARE_NAME];
    compare_question_features(features, sizeof features, question, NULL);
    const char *named = *features ? features : ANY_FEATURE;
    *call = (struct backend_call){0};
    if (part == COMPARISON) {
        snprintf(call->path, BACKEND_PATH, "/clients/%s/comparison", id);
        page_add_parameter(call->path, BACKEND_PATH, '?', "features", named);
        page_add_parameter(call->path, BACKEND_PATH, '&', "group", question->group);
    } else if (part == PAIR) {
        snprintf(call->path, BACKEND_PATH, "/population/pair?client_id=%s&each=%d", id, EACH);
        page_add_parameter(call->path, BACKEND_PATH, '&', "x", question->x);
        page_add_parameter(call->path, BACKEND_PATH, '&', "y", question->y);
        page_add_parameter(call->path, BACKEND_PATH, '&', "group", question->group);
    } else {
        snprintf(call->path, BACKEND_PATH, "/clients/%s/similar?k=%d", id, question->similar);
        page_add_parameter(call->path, BACKEND_PATH, '&', "features", named);
    }
}

static void ask(struct backend_call calls[CALLS], const char *id, const struct compare_question *question)
{
    ask_for(&calls[COMPARISON], COMPARISON, id, question);
    ask_for(&calls[PAIR], PAIR, id, question);
    ask_for(&calls[SIMILAR], SIMILAR, id, question);
    snprintf(calls[CLIENT].path, BACKEND_PATH, "/clients/%s", id);
    snprintf(calls[FEATURES].path, BACKEND_PATH, "/features");
    snprintf(calls[POPULATION].path, BACKEND_PATH, "/population");
    snprintf(calls[EXPLANATION].path, BACKEND_PATH, "/explain?top=1");
    calls[EXPLANATION].body = json_pack("{s:I}", "client_id", (json_int_t)strtoll(id, NULL, 10));
    calls[EXPLANATION].safe = true;
}

static bool rejects_group(const struct backend_call *call)
{
    size_t i;
    json_t *error;
    if (call->outcome == BACKEND_REJECTED)
        json_array_foreach(json_object_get(call->answer, "errors"), i,
                           error) if (strcmp(answer_text(error, "pointer"), "?group") == 0) return true;
    return false;
}

/* Asks once more for what the backend refused, without the features and the group that there are not. */
static void ask_again(struct http_exchange *exchange, struct backend_call calls[CALLS], const char *id,
                      struct compare_question *question)
{
    static const int parts[] = {COMPARISON, PAIR, SIMILAR};
    enum { PARTS = sizeof parts / sizeof *parts };
    struct backend_call again[PARTS];
    int which[PARTS];
    size_t count = 0;
    bool mended = compare_question_mend(question, json_object_get(calls[FEATURES].answer, "features"));
    if (rejects_group(&calls[COMPARISON]) || rejects_group(&calls[PAIR])) {
        compare_question_drop_group(question);
        mended = true;
    }
    for (size_t i = 0; i < PARTS && mended; i++) {
        if (calls[parts[i]].outcome != BACKEND_REJECTED)
            continue;
        which[count] = parts[i];
        ask_for(&again[count++], parts[i], id, question);
    }
    if (count == 0)
        return;
    backend_client_run(page_site(exchange)->backend, again, count, exchange->request_id, exchange->language);
    for (size_t i = 0; i < count; i++) {
        backend_calls_clean(&calls[which[i]], 1);
        calls[which[i]] = again[i];
    }
}

/* ---- The page ---------------------------------------------------------------------------------------- */

static int check_answers(const struct backend_call *calls, struct error *err)
{
    if (!json_is_array(json_object_get(calls[CLIENT].answer, "fields")) ||
        !json_is_array(json_object_get(calls[FEATURES].answer, "features")) ||
        !json_is_array(json_object_get(calls[COMPARISON].answer, "features")) ||
        !json_is_object(json_object_get(calls[COMPARISON].answer, "group")))
        return error_set(err, ERROR_INVALID, "an answer of the backend lacks what the contract promises");
    return 0;
}

static const json_t *answer_of(const struct backend_call *call)
{
    return call->outcome == BACKEND_OK ? call->answer : NULL;
}

static void add_address(json_t *view, const char *name, const char *id,
                        const struct compare_question *question)
{
    char address[PAGE_ADDRESS];
    compare_address(address, id, question, NULL);
    json_object_set_new(view, name, json_string(address));
}

static int fill_view(json_t *view, const struct http_exchange *exchange, const char *id,
                     const struct compare_question *question, const struct backend_call *calls,
                     struct error *err)
{
    const json_t *comparison = calls[COMPARISON].answer, *pair = answer_of(&calls[PAIR]),
                 *similar = answer_of(&calls[SIMILAR]);
    json_t *charts = NULL, *density = NULL;
    if (check_answers(calls, err))
        return -1;
    const struct compare_sources sources = {.id = id,
                                            .question = question,
                                            .client = calls[CLIENT].answer,
                                            .catalogue = json_object_get(calls[FEATURES].answer, "features"),
                                            .group = json_object_get(comparison, "group"),
                                            .explanation = answer_of(&calls[EXPLANATION]),
                                            .population = answer_of(&calls[POPULATION])};
    struct compare_question swapped = *question;
    memcpy(swapped.x, question->y, COMPARE_NAME);
    memcpy(swapped.y, question->x, COMPARE_NAME);
    add_address(view, "address", id, question);
    add_address(view, "swapped", id, &swapped);
    json_object_set_new(view, "file", client_file_view(exchange, calls[CLIENT].answer));
    json_object_set_new(view, "choices", compare_choices_view(exchange, &sources));
    json_object_set_new(view, "group", compare_group_view(exchange, &sources));
    bool anybody = answer_number(sources.group, "count") > 0;
    if (anybody && question->count && client_comparison_view(&charts, exchange, comparison, err))
        return -1;
    json_object_set_new(view, "comparison", charts ? charts : json_null());
    if (anybody && pair && compare_pair_view(&density, exchange, pair, err))
        return -1;
    json_object_set_new(view, "pair", density ? density : json_null());
    json_object_set_new(view, "pair_lost", json_boolean(!pair));
    json_object_set_new(view, "similar",
                        similar ? compare_similar_view(exchange, similar, question->count > 0) : json_null());
    json_object_set_new(view, "similar_lost", json_boolean(!similar));
    return 0;
}

static void show(struct http_exchange *exchange, const char *id, const struct compare_question *question,
                 const struct backend_call *calls)
{
    struct error err = {0};
    json_t *view = client_page_view(exchange, id, "compare.title", "compare");
    json_object_set_new(view, "has_charts", json_true());
    json_object_set_new(view, "main_class", json_string("compare-sheet"));
    json_object_set_new(view, "script", json_pack("[s, s]", "refine.js", "compare.js"));
    if (fill_view(view, exchange, id, question, calls, &err)) {
        log_event(LOG_ERROR, "compare_page", "{s:s, s:s}", "fault", err.message, "request_id",
                  exchange->request_id);
        json_decref(view);
        page_fail(exchange, 502, "failure.broken");
        return;
    }
    page_answer(exchange, 200, "compare", view);
}

void compare_show(struct http_exchange *exchange)
{
    struct backend_call calls[CALLS] = {0};
    struct compare_question question;
    const char *id = client_page_id(exchange);
    if (!id)
        return;
    read_question(&question, exchange);
    ask(calls, id, &question);
    backend_client_run(page_site(exchange)->backend, calls, CALLS, exchange->request_id, exchange->language);
    if (calls[FEATURES].outcome == BACKEND_OK)
        ask_again(exchange, calls, id, &question);
    const struct backend_call *failed = backend_calls_failed(calls, NEEDED);
    if (failed)
        client_page_failed(exchange, id, failed);
    else
        show(exchange, id, &question, calls);
    backend_calls_clean(calls, CALLS);
}
