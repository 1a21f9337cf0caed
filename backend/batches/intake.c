#include "backend/batches/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/batches/spool.h"
#include "shared/base/buffer.h"
#include "shared/base/file.h"
#include "shared/base/number.h"
#include "shared/data/row.h"
#include "shared/features/history.h"

enum { CHUNK_LIMIT = INTAKE_CHUNK_BYTES + INTAKE_LINE_BYTES + (64 << 10) /* the names */ };

const struct csv_options intake_csv = {.record_bytes = INTAKE_LINE_BYTES, .fields = ROW_FIELDS};

static const char *file_of(enum home_credit_table table)
{
    return table == TABLE_APPLICATION ? SPOOL_APPLICATION : home_credit_schema(table)->file;
}

/* ---- Checking ---- */

static void add_problem(json_t *problems, const char *pointer, const char *detail)
{
    json_array_append_new(problems, json_pack("{s:s, s:s}", "pointer", pointer, "detail", detail));
}

static void prefix_pointers(json_t *problems, size_t from, const char *table)
{
    for (size_t i = from; i < json_array_size(problems); i++) {
        json_t *problem = json_array_get(problems, i);
        json_object_set_new(
            problem, "pointer",
            json_sprintf("/%s%s", table, json_string_value(json_object_get(problem, "pointer"))));
    }
}

static int check_table(const char *folder, enum home_credit_table table, bool prefixed, json_t *problems,
                       struct error *err)
{
    char path[PATH_MAX];
    struct csv_reader *reader = NULL;
    struct row_header header;
    const struct slice *fields = NULL;
    size_t count = 0, before = json_array_size(problems);
    struct error failed = {0};
    if (file_path(path, sizeof path, folder, file_of(table), err) ||
        csv_open(&reader, path, &intake_csv, err))
        return -1;
    int got = csv_next(reader, &fields, &count, &failed);
    if (got == 1)
        row_match(&header, table, fields, count, problems);
    else
        add_problem(problems, "",
                    got == 0 ? "the file is empty; its first line names the columns"
                             : spool_message(failed.message, folder));
    csv_close(reader);
    if (failed.code == ERROR_IO || failed.code == ERROR_INTERNAL)
        return error_set(err, failed.code, "%s", failed.message);
    if (prefixed)
        prefix_pointers(problems, before, home_credit_schema(table)->name);
    return 0;
}

int intake_check(const char *folder, const struct batch *batch, bool prefixed, json_t *problems,
                 struct error *err)
{
    if (batch->ndjson)
        return 0;
    for (int table = 0; table < TABLE_COUNT; table++) {
        bool given = table == TABLE_APPLICATION || (batch->tables >> table & 1);
        if (given && check_table(folder, (enum home_credit_table)table, prefixed, problems, err))
            return -1;
    }
    return 0;
}

/* ---- Cutting ---- */

struct intake {
    struct database *database;
    const struct batch *batch;
    const char *process;
    const atomic_bool *stop;
    char folder[PATH_MAX];
    int64_t row_limit;
    int fd;                        /* of the file that is cut */
    struct history_set *histories; /* NULL: none came */
    struct buffer names;           /* the first line of every CSV chunk */
    struct buffer input;           /* of the chunk that is stored */
    unsigned char *packed;         /* INTAKE_CHUNK_ROWS histories */
    int64_t number;                /* of the chunk that is made */
    uint64_t start;                /* where in the file it begins */
    int64_t first_line, rows, total;
};

/* The bytes of the file from `start` to `end`, behind the names. */
static int read_piece(struct intake *intake, uint64_t end, struct error *err)
{
    char block[65536];
    buffer_clear(&intake->input);
    if (intake->names.length > 0 &&
        buffer_append(&intake->input, intake->names.data, intake->names.length, err))
        return -1;
    for (uint64_t at = intake->start; at < end;) {
        size_t wanted = end - at < sizeof block ? (size_t)(end - at) : sizeof block;
        ssize_t got = pread(intake->fd, block, wanted, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set(err, ERROR_IO, "the file of a batch cannot be read");
        if (buffer_append(&intake->input, block, (size_t)got, err))
            return -1;
        at += (size_t)got;
    }
    return 0;
}

static int64_t count_lines(const char *bytes, size_t size)
{
    int64_t lines = 0;
    for (const char *end = bytes + size; (bytes = memchr(bytes, '\n', (size_t)(end - bytes))); bytes++)
        lines++;
    return lines;
}

/* Stores the rows up to `end`. Returns as intake_run. */
static int cut(struct intake *intake, uint64_t end, struct error *err)
{
    if (intake->rows == 0)
        return 0;
    if (read_piece(intake, end, err))
        return -1;
    int status = 0;
    /* What an interrupted cutting has stored is there: the same file is cut in the same places. */
    if (intake->number >= intake->batch->chunks) {
        const struct batch_chunk chunk = {.batch = intake->batch->number,
                                          .number = intake->number,
                                          .first_line = intake->first_line,
                                          .rows = intake->rows,
                                          .input = intake->input.data,
                                          .input_bytes = intake->input.length,
                                          .histories = intake->histories ? intake->packed : NULL,
                                          .histories_bytes =
                                              intake->histories ? (size_t)intake->rows * HISTORY_BYTES : 0};
        status = batches_add_chunk(intake->database, &chunk, intake->process, err);
    }
    size_t names = intake->names.length;
    intake->first_line += count_lines(intake->input.data + names, intake->input.length - names);
    intake->number++;
    intake->start = end;
    intake->rows = 0;
    return status == 0 && atomic_load(intake->stop) ? 1 : status;
}

/* One more row, which ends at `end`. */
static int add_row(struct intake *intake, uint64_t end, struct error *err)
{
    intake->rows++;
    if (++intake->total > intake->row_limit)
        return error_set(err, ERROR_LIMIT, "The batch has more than %" PRId64 " rows, which is the limit.",
                         intake->row_limit);
    if (intake->rows == INTAKE_CHUNK_ROWS || end - intake->start >= INTAKE_CHUNK_BYTES)
        return cut(intake, end, err);
    return 0;
}

static int open_file(struct intake *intake, char path[PATH_MAX], const char *name, struct error *err)
{
    if (file_path(path, PATH_MAX, intake->folder, name, err))
        return -1;
    intake->fd = open(path, O_RDONLY | O_CLOEXEC);
    return intake->fd >= 0 ? 0 : error_set(err, ERROR_IO, "the file of a batch cannot be opened");
}

/* ---- CSV ---- */

static int read_names(struct intake *intake, struct csv_reader *reader, size_t *client_field,
                      struct error *err)
{
    const struct table_schema *schema = home_credit_schema(TABLE_APPLICATION);
    struct row_header header;
    const struct slice *fields = NULL;
    size_t count = 0;
    json_t *problems = json_array();
    bool fine = csv_next(reader, &fields, &count, err) == 1 &&
                row_match(&header, TABLE_APPLICATION, fields, count, problems);
    json_decref(problems);
    if (!fine)
        return error_set(err, ERROR_INVALID, "the first line does not name the columns of an application");
    for (size_t i = 0; i < count; i++) {
        int column = header.column_of_field[i];
        if (column == APPLICATION_SK_ID_CURR)
            *client_field = i;
        if (buffer_append_format(&intake->names, err, "%s%c", schema->columns[column].name,
                                 i + 1 < count ? ',' : '\n'))
            return -1;
    }
    intake->start = csv_position(reader);
    intake->first_line = (int64_t)csv_line(reader) + 1;
    return 0;
}

/* The history of a row's client; of one without a number nobody will ask. */
static void pack_history(struct intake *intake, struct slice client)
{
    double id = -1;
    if (!number_read(&id, client.data, client.length) || id < 0 || id > 9e15)
        id = -1;
    history_pack(history_set_get(intake->histories, (int64_t)id),
                 intake->packed + (size_t)intake->rows * HISTORY_BYTES);
}

static int cut_csv(struct intake *intake, struct error *err)
{
    char path[PATH_MAX];
    struct csv_reader *reader = NULL;
    const struct slice *fields = NULL, nothing = {"", 0};
    size_t count = 0, client_field = 0;
    int status = -1, got;
    if (open_file(intake, path, SPOOL_APPLICATION, err) || csv_open(&reader, path, &intake_csv, err) ||
        read_names(intake, reader, &client_field, err))
        goto done;
    do {
        struct error wrong = {0};
        got = csv_next(reader, &fields, &count, &wrong);
        if (got < 0) {
            if (wrong.code == ERROR_IO) {
                error_set(err, ERROR_IO, "%s", wrong.message);
                goto done;
            }
            if (csv_skip_line(reader, err))
                goto done;
            count = 0;
        }
        if (got == 0)
            break;
        if (intake->histories)
            pack_history(intake, client_field < count ? fields[client_field] : nothing);
        status = add_row(intake, csv_position(reader), err);
    } while (status == 0);
    if (got == 0)
        status = cut(intake, csv_position(reader), err);
done:
    csv_close(reader);
    return status;
}

/* ---- NDJSON ---- */

bool intake_is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r\n", text[i]) || text[i] == '\0')
            return false;
    return true;
}

/* Takes the lines that end in bytes[0..size), the file's bytes from `at` on; `last`: the file ends there.
 * Returns how many bytes they were, or -1 (error) or -2 (taken away). */
static ssize_t take_lines(struct intake *intake, const char *bytes, size_t size, uint64_t at, bool last,
                          struct error *err)
{
    size_t done = 0;
    while (done < size) {
        const char *line = bytes + done, *newline = memchr(line, '\n', size - done);
        if (!newline && !last)
            break;
        size_t length = newline ? (size_t)(newline - line) + 1 : size - done;
        if (length > INTAKE_LINE_BYTES)
            return error_set(err, ERROR_LIMIT, "Row %" PRId64 ": the line is longer than %d bytes.",
                             intake->total + 1, INTAKE_LINE_BYTES);
        done += length;
        if (intake_is_blank(line, length))
            continue;
        int status = add_row(intake, at + done, err);
        if (status)
            return status < 0 ? -1 : -2;
    }
    return (ssize_t)done;
}

static int cut_ndjson(struct intake *intake, struct error *err)
{
    enum { BLOCK = INTAKE_LINE_BYTES + 1 };
    char path[PATH_MAX];
    int status = -1;
    size_t held = 0;
    uint64_t at = 0; /* where in the file the held bytes begin */
    bool last = false;
    char *bytes = malloc(BLOCK);
    if (!bytes) {
        error_set(err, ERROR_INTERNAL, "no memory to read a batch");
        return -1;
    }
    intake->first_line = 1;
    if (open_file(intake, path, SPOOL_INSTANCES, err))
        goto done;
    while (!last) {
        ssize_t got = pread(intake->fd, bytes + held, BLOCK - held, (off_t)(at + held));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_set(err, ERROR_IO, "the file of a batch cannot be read");
            goto done;
        }
        last = got == 0;
        held += (size_t)got;
        ssize_t taken = take_lines(intake, bytes, held, at, last, err);
        if (taken == 0 && held == BLOCK)
            taken = error_set(err, ERROR_LIMIT, "Row %" PRId64 ": the line is longer than %d bytes.",
                              intake->total + 1, INTAKE_LINE_BYTES);
        if (taken < 0) {
            status = taken == -1 ? -1 : 1;
            goto done;
        }
        held -= (size_t)taken;
        at += (size_t)taken;
        memmove(bytes, bytes + taken, held);
    }
    status = cut(intake, at, err);
done:
    free(bytes);
    return status;
}

/* ---- All of it ---- */

/* The message without the folder, and whether the files are to blame. */
static int blame(const struct intake *intake, const struct error *failed, struct error *err)
{
    enum error_code code = failed->code == ERROR_PARSE ? ERROR_INVALID : failed->code;
    return error_set(err, code, "%s", spool_message(failed->message, intake->folder));
}

int intake_run(struct database *database, const struct config *config, const struct batch *batch,
               const char *process, const atomic_bool *stop, struct error *err)
{
    struct intake intake = {.database = database,
                            .batch = batch,
                            .process = process,
                            .stop = stop,
                            .row_limit = config->batch_rows,
                            .fd = -1,
                            .names = buffer_new(CHUNK_LIMIT),
                            .input = buffer_new(CHUNK_LIMIT)};
    struct error failed = {0};
    int status = -1;
    if (file_path(intake.folder, sizeof intake.folder, config->batch_dir, batch->id, err))
        return -1;
    if (batch->tables) {
        intake.packed = malloc((size_t)INTAKE_CHUNK_ROWS * HISTORY_BYTES);
        if (!intake.packed) {
            error_set(&failed, ERROR_INTERNAL, "no memory for the histories of a chunk");
            goto done;
        }
        if (history_set_read(&intake.histories, intake.folder, false, &failed))
            goto done;
    }
    status = batch->ndjson ? cut_ndjson(&intake, &failed) : cut_csv(&intake, &failed);
    if (status == 0)
        status = batches_end_intake(database, batch->number, intake.total, process, &failed);
done:
    if (status < 0)
        blame(&intake, &failed, err);
    if (intake.fd >= 0)
        close(intake.fd);
    history_set_free(intake.histories);
    free(intake.packed);
    buffer_free(&intake.names);
    buffer_free(&intake.input);
    return status;
}
