/* Monitoring: do clients still look like those the model learnt from, whom does it grant credit, how does the
 * service do; the answers in a few sentences first. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/monitoring_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/view/search.h"
#include "shared/base/instant.h"
#include "shared/base/log.h"
#include "shared/base/number.h"

enum { CALL_DRIFT, CALL_FAIRNESS, CALL_ACTIVITY, CALL_DECISIONS, CALLS };
enum { ACTIVITY_MINUTES_SHOWN = 1440, ACTIVITY_STEP = 60, DECISION_DAYS_SHOWN = 30 };

/* ---- What parts share ---- */

json_t *monitoring_state_view(const struct http_exchange *exchange, enum monitoring_state state)
{
    static const char *const words[] = {[MONITORING_STABLE] = "stable",
                                        [MONITORING_FAIR] = "fair",
                                        [MONITORING_NORMAL] = "normal",
                                        [MONITORING_WATCH] = "watch",
                                        [MONITORING_ACT] = "act"};
    char key[64];
    snprintf(key, sizeof key, "%s.%s", "monitoring.states", words[state]);
    const char *kind = state < MONITORING_WATCH ? "quiet" : words[state];
    return json_pack("{s:b, s:s}", kind, true, "word", page_text(exchange, key));
}

void monitoring_say(json_t *summary, const struct http_exchange *exchange, enum monitoring_state state,
                    json_t *text, const char *href)
{
    json_array_append_new(summary,
                          json_pack("{s:o, s:o, s:s}", "state", monitoring_state_view(exchange, state),
                                    "text", text, "href", href));
}

static bool is_asked(const struct http_exchange *exchange, const char *name, const char *value)
{
    const char *given = http_query(exchange, name);
    return given && strcmp(given, value) == 0;
}

struct monitoring_question monitoring_question_of(const struct http_exchange *exchange)
{
    const char *find = http_query(exchange, "find");
    return (struct monitoring_question){.recent = is_asked(exchange, "of", "scorings"),
                                        .find = find && strlen(find) < SEARCH_TYPED ? find : "",
                                        .moved = is_asked(exchange, "show", "moved"),
                                        .missing = is_asked(exchange, "sort", "missing"),
                                        .all = is_asked(exchange, "all", "1")};
}

static json_t *moment_view(const struct http_exchange *exchange, const char *text)
{
    int64_t instant;
    return instant_read(&instant, text)
               ? i18n_moment(page_site(exchange)->i18n, exchange->language, (time_t)(instant / 1000000))
               : json_string("–");
}

/* ---- The page ---- */

static void ask(struct backend_call calls[CALLS], const struct monitoring_question *question)
{
    snprintf(calls[CALL_DRIFT].path, sizeof calls->path, "/monitoring/drift?of=%s",
             question->recent ? "scorings" : "population");
    snprintf(calls[CALL_FAIRNESS].path, sizeof calls->path, "/monitoring/fairness");
    snprintf(calls[CALL_ACTIVITY].path, sizeof calls->path, "/monitoring/activity?minutes=%d&step=%d",
             ACTIVITY_MINUTES_SHOWN, ACTIVITY_STEP);
    snprintf(calls[CALL_DECISIONS].path, sizeof calls->path, "/monitoring/decisions?days=%d",
             DECISION_DAYS_SHOWN);
}

/* Which model, since when, compared with how many. */
static json_t *lead_view(const struct http_exchange *exchange, const json_t *drift, const json_t *activity)
{
    char trained_on[NUMBER_TEXT], clients[NUMBER_TEXT];
    const json_t *model = json_object_get(drift, "model");
    json_t *loaded = moment_view(exchange, answer_text(activity, "model_loaded"));
    number_format(trained_on, answer_number(drift, "trained_on"), 0, exchange->language);
    number_format(clients, answer_number(drift, "clients"), 0, exchange->language);
    json_t *text = MONITORING_SAY(exchange, "monitoring.lead", "name", answer_text(model, "name"), "version",
                                  answer_text(model, "version"), "loaded", json_string_value(loaded),
                                  "trained_on", trained_on, "clients", clients);
    json_decref(loaded);
    return text;
}

static void answer(struct http_exchange *exchange, const struct monitoring_question *question,
                   const struct backend_call calls[CALLS])
{
    struct error err = {0};
    json_t *summary = json_array(), *actions = json_array();
    json_t *view = page_view(exchange, page_text(exchange, "monitoring.title"));
    json_object_set_new(view, "lead",
                        lead_view(exchange, calls[CALL_DRIFT].answer, calls[CALL_ACTIVITY].answer));
    json_object_set_new(
        view, "drift", monitoring_drift_view(exchange, question, calls[CALL_DRIFT].answer, summary, actions));
    if (calls[CALL_FAIRNESS].outcome == BACKEND_OK)
        json_object_set_new(
            view, "fairness",
            monitoring_fairness_view(exchange, calls[CALL_FAIRNESS].answer, summary, actions));
    if (calls[CALL_ACTIVITY].outcome == BACKEND_OK)
        json_object_set_new(
            view, "activity",
            monitoring_activity_view(exchange, calls[CALL_ACTIVITY].answer, summary, actions, &err));
    if (calls[CALL_DECISIONS].outcome == BACKEND_OK)
        json_object_set_new(view, "decisions",
                            monitoring_decisions_view(exchange, calls[CALL_DECISIONS].answer, &err));
    if (*err.message)
        log_event(LOG_ERROR, "monitoring", "{s:s, s:s}", "fault", err.message, "request_id",
                  exchange->request_id);
    if (json_array_size(actions) == 0)
        json_array_append_new(actions, json_string(page_text(exchange, "monitoring.actions.none")));
    json_object_set_new(view, "summary", summary);
    json_object_set_new(view, "actions", actions);
    json_object_set_new(view, "has_charts", json_true());
    json_object_set_new(view, "script", json_string("monitoring.js"));
    page_answer(exchange, 200, "monitoring", view);
}

void monitoring_show(struct http_exchange *exchange)
{
    struct backend_call calls[CALLS] = {0};
    const struct monitoring_question question = monitoring_question_of(exchange);
    ask(calls, &question);
    backend_client_run(page_site(exchange)->backend, calls, CALLS, exchange->request_id, exchange->language);
    if (calls[CALL_DRIFT].outcome == BACKEND_OK)
        answer(exchange, &question, calls);
    else
        page_backend_failed(exchange, &calls[CALL_DRIFT]);
    backend_calls_clean(calls, CALLS);
}
