/* POST /batches: the files go to the disk while they arrive. */
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/batches/intake.h"
#include "backend/batches/spool.h"
#include "backend/batches/workers.h"
#include "backend/resources/batches.h"
#include "backend/resources/request.h"
#include "backend/resources/resources.h"
#include "shared/base/log.h"
#include "shared/data/record.h"
#include "shared/http/media_type.h"
#include "shared/http/multipart.h"
#include "shared/http/problem.h"

enum {
    INSTANCES = TABLE_COUNT, /* the part with NDJSON, behind those of the tables */
    PARTS,
    ROOM_BYTES = 64 << 20, /* that the disk has left after a batch */
    LOOK_BYTES = 16 << 20  /* between two looks whether it has */
};
static const char instances_name[] = "instances";

struct upload {
    const struct config *config;
    struct http_multipart *multipart; /* NULL: the body is one file */
    struct spool *spool;              /* NULL after a failure */
    struct batch batch;
    char key[BATCHES_KEY]; /* empty: none */
    unsigned given;        /* bit set of parts */
    int part;              /* the one that arrives, -1 before the first */
    uint64_t part_bytes, looked_bytes;
    crypto_generichash_state hash;
    unsigned status; /* of the failure, 0 while there is none */
    char detail[256];
    json_t *problems;
};

/* Keeps the first failure, and nothing of the files. */
static void fail(struct upload *upload, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(struct upload *upload, unsigned status, const char *format, ...)
{
    va_list arguments;
    if (upload->status)
        return;
    upload->status = status;
    va_start(arguments, format);
    vsnprintf(upload->detail, sizeof upload->detail, format, arguments);
    va_end(arguments);
    spool_abandon(upload->spool);
    upload->spool = NULL;
}

/* A part is wrong: 422. */
static void refuse_part(struct upload *upload, const char *name, const char *detail)
{
    char pointer[REQUEST_POINTER];
    request_pointer(pointer, "", name);
    request_problem(upload->problems, pointer, "%s", detail);
    fail(upload, 422, "A part of the body is wrong.");
}

static const char no_room[] = "The disk of this server has no room for the batch.";

static void fail_disk(struct upload *upload, const struct error *err)
{
    log_event(LOG_ERROR, "batch_not_kept", "{s:s}", "cause", err->message);
    if (err->code == ERROR_LIMIT)
        fail(upload, 507, "%s", no_room);
    else
        fail(upload, 503, "The batch cannot be kept now. Try again later.");
}

/* ---- Parts ---- */

static const char *part_name(int part)
{
    return part == INSTANCES ? instances_name : home_credit_schema((enum home_credit_table)part)->name;
}

static const char *part_file(int part)
{
    return part == INSTANCES           ? SPOOL_INSTANCES
           : part == TABLE_APPLICATION ? SPOOL_APPLICATION
                                       : home_credit_schema((enum home_credit_table)part)->file;
}

/* What tells the bytes of one part from those of the next, so that the hash is of the parts. */
static void end_part(struct upload *upload)
{
    if (upload->part >= 0)
        crypto_generichash_update(&upload->hash, (const unsigned char *)&upload->part_bytes,
                                  sizeof upload->part_bytes);
}

static void begin_part(struct upload *upload, int part)
{
    struct error err = {0};
    const char *name = part_name(part);
    end_part(upload);
    upload->part = part;
    upload->part_bytes = 0;
    upload->given |= 1U << part;
    crypto_generichash_update(&upload->hash, (const unsigned char *)name, strlen(name) + 1);
    if (spool_open(upload->spool, part_file(part), &err))
        fail_disk(upload, &err);
}

static void begin_named_part(struct upload *upload, const char *name)
{
    char detail[128];
    const char *names[PARTS];
    int part = PARTS;
    for (int i = 0; i < PARTS; i++) {
        names[i] = part_name(i);
        if (strcmp(name, names[i]) == 0)
            part = i;
    }
    if (part == PARTS) {
        const char *near = record_nearest(name, names, PARTS);
        snprintf(detail, sizeof detail,
                 near ? "There is no part of this name. Did you mean %s?" : "There is no part of this name.",
                 near);
        refuse_part(upload, name, detail);
    } else if (upload->given >> part & 1) {
        refuse_part(upload, name, "This part is given twice.");
    } else if (upload->given != 0 && (part == INSTANCES || upload->given >> INSTANCES & 1)) {
        refuse_part(upload, instances_name, "Beside instances there is no other part.");
    } else {
        begin_part(upload, part);
    }
}

static void keep_bytes(struct upload *upload, const char *bytes, size_t size)
{
    struct error err = {0};
    if (upload->status || size == 0)
        return;
    upload->part_bytes += size;
    crypto_generichash_update(&upload->hash, (const unsigned char *)bytes, size);
    if (spool_write(upload->spool, bytes, size, &err))
        fail_disk(upload, &err);
    upload->looked_bytes += size;
    if (upload->looked_bytes < LOOK_BYTES)
        return;
    /* Several may arrive at once, and not every one says how long it is. */
    upload->looked_bytes = 0;
    if (spool_room(upload->config->batch_dir) < ROOM_BYTES)
        fail(upload, 507, "%s", no_room);
}

static bool take_piece(void *context, const char *name, const char *file, uint64_t offset, const char *bytes,
                       size_t size)
{
    (void)file;
    struct upload *upload = context;
    /* An empty part can come in several pieces of nothing. */
    bool goes_on = (offset > 0 || upload->part_bytes == 0) && upload->part >= 0 &&
                   strcmp(name, part_name(upload->part)) == 0;
    if (!goes_on)
        begin_named_part(upload, name);
    keep_bytes(upload, bytes, size);
    return upload->status == 0;
}

/* ---- Receiving ---- */

/* Reads Idempotency-Key; false after answering. */
static bool read_key(struct upload *upload, struct http_exchange *exchange)
{
    const char *key = http_request_header(exchange, "Idempotency-Key");
    size_t length = key ? strlen(key) : 0;
    bool fine = !key || (length > 0 && length < sizeof upload->key);
    for (size_t i = 0; fine && i < length; i++)
        fine = key[i] > ' ' && key[i] <= '~';
    if (fine) {
        snprintf(upload->key, sizeof upload->key, "%s", key ? key : "");
        return true;
    }
    json_t *problems = json_array();
    request_problem(problems, "Idempotency-Key", "Give 1 to %d printable ASCII characters without blanks.",
                    BATCHES_KEY - 1);
    request_refuse(exchange, problems);
    json_decref(problems);
    return false;
}

/* A text of the query that people wrote; empty when it is absent, or listed in `problems`. */
static void read_name(char out[BATCHES_NAME], const struct http_exchange *exchange, const char *name,
                      json_t *problems)
{
    char pointer[32];
    const char *text = http_query(exchange, name);
    size_t count = 0;
    bool blank = true, control = false;
    out[0] = '\0';
    if (!text)
        return;
    for (const char *at = text; *at; at++) {
        count += ((unsigned char)*at & 0xc0) != 0x80;
        blank = blank && *at == ' ';
        control = control || *at == 0x7f || (unsigned char)*at < 0x20;
    }
    if (!blank && !control && count <= BATCHES_NAME_CHARACTERS) {
        snprintf(out, BATCHES_NAME, "%s", text);
        return;
    }
    snprintf(pointer, sizeof pointer, "?%s", name);
    request_problem(problems, pointer,
                    "Give a text of 1 to %d characters, without control characters; or leave it out.",
                    BATCHES_NAME_CHARACTERS);
}

/* How the batch is called and who sends it; false after answering. */
static bool read_names(struct upload *upload, struct http_exchange *exchange)
{
    static const char *const known[] = {"name", "sender", NULL};
    json_t *problems = json_array();
    request_check_query(exchange, known, problems);
    read_name(upload->batch.name, exchange, "name", problems);
    read_name(upload->batch.sender, exchange, "sender", problems);
    return request_is_fine(exchange, problems);
}

/* Is there room for it, in the queue and on the disk? False after answering. */
static bool has_room(const struct config *config, struct http_exchange *exchange)
{
    size_t waiting = 0, running = 0;
    struct error err = {0};
    const char *length = http_request_header(exchange, "Content-Length");
    unsigned long long bytes = length ? strtoull(length, NULL, 10) : 0;
    char detail[160];
    if (bytes > config->batch_bytes) {
        snprintf(detail, sizeof detail, "The batch is larger than %zu bytes, which is the limit.",
                 config->batch_bytes);
        problem_answer(exchange, 413, detail, NULL);
    } else if (batches_count_open(batches_database(exchange), &waiting, &running, &err)) {
        problem_answer_error(exchange, &err);
    } else if (waiting + running >= config->batches) {
        snprintf(detail, sizeof detail, "%zu batches wait or run, which is the limit. Try again later.",
                 waiting + running);
        problem_answer(exchange, 429, detail, NULL);
    } else if (spool_room(config->batch_dir) < bytes + ROOM_BYTES) {
        problem_answer(exchange, 507, no_room, NULL);
    } else {
        return true;
    }
    return false;
}

static void forget_upload(void *context)
{
    struct upload *upload = context;
    http_multipart_end(upload->multipart);
    spool_abandon(upload->spool);
    json_decref(upload->problems);
    free(upload);
}

/* The kind of the body by its Content-Type; false when it is none of ours. */
static bool read_kind(struct upload *upload, const struct http_exchange *exchange)
{
    const char *type = http_request_header(exchange, "Content-Type");
    upload->part = -1;
    if (media_type_is(type, "text/csv"))
        begin_part(upload, TABLE_APPLICATION);
    else if (media_type_is(type, "application/x-ndjson") || media_type_is(type, "application/ndjson"))
        begin_part(upload, INSTANCES);
    else
        upload->multipart = http_multipart_new(exchange, take_piece, upload);
    return upload->part >= 0 || upload->multipart;
}

static void begin_upload(struct http_exchange *exchange)
{
    struct error err = {0};
    unsigned char random[(BATCHES_ID - 1) / 2];
    const struct config *config = service_config(exchange->context);
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        problem_answer(exchange, 503, "There is no memory to read this now.", NULL);
        return;
    }
    upload->config = config;
    upload->problems = json_array();
    crypto_generichash_init(&upload->hash, NULL, 0, (BATCHES_HASH - 1) / 2);
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(upload->batch.id, sizeof upload->batch.id, random, sizeof random);
    if (!read_names(upload, exchange) || !read_key(upload, exchange) || !has_room(config, exchange))
        goto failed;
    if (spool_begin(&upload->spool, config->batch_dir, upload->batch.id, &err)) {
        fail_disk(upload, &err);
        problem_answer(exchange, upload->status, upload->detail, NULL);
        goto failed;
    }
    if (!read_kind(upload, exchange)) {
        problem_answer(exchange, 415,
                       "Send text/csv, application/x-ndjson, or multipart/form-data with a file a table.",
                       NULL);
        goto failed;
    }
    exchange->upload = upload;
    return;
failed:
    forget_upload(upload);
}

static void receive(void *context, const char *bytes, size_t size)
{
    struct upload *upload = context;
    if (upload->status)
        return;
    upload->batch.bytes += (int64_t)size;
    if ((uint64_t)upload->batch.bytes > upload->config->batch_bytes)
        fail(upload, 413, "The batch is larger than %zu bytes, which is the limit.",
             upload->config->batch_bytes);
    else if (!upload->multipart)
        keep_bytes(upload, bytes, size);
    else if (!http_multipart_read(upload->multipart, bytes, size))
        fail(upload, 400, "The body is not multipart/form-data, as its Content-Type says.");
}

const struct http_receiver batches_receiver = {begin_upload, receive, forget_upload};

/* ---- The whole body is there ---- */

static void check(struct upload *upload)
{
    struct error err = {0};
    bool multipart = upload->multipart != NULL, whole = !multipart || http_multipart_end(upload->multipart);
    upload->multipart = NULL;
    if (upload->status)
        return;
    upload->batch.ndjson = upload->given >> INSTANCES & 1;
    upload->batch.tables = upload->given & ~(1U << TABLE_APPLICATION) & ~(1U << INSTANCES);
    if (!whole) {
        fail(upload, 400, "The body ends before its last boundary.");
    } else if (upload->given == 0) {
        fail(upload, 400, "There is no part in the body.");
    } else if (!upload->batch.ndjson && !(upload->given >> TABLE_APPLICATION & 1)) {
        refuse_part(upload, part_name(TABLE_APPLICATION), "This part is missing.");
    } else if (upload->batch.ndjson && upload->part_bytes == 0) {
        request_problem(upload->problems, "", "The file is empty.");
        fail(upload, 422, "There is no row in it.");
    } else if (spool_close(upload->spool, &err) ||
               intake_check(spool_folder(upload->spool), &upload->batch, multipart, upload->problems, &err)) {
        fail_disk(upload, &err);
    } else if (json_array_size(upload->problems) > 0) {
        fail(upload, 422, "The files do not begin as they should.");
    }
}

/* Puts the batch into the store. Answers when that fails. */
static int keep(struct upload *upload, struct http_exchange *exchange)
{
    struct error err = {0};
    unsigned char digest[(BATCHES_HASH - 1) / 2];
    char content[BATCHES_HASH], id[BATCHES_ID];
    const struct config *config = upload->config;
    end_part(upload);
    crypto_generichash_final(&upload->hash, digest, sizeof digest);
    sodium_bin2hex(content, sizeof content, digest, sizeof digest);
    memcpy(upload->batch.content, content, sizeof content);
    memcpy(id, upload->batch.id, sizeof id);
    int committed = spool_commit(upload->spool, &err);
    upload->spool = NULL;
    if (committed) {
        fail_disk(upload, &err);
        problem_answer(exchange, upload->status, upload->detail, NULL);
        return -1;
    }
    int added = batches_add(batches_database(exchange), &upload->batch, upload->key[0] ? upload->key : NULL,
                            batch_workers_process(service_workers(exchange->context)), config->batches, &err);
    if (added != 0)
        spool_remove(config->batch_dir, id);
    if (added < 0) {
        if (err.code == ERROR_LIMIT)
            problem_answer(exchange, 429, "Too many batches wait or run. Try again later.", NULL);
        else
            problem_answer_error(exchange, &err);
        return -1;
    }
    if (added == 1 && strcmp(upload->batch.content, content) != 0) {
        request_problem(upload->problems, "Idempotency-Key",
                        "This key was sent with another content before.");
        request_refuse(exchange, upload->problems);
        return -1;
    }
    return 0;
}

void batches_post(struct http_exchange *exchange)
{
    char location[BATCHES_ID + 16];
    struct upload *upload = exchange->upload;
    check(upload);
    if (upload->status) {
        problem_answer(exchange, upload->status, upload->detail, upload->problems);
        return;
    }
    if (keep(upload, exchange))
        return;
    batch_workers_wake(service_workers(exchange->context));
    snprintf(location, sizeof location, "/batches/%s", upload->batch.id);
    http_header(exchange, "Location", location);
    json_t *answer = batches_render(&upload->batch, exchange);
    http_answer_json(exchange, 202, answer);
    json_decref(answer);
}
