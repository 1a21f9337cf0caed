/* A client: what was decided and why, how the client compares, and the file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/client_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "shared/base/log.h"

enum { FEWEST = 5, USUAL = 10, MOST = 25 };
enum { CLIENT, EXPLANATION, COMPARISON, POPULATION, CALLS };
_Static_assert((int)CALLS <= (int)BACKEND_CALLS, "calls run at once");

/* ---- What is asked for ------------------------------------------------------------------------------- */

/* How many contributions to show: ?top=, brought within the limits. */
static int read_top(const struct http_exchange *exchange)
{
    const char *text = http_query(exchange, "top");
    long top = text ? strtol(text, NULL, 10) : USUAL;
    if (text && top == 0)
        return USUAL;
    return top < FEWEST ? FEWEST : top > MOST ? MOST : (int)top;
}

static void ask(struct backend_call calls[CALLS], const char *id, int top)
{
    snprintf(calls[CLIENT].path, BACKEND_PATH, "/clients/%s", id);
    snprintf(calls[EXPLANATION].path, BACKEND_PATH, "/explain?top=%d", top);
    calls[EXPLANATION].body = json_pack("{s:I}", "client_id", (json_int_t)strtoll(id, NULL, 10));
    calls[EXPLANATION].safe = true;
    snprintf(calls[COMPARISON].path, BACKEND_PATH, "/clients/%s/comparison?features=%s", id, CLIENT_COMPARED);
    snprintf(calls[POPULATION].path, BACKEND_PATH, "/population");
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

static int fill_view(json_t *view, const struct http_exchange *exchange, const struct backend_call *calls,
                     struct error *err)
{
    json_t *contributions = NULL, *comparison = NULL;
    const json_t *explanation = calls[EXPLANATION].answer;
    double score_at_threshold = answer_number(calls[POPULATION].answer, "score_at_threshold");
    if (check_answers(calls, err))
        return -1;
    json_object_set_new(view, "verdict", client_verdict_view(exchange, explanation, score_at_threshold));
    json_object_set_new(view, "file", client_file_view(exchange, calls[CLIENT].answer));
    int status = client_contributions_view(&contributions, exchange, explanation, err);
    if (status == 0)
        status = client_comparison_view(&comparison, exchange, calls[COMPARISON].answer, err);
    json_object_set_new(view, "contributions", contributions);
    json_object_set_new(view, "comparison", comparison);
    return status;
}

static void show_client(struct http_exchange *exchange, const char *id, int top,
                        const struct backend_call *calls)
{
    struct error err = {0};
    json_t *view = client_page_view(exchange, id, "client.title", "client");
    json_object_set_new(view, "top", json_integer(top));
    json_object_set_new(view, "top_fewest", json_integer(FEWEST));
    json_object_set_new(view, "top_most", json_integer(MOST));
    json_object_set_new(view, "has_charts", json_true());
    json_object_set_new(view, "script", json_string("refine.js"));
    if (fill_view(view, exchange, calls, &err)) {
        log_event(LOG_ERROR, "client_page", "{s:s, s:s}", "fault", err.message, "request_id",
                  exchange->request_id);
        json_decref(view);
        page_fail(exchange, 502, "failure.broken");
        return;
    }
    page_answer(exchange, 200, "client", view);
}

void client_show(struct http_exchange *exchange)
{
    struct backend_call calls[CALLS] = {0};
    const char *id = client_page_id(exchange);
    if (!id)
        return;
    int top = read_top(exchange);
    ask(calls, id, top);
    backend_client_run(page_site(exchange)->backend, calls, CALLS, exchange->request_id, exchange->language);
    const struct backend_call *failed = backend_calls_failed(calls, CALLS);
    if (failed)
        client_page_failed(exchange, id, failed);
    else
        show_client(exchange, id, top, calls);
    backend_calls_clean(calls, CALLS);
}
