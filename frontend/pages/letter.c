/* The letter that tells a client what was decided: one page, in the language the client reads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "frontend/answer.h"
#include "frontend/pages/client_page.h"
#include "frontend/pages/decide.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "shared/base/instant.h"

enum { LATEST, EXPLANATION, CHANGES, DECISION, CALLS };
_Static_assert((int)CALLS <= (int)BACKEND_CALLS, "calls run at once");

enum {
    LETTER_REASONS = 4,
    LETTER_MOTIVE = 400, /* bytes of a motive that the page has room for */
    LETTERHEAD_LINES = 5,
    DECISION_DIGITS = 15,
    MICROSECONDS = 1000000
};

/* ---- What is asked for ------------------------------------------------------------------------------- */

struct wish {
    const char *id;       /* of the client */
    const char *decision; /* its number; NULL: the latest */
    enum language language;
    bool motive; /* is to be told, where somebody decided against the proposal */
};

static bool is_number(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= DECISION_DIGITS && strspn(text, "0123456789") == length;
}

/* 0, or -1 after answering. The letter is in French unless it is asked for in another language, whatever the
 * advisor reads. */
static int read_wish(struct wish *wish, struct http_exchange *exchange)
{
    wish->id = client_page_id(exchange);
    wish->decision = http_query(exchange, "decision");
    wish->language = language_choose(http_query(exchange, "in"), NULL);
    wish->motive = http_query(exchange, "motive") != NULL;
    if (!wish->id)
        return -1;
    if (wish->decision && !is_number(wish->decision)) {
        page_fail(exchange, 404, "failure.decision");
        return -1;
    }
    return 0;
}

static size_t ask(struct backend_call calls[CALLS], struct http_exchange *exchange, const struct wish *wish)
{
    size_t count = wish->decision ? CALLS : DECISION;
    snprintf(calls[LATEST].path, BACKEND_PATH, "/decisions?client_id=%s&limit=1", wish->id);
    snprintf(calls[EXPLANATION].path, BACKEND_PATH, "/explain");
    calls[EXPLANATION].body = json_pack("{s:I}", "client_id", (json_int_t)strtoll(wish->id, NULL, 10));
    calls[EXPLANATION].safe = true;
    snprintf(calls[CHANGES].path, BACKEND_PATH, "/clients/%s/counterfactuals?limit=1", wish->id);
    if (wish->decision)
        snprintf(calls[DECISION].path, BACKEND_PATH, "/decisions/%s", wish->decision);
    backend_client_run(page_site(exchange)->backend, calls, count, exchange->request_id, wish->language);
    return count;
}

/* ---- Reasons ----------------------------------------------------------------------------------------- */

/* The client and the model are still as they were when this was decided: today's words fit the reasons that
 * were recorded. */
static bool is_as_it_was(const json_t *explanation, const json_t *decision)
{
    return answer_number(explanation, "probability") == answer_number(decision, "probability") &&
           answer_number(explanation, "threshold") == answer_number(decision, "threshold") &&
           strcmp(answer_text(json_object_get(explanation, "model"), "version"),
                  answer_text(json_object_get(decision, "model"), "version")) == 0;
}

/* The entry of `list` whose `name` is `code`, or NULL. Borrowed. */
static const json_t *entry_of(const json_t *list, const char *name, const char *code)
{
    const json_t *entry;
    size_t i;
    json_array_foreach(list, i, entry)
    {
        if (strcmp(answer_text(entry, name), code) == 0)
            return entry;
    }
    return NULL;
}

/* The reasons recorded with the decision (never sensitive ones: shared/model/reasons.h), on the side of what
 * was decided: with the client's value where it still is what it was then, else by name alone. */
static json_t *reasons_view(const json_t *decision, const json_t *explanation, bool granted)
{
    const json_t *codes = json_object_get(json_object_get(decision, "reasons"), granted ? "for" : "against");
    bool fits = is_as_it_was(explanation, decision);
    json_t *reasons = json_array();
    const json_t *code;
    size_t i;
    json_array_foreach(codes, i, code)
    {
        const char *name = json_string_value(code);
        if (!name || json_array_size(reasons) == LETTER_REASONS)
            continue;
        const char *fact =
            answer_text(entry_of(json_object_get(explanation, "reasons"), "code", name), "fact");
        const char *label =
            answer_text(entry_of(json_object_get(explanation, "contributions"), "feature", name), "label");
        const char *text = fits && *fact ? fact : label;
        if (*text)
            json_array_append_new(reasons, json_string(text));
    }
    return reasons;
}

/* What would have been enough for the model to propose otherwise, or NULL: not known, none, or no longer of
 * this decision. */
static const char *change_text(const struct backend_call *call, const json_t *explanation,
                               const json_t *decision)
{
    const json_t *first = json_array_get(json_object_get(call->answer, "counterfactuals"), 0);
    const char *text = answer_text(first, "text");
    bool refused_both = strcmp(answer_text(decision, "decision"), "refused") == 0 &&
                        strcmp(answer_text(decision, "proposed"), "refused") == 0;
    return call->outcome == BACKEND_OK && refused_both && *text && is_as_it_was(explanation, decision) ? text
                                                                                                       : NULL;
}

/* ---- The sheet --------------------------------------------------------------------------------------- */

static json_t *letterhead_view(const char *setting)
{
    json_t *lines = json_array();
    while (*setting && json_array_size(lines) < LETTERHEAD_LINES) {
        size_t length = strcspn(setting, "|");
        json_array_append_new(lines, json_stringn(setting, length));
        setting += length + (setting[length] == '|');
    }
    return lines;
}

/* What is said of a decision: the same words for the client whose credit is granted and refused, each in its
 * place. */
static void add_words(json_t *view, const struct i18n *i18n, enum language language, const json_t *decision,
                      bool granted)
{
    int64_t instant = 0;
    (void)instant_read(&instant, answer_text(decision, "time"));
    json_t *day = i18n_day(i18n, language, (time_t)(instant / MICROSECONDS));
    json_object_set_new(view, "opening",
                        i18n_say(i18n, language,
                                 granted ? "letter.opening_granted" : "letter.opening_refused",
                                 I18N_VALUES("day", json_string_value(day))));
    json_decref(day);
    json_object_set_new(view, "reasons_title",
                        json_string(i18n_text(
                            i18n, language, granted ? "letter.reasons_granted" : "letter.reasons_refused")));
    json_object_set_new(
        view, "how",
        json_string(i18n_text(i18n, language,
                              json_is_true(json_object_get(decision, "override")) ? "letter.how_override"
                                                                                  : "letter.how")));
}

static json_t *letter_view(struct http_exchange *exchange, const struct wish *wish, const json_t *decision,
                           const struct backend_call *calls)
{
    const struct site *site = page_site(exchange);
    const json_t *explanation = calls[EXPLANATION].answer;
    bool granted = strcmp(answer_text(decision, "decision"), "granted") == 0;
    char reference[64];
    snprintf(reference, sizeof reference, "%s-%" JSON_INTEGER_FORMAT, wish->id,
             json_integer_value(json_object_get(decision, "id")));
    json_t *view =
        json_pack("{s:O, s:s, s:b, s:s, s:s, s:o, s:o, s:o}", "t", i18n_texts(site->i18n, wish->language),
                  "lang", language_code(wish->language), "granted", granted, "reference", reference, "author",
                  decide_author(decision), "head", letterhead_view(site->config->letterhead), "today",
                  i18n_day(site->i18n, wish->language, time(NULL)), "reasons",
                  reasons_view(decision, explanation, granted));
    json_object_set_new(view, "some_reasons",
                        json_boolean(json_array_size(json_object_get(view, "reasons")) > 0));
    json_object_set_new(view, "usual", json_boolean(is_as_it_was(explanation, decision)));
    add_words(view, site->i18n, wish->language, decision, granted);
    const char *change = change_text(&calls[CHANGES], explanation, decision);
    if (change)
        json_object_set_new(view, "change", json_string(change));
    return view;
}

/* ---- What the advisor sees around it ----------------------------------------------------------------- */

/* The letter's own address with another language, and with or without the motive. */
static json_t *address_of(const struct wish *wish, json_int_t number, enum language language, bool motive)
{
    char address[PAGE_ADDRESS];
    snprintf(address, sizeof address, "/clients/%s/letter?decision=%" JSON_INTEGER_FORMAT "&in=%s%s",
             wish->id, number, language_code(language), motive ? "&motive=1" : "");
    return json_string(address);
}

static json_t *languages_view(const struct http_exchange *exchange, const struct wish *wish,
                              json_int_t number)
{
    json_t *languages = json_array();
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        json_array_append_new(
            languages, json_pack("{s:s, s:s, s:o, s:b}", "code", language_code((enum language)i), "name",
                                 i18n_text(page_site(exchange)->i18n, (enum language)i, "nav.language"),
                                 "href", address_of(wish, number, (enum language)i, wish->motive), "current",
                                 wish->language == (enum language)i));
    return languages;
}

/* A motive is written for colleagues; the advisor may have it told where it is what counted. */
static void add_motive(json_t *view, json_t *letter, const struct wish *wish, const json_t *decision)
{
    const char *motive = answer_text(decision, "motive");
    if (!json_is_true(json_object_get(decision, "override")) || !*motive)
        return;
    bool fits = strlen(motive) <= LETTER_MOTIVE, told = fits && wish->motive;
    json_int_t number = json_integer_value(json_object_get(decision, "id"));
    json_object_set_new(view, "motive_tools",
                        json_pack("{s:b, s:b, s:o}", "fits", fits, "told", told, "href",
                                  address_of(wish, number, wish->language, !told)));
    if (told)
        json_object_set_new(letter, "motive", json_string(motive));
}

static void show(struct http_exchange *exchange, const struct wish *wish, const json_t *decision,
                 const struct backend_call *calls)
{
    json_int_t number = json_integer_value(json_object_get(decision, "id"));
    const json_t *latest = json_array_get(json_object_get(calls[LATEST].answer, "decisions"), 0);
    json_t *view = client_page_view(exchange, wish->id, "letter.title", "letter");
    json_t *letter = letter_view(exchange, wish, decision, calls);
    json_object_set_new(view, "languages", languages_view(exchange, wish, number));
    json_object_set_new(view, "outdated",
                        json_boolean(json_integer_value(json_object_get(latest, "id")) > number));
    json_object_set_new(view, "changed", json_boolean(!is_as_it_was(calls[EXPLANATION].answer, decision)));
    json_object_set_new(view, "headed", json_boolean(*page_site(exchange)->config->letterhead));
    add_motive(view, letter, wish, decision);
    json_object_set_new(view, "letter", letter);
    json_object_set_new(view, "script", json_string("letter.js"));
    page_answer(exchange, 200, "letter", view);
}

/* ---- The page ---------------------------------------------------------------------------------------- */

/* The client exists although one of its calls found nothing: it is the decision that does not. */
static void answer_failed(struct http_exchange *exchange, const struct wish *wish,
                          const struct backend_call *calls, size_t count)
{
    if (calls[LATEST].outcome != BACKEND_OK || calls[EXPLANATION].outcome != BACKEND_OK)
        client_page_failed(exchange, wish->id,
                           calls[EXPLANATION].outcome != BACKEND_OK ? &calls[EXPLANATION] : &calls[LATEST]);
    else if (count > DECISION && calls[DECISION].outcome == BACKEND_UNKNOWN)
        page_fail(exchange, 404, "failure.decision");
    else
        page_backend_failed(exchange, &calls[DECISION]);
}

void letter_show(struct http_exchange *exchange)
{
    struct backend_call calls[CALLS] = {0};
    struct wish wish;
    if (read_wish(&wish, exchange))
        return;
    size_t count = ask(calls, exchange, &wish);
    bool failed = calls[LATEST].outcome != BACKEND_OK || calls[EXPLANATION].outcome != BACKEND_OK ||
                  (wish.decision && calls[DECISION].outcome != BACKEND_OK);
    const json_t *list = json_object_get(calls[LATEST].answer, "decisions");
    const json_t *decision = wish.decision ? calls[DECISION].answer : json_array_get(list, 0);
    if (failed) {
        answer_failed(exchange, &wish, calls, count);
    } else if (!json_is_array(list) || isnan(answer_number(calls[EXPLANATION].answer, "probability"))) {
        page_fail(exchange, 502, "failure.broken");
    } else if (!decision) {
        char address[PAGE_ADDRESS];
        snprintf(address, sizeof address, "/clients/%s/decide", wish.id);
        page_redirect(exchange, address); /* which says that nothing was decided yet */
    } else if (json_integer_value(json_object_get(decision, "client_id")) != strtoll(wish.id, NULL, 10)) {
        page_fail(exchange, 404, "failure.decision");
    } else {
        show(exchange, &wish, decision, calls);
    }
    backend_calls_clean(calls, count);
}
