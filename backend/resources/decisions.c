#include "backend/store/decisions.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/prediction.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/base/instant.h"
#include "shared/base/log.h"
#include "shared/data/record.h"
#include "shared/http/media_type.h"
#include "shared/http/problem.h"
#include "shared/model/reasons.h"

enum {
    DEFAULT_LIMIT = 20,
    MOTIVE_CHARACTERS = (DECISION_MOTIVE - 1) / 4,
    ADVISOR_CHARACTERS = (DECISION_ADVISOR - 1) / 4,
    EXPORT_ROWS = 256 /* read at once */
};

static struct database *database_of(const struct http_exchange *exchange)
{
    return store_database(service_store(exchange->context));
}

static void answer_no_memory(struct http_exchange *exchange)
{
    problem_answer(exchange, 503, "There is no memory to answer this now.", NULL);
}

static void answer_decision(struct http_exchange *exchange, unsigned status, const struct decision *decision)
{
    struct error err = {0};
    struct buffer line = buffer_new(DECISION_LINE);
    if (decision_write(&line, decision, &err))
        problem_answer_error(exchange, &err);
    else
        http_answer(exchange, status, "application/json", line.data, line.length);
    buffer_free(&line);
}

/* ---- POST /decisions: what is asked ---- */

struct wish {
    int64_t client;
    const char *motive, *advisor; /* empty: none */
    bool refusal;
    struct decision_demand demand;
    char body_hash[DECISION_HASH];
};

/* A text a person wrote: not blank, no control characters but those of `layout`. */
static const char *read_text(const json_t *document, const char *name, size_t characters, const char *layout,
                             json_t *problems)
{
    char pointer[REQUEST_POINTER];
    const json_t *value = json_object_get(document, name);
    if (!value || json_is_null(value))
        return "";
    request_pointer(pointer, "", name);
    const char *text = json_string_value(value);
    size_t count = 0;
    bool blank = true, control = false;
    for (const char *at = text; at && *at; at++) {
        count += ((unsigned char)*at & 0xc0) != 0x80;
        blank = blank && strchr(" \t\n", *at);
        control = control || *at == 0x7f || ((unsigned char)*at < 0x20 && !strchr(layout, *at));
    }
    if (text && !blank && !control && count <= characters)
        return text;
    request_problem(problems, pointer,
                    "Give a text of 1 to %zu characters, without control characters; or leave it out.",
                    characters);
    return "";
}

static int64_t read_number(const json_t *document, const char *name, json_int_t lowest, const char *wanted,
                           json_t *problems)
{
    const json_t *value = json_object_get(document, name);
    json_int_t number = json_integer_value(value);
    if (json_is_integer(value) && number >= lowest && number <= REQUEST_LARGEST_ID)
        return number;
    char pointer[REQUEST_POINTER];
    request_pointer(pointer, "", name);
    request_problem(problems, pointer, "%s", wanted);
    return lowest;
}

static void read_key(struct wish *wish, const struct http_exchange *exchange, json_t *problems)
{
    const char *key = http_request_header(exchange, "Idempotency-Key");
    if (!key)
        return;
    size_t length = strlen(key), visible = 0;
    while (key[visible] > 0x20 && key[visible] < 0x7f)
        visible++;
    if (length == 0 || length >= DECISION_KEY || visible != length)
        request_problem(problems, "", "Idempotency-Key: give 1 to %d visible ASCII characters.",
                        DECISION_KEY - 1);
    wish->demand.key = key;
}

static void read_fields(struct wish *wish, const json_t *document, json_t *problems)
{
    static const char *const known[] = {"client_id", "decision", "motive", "advisor", "previous"};
    const size_t known_count = sizeof known / sizeof *known;
    const char *name;
    json_t *value;
    char pointer[REQUEST_POINTER];
    json_object_foreach((json_t *)document, name, value)
    {
        bool found = false;
        for (size_t i = 0; i < known_count && !found; i++)
            found = strcmp(name, known[i]) == 0;
        if (found || json_array_size(problems) >= REQUEST_PROBLEMS)
            continue;
        const char *near = record_nearest(name, known, known_count);
        request_pointer(pointer, "", name);
        request_problem(problems, pointer, "Unknown field.%s%s%s", near ? " Did you mean " : "",
                        near ? near : "", near ? "?" : "");
    }
    wish->client = read_number(document, "client_id", 0, "Give the client's id as a whole number.", problems);
    const char *word = json_string_value(json_object_get(document, "decision"));
    wish->refusal = word && strcmp(word, decision_word(true)) == 0;
    if (!word || (!wish->refusal && strcmp(word, decision_word(false)) != 0))
        request_problem(problems, "/decision", "Give \"%s\" or \"%s\".", decision_word(false),
                        decision_word(true));
    wish->motive = read_text(document, "motive", MOTIVE_CHARACTERS, "\t\n", problems);
    wish->advisor = read_text(document, "advisor", ADVISOR_CHARACTERS, "", problems);
    const json_t *previous = json_object_get(document, "previous");
    wish->demand.expects_previous = previous != NULL;
    if (previous && !json_is_null(previous))
        wish->demand.previous = read_number(
            document, "previous", 1,
            "Give the id of the client's latest decision you know of, null when you know of none.", problems);
}

/* The same request gives the same hash, however its JSON is laid out. */
static int hash_body(char out[DECISION_HASH], const json_t *document)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        return -1;
    crypto_hash_sha256(digest, (const unsigned char *)text, strlen(text));
    sodium_bin2hex(out, DECISION_HASH, digest, sizeof digest);
    free(text);
    return 0;
}

/* 0, or -1 after answering. Texts belong to `document` and the exchange. */
static int read_wish(struct wish *wish, const json_t *document, struct http_exchange *exchange)
{
    static const char *const no_query[] = {NULL};
    json_t *problems = json_array();
    memset(wish, 0, sizeof *wish);
    wish->demand.body_hash = wish->body_hash;
    request_check_query(exchange, no_query, problems);
    read_key(wish, exchange, problems);
    if (json_is_object(document))
        read_fields(wish, document, problems);
    else
        request_problem(problems, "", "Give an object.");
    bool fine = json_array_size(problems) == 0;
    if (!fine)
        request_refuse(exchange, problems);
    else if (hash_body(wish->body_hash, document)) {
        answer_no_memory(exchange);
        fine = false;
    }
    json_decref(problems);
    return fine ? 0 : -1;
}

/* ---- POST /decisions: what the model proposes ---- */

/* As the API prints a number: with 15 significant digits and without a negative zero. */
static double printed(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.15g", value);
    return strtod(text, NULL) + 0.0;
}

static void list_reasons(char out[DECISION_REASONS], const struct model *model, const float *vector,
                         const double *contributions, int against, enum language language)
{
    struct reason reasons[PREDICTION_REASONS];
    size_t count = reasons_find(reasons, PREDICTION_REASONS, model, vector, contributions, against, language),
           used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && used < DECISION_REASONS; i++)
        used += (size_t)snprintf(out + used, DECISION_REASONS - used, "%s%s", i > 0 ? "," : "",
                                 catalogue_feature(reasons[i].feature)->name);
}

/* Scores the client as /predict does and finds the reasons that /explain shows. 0, or -1 after answering. */
static int propose(struct decision *decision, float *vector, struct http_exchange *exchange)
{
    const struct model *model = request_model(exchange);
    const struct instances instances = {
        .single = true, .count = 1, .vectors = vector, .client_ids = &decision->client};
    struct verdict verdict;
    struct score score;
    double contributions[FEATURE_COUNT], base_value;
    struct error err = {0};
    if (prediction_score(&verdict, &instances, exchange))
        return -1;
    if (model_explain(model, vector, &score, contributions, &base_value, &err)) {
        problem_answer_error(exchange, &err);
        return -1;
    }
    scoring_settle(verdict.margin, &base_value, contributions);
    snprintf(decision->model_name, sizeof decision->model_name, "%s", model_name(model));
    snprintf(decision->model_version, sizeof decision->model_version, "%s", model_version(model));
    snprintf(decision->model_hash, sizeof decision->model_hash, "%s", model_hash(model));
    decision_hash_vector(decision->input_hash, vector);
    decision->probability = printed(verdict.probability);
    decision->score = printed(verdict.points);
    decision->threshold = printed(model_threshold(model));
    decision->proposed_refusal = verdict.refused;
    list_reasons(decision->reasons_against, model, vector, contributions, 1, exchange->language);
    list_reasons(decision->reasons_for, model, vector, contributions, 0, exchange->language);
    return 0;
}

/* Everything that is known before the decision has its place in the chain. 0, or -1 after answering. */
static int prepare(struct decision *decision, const struct wish *wish, struct http_exchange *exchange)
{
    int status = -1;
    float vector[FEATURE_COUNT];
    json_t *problems = json_array();
    const struct population *population = request_population(exchange);
    if (!population)
        goto done;
    int64_t row = population_find(population, wish->client);
    if (row < 0) {
        char detail[64];
        snprintf(detail, sizeof detail, "There is no client %" PRId64 ".", wish->client);
        request_problem(problems, "/client_id", "%s", detail);
        problem_answer(exchange, 404, detail, problems);
        goto done;
    }
    population_vector(population, (size_t)row, vector);
    memset(decision, 0, sizeof *decision);
    decision->client = wish->client;
    decision->refusal = wish->refusal;
    snprintf(decision->identity, sizeof decision->identity, "%s", service_identity_name(exchange));
    snprintf(decision->advisor, sizeof decision->advisor, "%s", wish->advisor);
    snprintf(decision->motive, sizeof decision->motive, "%s", wish->motive);
    snprintf(decision->request_id, sizeof decision->request_id, "%s", exchange->request_id);
    if (propose(decision, vector, exchange))
        goto done;
    if (decision->refusal != decision->proposed_refusal && !*decision->motive) {
        request_problem(problems, "/motive", "The model proposes \"%s\": say why you decide otherwise.",
                        decision_word(decision->proposed_refusal));
        request_refuse(exchange, problems);
        goto done;
    }
    status = 0;
done:
    json_decref(problems);
    return status;
}

/* ---- POST /decisions: the answers ---- */

static void answer_recorded(struct http_exchange *exchange, const struct decision *decision)
{
    char location[48];
    snprintf(location, sizeof location, "/decisions/%" PRId64, decision->id);
    http_header(exchange, "Location", location);
    answer_decision(exchange, 201, decision);
}

/* 409 with the decision that the caller did not know of. */
static void answer_outdated(struct http_exchange *exchange, const struct decision *latest)
{
    struct error err = {0};
    struct buffer line = buffer_new(DECISION_LINE);
    json_t *problems = json_array(), *more = NULL;
    if (latest->id && decision_write(&line, latest, &err)) {
        problem_answer_error(exchange, &err);
        goto done;
    }
    more = json_pack("{s:o?}", "latest", latest->id ? json_loadb(line.data, line.length, 0, NULL) : NULL);
    if (latest->id)
        request_problem(problems, "/previous", "The client's latest decision is %" PRId64 ".", latest->id);
    else
        request_problem(problems, "/previous", "There is no decision about this client yet.");
    problem_answer_with(exchange, 409,
                        "Another decision about this client came in between. Nothing was recorded.", problems,
                        more);
done:
    json_decref(more);
    json_decref(problems);
    buffer_free(&line);
}

static void answer_outcome(struct http_exchange *exchange, enum decision_outcome outcome,
                           const struct decision *decision, const struct decision *latest)
{
    switch (outcome) {
    case DECISION_RECORDED:
        /* The log, kept elsewhere, holds anchors of the chain. */
        log_event(LOG_INFO, "decision_recorded", "{s:I, s:s, s:b, s:s}", "id", (json_int_t)decision->id,
                  "hash", decision->hash, "override", decision->refusal != decision->proposed_refusal,
                  "request_id", exchange->request_id);
        answer_recorded(exchange, decision);
        break;
    case DECISION_REPEATED:
        answer_recorded(exchange, decision);
        break;
    case DECISION_KEY_USED:
        problem_answer(exchange, 422, "This Idempotency-Key was used for another request: take a new one.",
                       NULL);
        break;
    case DECISION_OUTDATED:
        answer_outdated(exchange, latest);
        break;
    }
}

void decisions_post(struct http_exchange *exchange)
{
    struct wish wish;
    struct decision decision, latest = {.id = 0};
    enum decision_outcome outcome = DECISION_RECORDED;
    struct error err = {0};
    json_t *document = request_json(exchange);
    if (!document)
        return;
    if (read_wish(&wish, document, exchange))
        goto done;
    /* First of all: the answer to a repeated request does not depend on what the model says now. */
    int repeated = wish.demand.key
                       ? decisions_find_request(&outcome, &decision, database_of(exchange),
                                                service_identity_name(exchange), &wish.demand, &err)
                       : 0;
    if (repeated == 0 && prepare(&decision, &wish, exchange))
        goto done;
    if (repeated < 0 || (repeated == 0 && decisions_record(&outcome, database_of(exchange), &decision,
                                                           &wish.demand, &latest, &err))) {
        err.code = ERROR_UNAVAILABLE; /* whatever is wrong with the store, the request was right */
        problem_answer_error(exchange, &err);
        goto done;
    }
    answer_outcome(exchange, outcome, &decision, &latest);
done:
    json_decref(document);
}

/* ---- GET /decisions ---- */

struct search {
    struct decision_filter filter;
    struct decision_cursor cursor; /* id 0: from the latest */
    size_t limit;
};

static int64_t read_instant(const struct http_exchange *exchange, const char *name, int64_t fallback,
                            json_t *problems)
{
    int64_t instant;
    const char *text = http_query(exchange, name);
    if (!text)
        return fallback;
    if (instant_read(&instant, text))
        return instant;
    char pointer[REQUEST_POINTER];
    snprintf(pointer, sizeof pointer, "?%s", name);
    request_problem(
        problems, pointer,
        "Give a date such as 2026-11-25, or date and time with offset such as 2026-11-25T09:30:00Z"
        " (in an address + is %%2B).");
    return fallback;
}

static bool read_cursor(struct decision_cursor *out, const char *text)
{
    char again[48];
    char *end = NULL;
    out->time = strtoll(text, &end, 10);
    out->id = *end == '-' ? strtoll(end + 1, NULL, 10) : 0;
    snprintf(again, sizeof again, "%" PRId64 "-%" PRId64, out->time, out->id);
    return out->time >= 0 && out->id > 0 && strcmp(text, again) == 0;
}

static bool read_search(struct http_exchange *exchange, struct search *search, bool paged)
{
    static const char *const known[] = {"client_id", "from", "to", "cursor", "limit", NULL};
    static const char *const unpaged[] = {"client_id", "from", "to", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, paged ? known : unpaged, problems);
    size_t largest = service_config(exchange->context)->page_size;
    size_t usual = largest < DEFAULT_LIMIT ? largest : DEFAULT_LIMIT;
    const char *client = http_query(exchange, "client_id"), *cursor = http_query(exchange, "cursor");
    search->filter.client = -1;
    if (client && !request_client_id(&search->filter.client, client))
        request_problem(problems, "?client_id", "Give a client id: a whole number, such as 100001.");
    search->filter.from = read_instant(exchange, "from", INSTANT_FIRST, problems);
    search->filter.to = read_instant(exchange, "to", INSTANT_LAST, problems);
    search->cursor.id = 0;
    search->limit = paged ? request_number(exchange, "limit", 1, largest, usual, problems) : 0;
    if (paged && cursor && !read_cursor(&search->cursor, cursor))
        request_problem(problems, "?cursor", "This is not a cursor that an earlier page gave.");
    return request_is_fine(exchange, problems);
}

struct page {
    struct buffer text;
    size_t limit, count;
    struct decision_cursor last;
    bool more;
};

static int add_to_page(void *context, const struct decision *decision, struct error *err)
{
    struct page *page = context;
    page->more = page->count == page->limit;
    if (page->more)
        return 1;
    if ((page->count > 0 && buffer_append_text(&page->text, ",", err)) ||
        decision_write(&page->text, decision, err))
        return -1;
    page->last = (struct decision_cursor){decision->time, decision->id};
    page->count++;
    return 0;
}

static void answer_page(struct http_exchange *exchange, const struct search *search)
{
    struct error err = {0};
    struct page page = {.text = buffer_new((search->limit + 1) * DECISION_LINE), .limit = search->limit};
    const struct decision_visitor visitor = {add_to_page, &page};
    char next[64] = "null";
    bool failed =
        buffer_append_text(&page.text, "{\"decisions\":[", &err) ||
        decisions_list(database_of(exchange), &search->filter, search->cursor.id ? &search->cursor : NULL,
                       search->limit + 1, &visitor, &err);
    if (page.more)
        snprintf(next, sizeof next, "\"%" PRId64 "-%" PRId64 "\"", page.last.time, page.last.id);
    if (failed || buffer_append_format(&page.text, &err, "],\"next\":%s}", next)) {
        problem_answer_error(exchange, &err);
    } else {
        size_t length = page.text.length;
        http_answer_take(exchange, 200, "application/json", buffer_take(&page.text), length);
    }
    buffer_free(&page.text);
}

/* ---- GET /decisions as NDJSON ---- */

/* Read page by page, so that a slow reader holds no connection of the database. The trail only grows: what is
 * there at the beginning is what is given. */
struct export
{
    struct database *database;
    struct decision_filter filter;
    int64_t after, up_to;
    bool complete; /* nothing more is to be read */
    struct buffer lines;
    size_t sent; /* of `lines` */
};

static int add_to_export(void *context, const struct decision *decision, struct error *err)
{
    struct export *export = context;
    export->after = decision->id;
    export->complete = false;
    return decision_write(&export->lines, decision, err) || buffer_append_text(&export->lines, "\n", err) ? -1
                                                                                                          : 0;
}

static int read_more(struct export *export, struct error *err)
{
    const struct decision_visitor visitor = {add_to_export, export};
    buffer_clear(&export->lines);
    export->sent = 0;
    export->complete = true;
    return decisions_export(export->database, &export->filter, export->after, export->up_to, EXPORT_ROWS,
                            &visitor, err);
}

static ssize_t send_export(void *stream, uint64_t offset, char *out, size_t size)
{
    struct export *export = stream;
    struct error err = {0};
    (void)offset;
    if (export->sent == export->lines.length && !export->complete && read_more(export, &err)) {
        log_event(LOG_ERROR, "export_broken", "{s:s}", "cause", err.message);
        return U_STREAM_ERROR;
    }
    size_t length = export->lines.length - export->sent;
    if (length == 0)
        return U_STREAM_END;
    if (length > size)
        length = size;
    memcpy(out, export->lines.data + export->sent, length);
    export->sent += length;
    return (ssize_t)length;
}

static void forget_export(void *stream)
{
    struct export *export = stream;
    buffer_free(&export->lines);
    free(export);
}

static void answer_export(struct http_exchange *exchange, const struct search *search)
{
    struct error err = {0};
    struct anchor last;
    struct export *export = calloc(1, sizeof *export);
    if (!export) {
        answer_no_memory(exchange);
        return;
    }
    export->database = database_of(exchange);
    export->filter = search->filter;
    export->lines = buffer_new((size_t)EXPORT_ROWS * DECISION_LINE);
    /* The first rows now, while the answer can still be an error. */
    int found = decisions_last(&last, export->database, &err);
    export->up_to = last.id;
    if (found < 0 || read_more(export, &err)) {
        problem_answer_error(exchange, &err);
        forget_export(export);
        return;
    }
    http_answer_stream(exchange, 200, "application/x-ndjson", send_export, forget_export, export);
}

void decisions_get(struct http_exchange *exchange)
{
    static const char *const types[] = {"application/json", "application/x-ndjson", NULL};
    const char *type = media_type_choose(http_request_header(exchange, "Accept"), types);
    struct search search;
    if (!type)
        problem_answer(
            exchange, 406,
            "This call answers with application/json or application/x-ndjson, which the Accept header"
            " rules out.",
            NULL);
    else if (!read_search(exchange, &search, type == types[0]))
        return;
    else if (type == types[0])
        answer_page(exchange, &search);
    else
        answer_export(exchange, &search);
}

/* ---- GET /decisions/{id} ---- */

void decision_get(struct http_exchange *exchange)
{
    int64_t id;
    struct decision decision;
    struct error err = {0};
    if (!request_has_no_query(exchange))
        return;
    const char *text = http_path(exchange, "id");
    if (!text || !request_client_id(&id, text))
        problem_answer(exchange, 404, "A decision's id is a whole number, such as 12.", NULL);
    else if (decisions_find(&decision, database_of(exchange), id, &err))
        problem_answer_error(exchange, &err);
    else
        answer_decision(exchange, 200, &decision);
}
