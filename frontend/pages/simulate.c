/* What would be if: some fields of a client's application changed, and the result beside the original. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/client_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/pages/simulate.h"
#include "shared/base/log.h"

enum { MOVES = 24 }; /* contributions asked for; the sensitive ones among them are not shown */
enum { CLIENT, OUTCOME, POPULATION, IDEAS, CALLS };
_Static_assert((int)CALLS <= (int)BACKEND_CALLS, "calls run at once");

/* Whether the script asks for what changes while somebody types, and not for the page. */
static bool is_live(const struct http_exchange *exchange)
{
    const char *part = http_query(exchange, "part");
    return part && strcmp(part, "live") == 0;
}

/* Ideas come last: the live part does without. Without a change the client's own explanation stands for the
 * result. Returns how many calls there are. */
static size_t ask(struct backend_call calls[CALLS], const struct simulation *simulation, bool live)
{
    const char *id = simulation->id;
    snprintf(calls[CLIENT].path, BACKEND_PATH, "/clients/%s", id);
    calls[OUTCOME].body = simulation_question(simulation);
    calls[OUTCOME].safe = true;
    if (calls[OUTCOME].body) {
        snprintf(calls[OUTCOME].path, BACKEND_PATH, "/clients/%s/what-if?top=%d", id, MOVES);
    } else {
        snprintf(calls[OUTCOME].path, BACKEND_PATH, "/explain?top=%d", MOVES);
        calls[OUTCOME].body = json_pack("{s:I}", "client_id", (json_int_t)strtoll(id, NULL, 10));
    }
    snprintf(calls[POPULATION].path, BACKEND_PATH, "/population");
    snprintf(calls[IDEAS].path, BACKEND_PATH, "/clients/%s/counterfactuals", id);
    return live ? IDEAS : CALLS;
}

static bool is_explanation(const json_t *answer)
{
    return !isnan(answer_number(answer, "probability")) && !isnan(answer_number(answer, "threshold")) &&
           !isnan(answer_number(answer, "score")) && *answer_text(answer, "decision");
}

/* The parts without which there is no page. */
static bool is_complete(const struct backend_call *calls)
{
    const json_t *outcome = calls[OUTCOME].answer;
    return json_is_object(json_object_get(calls[CLIENT].answer, "application")) &&
           json_is_array(json_object_get(calls[CLIENT].answer, "fields")) &&
           !isnan(answer_number(calls[POPULATION].answer, "score_at_threshold")) &&
           (is_explanation(outcome) || (is_explanation(json_object_get(outcome, "original")) &&
                                        is_explanation(json_object_get(outcome, "changed"))));
}

static void show(struct http_exchange *exchange, const struct simulation *simulation, const json_t *features,
                 const struct backend_call *calls, bool live)
{
    char address[PAGE_ADDRESS];
    json_t *view = client_page_view(exchange, simulation->id, "simulate.title", "simulate");
    simulation_address(address, simulation, NULL);
    json_object_set_new(view, "address", json_string(address));
    json_object_set_new(view, "groups", simulate_form_view(exchange, simulation));
    json_object_set_new(view, "result",
                        simulate_result_view(exchange, simulation, calls[OUTCOME].answer, features,
                                             answer_number(calls[POPULATION].answer, "score_at_threshold")));
    if (!live) {
        json_object_set_new(view, "script", json_string("simulate.js"));
        json_object_set_new(view, "file", client_file_view(exchange, calls[CLIENT].answer));
        json_t *picker = simulate_picker_view(exchange, simulation, features);
        json_object_set_new(view, "some_others", json_boolean(json_array_size(picker) > 0));
        json_object_set_new(view, "picker", picker);
        json_t *ideas = simulate_ideas_view(exchange, simulation, calls[IDEAS].answer, features);
        if (ideas)
            json_object_set_new(view, "ideas", ideas);
    }
    page_answer(exchange, 200, live ? "simulate_live" : "simulate", view);
}

/* The ideas are merely nice to have. */
static void answer(struct http_exchange *exchange, struct simulation *simulation, const json_t *features,
                   const struct backend_call *calls, bool live)
{
    char address[PAGE_ADDRESS];
    const struct backend_call *failed = backend_calls_failed(calls, IDEAS);
    if (failed) {
        client_page_failed(exchange, simulation->id, failed);
        return;
    }
    if (!is_complete(calls)) {
        log_event(LOG_ERROR, "simulate_page", "{s:s, s:s}", "fault",
                  "an answer of the backend lacks what the contract promises", "request_id",
                  exchange->request_id);
        page_fail(exchange, 502, "failure.broken");
        return;
    }
    simulation_compare(simulation, calls[CLIENT].answer, exchange->language);
    if (!live && simulation_is_wordy(simulation)) {
        simulation_address(address, simulation, NULL);
        strncat(address, "#result-title", sizeof address - strlen(address) - 1);
        page_redirect(exchange, address);
        return;
    }
    show(exchange, simulation, features, calls, live);
}

static void simulate(struct http_exchange *exchange, const char *id, const json_t *features)
{
    struct error err = {0};
    struct simulation simulation;
    struct backend_call calls[CALLS] = {0};
    bool live = is_live(exchange);
    if (simulation_read(&simulation, exchange, id, features, &err)) {
        log_event(LOG_ERROR, "simulate_page", "{s:s, s:s}", "fault", err.message, "request_id",
                  exchange->request_id);
        page_fail(exchange, 502, "failure.broken");
    } else {
        size_t count = ask(calls, &simulation, live);
        backend_client_run(page_site(exchange)->backend, calls, count, exchange->request_id,
                           exchange->language);
        answer(exchange, &simulation, features, calls, live);
        backend_calls_clean(calls, CALLS);
    }
    simulation_clean(&simulation);
}

void simulate_show(struct http_exchange *exchange)
{
    struct backend_call call = {0};
    const char *id = client_page_id(exchange);
    if (!id)
        return;
    json_t *features =
        feature_list_get(page_site(exchange)->features, &call, exchange->request_id, exchange->language);
    if (features)
        simulate(exchange, id, features);
    else
        page_backend_failed(exchange, &call);
    backend_calls_clean(&call, 1);
    json_decref(features);
}
