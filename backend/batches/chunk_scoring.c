#include "backend/batches/chunk_scoring.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/batches/intake.h"
#include "backend/resources/instances.h"
#include "backend/scoring.h"
#include "shared/base/json_writer.h"
#include "shared/data/record.h"
#include "shared/data/row.h"
#include "shared/data/table.h"
#include "shared/features/features.h"

struct row {
    int64_t line, client_id; /* -1: none */
    json_t *problems;        /* NULL: the row has a vector */
};

struct reading {
    struct service *service;
    const struct model *model;
    const struct population *population; /* NULL while none is loaded */
    const struct batch_chunk *chunk;
    struct row *rows; /* chunk->rows */
    float *vectors;   /* of the good rows, one after the other */
    size_t count, good;
};

/* The next row, or NULL with an error when the chunk holds more than it should. */
static struct row *begin_row(struct reading *reading, int64_t line, struct error *err)
{
    if ((int64_t)reading->count == reading->chunk->rows) {
        error_set(err, ERROR_INTERNAL, "a chunk has more rows than were counted");
        return NULL;
    }
    struct row *row = &reading->rows[reading->count++];
    *row = (struct row){.line = line, .client_id = -1};
    return row;
}

static float *next_vector(struct reading *reading)
{
    return reading->vectors + reading->good * FEATURE_COUNT;
}

/* ---- CSV ---- */

static int read_history(const struct reading *reading, struct history *out, struct error *err)
{
    size_t at = (reading->count - 1) * HISTORY_BYTES;
    if (at + HISTORY_BYTES > reading->chunk->histories_bytes)
        return error_set(err, ERROR_INTERNAL, "a chunk lacks histories");
    if (history_unpack(out, (const unsigned char *)reading->chunk->histories + at, HISTORY_BYTES, NULL))
        return error_set(err, ERROR_INTERNAL, "a chunk was cut by another version");
    return 0;
}

/* The client of a rejected row, when that field is fine. */
static int64_t client_of(const struct row_header *header, const struct slice *fields, size_t count)
{
    const struct table_schema *schema = home_credit_schema(header->table);
    double id;
    for (size_t i = 0; i < count && i < header->field_count; i++)
        if (header->column_of_field[i] == APPLICATION_SK_ID_CURR)
            return table_field(&id, &schema->columns[APPLICATION_SK_ID_CURR], fields[i]) ? (int64_t)id : -1;
    return -1;
}

static int read_csv_row(struct reading *reading, struct row *out, const struct row_header *header,
                        const struct slice *fields, size_t count, struct error *err)
{
    double row[APPLICATION_COLUMNS];
    struct history history;
    json_t *problems = json_array();
    if (!row_read(row, header, fields, count, problems)) {
        out->problems = problems;
        out->client_id = count == header->field_count ? client_of(header, fields, count) : -1;
        return 0;
    }
    json_decref(problems);
    if (reading->chunk->histories && read_history(reading, &history, err))
        return -1;
    features_build(row, reading->chunk->histories ? &history : NULL, next_vector(reading));
    reading->good++;
    out->client_id = (int64_t)row[APPLICATION_SK_ID_CURR];
    return 0;
}

static int read_csv(struct reading *reading, struct error *err)
{
    const struct batch_chunk *chunk = reading->chunk;
    static const char name[] = "line";
    struct csv_reader *reader = NULL;
    struct row_header header;
    const struct slice *fields = NULL;
    size_t count = 0;
    int status = -1, got;
    json_t *problems = json_array();
    if (csv_open_bytes(&reader, name, chunk->input, chunk->input_bytes, &intake_csv, err) ||
        csv_next(reader, &fields, &count, err) != 1)
        goto done;
    if (!row_match(&header, TABLE_APPLICATION, fields, count, problems)) {
        error_set(err, ERROR_INTERNAL, "a chunk names other columns than an application has");
        goto done;
    }
    for (;;) {
        struct error wrong = {0};
        got = csv_next(reader, &fields, &count, &wrong);
        if (got == 0)
            break;
        if (got < 0 && csv_skip_line(reader, err))
            goto done;
        /* Line 2 of the chunk, behind the names, is the first line of the file that went into it. */
        struct row *row = begin_row(reading, chunk->first_line + (int64_t)csv_line(reader) - 2, err);
        if (!row)
            goto done;
        if (got < 0) {
            /* "line:7: what is wrong", where 7 counts in the chunk */
            const char *what = strstr(wrong.message, ": ");
            row->problems = json_array();
            record_problem(row->problems, "", what ? what + 2 : wrong.message, "csv", NULL);
        } else if (read_csv_row(reading, row, &header, fields, count, err)) {
            goto done;
        }
    }
    status = 0;
done:
    json_decref(problems);
    csv_close(reader);
    return status;
}

/* ---- NDJSON ---- */

static void add_not_json(json_t *problems, const json_error_t *wrong)
{
    char detail[128];
    bool twice = json_error_code(wrong) == json_error_duplicate_key;
    snprintf(detail, sizeof detail,
             twice ? "a name is given twice in one object (column %d)" : "the line is not JSON (column %d)",
             wrong->column);
    record_problem(problems, "", detail, twice ? "twice" : "json",
                   json_pack("{s:i}", "column", wrong->column));
}

static int read_instance(struct reading *reading, struct row *row, const char *text, size_t length,
                         struct error *err)
{
    if (instances_read_plainly(next_vector(reading), &row->client_id, reading->population, text, length)) {
        reading->good++;
        return 0;
    }
    json_error_t wrong;
    bool unavailable = false;
    json_t *problems = json_array();
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &wrong);
    if (!object)
        add_not_json(problems, &wrong);
    bool fine = object && instances_read_one(next_vector(reading), &row->client_id, &unavailable,
                                             reading->service, reading->population, object, problems);
    json_decref(object);
    if (fine)
        reading->good++;
    if (fine || unavailable)
        json_decref(problems);
    else
        row->problems = problems;
    return unavailable ? error_set(err, ERROR_UNAVAILABLE, "no portfolio is loaded") : 0;
}

static int read_ndjson(struct reading *reading, struct error *err)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const struct batch_chunk *chunk = reading->chunk;
    const char *at = chunk->input, *end = at + chunk->input_bytes;
    int64_t line = chunk->first_line;
    if (line == 1 && chunk->input_bytes >= sizeof mark - 1 && memcmp(at, mark, sizeof mark - 1) == 0)
        at += sizeof mark - 1;
    for (; at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = newline ? (size_t)(newline - at) : (size_t)(end - at);
        if (!intake_is_blank(at, length)) {
            struct row *row = begin_row(reading, line, err);
            if (!row || read_instance(reading, row, at, length, err))
                return -1;
        }
        at += length + (newline != NULL);
    }
    return 0;
}

/* ---- The result ---- */

/* The errors that are told of a rejected row, as JSON. */
static char *dump_errors(json_t *problems)
{
    while (json_array_size(problems) > CHUNK_ROW_ERRORS)
        json_array_remove(problems, CHUNK_ROW_ERRORS);
    return json_dumps(problems, JSON_COMPACT);
}

/* One row, as GET /batches/{id}/results has it in NDJSON. */
static int write_row(struct buffer *out, const struct row *row, const struct score *score,
                     const struct reading *reading, struct error *err)
{
    const struct model *model = reading->model;
    char *errors = NULL;
    struct json_writer writer = json_writer_start(out, err);
    json_writer_open(&writer, '{');
    json_writer_key(&writer, "line");
    json_writer_integer(&writer, row->line);
    json_writer_key(&writer, "client_id");
    if (row->client_id < 0)
        json_writer_null(&writer);
    else
        json_writer_integer(&writer, row->client_id);
    if (row->problems) {
        errors = dump_errors(row->problems);
        json_writer_key(&writer, "errors");
        json_writer_raw(&writer, errors ? errors : "[]", errors ? strlen(errors) : 2);
    } else {
        const struct verdict verdict = scoring_verdict(model, score->margin);
        json_writer_key(&writer, "probability");
        json_writer_number(&writer, verdict.probability);
        json_writer_key(&writer, "score");
        json_writer_number(&writer, verdict.points);
        json_writer_key(&writer, "decision");
        json_writer_text(&writer, scoring_decision(&verdict));
        json_writer_key(&writer, "model");
        json_writer_text(&writer, model_version(model));
        metrics_decision(service_metrics(reading->service), scoring_decision(&verdict), verdict.probability);
    }
    json_writer_close(&writer, '}');
    free(errors);
    return json_writer_end(&writer);
}

static int write_result(struct scored_chunk *out, const struct reading *reading, const struct score *scores,
                        struct error *err)
{
    struct buffer errors = buffer_new(CHUNK_RESULT_BYTES);
    int status = 0;
    size_t good = 0;
    for (size_t i = 0; status == 0 && i < reading->count; i++) {
        const struct row *row = &reading->rows[i];
        size_t start = out->result.length;
        status = write_row(&out->result, row, row->problems ? NULL : &scores[good++], reading, err);
        if (status == 0 && row->problems && out->rejected++ < BATCHES_ERRORS)
            status = buffer_append(&errors, errors.length ? "," : "[", 1, err) ||
                             buffer_append(&errors, out->result.data + start, out->result.length - start, err)
                         ? -1
                         : 0;
        if (status == 0)
            status = buffer_append(&out->result, "\n", 1, err);
    }
    if (status == 0 && errors.length > 0)
        status = buffer_append(&errors, "]", 1, err);
    if (errors.length > 0)
        out->errors = buffer_take(&errors);
    buffer_free(&errors);
    return status;
}

int chunk_score(struct scored_chunk *out, struct service *service, const struct batch_chunk *chunk,
                struct error *err)
{
    const size_t rows = (size_t)chunk->rows;
    /* One model for the whole chunk, and the population as it scores it, whatever is loaded meanwhile. */
    struct snapshot *snapshot = keeper_snapshot(service_keeper(service));
    struct reading reading = {.service = service,
                              .model = snapshot_model(snapshot),
                              .population = snapshot_population(snapshot),
                              .chunk = chunk,
                              .rows = calloc(rows, sizeof *reading.rows),
                              .vectors = malloc(rows * FEATURE_COUNT * sizeof *reading.vectors)};
    struct score *scores = calloc(rows, sizeof *scores);
    int status = -1;
    *out = (struct scored_chunk){.result = buffer_new(CHUNK_RESULT_BYTES)};
    if (!reading.rows || !reading.vectors || !scores) {
        error_set(err, ERROR_INTERNAL, "no memory for a chunk of %zu rows", rows);
        goto done;
    }
    if (chunk->ndjson ? read_ndjson(&reading, err) : read_csv(&reading, err))
        goto done;
    if (reading.count != rows) {
        error_set(err, ERROR_INTERNAL, "a chunk has %zu rows where %zu were counted", reading.count, rows);
        goto done;
    }
    if (reading.good > 0 && model_predict(reading.model, reading.vectors, reading.good, scores, err))
        goto done;
    recent_add(service_recent(service), reading.vectors, reading.good);
    status = write_result(out, &reading, scores, err);
done:
    for (size_t i = 0; reading.rows && i < reading.count; i++)
        json_decref(reading.rows[i].problems);
    snapshot_release(snapshot);
    free(reading.rows);
    free(reading.vectors);
    free(scores);
    return status;
}

void scored_chunk_free(struct scored_chunk *chunk)
{
    buffer_free(&chunk->result);
    free(chunk->errors);
    chunk->errors = NULL;
}
