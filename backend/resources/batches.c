/* Batches: how far they are, their end before the end, their results. */
#include "backend/resources/batches.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/batches/chunk_scoring.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/base/instant.h"
#include "shared/http/media_type.h"
#include "shared/http/problem.h"

enum { DEFAULT_LIMIT = 20 };
static const char CSV[] = "text/csv", NDJSON[] = "application/x-ndjson";

struct database *batches_database(const struct http_exchange *exchange)
{
    return store_database(service_store(exchange->context));
}

/* ---- A batch ---- */

/* 0 is null: not yet. */
static json_t *render_instant(int64_t instant)
{
    char text[INSTANT_TEXT];
    instant_format(text, instant);
    return instant ? json_string(text) : json_null();
}

/* What a caller may leave unsaid. */
static json_t *render_said(const char *text)
{
    return *text ? json_string(text) : json_null();
}

static json_t *render_tables(uint64_t tables)
{
    json_t *list = json_array();
    for (int table = 0; table < TABLE_COUNT; table++)
        if (tables >> table & 1)
            json_array_append_new(list, json_string(home_credit_schema((enum home_credit_table)table)->name));
    return list;
}

json_t *batches_render(const struct batch *batch, const struct http_exchange *exchange)
{
    int64_t kept_us = (int64_t)service_config(exchange->context)->batch_keep_days * 86400 * 1000000;
    json_t *total = batch->total < 0 ? json_null() : json_integer(batch->total);
    json_t *failure = batch->failure[0] ? json_string(batch->failure) : json_null();
    return json_pack("{s:s, s:o, s:o, s:s, s:s, s:o, s:I, s:{s:o, s:I, s:I}, s:o, s:o, s:o, s:o, s:o}", "id",
                     batch->id, "name", render_said(batch->name), "sender", render_said(batch->sender),
                     "status", batch_state_code(batch->state), "format", batch->ndjson ? "ndjson" : "csv",
                     "tables", render_tables(batch->tables), "bytes", (json_int_t)batch->bytes, "rows",
                     "total", total, "done", (json_int_t)batch->done, "rejected", (json_int_t)batch->rejected,
                     "created", render_instant(batch->created), "started", render_instant(batch->started),
                     "finished", render_instant(batch->finished), "expires",
                     render_instant(batch->finished ? batch->finished + kept_us : 0), "failure", failure);
}

/* The batch in the path, or -1 after answering. */
static int find_batch(struct batch *out, struct http_exchange *exchange)
{
    struct error err = {0};
    if (batches_find(batches_database(exchange), out, http_path(exchange, "id"), &err) == 0)
        return 0;
    problem_answer_error(exchange, &err);
    return -1;
}

/* Adds what a chunk tells to the list, until it is long enough. */
static bool add_errors(void *context, const char *errors)
{
    json_t *list = context, *rows = json_loads(errors, 0, NULL);
    for (size_t i = 0; i < json_array_size(rows) && json_array_size(list) < BATCHES_ERRORS; i++)
        json_array_append(list, json_array_get(rows, i));
    json_decref(rows);
    return json_array_size(list) < BATCHES_ERRORS;
}

static void answer_batch(struct http_exchange *exchange, const struct batch *batch)
{
    struct error err = {0};
    json_t *errors = json_array();
    if (batch->rejected > 0 &&
        batches_errors(batches_database(exchange), batch->number, add_errors, errors, &err)) {
        json_decref(errors);
        problem_answer_error(exchange, &err);
        return;
    }
    json_t *answer = batches_render(batch, exchange);
    json_object_set_new(answer, "errors", errors);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

void batch_get(struct http_exchange *exchange)
{
    struct batch batch;
    if (request_has_no_query(exchange) && find_batch(&batch, exchange) == 0)
        answer_batch(exchange, &batch);
}

void batch_delete(struct http_exchange *exchange)
{
    struct batch batch;
    struct error err = {0};
    if (!request_has_no_query(exchange))
        return;
    if (batches_cancel(batches_database(exchange), http_path(exchange, "id"), &err))
        problem_answer_error(exchange, &err);
    else if (find_batch(&batch, exchange) == 0)
        answer_batch(exchange, &batch);
}

/* ---- GET /batches ---- */

void batches_get(struct http_exchange *exchange)
{
    static const char *const known[] = {"limit", "cursor", NULL};
    struct error err = {0};
    struct batch *batches = NULL;
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    size_t largest = service_config(exchange->context)->page_size;
    size_t limit = request_number(exchange, "limit", 1, largest,
                                  largest < DEFAULT_LIMIT ? largest : DEFAULT_LIMIT, problems);
    const char *cursor = http_query(exchange, "cursor");
    int64_t before = INT64_MAX;
    if (cursor && !request_client_id(&before, cursor))
        request_problem(problems, "?cursor", "This is not a cursor that an earlier page gave.");
    if (json_array_size(problems) > 0) {
        request_refuse(exchange, problems);
        goto done;
    }
    size_t count = 0;
    batches = malloc((limit + 1) * sizeof *batches); /* one more tells whether there are more */
    if (!batches) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        goto done;
    }
    if (batches_list(batches_database(exchange), batches, limit + 1, before, &count, &err)) {
        problem_answer_error(exchange, &err);
        goto done;
    }
    json_t *list = json_array(), *next = json_null();
    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(list, batches_render(&batches[i], exchange));
    if (count > limit)
        next = json_sprintf("%" PRId64, batches[limit - 1].number);
    const struct config *config = service_config(exchange->context);
    json_t *answer =
        json_pack("{s:o, s:o, s:{s:I, s:I, s:I, s:I}}", "batches", list, "next", next, "limits", "bytes",
                  (json_int_t)config->batch_bytes, "rows", (json_int_t)config->batch_rows, "open",
                  (json_int_t)config->batches, "keep_days", (json_int_t)config->batch_keep_days);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
done:
    free(batches);
    json_decref(problems);
}

/* ---- GET /batches/{id}/results ---- */

/* The answer as it is sent: a chunk at a time. */
struct results {
    struct database *database;
    int64_t batch, next; /* chunk */
    bool csv;
    struct buffer piece;
    size_t told; /* of the piece */
};

static int append_csv(struct buffer *out, const char *text, struct error *err)
{
    if (!strpbrk(text, ",\"\r\n"))
        return buffer_append_text(out, text, err);
    if (buffer_append(out, "\"", 1, err))
        return -1;
    for (const char *quote; (quote = strchr(text, '"')); text = quote + 1)
        if (buffer_append(out, text, (size_t)(quote - text) + 1, err) || buffer_append(out, "\"", 1, err))
            return -1;
    return buffer_append_text(out, text, err) || buffer_append(out, "\"", 1, err) ? -1 : 0;
}

/* A number or text as JSON has it, without the quotes; nothing for null. */
static int append_value(struct buffer *out, const json_t *value, struct error *err)
{
    char text[64];
    if (json_is_string(value))
        return append_csv(out, json_string_value(value), err);
    if (!json_is_number(value))
        return 0;
    size_t length = json_dumpb(value, text, sizeof text, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    return buffer_append(out, text, length, err);
}

/* "/AMT_CREDIT: …; /CODE_GENDER: …". Pointers keep their slash, so that no cell begins like a formula. */
static int append_errors(struct buffer *out, const json_t *errors, struct error *err)
{
    struct buffer text = buffer_new(CHUNK_RESULT_BYTES);
    int status = 0;
    for (size_t i = 0; status == 0 && i < json_array_size(errors); i++) {
        const json_t *error = json_array_get(errors, i);
        const char *pointer = json_string_value(json_object_get(error, "pointer"));
        status = buffer_append_format(&text, err, "%s%s%s%s", i ? "; " : "", pointer, *pointer ? ": " : "",
                                      json_string_value(json_object_get(error, "detail")));
    }
    if (status == 0 && text.length > 0)
        status = append_csv(out, text.data, err);
    buffer_free(&text);
    return status;
}

static int append_row(struct buffer *out, const json_t *row, struct error *err)
{
    static const char *const columns[] = {"line", "client_id", "probability", "score", "decision", "model"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (append_value(out, json_object_get(row, columns[i]), err) || buffer_append(out, ",", 1, err))
            return -1;
    return append_errors(out, json_object_get(row, "errors"), err) || buffer_append(out, "\n", 1, err) ? -1
                                                                                                       : 0;
}

/* A chunk's NDJSON as CSV. */
static int append_rows(struct buffer *out, const char *text, size_t size, struct error *err)
{
    int status = 0;
    for (const char *end = text + size; status == 0 && text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = newline ? (size_t)(newline - text) : (size_t)(end - text);
        json_t *row = json_loadb(text, length, 0, NULL);
        status = append_row(out, row, err);
        json_decref(row);
        text += length + 1;
    }
    return status;
}

/* The next chunk into the piece: 1, 0 after the last, -1. */
static int next_piece(struct results *results, struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    int found = batches_result(results->database, results->batch, results->next++, &text, &size, err);
    buffer_clear(&results->piece);
    results->told = 0;
    if (found == 1 && (results->csv ? append_rows(&results->piece, text, size, err)
                                    : buffer_append(&results->piece, text, size, err)))
        found = -1;
    free(text);
    return found;
}

static ssize_t read_results(void *stream, uint64_t offset, char *out, size_t size)
{
    struct results *results = stream;
    struct error err = {0};
    (void)offset;
    if (results->told == results->piece.length) {
        int found = next_piece(results, &err);
        if (found != 1)
            return found == 0 ? U_STREAM_END : U_STREAM_ERROR; /* the database is away */
    }
    size_t left = results->piece.length - results->told, now = left < size ? left : size;
    memcpy(out, results->piece.data + results->told, now);
    results->told += now;
    return (ssize_t)now;
}

static void forget_results(void *stream)
{
    struct results *results = stream;
    buffer_free(&results->piece);
    free(results);
}

/* Whether the answer is CSV; -1 after answering that it can be neither. Of two that are liked equally it is
 * what the batch came in. */
static int choose_csv(struct http_exchange *exchange, const struct batch *batch)
{
    const char *const types[] = {batch->ndjson ? NDJSON : CSV, batch->ndjson ? CSV : NDJSON, NULL};
    const char *chosen = media_type_choose(http_request_header(exchange, "Accept"), types);
    if (chosen)
        return chosen == CSV;
    problem_answer(
        exchange, 406,
        "This call answers with text/csv or application/x-ndjson, which the Accept header rules out.", NULL);
    return -1;
}

void batch_results_get(struct http_exchange *exchange)
{
    struct batch batch;
    char text[160];
    static const char names[] = "line,client_id,probability,score,decision,model,errors\n";
    if (!request_has_no_query(exchange) || find_batch(&batch, exchange))
        return;
    int csv = choose_csv(exchange, &batch);
    if (csv < 0)
        return;
    if (batch.state != BATCH_DONE) {
        bool open = batch.state == BATCH_RECEIVED || batch.state == BATCH_RUNNING;
        snprintf(text, sizeof text, "This batch is %s; %s", batch_state_code(batch.state),
                 open ? "its results are there when it is done." : "it has no results.");
        problem_answer(exchange, 409, text, NULL);
        return;
    }
    struct results *results = calloc(1, sizeof *results);
    if (!results) {
        problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
        return;
    }
    *results = (struct results){.database = batches_database(exchange),
                                .batch = batch.number,
                                .csv = csv,
                                .piece = buffer_new(CHUNK_RESULT_BYTES)};
    if (csv)
        buffer_append_text(&results->piece, names, NULL);
    snprintf(text, sizeof text, "attachment; filename=\"batch-%s.%s\"", batch.id, csv ? "csv" : "ndjson");
    http_header(exchange, "Content-Disposition", text);
    http_answer_stream(exchange, 200, csv ? "text/csv; charset=utf-8; header=present" : NDJSON, read_results,
                       forget_results, results);
}
