#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/resources/client_file.h"
#include "backend/resources/client_quality.h"
#include "backend/resources/render.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/data/record.h"
#include "shared/features/features.h"

enum { DEFAULT_LIMIT = 20, QUERY_DIGITS = 15 };
static const double SCORE_LIMIT = 10000; /* of points asked for, either way */
/* A score as it was printed is the bound it looks like: points are printed to 15 digits, and differ by more.
 */
static const double PRINTED = 1e-9;

/* ---- GET /clients ---- */

struct search {
    const char *digits; /* what ids begin with */
    size_t limit;
    int64_t after;          /* ids up to this one were given on earlier pages */
    int outcome;            /* OUTCOME_UNKNOWN, …; ANY */
    int refused;            /* 0, 1; ANY */
    double lowest, highest; /* score points, both included */
};
enum { ANY = -2 };

static void read_filters(struct http_exchange *exchange, struct search *search, json_t *problems)
{
    static const char *const outcomes[] = {"unknown", "repaid", "defaulted", NULL};
    static const char *const decisions[] = {"granted", "refused", NULL};
    int outcome = request_choice(exchange, "outcome", outcomes, problems);
    search->outcome = outcome < 0 ? ANY : OUTCOME_UNKNOWN + outcome;
    int decision = request_choice(exchange, "decision", decisions, problems);
    search->refused = decision < 0 ? ANY : decision;
    search->lowest = request_decimal(exchange, "min_score", -SCORE_LIMIT, SCORE_LIMIT, -INFINITY, problems);
    search->highest = request_decimal(exchange, "max_score", -SCORE_LIMIT, SCORE_LIMIT, INFINITY, problems);
    if (search->lowest > search->highest)
        request_problem(problems, "?max_score", "Give a number that is not below min_score.");
}

static bool read_search(struct http_exchange *exchange, struct search *search)
{
    static const char *const known[] = {"query",    "limit",     "cursor",    "outcome",
                                        "decision", "min_score", "max_score", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    size_t largest = service_config(exchange->context)->page_size;
    size_t usual = largest < DEFAULT_LIMIT ? largest : DEFAULT_LIMIT;
    search->limit = request_number(exchange, "limit", 1, largest, usual, problems);
    search->digits = http_query(exchange, "query");
    if (!search->digits)
        search->digits = "";
    size_t length = strlen(search->digits);
    if (length > QUERY_DIGITS || strspn(search->digits, "0123456789") != length)
        request_problem(problems, "?query", "Give the first digits of a client id, at most %d.",
                        QUERY_DIGITS);
    const char *cursor = http_query(exchange, "cursor");
    search->after = -1;
    if (cursor && !request_client_id(&search->after, cursor))
        request_problem(problems, "?cursor", "This is not a cursor that an earlier page gave.");
    read_filters(exchange, search, problems);
    return request_is_fine(exchange, problems);
}

/* Ids that begin with the given digits, of one more digit each time round: 12, 120–129, 1200–1299, …
 * Ranges ascend, so that the whole list does. */
struct range {
    int64_t lowest, highest;
    size_t digits;
};

static struct range first_range(const char *digits)
{
    if (!*digits)
        return (struct range){0, INT64_MAX, QUERY_DIGITS + 1};
    int64_t id = strtoll(digits, NULL, 10);
    /* Ids are written without leading zeros: "0…" is the id 0 or nothing. */
    bool zero = digits[0] == '0';
    return (struct range){id, zero && digits[1] ? id - 1 : id, zero ? QUERY_DIGITS + 1 : strlen(digits)};
}

static bool next_range(struct range *range)
{
    if (range->digits > QUERY_DIGITS)
        return false;
    range->lowest *= 10;
    range->highest = range->highest * 10 + 9;
    range->digits++;
    return true;
}

static bool passes(const struct search *search, int outcome, const struct verdict *verdict)
{
    return (search->outcome == ANY || search->outcome == outcome) &&
           (search->refused == ANY || search->refused == verdict->refused) &&
           verdict->points >= search->lowest - PRINTED && verdict->points <= search->highest + PRINTED;
}

static json_t *render_hit(const struct population *population, size_t row, const struct verdict *verdict)
{
    json_t *hit = json_pack("{s:I, s:o}", "client_id", (json_int_t)population_id(population, row), "outcome",
                            render_outcome(population_outcome(population, row)));
    render_verdict(hit, verdict);
    return hit;
}

/* One page into `list`; true when there are more hits after it. */
static bool find_page(json_t *list, const struct search *search, const struct population *population,
                      const struct model *model)
{
    struct range range = first_range(search->digits);
    do {
        int64_t from = range.lowest > search->after ? range.lowest : search->after + 1;
        for (size_t row = population_from(population, from);
             row < population_count(population) && population_id(population, row) <= range.highest; row++) {
            struct verdict verdict = scoring_verdict(model, population_margin(population, row));
            if (!passes(search, population_outcome(population, row), &verdict))
                continue;
            if (json_array_size(list) == search->limit)
                return true;
            json_array_append_new(list, render_hit(population, row, &verdict));
        }
    } while (next_range(&range));
    return false;
}

void clients_get(struct http_exchange *exchange)
{
    struct search search;
    if (!read_search(exchange, &search))
        return;
    const struct population *population = request_population(exchange);
    if (!population)
        return;
    json_t *list = json_array(), *next = json_null();
    if (find_page(list, &search, population, request_model(exchange))) {
        char cursor[32];
        const json_t *last = json_array_get(list, search.limit - 1);
        snprintf(cursor, sizeof cursor, "%" JSON_INTEGER_FORMAT,
                 json_integer_value(json_object_get(last, "client_id")));
        next = json_string(cursor);
    }
    json_t *answer = json_pack("{s:o, s:o}", "clients", list, "next", next);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}

/* ---- GET /clients/{id} ---- */

/* Rows of a table that went into the client's history. */
static uint32_t history_rows(const struct history *history, enum home_credit_table table)
{
    switch (table) {
    case TABLE_BUREAU:
        return history->bureau.rows;
    case TABLE_BUREAU_BALANCE:
        return history->bureau_balance.months;
    case TABLE_PREVIOUS_APPLICATION:
        return history->previous.rows;
    case TABLE_POS_CASH_BALANCE:
        return history->pos.months;
    case TABLE_INSTALLMENTS_PAYMENTS:
        return history->instalments.known;
    case TABLE_CREDIT_CARD_BALANCE:
        return history->card.months;
    default:
        return 0;
    }
}

static json_t *render_history(const struct history *history)
{
    json_t *list = json_array();
    for (int table = TABLE_APPLICATION + 1; table < TABLE_COUNT; table++) {
        enum home_credit_table which = (enum home_credit_table)table;
        bool known = history_knows(history, which);
        json_array_append_new(list, json_pack("{s:s, s:b, s:I}", "table", home_credit_schema(which)->name,
                                              "known", known, "rows",
                                              (json_int_t)(known ? history_rows(history, which) : 0)));
    }
    return list;
}

static json_t *render_score(const struct verdict *verdict, const struct model *model)
{
    json_t *score = json_object();
    render_verdict(score, verdict);
    json_object_set_new(score, "threshold", json_real(model_threshold(model)));
    json_object_set_new(score, "model", render_model(model));
    return score;
}

static json_t *render_client(const struct population *population, size_t row, const double *application,
                             const struct history *history, const struct model *model, enum language language)
{
    float vector[FEATURE_COUNT];
    struct verdict verdict = scoring_verdict(model, population_margin(population, row));
    json_t *fields = json_array(), *derived = json_array();
    population_vector(population, row, vector);
    for (size_t feature = 0; feature < FEATURE_COUNT; feature++)
        json_array_append_new(catalogue_column(feature) ? fields : derived,
                              render_field(feature, vector[feature], language));
    json_t *raw = record_write(application, TABLE_APPLICATION);
    json_object_del(raw, "TARGET"); /* it is the outcome, not part of what was applied for */
    json_t *quality = client_quality_render(population, vector, raw, language);
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "client_id",
                     (json_int_t)population_id(population, row), "outcome",
                     render_outcome(population_outcome(population, row)), "application", raw, "fields",
                     fields, "features", derived, "history", render_history(history), "quality", quality,
                     "score", render_score(&verdict, model));
}

void client_get(struct http_exchange *exchange)
{
    if (!request_has_no_query(exchange))
        return;
    const struct population *population = request_population(exchange);
    if (!population)
        return;
    struct client_file file;
    int64_t row = request_client(exchange, population);
    if (row < 0 || client_file_read(&file, exchange, population, (size_t)row))
        return;
    json_t *answer = render_client(population, (size_t)row, file.application, file.history,
                                   request_model(exchange), exchange->language);
    render_language(exchange);
    http_answer_json(exchange, 200, answer);
    json_decref(answer);
}
