/* The parts of the monitoring's page, each with its own call of the API. */
#ifndef CLAIRSCORE_FRONTEND_PAGES_MONITORING_PAGE_H
#define CLAIRSCORE_FRONTEND_PAGES_MONITORING_PAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/base/error.h"
#include "shared/base/language.h"
#include "shared/http/server.h"

/* How things stand, the worst last. A quiet state is called by what it is of. */
enum monitoring_state {
    MONITORING_STABLE, /* nothing moved */
    MONITORING_FAIR,   /* within the rule */
    MONITORING_NORMAL, /* as usual */
    MONITORING_WATCH,
    MONITORING_ACT
};

/* {"quiet" or "watch" or "act": true, "word"}: a state as the template `grade` shows it. A new object. */
json_t *monitoring_state_view(const struct http_exchange *exchange, enum monitoring_state state);

/* What the page's summary says of a part, and what is to be done about it: {"state", "text", "href"}, and
 * texts appended to `actions`. */
void monitoring_say(json_t *summary, const struct http_exchange *exchange, enum monitoring_state state,
                    json_t *text, const char *href);

/* Which applications are looked at, and how: the page's query. */
struct monitoring_question {
    bool recent;      /* what was scored last, else the portfolio */
    const char *find; /* words of a variable; "" for all */
    bool moved;       /* only those that are not stable */
    bool missing;     /* in the order of how missing values changed */
    bool all;         /* not only the first ones */
};
struct monitoring_question monitoring_question_of(const struct http_exchange *exchange);

/* Drift: the table of variables. Answers with a new object, and adds to summary and actions. */
json_t *monitoring_drift_view(const struct http_exchange *exchange,
                              const struct monitoring_question *question, const json_t *drift,
                              json_t *summary, json_t *actions);

/* What the API says of an entry of its drift; and the state that counts, in which what few clients do by
 * chance is stable. */
enum monitoring_state monitoring_drift_verdict(const json_t *entry);
enum monitoring_state monitoring_drift_state(const json_t *entry);

/* "0.012": an index as it is shown. A new text. */
json_t *monitoring_index_text(double index, enum language language);

/* Adds what the templates show of an entry: "psi", "width" of its bar, "state", "by_chance"; `act` is the
 * limit from which one acts. */
void monitoring_add_index(json_t *view, const struct http_exchange *exchange, const json_t *entry,
                          double act);

/* The limits of the index in words. A new text. */
json_t *monitoring_limits_text(const struct http_exchange *exchange, const json_t *drift);

/* Fairness: a table for each attribute. */
json_t *monitoring_fairness_view(const struct http_exchange *exchange, const json_t *fairness,
                                 json_t *summary, json_t *actions);

/* Activity of the service and decisions of advisors. NULL with `err` when a chart fails. */
json_t *monitoring_activity_view(const struct http_exchange *exchange, const json_t *activity,
                                 json_t *summary, json_t *actions, struct error *err);
json_t *monitoring_decisions_view(const struct http_exchange *exchange, const json_t *decisions,
                                  struct error *err);

/* A text with placeholders filled, as a new JSON string. */
#define MONITORING_SAY(exchange, key, ...)                                                                   \
    i18n_say(page_site(exchange)->i18n, (exchange)->language, key, I18N_VALUES(__VA_ARGS__))

#endif
