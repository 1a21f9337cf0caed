/* How the effect of one variable on the score depends on its value, coloured by another. */
#include "frontend/pages/model_dependence.h"

#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/backend_client.h"
#include "frontend/pages/model_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"

enum { IMPORTANCE, DEPENDENCE, FEATURE, COLOUR, CALLS };
_Static_assert((int)CALLS <= (int)BACKEND_CALLS, "calls run at once");

/* What is asked for; "" where nothing is. */
struct question {
    const char *feature, *by;
};

/* How many of the calls were made. */
static size_t ask(struct backend_call calls[CALLS], const struct question *question)
{
    snprintf(calls[IMPORTANCE].path, BACKEND_PATH, "/model/importance");
    snprintf(calls[DEPENDENCE].path, BACKEND_PATH, "/model/dependence/%s%s%s", question->feature,
             *question->by ? "?by=" : "", question->by);
    snprintf(calls[FEATURE].path, BACKEND_PATH, "/population/features/%s", question->feature);
    snprintf(calls[COLOUR].path, BACKEND_PATH, "/population/features/%s", question->by);
    return *question->by ? CALLS : COLOUR;
}

/* ---- Choosing ---------------------------------------------------------------------------------------- */

/* The theme's group of options, which it makes at first: themes come in order of their leading variable. */
static json_t *group_of(json_t *groups, const json_t *feature)
{
    json_t *group;
    size_t i;
    json_array_foreach(groups, i, group) if (strcmp(answer_text(group, "label"),
                                                    answer_text(feature, "theme_label")) == 0) return group;
    group = json_pack("{s:s, s:[]}", "label", answer_text(feature, "theme_label"), "options");
    json_array_append_new(groups, group);
    return group;
}

static json_t *options_view(const json_t *features, const char *chosen)
{
    json_t *groups = json_array();
    for (size_t i = 0; i < json_array_size(features); i++) {
        const json_t *feature = json_array_get(features, i);
        json_array_append_new(json_object_get(group_of(groups, feature), "options"),
                              json_pack("{s:s, s:s, s:b}", "name", answer_text(feature, "name"), "label",
                                        answer_text(feature, "label"), "selected",
                                        strcmp(answer_text(feature, "name"), chosen) == 0));
    }
    return groups;
}

/* Leads to the variable that weighs most, coloured by the first of another theme. */
static void choose_usual(struct http_exchange *exchange, const json_t *features)
{
    char address[PAGE_ADDRESS] = "/model/dependence";
    const json_t *first = json_array_get(features, 0), *other = NULL;
    for (size_t i = 1; i < json_array_size(features) && !other; i++)
        if (strcmp(answer_text(json_array_get(features, i), "theme"), answer_text(first, "theme")) != 0)
            other = json_array_get(features, i);
    page_add_parameter(address, sizeof address, '?', "feature", answer_text(first, "name"));
    if (other)
        page_add_parameter(address, sizeof address, '&', "by", answer_text(other, "name"));
    page_redirect(exchange, address);
}

/* ---- The page ---------------------------------------------------------------------------------------- */

static json_t *page_of(struct http_exchange *exchange, const struct question *question,
                       const struct backend_call calls[CALLS])
{
    const json_t *importance = calls[IMPORTANCE].answer;
    const json_t *features = json_object_get(importance, "features");
    json_t *view = model_page_view(exchange, "dependence", json_object_get(importance, "model"));
    json_object_set_new(view, "features", options_view(features, question->feature));
    json_object_set_new(view, "colours", options_view(features, question->by));
    return view;
}

static void show_unknown(struct http_exchange *exchange, const struct question *question,
                         const struct backend_call calls[CALLS])
{
    json_t *view = page_of(exchange, question, calls);
    json_object_set_new(view, "unknown", json_true());
    page_answer(exchange, 404, "model_dependence", view);
}

static void show_dependence(struct http_exchange *exchange, const struct question *question,
                            const struct backend_call calls[CALLS])
{
    struct error err = {0};
    json_t *chart = NULL, *view = page_of(exchange, question, calls);
    const json_t *dependence = calls[DEPENDENCE].answer;
    json_int_t withheld = json_integer_value(json_object_get(dependence, "withheld"));
    int status = model_dependence_view(&chart, exchange, dependence, calls[FEATURE].answer,
                                       calls[COLOUR].answer, &err);
    json_object_set_new(view, "name", json_string(question->feature));
    if (chart)
        json_object_set_new(view, "chart", chart);
    else
        json_object_set_new(view, "empty", json_true());
    if (withheld > 0)
        json_object_set_new(view, "withheld",
                            i18n_count(page_site(exchange)->i18n, exchange->language,
                                       "model_dependence.withheld", withheld, NULL));
    model_page_answer(exchange, status, "model_dependence", NULL, view, &err);
}

/* The first call that went wrong in another way than by not knowing a variable. */
static const struct backend_call *find_failure(const struct backend_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (calls[i].outcome != BACKEND_OK && calls[i].outcome != BACKEND_UNKNOWN &&
            !(calls[i].outcome == BACKEND_REJECTED && calls[i].status == 422))
            return &calls[i];
    return NULL;
}

void model_dependence_show(struct http_exchange *exchange)
{
    struct backend_call calls[CALLS] = {0};
    const struct question question = {model_page_feature(exchange, "feature"),
                                      model_page_feature(exchange, "by")};
    bool asked = http_query(exchange, "feature") != NULL, named = *question.feature != '\0';
    size_t count = ask(calls, &question);
    if (!named)
        count = 1; /* what there is to choose from */
    backend_client_run(page_site(exchange)->backend, calls, count, exchange->request_id, exchange->language);
    const json_t *features = json_object_get(calls[IMPORTANCE].answer, "features");
    const struct backend_call *failed = find_failure(calls, count);
    if (failed)
        page_backend_failed(exchange, failed);
    else if (json_array_size(features) == 0)
        page_fail(exchange, 502, "failure.broken");
    else if (!named && !asked)
        choose_usual(exchange, features);
    else if (!named || backend_calls_failed(calls, count))
        show_unknown(exchange, &question, calls);
    else
        show_dependence(exchange, &question, calls);
    backend_calls_clean(calls, CALLS);
}
