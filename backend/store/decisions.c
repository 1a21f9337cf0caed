#include "backend/store/decisions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                              \
    "id, recorded, identity, advisor, client, input_hash, model_name, model_version, model_hash,"            \
    " probability, score, threshold, proposed, reasons_against, reasons_for, decided, motive, previous,"     \
    " request_id, previous_hash, hash"

static const struct statement add = {.sql =
                                         "INSERT INTO decision (" COLUMNS
                                         ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
                                         " $14, $15, $16, $17, $18, $19, $20, $21)"};
static const struct statement add_request = {
    .sql = "INSERT INTO decision_request (identity, key, body_hash, decision) VALUES ($1, $2, $3, $4)"};
static const struct statement find = {.sql = "SELECT " COLUMNS " FROM decision WHERE id = $1"};
static const struct statement find_latest = {
    .sql = "SELECT " COLUMNS " FROM decision WHERE client = $1 ORDER BY id DESC LIMIT 1"};
static const struct statement find_last = {.sql = "SELECT id, hash FROM decision ORDER BY id DESC LIMIT 1"};
static const struct statement find_request = {
    .sql = "SELECT body_hash, decision FROM decision_request WHERE identity = $1 AND key = $2"};
static const struct statement last_request = {.sql = "SELECT max(decision) FROM decision_request"};
static const struct statement list_all = {
    .sql = "SELECT " COLUMNS " FROM decision WHERE (recorded, id) < ($1, $2) AND recorded >= $3"
           " ORDER BY recorded DESC, id DESC LIMIT $4"};
static const struct statement list_client = {
    .sql =
        "SELECT " COLUMNS " FROM decision WHERE (recorded, id) < ($1, $2) AND recorded >= $3 AND client = $5"
        " ORDER BY recorded DESC, id DESC LIMIT $4"};
static const struct statement export_all = {
    .sql = "SELECT " COLUMNS " FROM decision WHERE id > $1 AND id <= $2 AND recorded >= $3 AND recorded < $4"
           " ORDER BY id LIMIT $5"};
static const struct statement export_client = {
    .sql = "SELECT " COLUMNS " FROM decision WHERE id > $1 AND id <= $2 AND recorded >= $3 AND recorded < $4"
           " AND client = $6 ORDER BY id LIMIT $5"};
static const struct statement count_days = {
    .sql = "SELECT recorded / 86400000000, decided, proposed, count(*) FROM decision"
           " WHERE recorded >= $1 AND recorded < $2 GROUP BY 1, 2, 3"};
static const struct statement scan = {.sql = "SELECT " COLUMNS " FROM decision ORDER BY id", .streams = true};

/* ---- Rows ---- */

#define COPY_TEXT(field, column) snprintf(field, sizeof(field), "%s", row_text(connection, column))

/* A text that is too long, which none that was recorded is, is cut: the hash then tells. */
static void read_decision(struct decision *out, struct connection *connection)
{
    out->id = row_int64(connection, 0);
    out->time = row_int64(connection, 1);
    COPY_TEXT(out->identity, 2);
    COPY_TEXT(out->advisor, 3);
    out->client = row_int64(connection, 4);
    COPY_TEXT(out->input_hash, 5);
    COPY_TEXT(out->model_name, 6);
    COPY_TEXT(out->model_version, 7);
    COPY_TEXT(out->model_hash, 8);
    out->probability = row_double(connection, 9);
    out->score = row_double(connection, 10);
    out->threshold = row_double(connection, 11);
    out->proposed_refusal = strcmp(row_text(connection, 12), decision_word(true)) == 0;
    COPY_TEXT(out->reasons_against, 13);
    COPY_TEXT(out->reasons_for, 14);
    out->refusal = strcmp(row_text(connection, 15), decision_word(true)) == 0;
    COPY_TEXT(out->motive, 16);
    out->previous = row_int64(connection, 17);
    COPY_TEXT(out->request_id, 18);
    COPY_TEXT(out->previous_hash, 19);
    COPY_TEXT(out->hash, 20);
}

static int write_decision(struct connection *connection, const struct decision *decision, struct error *err)
{
    return database_execute(
        connection, &add,
        VALUES(value_int64(decision->id), value_int64(decision->time), value_text(decision->identity),
               value_text(decision->advisor), value_int64(decision->client), value_text(decision->input_hash),
               value_text(decision->model_name), value_text(decision->model_version),
               value_text(decision->model_hash), value_double(decision->probability),
               value_double(decision->score), value_double(decision->threshold),
               value_text(decision_word(decision->proposed_refusal)), value_text(decision->reasons_against),
               value_text(decision->reasons_for), value_text(decision_word(decision->refusal)),
               value_text(decision->motive),
               decision->previous ? value_int64(decision->previous) : value_null(VALUE_INT64),
               value_text(decision->request_id), value_text(decision->previous_hash),
               value_text(decision->hash)),
        NULL, err);
}

/* The decision that a statement with one number finds: 1, 0, -1. */
static int query_one(struct connection *connection, const struct statement *statement, int64_t number,
                     struct decision *out, struct error *err)
{
    if (database_query(connection, statement, VALUES(value_int64(number)), err))
        return -1;
    int found = database_next(connection, err);
    if (found == 1)
        read_decision(out, connection);
    database_end(connection);
    return found;
}

static int query_last(struct connection *connection, struct anchor *out, struct error *err)
{
    *out = anchor_beginning();
    if (database_query(connection, &find_last, NO_VALUES, err))
        return -1;
    int found = database_next(connection, err);
    if (found == 1) {
        out->id = row_int64(connection, 0);
        COPY_TEXT(out->hash, 1);
    }
    database_end(connection);
    return found;
}

/* ---- Recording ---- */

struct recording {
    const struct decision_demand *demand;
    struct decision *decision, *latest;
    enum decision_outcome outcome;
};

static int query_request(struct connection *connection, const char *identity,
                         const struct decision_demand *demand, enum decision_outcome *outcome,
                         struct decision *decision, struct error *err)
{
    if (database_query(connection, &find_request, VALUES(value_text(identity), value_text(demand->key)), err))
        return -1;
    int found = database_next(connection, err);
    if (found != 1)
        return found;
    *outcome =
        strcmp(row_text(connection, 0), demand->body_hash) == 0 ? DECISION_REPEATED : DECISION_KEY_USED;
    const int64_t id = row_int64(connection, 1);
    found = query_one(connection, &find, id, decision, err);
    return found == 0 ? error_set(err, ERROR_INTERNAL,
                                  "decision %" PRId64 ", of a request that was answered, is missing", id)
                      : found;
}

/* Completes and adds the decision behind the last one. */
static int append(struct connection *connection, struct recording *recording, struct error *err)
{
    struct decision *decision = recording->decision;
    struct anchor last;
    if (query_last(connection, &last, err) < 0)
        return -1;
    decision->id = last.id + 1;
    decision->time = database_now_us();
    decision->previous = recording->latest->id;
    memcpy(decision->previous_hash, last.hash, sizeof last.hash);
    if (decision_seal(decision, err) || write_decision(connection, decision, err))
        return -1;
    const struct decision_demand *demand = recording->demand;
    if (!demand->key)
        return 0;
    return database_execute(connection, &add_request,
                            VALUES(value_text(decision->identity), value_text(demand->key),
                                   value_text(demand->body_hash), value_int64(decision->id)),
                            NULL, err);
}

static int record(struct connection *connection, void *context, struct error *err)
{
    struct recording *recording = context;
    const struct decision_demand *demand = recording->demand;
    if (database_lock(connection, LOCK_DECISIONS, err))
        return -1;
    int found = demand->key ? query_request(connection, recording->decision->identity, demand,
                                            &recording->outcome, recording->decision, err)
                            : 0;
    if (found)
        return found < 0 ? -1 : 0;
    recording->latest->id = 0;
    if (query_one(connection, &find_latest, recording->decision->client, recording->latest, err) < 0)
        return -1;
    if (demand->expects_previous && demand->previous != recording->latest->id) {
        recording->outcome = DECISION_OUTDATED;
        return 0;
    }
    recording->outcome = DECISION_RECORDED;
    return append(connection, recording, err);
}

int decisions_record(enum decision_outcome *out, struct database *database, struct decision *decision,
                     const struct decision_demand *demand, struct decision *latest, struct error *err)
{
    struct recording recording = {.demand = demand, .decision = decision, .latest = latest};
    if (database_transaction(database, record, &recording, err))
        return -1;
    *out = recording.outcome;
    return 0;
}

int decisions_find_request(enum decision_outcome *out, struct decision *decision, struct database *database,
                           const char *identity, const struct decision_demand *demand, struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    int found = query_request(connection, identity, demand, out, decision, err);
    database_give_back(connection);
    return found;
}

/* ---- Reading ---- */

int decisions_find(struct decision *out, struct database *database, int64_t id, struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    int found = query_one(connection, &find, id, out, err);
    database_give_back(connection);
    if (found == 0)
        error_set(err, ERROR_NOT_FOUND, "There is no decision %" PRId64 ".", id);
    return found == 1 ? 0 : -1;
}

int decisions_last(struct anchor *out, struct database *database, struct error *err)
{
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err))
        return -1;
    int found = query_last(connection, out, err);
    database_give_back(connection);
    return found;
}

/* Shows each row of a statement to the visitor. */
static int visit_rows(struct database *database, const struct statement *statement,
                      const struct value *values, size_t count, const struct decision_visitor *visitor,
                      struct error *err)
{
    int more = -1;
    struct decision decision;
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err) ||
        database_query(connection, statement, values, count, err))
        goto done;
    while ((more = database_next(connection, err)) == 1) {
        read_decision(&decision, connection);
        int stop = visitor->visit(visitor->context, &decision, err);
        if (stop) {
            more = stop < 0 ? -1 : 0;
            break;
        }
    }
done:
    database_give_back(connection);
    return more;
}

int decisions_list(struct database *database, const struct decision_filter *filter,
                   const struct decision_cursor *cursor, size_t limit, const struct decision_visitor *visitor,
                   struct error *err)
{
    /* Ids begin at 1: nothing recorded at `to` itself is less than this. */
    struct decision_cursor first = {filter->to, 0};
    if (cursor && (cursor->time < first.time || (cursor->time == first.time && cursor->id < first.id)))
        first = *cursor;
    const struct value values[] = {value_int64(first.time), value_int64(first.id), value_int64(filter->from),
                                   value_int64((int64_t)limit), value_int64(filter->client)};
    return filter->client < 0 ? visit_rows(database, &list_all, values, 4, visitor, err)
                              : visit_rows(database, &list_client, values, 5, visitor, err);
}

int decisions_export(struct database *database, const struct decision_filter *filter, int64_t after,
                     int64_t up_to, size_t limit, const struct decision_visitor *visitor, struct error *err)
{
    const struct value values[] = {value_int64(after),          value_int64(up_to),
                                   value_int64(filter->from),   value_int64(filter->to),
                                   value_int64((int64_t)limit), value_int64(filter->client)};
    return filter->client < 0 ? visit_rows(database, &export_all, values, 5, visitor, err)
                              : visit_rows(database, &export_client, values, 6, visitor, err);
}

static void add_to_day(struct decision_day *day, const char *decided, const char *proposed, int64_t count)
{
    bool granted = strcmp(decided, "granted") == 0, against = strcmp(decided, proposed) != 0;
    *(granted ? &day->granted : &day->refused) += count;
    if (against)
        *(granted ? &day->granted_against : &day->refused_against) += count;
}

int decisions_count_days(struct decision_day *out, size_t count, struct database *database, struct error *err)
{
    const int64_t day_us = 86400000000, first = out[0].day;
    struct connection *connection = NULL;
    int found = -1;
    for (size_t i = 0; i < count; i++)
        out[i] = (struct decision_day){.day = first + (int64_t)i};
    if (database_borrow(&connection, database, err))
        return -1;
    if (database_query(connection, &count_days,
                       VALUES(value_int64(first * day_us), value_int64((first + (int64_t)count) * day_us)),
                       err) == 0)
        while ((found = database_next(connection, err)) == 1)
            add_to_day(&out[row_int64(connection, 0) - first], row_text(connection, 1),
                       row_text(connection, 2), row_int64(connection, 3));
    database_give_back(connection);
    return found;
}

/* ---- Checking ---- */

struct check {
    struct chain *chain;
    struct buffer line;
};

static int check_decision(void *context, const struct decision *decision, struct error *err)
{
    struct check *check = context;
    buffer_clear(&check->line);
    if (decision_write(&check->line, decision, err))
        return -1;
    chain_follow(check->chain, check->line.data, check->line.length);
    return 0;
}

/* The latest decision that a request was answered with; 0 when there is none. */
static int find_answered(int64_t *out, struct database *database, struct error *err)
{
    int found = -1;
    struct connection *connection = NULL;
    if (database_borrow(&connection, database, err) ||
        database_query(connection, &last_request, NO_VALUES, err))
        goto done;
    found = database_next(connection, err);
    *out = found == 1 ? row_int64(connection, 0) : 0;
done:
    database_give_back(connection);
    return found < 0 ? -1 : 0;
}

int decisions_check(struct database *database, struct chain *chain, struct error *err)
{
    int status = -1;
    int64_t answered; /* asked for first: meanwhile more may be recorded */
    struct check check = {chain, buffer_new(DECISION_LINE)};
    const struct decision_visitor visitor = {check_decision, &check};
    if (find_answered(&answered, database, err) || visit_rows(database, &scan, NO_VALUES, &visitor, err))
        goto done;
    chain_expect(chain, answered);
    status = 0;
done:
    buffer_free(&check.line);
    return status;
}
