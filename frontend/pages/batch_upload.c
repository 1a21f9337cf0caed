/* POST /batches: the files go on to the backend while they arrive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/backend_stream.h"
#include "frontend/batch_form.h"
#include "frontend/pages/batches_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "shared/base/log.h"
#include "shared/http/multipart.h"

enum { KEY_CHARACTERS = 32 };

struct sending {
    const struct http_exchange *exchange;
    struct http_multipart *multipart;
    struct batch_form form;
    struct backend_upload *upload; /* NULL before the first byte */
    const char *key;               /* NULL: none */
};

/* ---- Receiving ---- */

static struct backend_upload *begin_sending(const struct sending *sending)
{
    char type[64 + BATCH_FORM_BOUNDARY];
    struct backend_call call = {.idempotency_key = sending->key};
    const struct http_exchange *exchange = sending->exchange;
    const struct visit *visit = exchange->identity;
    snprintf(call.path, sizeof call.path, "/batches");
    page_add_parameter(call.path, sizeof call.path, '?', "name", sending->form.name);
    page_add_parameter(call.path, sizeof call.path, '&', "sender", visit->session.account.login);
    snprintf(type, sizeof type, "multipart/form-data; boundary=%s", sending->form.boundary);
    return backend_upload_new(page_site(exchange)->backend, &call, type, exchange->request_id,
                              exchange->language);
}

static bool send_on(void *context, const char *bytes, size_t size)
{
    struct sending *sending = context;
    if (!sending->upload)
        sending->upload = begin_sending(sending);
    return sending->upload && backend_upload_write(sending->upload, bytes, size);
}

static bool take_piece(void *context, const char *name, const char *file, uint64_t offset, const char *bytes,
                       size_t size)
{
    struct sending *sending = context;
    (void)name;
    return batch_form_piece(&sending->form, file, offset, bytes, size);
}

static void forget(void *context)
{
    struct sending *sending = context;
    http_multipart_end(sending->multipart);
    backend_upload_free(sending->upload);
    free(sending);
}

static void begin(struct http_exchange *exchange)
{
    const char *key = http_query(exchange, "key");
    struct sending *sending = calloc(1, sizeof *sending);
    if (!sending) {
        page_fail(exchange, 503, "failure.internal");
        return;
    }
    sending->exchange = exchange;
    if (key && strlen(key) == KEY_CHARACTERS && strspn(key, "0123456789abcdef") == KEY_CHARACTERS)
        sending->key = key;
    batch_form_init(&sending->form, send_on, sending);
    sending->multipart = http_multipart_new(exchange, take_piece, sending);
    if (!sending->multipart) {
        forget(sending);
        page_fail(exchange, 415, "failure.request");
        return;
    }
    exchange->upload = sending;
}

static void receive(void *context, const char *bytes, size_t size)
{
    struct sending *sending = context;
    http_multipart_read(sending->multipart, bytes, size); /* what is wrong is told at the end */
}

const struct http_receiver batch_upload_receiver = {begin, receive, forget};

/* ---- The form is there ---- */

/* A sentence about the file that was not taken. */
static json_t *say(const struct http_exchange *exchange, const char *fault, const char *file)
{
    char key[64];
    snprintf(key, sizeof key, "%s.%s", "batches.faults", fault);
    return json_pack("{s:o}", "text",
                     i18n_say(page_site(exchange)->i18n, exchange->language, key, I18N_VALUES("file", file)));
}

static void refuse(struct http_exchange *exchange, unsigned status, const char *fault, const char *file)
{
    log_event(LOG_INFO, "batch_refused", "{s:s, s:s}", "fault", fault, "request_id", exchange->request_id);
    batches_answer(exchange, status, say(exchange, fault, file));
}

/* What the backend says against it. */
static void refuse_as_backend(struct http_exchange *exchange, const struct backend_call *call,
                              const char *file)
{
    const json_t *errors = json_object_get(call->answer, "errors");
    switch (call->status) {
    case 413:
        refuse(exchange, 413, "beyond", file);
        return;
    case 429:
        refuse(exchange, 429, "queue", file);
        return;
    case 507:
        refuse(exchange, 507, "disk", file);
        return;
    case 422: {
        json_t *message = say(exchange, "columns", file);
        json_t *faults = batch_faults_view(exchange, errors);
        size_t all = json_array_size(errors), told = json_array_size(faults);
        json_object_set_new(message, "faults", faults);
        json_object_set_new(message, "any_faults", json_boolean(told > 0));
        if (all > told)
            json_object_set_new(message, "more",
                                i18n_count(page_site(exchange)->i18n, exchange->language,
                                           "batches.faults.more", (long long)(all - told), NULL));
        batches_answer(exchange, 422, message);
        return;
    }
    default:
        refuse(exchange, call->outcome == BACKEND_AWAY ? 503 : 502,
               call->outcome == BACKEND_AWAY ? "away" : "broken", file);
    }
}

void batch_upload_submit(struct http_exchange *exchange)
{
    char address[64];
    struct backend_call call = {0};
    struct sending *sending = exchange->upload;
    struct batch_form *form = &sending->form;
    bool whole = http_multipart_end(sending->multipart);
    sending->multipart = NULL;
    if (!form->fault && !whole) {
        refuse(exchange, 400, "torn", form->file);
        return;
    }
    batch_form_end(form);
    if (form->fault && form->fault != BATCH_FORM_STOPPED) {
        refuse(exchange, 422, batch_form_fault_name(form->fault), form->file);
        return;
    }
    if (!sending->upload) {
        refuse(exchange, 503, "away", form->file);
        return;
    }
    backend_upload_finish(sending->upload, &call);
    if (call.outcome == BACKEND_OK) {
        snprintf(address, sizeof address, "/batches/%s", answer_text(call.answer, "id"));
        page_redirect(exchange, address);
    } else {
        refuse_as_backend(exchange, &call, form->name);
    }
    backend_calls_clean(&call, 1);
}
