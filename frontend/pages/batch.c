/* One batch: how far it is, what is wrong in its file, its results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/answer.h"
#include "frontend/backend_stream.h"
#include "frontend/pages/batches_page.h"
#include "frontend/pages/page.h"
#include "frontend/pages/pages.h"
#include "frontend/view/row_fault.h"
#include "shared/base/log.h"
#include "shared/base/number.h"

enum { FILE_NAME = 512, DISPOSITION = 4 * FILE_NAME + 64, REFRESH_S = 3 };

const char *batch_page_id(struct http_exchange *exchange)
{
    const char *id = http_path(exchange, "id");
    if (strlen(id) == BATCH_ID_CHARACTERS && strspn(id, "0123456789abcdef") == BATCH_ID_CHARACTERS)
        return id;
    page_fail(exchange, 404, "batches.unknown");
    return NULL;
}

static void ask(struct http_exchange *exchange, struct backend_call *call, const char *id, const char *method)
{
    *call = (struct backend_call){.method = method};
    snprintf(call->path, sizeof call->path, "/batches/%s", id);
    backend_client_run(page_site(exchange)->backend, call, 1, exchange->request_id, exchange->language);
}

static void answer_failure(struct http_exchange *exchange, const struct backend_call *call)
{
    if (call->outcome == BACKEND_UNKNOWN)
        page_fail(exchange, 404, "batches.unknown");
    else
        page_backend_failed(exchange, call);
}

/* ---- What is wrong in the file ---- */

/* "bureau/AMT_CREDIT_SUM": the pointer without its first slash, and without the part that there always is. */
static const char *place_of(const char *pointer)
{
    static const char application[] = "/application/";
    if (strncmp(pointer, application, sizeof application - 1) == 0)
        return pointer + sizeof application - 1;
    return *pointer == '/' ? pointer + 1 : pointer;
}

json_t *batch_faults_view(const struct http_exchange *exchange, const json_t *errors)
{
    json_t *list = json_array();
    size_t i;
    json_t *error;
    json_array_foreach(errors, i, error)
    {
        if (i == BATCH_FAULTS)
            break;
        json_t *text = row_fault_text(page_site(exchange)->i18n, exchange->language, error);
        bool foreign = !text && exchange->language != LANGUAGE_EN;
        if (!text)
            text = json_string(answer_text(error, "detail"));
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:b}", "where", place_of(answer_text(error, "pointer")),
                                        "what", text, "foreign", foreign));
    }
    return list;
}

static json_t *rejected_view(const struct http_exchange *exchange, const json_t *batch)
{
    json_t *list = json_array(), *row;
    size_t i;
    json_array_foreach(json_object_get(batch, "errors"), i, row)
    {
        char line[NUMBER_TEXT];
        number_format(line, answer_number(row, "line"), 0, exchange->language);
        const json_t *client = json_object_get(row, "client_id");
        json_t *faults = batch_faults_view(exchange, json_object_get(row, "errors"));
        json_array_append_new(list, json_pack("{s:s, s:o*, s:o}", "line", line, "client",
                                              json_is_integer(client) ? json_incref((json_t *)client) : NULL,
                                              "faults", faults));
    }
    return list;
}

/* ---- The page ---- */

static void answer_batch(struct http_exchange *exchange, unsigned status, const json_t *batch,
                         const char *notice)
{
    json_t *shown = batch_view(exchange, batch);
    json_t *view = page_view(exchange, json_string_value(json_object_get(shown, "name")));
    json_t *rejected = rejected_view(exchange, batch);
    bool open = json_is_true(json_object_get(shown, "open"));
    json_object_set_new(view, "any_told", json_boolean(json_array_size(rejected) > 0));
    json_object_set_new(view, "rejected", rejected);
    json_object_set_new(view, "failure", json_string(answer_text(batch, "failure")));
    if (notice)
        json_object_set_new(view, "notice", json_string(page_text(exchange, notice)));
    if (open && !notice)
        json_object_set_new(view, "refresh", json_integer(REFRESH_S));
    json_object_set_new(view, "script", json_string("batches.js"));
    json_object_set_new(view, "batch", shown);
    page_answer(exchange, status, "batches_one", view);
}

void batch_show(struct http_exchange *exchange)
{
    struct backend_call call;
    const char *id = batch_page_id(exchange);
    if (!id)
        return;
    ask(exchange, &call, id, NULL);
    if (call.outcome == BACKEND_OK)
        answer_batch(exchange, 200, call.answer, NULL);
    else
        answer_failure(exchange, &call);
    backend_calls_clean(&call, 1);
}

void batch_cancel_submit(struct http_exchange *exchange)
{
    char address[64];
    struct backend_call call;
    const char *id = batch_page_id(exchange);
    if (!id)
        return;
    ask(exchange, &call, id, "DELETE");
    snprintf(address, sizeof address, "/batches/%s", id);
    if (call.outcome == BACKEND_OK) {
        page_redirect(exchange, address);
    } else if (call.status == 409) {
        /* It ended meanwhile. */
        backend_calls_clean(&call, 1);
        ask(exchange, &call, id, NULL);
        if (call.outcome == BACKEND_OK)
            answer_batch(exchange, 409, call.answer, "batches.ended_meanwhile");
        else
            answer_failure(exchange, &call);
    } else {
        answer_failure(exchange, &call);
    }
    backend_calls_clean(&call, 1);
}

/* ---- Results ---- */

/* The name without what tells its kind, with "-results.csv" or ".ndjson" behind it. */
static void name_results(char out[FILE_NAME], const struct http_exchange *exchange, const json_t *batch,
                         bool csv)
{
    static const char *const kinds[] = {".csv", ".ndjson", ".jsonl", ".json", ".txt"};
    const char *name = answer_text(batch, "name");
    size_t length = strlen(name);
    if (length == 0) {
        name = answer_text(batch, "id");
        length = 8;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t tail = strlen(kinds[i]);
        if (length > tail && strncasecmp(name + length - tail, kinds[i], tail) == 0) {
            length -= tail;
            break;
        }
    }
    snprintf(out, FILE_NAME, "%.*s-%s.%s", (int)(length < FILE_NAME / 2 ? length : FILE_NAME / 2), name,
             page_text(exchange, "batches.results_name"), csv ? "csv" : "ndjson");
}

/* Content-Disposition for a file called `name` (RFC 6266): plain ASCII, and the whole name encoded. */
static void write_disposition(char out[DISPOSITION], const char *name)
{
    char plain[FILE_NAME], encoded[3 * FILE_NAME];
    size_t length = 0, at = 0;
    for (const char *letter = name; *letter; letter++) {
        unsigned char byte = (unsigned char)*letter;
        bool harmless = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z') || strchr("-_.", byte);
        if ((byte & 0xc0) != 0x80)
            plain[length++] = (char)(harmless || byte == ' ' ? byte : '_');
        at += (size_t)snprintf(encoded + at, sizeof encoded - at, harmless ? "%c" : "%%%02X", byte);
    }
    plain[length] = '\0';
    snprintf(out, DISPOSITION, "attachment; filename=\"%s\"; filename*=UTF-8''%s", plain, encoded);
}

static ssize_t read_results(void *download, uint64_t offset, char *out, size_t size)
{
    (void)offset;
    ssize_t got = backend_download_read(download, out, size);
    if (got > 0)
        return got;
    if (got < 0)
        log_event(LOG_WARNING, "results_broken_off", NULL);
    return got == 0 ? U_STREAM_END : U_STREAM_ERROR;
}

static void forget_results(void *download)
{
    backend_download_free(download);
}

void batch_results_show(struct http_exchange *exchange)
{
    char name[FILE_NAME], disposition[DISPOSITION];
    struct backend_call call, results = {0};
    const char *id = batch_page_id(exchange), *format = http_query(exchange, "format");
    if (!id)
        return;
    bool csv = !format || strcmp(format, "ndjson") != 0;
    ask(exchange, &call, id, NULL);
    if (call.outcome != BACKEND_OK) {
        answer_failure(exchange, &call);
        goto done;
    }
    snprintf(results.path, sizeof results.path, "/batches/%s/results", id);
    struct backend_download *download = backend_download_new(page_site(exchange)->backend, &results,
                                                             csv ? "text/csv" : "application/x-ndjson",
                                                             exchange->request_id, exchange->language);
    if (!download) {
        if (results.status == 409)
            answer_batch(exchange, 409, call.answer, "batches.no_results");
        else
            answer_failure(exchange, &results);
        goto done;
    }
    name_results(name, exchange, call.answer, csv);
    write_disposition(disposition, name);
    http_header(exchange, "Content-Disposition", disposition);
    http_answer_stream(exchange, 200,
                       csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson", read_results,
                       forget_results, download);
done:
    backend_calls_clean(&results, 1);
    backend_calls_clean(&call, 1);
}
