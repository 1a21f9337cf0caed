/* A client: what was decided and why, how the client compares, and the file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/client_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/pages/recent.h"
#include "shared/base/log.h"

enum { FEWEST = 5, USUAL = 10, MOST = 25 };

/* What the page is made of. The comparison is of what the explanation names and has to wait for it; the page
 * does without the latest decision when it must. */
enum { CLIENT, EXPLANATION, POPULATION, NEEDED, LATEST = NEEDED, AT_ONCE, COMPARISON = AT_ONCE, CALLS };
_Static_assert((int)AT_ONCE <= (int)BACKEND_CALLS, "calls run at once");

/* ---- What is asked for ------------------------------------------------------------------------------- */

/* What the address says of how the page is to look. */
struct choice {
    int top;      /* contributions */
    bool bars;    /* they are shown as bars, not as a waterfall */
    bool similar; /* the client is compared with similar clients, not with all */
};

/* ?top=, brought within the limits. */
static int read_top(const struct http_exchange *exchange)
{
    const char *text = http_query(exchange, "top");
    long top = text ? strtol(text, NULL, 10) : USUAL;
    if (text && top == 0)
        return USUAL;
    return top < FEWEST ? FEWEST : top > MOST ? MOST : (int)top;
}

static bool asks_for(const struct http_exchange *exchange, const char *name, const char *value)
{
    const char *text = http_query(exchange, name);
    return text && strcmp(text, value) == 0;
}

static struct choice read_choice(const struct http_exchange *exchange)
{
    return (struct choice){read_top(exchange), asks_for(exchange, "view", "bars"),
                           asks_for(exchange, "group", "similar")};
}

static void ask(struct backend_call calls[CALLS], const char *id, const struct choice *choice)
{
    snprintf(calls[CLIENT].path, BACKEND_PATH, "/clients/%s", id);
    snprintf(calls[EXPLANATION].path, BACKEND_PATH, "/explain?top=%d", choice->top);
    calls[EXPLANATION].body = json_pack("{s:I}", "client_id", (json_int_t)strtoll(id, NULL, 10));
    calls[EXPLANATION].safe = true;
    snprintf(calls[POPULATION].path, BACKEND_PATH, "/population");
    snprintf(calls[LATEST].path, BACKEND_PATH, "/decisions?client_id=%s&limit=1", id);
}

static void ask_comparison(struct backend_call *call, const char *id, const struct choice *choice,
                           const json_t *explanation)
{
    char features[BACKEND_PATH / 2];
    client_compared(features, sizeof features, explanation);
    snprintf(call->path, BACKEND_PATH, "/clients/%s/comparison?features=%s&group=%s", id, features,
             choice->similar ? "similar" : "all");
}

/* ---- The page ---------------------------------------------------------------------------------------- */

/* The parts without which there is no page. */
static int check_answers(const struct backend_call *calls, struct error *err)
{
    const json_t *explanation = calls[EXPLANATION].answer;
    if (isnan(answer_number(explanation, "probability")) || !*answer_text(explanation, "decision") ||
        isnan(answer_number(explanation, "threshold")) || isnan(answer_number(explanation, "score")) ||
        isnan(answer_number(calls[POPULATION].answer, "score_at_threshold")) ||
        !json_is_array(json_object_get(calls[COMPARISON].answer, "features")) ||
        !json_is_array(json_object_get(calls[CLIENT].answer, "fields")))
        return error_set(err, ERROR_INVALID, "an answer of the backend lacks what the contract promises");
    return 0;
}

static int fill_view(json_t *view, const struct http_exchange *exchange, const struct choice *choice,
                     const struct backend_call *calls, struct error *err)
{
    json_t *contributions = NULL, *comparison = NULL;
    const json_t *explanation = calls[EXPLANATION].answer;
    double score_at_threshold = answer_number(calls[POPULATION].answer, "score_at_threshold");
    if (check_answers(calls, err))
        return -1;
    json_object_set_new(view, "verdict", client_verdict_view(exchange, explanation, score_at_threshold));
    json_object_set_new(view, "latest", client_latest_view(exchange, calls[LATEST].answer));
    json_object_set_new(view, "file", client_file_view(exchange, calls[CLIENT].answer));
    json_object_set_new(view, "quality", client_quality_view(exchange, calls[CLIENT].answer));
    int status = client_contributions_view(&contributions, exchange, explanation, score_at_threshold,
                                           choice->bars, err);
    if (status == 0)
        status = client_comparison_view(&comparison, exchange, calls[COMPARISON].answer, err);
    json_object_set_new(view, "contributions", contributions);
    json_object_set_new(view, "comparison", comparison);
    return status;
}

static json_t *choice_view(const struct choice *choice)
{
    return json_pack("{s:i, s:i, s:i, s:b, s:b, s:s, s:s}", "top", choice->top, "fewest", FEWEST, "most",
                     MOST, "bars", choice->bars, "similar", choice->similar, "view",
                     choice->bars ? "bars" : "waterfall", "group", choice->similar ? "similar" : "all");
}

static void show_client(struct http_exchange *exchange, const char *id, const struct choice *choice,
                        const struct backend_call *calls)
{
    struct error err = {0};
    json_t *view = client_page_view(exchange, id, "client.title", "client");
    json_object_set_new(view, "choice", choice_view(choice));
    json_object_set_new(view, "main_class", json_string("client-sheet"));
    json_object_set_new(view, "has_charts", json_true());
    json_object_set_new(view, "script", json_string("refine.js"));
    if (fill_view(view, exchange, choice, calls, &err)) {
        log_event(LOG_ERROR, "client_page", "{s:s, s:s}", "fault", err.message, "request_id",
                  exchange->request_id);
        json_decref(view);
        page_fail(exchange, 502, "failure.broken");
        return;
    }
    recent_add(exchange, id);
    page_answer(exchange, 200, "client", view);
}

void client_show(struct http_exchange *exchange)
{
    struct backend_call calls[CALLS] = {0};
    struct backend_client *backend = page_site(exchange)->backend;
    const char *id = client_page_id(exchange);
    if (!id)
        return;
    struct choice choice = read_choice(exchange);
    ask(calls, id, &choice);
    backend_client_run(backend, calls, AT_ONCE, exchange->request_id, exchange->language);
    const struct backend_call *failed = backend_calls_failed(calls, NEEDED);
    if (!failed) {
        ask_comparison(&calls[COMPARISON], id, &choice, calls[EXPLANATION].answer);
        backend_client_run(backend, &calls[COMPARISON], 1, exchange->request_id, exchange->language);
        failed = backend_calls_failed(&calls[COMPARISON], 1);
    }
    if (failed)
        client_page_failed(exchange, id, failed);
    else
        show_client(exchange, id, &choice, calls);
    backend_calls_clean(calls, CALLS);
}
