/* Batches: send a file, and see what became of those that were sent. */
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/pages/batches_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "shared/base/instant.h"
#include "shared/base/number.h"

enum { BATCHES_OF_A_PAGE = 20, CURSOR_BYTES = 32, KEY_BYTES = 16 };

/* ---- One batch ---- */

static json_t *moment_view(const struct http_exchange *exchange, const char *text)
{
    int64_t instant;
    return instant_read(&instant, text)
               ? i18n_moment(page_site(exchange)->i18n, exchange->language, (time_t)(instant / 1000000))
               : NULL;
}

json_t *batch_size_text(const struct http_exchange *exchange, double bytes)
{
    static const char *const units[] = {"batches.size.bytes", "batches.size.kilo", "batches.size.mega",
                                        "batches.size.giga"};
    char number[NUMBER_TEXT];
    size_t unit = 0;
    for (; bytes >= 1000 && unit + 1 < sizeof units / sizeof *units; unit++)
        bytes /= 1024;
    number_format(number, bytes, unit > 0 && bytes < 100 && bytes != floor(bytes) ? 1 : 0,
                  exchange->language);
    return i18n_say(page_site(exchange)->i18n, exchange->language, units[unit],
                    I18N_VALUES("number", number));
}

static json_t *count_view(const struct http_exchange *exchange, double count)
{
    char number[NUMBER_TEXT];
    number_format(number, count, 0, exchange->language);
    return json_string(number);
}

/* How long it took, or has taken so far. */
static json_t *duration_view(const struct http_exchange *exchange, const json_t *batch)
{
    int64_t from, to;
    char number[NUMBER_TEXT];
    if (!instant_read(&from, answer_text(batch, "created")) ||
        !instant_read(&to, answer_text(batch, "finished")))
        return NULL;
    double seconds = (double)(to - from) / 1e6;
    if (seconds < 1)
        return json_string(page_text(exchange, "batches.instant"));
    number_format(number, seconds < 120 ? seconds : seconds / 60, seconds < 10 ? 1 : 0, exchange->language);
    return i18n_say(page_site(exchange)->i18n, exchange->language,
                    seconds < 120 ? "batches.seconds" : "batches.minutes", I18N_VALUES("number", number));
}

static void add_rows(json_t *view, const struct http_exchange *exchange, const json_t *batch)
{
    const json_t *rows = json_object_get(batch, "rows");
    double total = answer_number(rows, "total"), done = answer_number(rows, "done");
    double rejected = answer_number(rows, "rejected");
    json_object_set_new(view, "done_rows", count_view(exchange, done));
    json_object_set_new(view, "scored_rows", count_view(exchange, done - rejected));
    json_object_set_new(view, "rejected_rows", count_view(exchange, rejected));
    json_object_set_new(view, "any_rejected", json_boolean(rejected > 0));
    if (isnan(total))
        return;
    char share[NUMBER_TEXT];
    number_format_percent(share, total > 0 ? floor(100 * done / total) / 100 : 1, 0, exchange->language);
    json_object_set_new(view, "share", json_string(share));
    json_object_set_new(view, "total_rows", count_view(exchange, total));
    json_object_set_new(
        view, "known",
        json_pack("{s:I, s:I}", "done", (json_int_t)done, "total", (json_int_t)(total > 0 ? total : 1)));
}

json_t *batch_view(const struct http_exchange *exchange, const json_t *batch)
{
    char key[64];
    const char *status = answer_text(batch, "status"), *name = answer_text(batch, "name");
    bool open = strcmp(status, "received") == 0 || strcmp(status, "running") == 0;
    snprintf(key, sizeof key, "%s.%s", "batches.states", status);
    json_t *view = json_pack(
        "{s:s, s:s, s:s, s:{s:b}, s:s, s:b, s:o*, s:o*, s:o*, s:o*}", "id", answer_text(batch, "id"), "name",
        *name ? name : page_text(exchange, "batches.unnamed"), "sender",
        *answer_text(batch, "sender") ? answer_text(batch, "sender") : page_text(exchange, "batches.api"),
        "state", status, true, "state_text", page_text(exchange, key), "open", open, "sent",
        moment_view(exchange, answer_text(batch, "created")), "expires",
        moment_view(exchange, answer_text(batch, "expires")), "duration", duration_view(exchange, batch),
        "size", batch_size_text(exchange, answer_number(batch, "bytes")));
    if (view)
        add_rows(view, exchange, batch);
    return view;
}

/* ---- The form ---- */

/* Where the form goes: its body is sent on while it arrives, so that what must be known before it stands in
 * the address. The key makes a file that is sent twice one batch. */
static json_t *action_view(struct http_exchange *exchange)
{
    char address[PAGE_ADDRESS] = "/batches", token[SESSION_TOKEN], key[2 * KEY_BYTES + 1];
    unsigned char random[KEY_BYTES];
    const struct visit *visit = page_visit(exchange);
    session_token(token, page_site(exchange)->session_key, &visit->session);
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(key, sizeof key, random, sizeof random);
    page_add_parameter(address, sizeof address, '?', "token", token);
    page_add_parameter(address, sizeof address, '&', "key", key);
    return json_string(address);
}

/* What a file may be; absent when the backend did not tell. */
static json_t *limits_view(const struct http_exchange *exchange, const json_t *limits)
{
    const struct i18n *i18n = page_site(exchange)->i18n;
    double bytes = answer_number(limits, "bytes");
    if (isnan(bytes))
        return NULL;
    char rows[NUMBER_TEXT], days[NUMBER_TEXT];
    json_t *size = batch_size_text(exchange, bytes);
    number_format(rows, answer_number(limits, "rows"), 0, exchange->language);
    number_format(days, answer_number(limits, "keep_days"), 0, exchange->language);
    const char *const *values = I18N_VALUES("size", json_string_value(size), "rows", rows, "days", days);
    json_t *view = json_pack("{s:I, s:o, s:o, s:o}", "bytes", (json_int_t)bytes, "file",
                             i18n_say(i18n, exchange->language, "batches.limits", values), "keep",
                             i18n_say(i18n, exchange->language, "batches.keep", values), "too_large",
                             i18n_say(i18n, exchange->language, "batches.faults.large", values));
    json_decref(size);
    return view;
}

/* ---- The page ---- */

static void add_list(json_t *view, const struct http_exchange *exchange, const struct backend_call *call,
                     bool later_page)
{
    json_t *rows = json_array(), *batch;
    size_t i;
    bool any_open = false;
    json_array_foreach(json_object_get(call->answer, "batches"), i, batch)
    {
        json_t *row = batch_view(exchange, batch);
        any_open = any_open || json_is_true(json_object_get(row, "open"));
        json_array_append_new(rows, row);
    }
    json_t *list = json_pack("{s:o, s:b, s:b}", "rows", rows, "later_page", later_page, "any_open", any_open);
    const char *next = json_string_value(json_object_get(call->answer, "next"));
    if (next) {
        char address[PAGE_ADDRESS] = "/batches";
        page_add_parameter(address, sizeof address, '?', "cursor", next);
        json_object_set_new(list, "next", json_string(address));
    }
    json_object_set_new(list, "any", json_boolean(json_array_size(rows) > 0));
    json_object_set_new(list, "paged", json_boolean(next || later_page));
    json_object_set_new(view, "list", list);
    /* Without scripts the page asks for itself while something runs; not what somebody reads or fills in. */
    if (any_open && !json_object_get(view, "message"))
        json_object_set_new(view, "refresh", json_integer(5));
}

void batches_answer(struct http_exchange *exchange, unsigned status, json_t *message)
{
    struct backend_call call = {0};
    const char *cursor = http_query(exchange, "cursor");
    bool later_page = cursor && *cursor && strlen(cursor) < CURSOR_BYTES && !message;
    snprintf(call.path, sizeof call.path, "/batches?limit=%d", BATCHES_OF_A_PAGE);
    if (later_page)
        page_add_parameter(call.path, sizeof call.path, '&', "cursor", cursor);
    backend_client_run(page_site(exchange)->backend, &call, 1, exchange->request_id, exchange->language);
    if (call.outcome != BACKEND_OK && !message) {
        page_backend_failed(exchange, &call);
        goto done;
    }
    json_t *view = page_view(exchange, page_text(exchange, "batches.title"));
    if (message)
        json_object_set(view, "message", message);
    json_object_set_new(view, "action", action_view(exchange));
    json_object_set_new(view, "script", json_string("batches.js"));
    json_object_set_new(view, "limits", limits_view(exchange, json_object_get(call.answer, "limits")));
    if (call.outcome == BACKEND_OK)
        add_list(view, exchange, &call, later_page);
    page_answer(exchange, status, "batches", view);
done:
    json_decref(message);
    backend_calls_clean(&call, 1);
}

void batches_show(struct http_exchange *exchange)
{
    batches_answer(exchange, 200, NULL);
}
