/* Decisions in words, and the form that makes one. */
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/decide.h"
#include "frontend/pages/page.h"
#include "shared/base/instant.h"
#include "shared/base/number.h"

enum { MICROSECONDS = 1000000 };

const char *decide_author(const json_t *decision)
{
    const char *advisor = answer_text(decision, "advisor");
    return *advisor ? advisor : answer_text(decision, "identity");
}

static bool is_granted(const char *word)
{
    return strcmp(word, "granted") == 0;
}

static json_t *moment_text(const struct http_exchange *exchange, const json_t *decision)
{
    int64_t instant;
    if (!instant_read(&instant, answer_text(decision, "time")))
        return json_string("");
    return i18n_moment(page_site(exchange)->i18n, exchange->language, (time_t)(instant / MICROSECONDS));
}

/* "The model proposed to refuse (18.9 %, threshold 9.1 %)." */
static json_t *proposal_text(const struct http_exchange *exchange, const json_t *decision)
{
    char probability[NUMBER_TEXT], threshold[NUMBER_TEXT];
    number_format_percent(probability, answer_number(decision, "probability"), 1, exchange->language);
    number_format_percent(threshold, answer_number(decision, "threshold"), 1, exchange->language);
    return i18n_say(page_site(exchange)->i18n, exchange->language,
                    is_granted(answer_text(decision, "proposed")) ? "decisions.proposed_grant"
                                                                  : "decisions.proposed_refusal",
                    I18N_VALUES("probability", probability, "threshold", threshold, "model",
                                answer_text(json_object_get(decision, "model"), "version")));
}

json_t *decide_decision_view(const struct http_exchange *exchange, const json_t *decision)
{
    const char *motive = answer_text(decision, "motive");
    bool granted = is_granted(answer_text(decision, "decision"));
    json_t *moment = moment_text(exchange, decision);
    json_t *by =
        i18n_say(page_site(exchange)->i18n, exchange->language, "decisions.by",
                 I18N_VALUES("author", decide_author(decision), "moment", json_string_value(moment)));
    json_decref(moment);
    json_t *view = json_pack("{s:I, s:b, s:s, s:o, s:o, s:b}", "number",
                             json_integer_value(json_object_get(decision, "id")), "granted", granted, "words",
                             page_text(exchange, granted ? "decision.granted" : "decision.refused"), "by", by,
                             "proposal", proposal_text(exchange, decision), "override",
                             json_is_true(json_object_get(decision, "override")));
    if (*motive)
        json_object_set_new(view, "motive", json_string(motive));
    return view;
}

json_t *decide_history_view(const struct http_exchange *exchange, const json_t *page)
{
    json_t *list = json_array(), *decision;
    size_t i;
    json_array_foreach(json_object_get(page, "decisions"), i, decision)
        json_array_append_new(list, decide_decision_view(exchange, decision));
    return json_pack("{s:b, s:o, s:b}", "any", json_array_size(list) > 0, "list", list, "more",
                     json_is_string(json_object_get(page, "next")));
}

static void add_fault(json_t *view, const struct http_exchange *exchange, const char *name, const char *key)
{
    if (key)
        json_object_set_new(view, name, json_string(page_text(exchange, key)));
}

json_t *decide_form_view(const struct http_exchange *exchange, const struct decide_form *form,
                         const struct decide_faults *faults)
{
    char previous[24] = "";
    if (form->previous)
        snprintf(previous, sizeof previous, "%" JSON_INTEGER_FORMAT, form->previous);
    json_t *view = json_pack("{s:s, s:s, s:b, s:b, s:s, s:i}", "key", form->key, "previous", previous,
                             "chose_grant", strcmp(form->decision, "granted") == 0, "chose_refusal",
                             strcmp(form->decision, "refused") == 0, "motive",
                             form->motive ? form->motive : "", "most", DECIDE_MOTIVE);
    add_fault(view, exchange, "alert", faults->alert);
    add_fault(view, exchange, "decision_fault", faults->decision);
    add_fault(view, exchange, "motive_fault", faults->motive);
    return view;
}
