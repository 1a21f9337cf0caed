/* Deciding about a client: the form beside what the model proposes, and what was decided before. */
#include "frontend/pages/decide.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/client.h"
#include "frontend/pages/client_page.h"
#include "frontend/pages/kept_form.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "shared/base/log.h"

enum { HISTORY = 20 };
enum { CLIENT, EXPLANATION, POPULATION, DECISIONS, CALLS };
_Static_assert((int)CALLS <= (int)BACKEND_CALLS, "calls run at once");

/* ---- What the page is made of ------------------------------------------------------------------------ */

/* All that is shown beside the form. */
struct surroundings {
    struct backend_call calls[CALLS];
    const struct backend_call *failed; /* NULL: everything is there */
};

static void ask(struct surroundings *around, struct http_exchange *exchange, const char *id)
{
    memset(around, 0, sizeof *around);
    snprintf(around->calls[CLIENT].path, BACKEND_PATH, "/clients/%s", id);
    snprintf(around->calls[EXPLANATION].path, BACKEND_PATH, "/explain?top=1");
    around->calls[EXPLANATION].body = json_pack("{s:I}", "client_id", (json_int_t)strtoll(id, NULL, 10));
    around->calls[EXPLANATION].safe = true;
    snprintf(around->calls[POPULATION].path, BACKEND_PATH, "/population");
    snprintf(around->calls[DECISIONS].path, BACKEND_PATH, "/decisions?client_id=%s&limit=%d", id, HISTORY);
    backend_client_run(page_site(exchange)->backend, around->calls, CALLS, exchange->request_id,
                       exchange->language);
    around->failed = backend_calls_failed(around->calls, CALLS);
}

/* The client's latest decision, or NULL. Borrowed. */
static const json_t *latest_of(const struct surroundings *around)
{
    return json_array_get(json_object_get(around->calls[DECISIONS].answer, "decisions"), 0);
}

static json_int_t id_of(const json_t *decision)
{
    return json_integer_value(json_object_get(decision, "id"));
}

static bool keeps_contract(const struct surroundings *around)
{
    const json_t *explanation = around->calls[EXPLANATION].answer;
    return !isnan(answer_number(explanation, "probability")) && *answer_text(explanation, "decision") &&
           !isnan(answer_number(explanation, "threshold")) && !isnan(answer_number(explanation, "score")) &&
           !isnan(answer_number(around->calls[POPULATION].answer, "score_at_threshold")) &&
           json_is_array(json_object_get(around->calls[CLIENT].answer, "fields")) &&
           json_is_array(json_object_get(around->calls[DECISIONS].answer, "decisions"));
}

static void add_surroundings(json_t *view, const struct http_exchange *exchange,
                             const struct surroundings *around)
{
    double score_at_threshold = answer_number(around->calls[POPULATION].answer, "score_at_threshold");
    json_object_set_new(view, "proposal",
                        client_verdict_view(exchange, around->calls[EXPLANATION].answer, score_at_threshold));
    json_object_set_new(view, "file", client_file_view(exchange, around->calls[CLIENT].answer));
    json_object_set_new(view, "history", decide_history_view(exchange, around->calls[DECISIONS].answer));
}

/* ---- The form ---------------------------------------------------------------------------------------- */

static void make_key(char out[DECIDE_KEY])
{
    unsigned char random[(DECIDE_KEY - 1) / 2];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(out, DECIDE_KEY, random, sizeof random);
}

static bool is_key(const char *text)
{
    return text && strlen(text) == DECIDE_KEY - 1 && strspn(text, "0123456789abcdef") == DECIDE_KEY - 1;
}

/* As the API wants it: browsers send line breaks as two characters. Blank is empty. */
static char *clean_motive(const char *typed)
{
    char *motive = strdup(typed ? typed : "");
    size_t used = 0;
    bool blank = true;
    for (const char *at = motive; at && *at; at++) {
        if (*at == '\r')
            continue;
        blank = blank && strchr(" \t\n", *at);
        motive[used++] = *at;
    }
    if (motive)
        motive[blank ? 0 : used] = '\0';
    return motive;
}

static const char *field(struct http_exchange *exchange, const json_t *kept, const char *name)
{
    const char *text = kept ? json_string_value(json_object_get(kept, name)) : http_form(exchange, name);
    return text ? text : "";
}

/* From the form that was sent, or from the one that was kept. */
static void read_form(struct decide_form *form, struct http_exchange *exchange, const json_t *kept)
{
    const char *key = field(exchange, kept, "key");
    form->decision = field(exchange, kept, "decision");
    form->motive = clean_motive(field(exchange, kept, "motive"));
    long long previous = strtoll(field(exchange, kept, "previous"), NULL, 10);
    form->previous = previous > 0 ? previous : 0;
    if (is_key(key))
        memcpy(form->key, key, sizeof form->key);
    else
        make_key(form->key);
}

static void begin_form(struct decide_form *form, const json_t *latest)
{
    *form = (struct decide_form){.decision = "", .previous = id_of(latest)};
    make_key(form->key);
}

/* ---- GET --------------------------------------------------------------------------------------------- */

static json_t *page_of(struct http_exchange *exchange, const char *id, const struct decide_form *form,
                       const struct decide_faults *faults)
{
    json_t *view = client_page_view(exchange, id, "decide.title", "decide");
    kept_form_guard(view, exchange);
    json_object_set_new(view, "form", decide_form_view(exchange, form, faults));
    return view;
}

/* ?recorded=: what was just recorded. */
static void add_confirmation(json_t *view, const struct http_exchange *exchange,
                             const struct surroundings *around)
{
    const char *recorded = http_query(exchange, "recorded");
    json_int_t wanted = recorded ? strtoll(recorded, NULL, 10) : 0;
    const json_t *decision;
    size_t i;
    json_array_foreach(json_object_get(around->calls[DECISIONS].answer, "decisions"), i, decision)
    {
        if (wanted > 0 && id_of(decision) == wanted)
            json_object_set_new(view, "recorded", decide_decision_view(exchange, decision));
    }
}

static void show(struct http_exchange *exchange, const char *id, const struct surroundings *around)
{
    static const struct decide_faults no_faults = {NULL, NULL, NULL};
    struct decide_form form;
    bool dropped = false;
    if (http_query(exchange, "fresh"))
        kept_form_forget(exchange);
    json_t *kept = http_query(exchange, "fresh") ? NULL : kept_form_find(&dropped, exchange);
    if (kept)
        read_form(&form, exchange, kept);
    else
        begin_form(&form, latest_of(around));
    json_t *view = page_of(exchange, id, &form, &no_faults);
    add_surroundings(view, exchange, around);
    add_confirmation(view, exchange, around);
    json_object_set_new(view, "kept", json_boolean(kept != NULL));
    json_object_set_new(view, "dropped", json_boolean(dropped));
    page_answer(exchange, 200, "decide", view);
    free(form.motive);
    json_decref(kept);
}

void decide_show(struct http_exchange *exchange)
{
    struct surroundings around;
    const char *id = client_page_id(exchange);
    if (!id)
        return;
    ask(&around, exchange, id);
    if (around.failed) {
        client_page_failed(exchange, id, around.failed);
    } else if (!keeps_contract(&around)) {
        log_event(LOG_ERROR, "decide_page", "{s:s, s:s}", "fault",
                  "an answer lacks what the contract promises", "request_id", exchange->request_id);
        page_fail(exchange, 502, "failure.broken");
    } else {
        show(exchange, id, &around);
    }
    backend_calls_clean(around.calls, CALLS);
}

/* ---- POST -------------------------------------------------------------------------------------------- */

static void record(struct backend_call *call, struct http_exchange *exchange, const char *id,
                   const struct decide_form *form)
{
    const struct visit *visit = page_visit(exchange);
    memset(call, 0, sizeof *call);
    snprintf(call->path, BACKEND_PATH, "/decisions");
    call->idempotency_key = form->key;
    call->body = json_pack("{s:I, s:s, s:s}", "client_id", (json_int_t)strtoll(id, NULL, 10), "decision",
                           form->decision, "advisor", visit->session.account.login);
    if (form->motive && *form->motive)
        json_object_set_new(call->body, "motive", json_string(form->motive));
    json_object_set_new(call->body, "previous", form->previous ? json_integer(form->previous) : json_null());
    backend_client_run(page_site(exchange)->backend, call, 1, exchange->request_id, exchange->language);
}

/* Why nothing was recorded, or it is not known whether it was. Returns the page's status. */
static unsigned read_refusal(struct decide_faults *faults, const struct backend_call *call,
                             const struct decide_form *form)
{
    const json_t *error, *errors = json_object_get(call->answer, "errors");
    size_t i;
    if (call->outcome == BACKEND_AWAY) {
        faults->alert = "decide.alert.away";
        return 503;
    }
    if (call->outcome != BACKEND_REJECTED || (call->status != 409 && call->status != 422)) {
        faults->alert =
            call->status == 401 || call->status == 403 ? "failure.key.text" : "decide.alert.broken";
        return 502;
    }
    if (call->status == 409 || json_array_size(errors) == 0)
        return 409; /* 422 without a wrong field: this very form has recorded something else before */
    json_array_foreach(errors, i, error)
    {
        const char *pointer = answer_text(error, "pointer");
        if (strcmp(pointer, "/motive") == 0)
            faults->motive = form->motive && *form->motive ? "decide.fault.motive" : "decide.fault.no_motive";
        if (strcmp(pointer, "/decision") == 0)
            faults->decision = "decide.fault.decision";
    }
    faults->alert = faults->motive || faults->decision ? "decide.alert.fields" : "decide.alert.broken";
    return 422;
}

/* What came in between: shown, and known of from now on. */
static void add_conflict(json_t *view, struct decide_form *form, const struct http_exchange *exchange,
                         const struct backend_call *call, const struct surroundings *around)
{
    const json_t *latest = json_object_get(call->answer, "latest");
    if (call->status != 409)
        latest = latest_of(around);
    json_t *conflict = json_object();
    if (json_is_object(latest))
        json_object_set_new(conflict, "latest", decide_decision_view(exchange, latest));
    const char *author = decide_author(latest);
    const struct visit *visit = exchange->identity;
    json_object_set_new(conflict, "own", json_boolean(strcmp(author, visit->session.account.login) == 0));
    json_object_set_new(view, "conflict", conflict);
    form->previous = id_of(latest);
    make_key(form->key);
    json_object_set_new(view, "form",
                        decide_form_view(exchange, form, &(struct decide_faults){NULL, NULL, NULL}));
}

/* The page again with what was typed; without its surroundings when the backend does not give them, or has
 * just let a whole deadline pass. */
static void show_again(struct http_exchange *exchange, const char *id, struct decide_form *form,
                       const struct decide_faults *faults, unsigned status, const struct backend_call *call)
{
    struct surroundings around = {.failed = call};
    json_t *view = page_of(exchange, id, form, faults);
    if (call->outcome != BACKEND_AWAY)
        ask(&around, exchange, id);
    if (!around.failed && keeps_contract(&around))
        add_surroundings(view, exchange, &around);
    if (status == 409)
        add_conflict(view, form, exchange, call, &around);
    page_answer(exchange, status, "decide", view);
    backend_calls_clean(around.calls, CALLS);
}

void decide_submit(struct http_exchange *exchange)
{
    struct decide_form form;
    struct decide_faults faults = {NULL, NULL, NULL};
    struct backend_call call = {.outcome = BACKEND_REJECTED};
    const char *id = client_page_id(exchange);
    if (!id)
        return;
    kept_form_forget(exchange);
    read_form(&form, exchange, NULL);
    if (strcmp(form.decision, "granted") != 0 && strcmp(form.decision, "refused") != 0) {
        faults = (struct decide_faults){"decide.alert.fields", "decide.fault.decision", NULL};
        show_again(exchange, id, &form, &faults, 422, &call);
        goto done;
    }
    record(&call, exchange, id, &form);
    if (call.outcome == BACKEND_OK) {
        char address[PAGE_ADDRESS];
        snprintf(address, sizeof address, "/clients/%s/decide?recorded=%" JSON_INTEGER_FORMAT, id,
                 id_of(call.answer));
        page_redirect(exchange, address);
    } else if (call.outcome == BACKEND_UNKNOWN) {
        client_page_failed(exchange, id, &call);
    } else {
        unsigned status = read_refusal(&faults, &call, &form);
        show_again(exchange, id, &form, &faults, status, &call);
    }
done:
    backend_calls_clean(&call, 1);
    free(form.motive);
}
