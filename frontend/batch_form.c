#include "frontend/batch_form.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "shared/data/home_credit.h"

enum { INSTANCES = TABLE_COUNT, HEAD_BYTES = 512 };

/* ---- What a file is ---- */

/* The name without the folders that some browsers send, cut between characters. */
static void copy_name(char out[BATCH_FORM_NAME], const char *path)
{
    const char *name = path;
    for (const char *at = path; *at; at++)
        if (*at == '/' || *at == '\\')
            name = at + 1;
    size_t length = 0, characters = 0;
    for (; length < BATCH_FORM_NAME - 1 && name[length]; length++) {
        characters += ((unsigned char)name[length] & 0xc0) != 0x80;
        if (characters > (BATCH_FORM_NAME - 1) / 3)
            break;
        out[length] = (unsigned char)name[length] < 0x20 || name[length] == 0x7f ? ' ' : name[length];
    }
    while (length > 0 && name[length] && ((unsigned char)name[length] & 0xc0) == 0x80)
        length--;
    out[length] = '\0';
}

/* The history table whose file has this name; TABLE_APPLICATION for all others. */
static enum home_credit_table table_of(const char *name)
{
    for (int table = 0; table < TABLE_COUNT; table++)
        if (table != TABLE_APPLICATION &&
            strcasecmp(name, home_credit_schema((enum home_credit_table)table)->file) == 0)
            return (enum home_credit_table)table;
    return TABLE_APPLICATION;
}

static bool begins_with(const char *bytes, size_t size, const char *mark, size_t length)
{
    return size >= length && memcmp(bytes, mark, length) == 0;
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcasecmp(name + length - tail, end) == 0;
}

/* A first line that has semicolons or tabs and no comma. */
static bool is_separated_otherwise(const char *bytes, size_t size)
{
    const char *newline = memchr(bytes, '\n', size);
    size_t length = newline ? (size_t)(newline - bytes) : size;
    return !memchr(bytes, ',', length) && (memchr(bytes, ';', length) || memchr(bytes, '\t', length));
}

/* Which part a file is by its first bytes, or -1 with the fault. */
static int part_of(struct batch_form *form, const char *bytes, size_t size)
{
    bool zip = begins_with(bytes, size, "PK\x03\x04", 4);
    if (begins_with(bytes, size, "\xD0\xCF\x11\xE0", 4) ||
        (zip &&
         (ends_with(form->file, ".xlsx") || ends_with(form->file, ".ods") || ends_with(form->file, ".xlsm"))))
        form->fault = BATCH_FORM_WORKBOOK;
    else if (zip || begins_with(bytes, size, "\x1F\x8B", 2) || begins_with(bytes, size, "7z\xBC\xAF", 4))
        form->fault = BATCH_FORM_COMPRESSED;
    else if (memchr(bytes, '\0', size < HEAD_BYTES ? size : HEAD_BYTES) ||
             begins_with(bytes, size, "%PDF", 4))
        form->fault = BATCH_FORM_BINARY;
    if (form->fault)
        return -1;
    size_t at = begins_with(bytes, size, "\xEF\xBB\xBF", 3) ? 3 : 0;
    while (at < size && strchr(" \t\r\n", bytes[at]))
        at++;
    if (at < size && bytes[at] == '{')
        return INSTANCES;
    if (is_separated_otherwise(bytes + at, size - at)) {
        form->fault = BATCH_FORM_SEMICOLONS;
        return -1;
    }
    return table_of(form->file);
}

/* ---- Sending on ---- */

static bool put(struct batch_form *form, const char *bytes, size_t size)
{
    if (!form->fault && size > 0 && !form->send(form->context, bytes, size))
        form->fault = BATCH_FORM_STOPPED;
    return !form->fault;
}

static bool begin_part(struct batch_form *form, int part)
{
    char head[256];
    const char *name =
        part == INSTANCES ? "instances" : home_credit_schema((enum home_credit_table)part)->name;
    /* Applications come in one of two forms. */
    const unsigned either = 1U << TABLE_APPLICATION | 1U << INSTANCES;
    unsigned bit = 1U << part;
    if (form->given & bit || (bit & either && form->given & either)) {
        form->fault = BATCH_FORM_TWO;
        return false;
    }
    int length = snprintf(head, sizeof head,
                          "%s--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n"
                          "Content-Type: application/octet-stream\r\n\r\n",
                          form->given ? "\r\n" : "", form->boundary, name, name);
    form->given |= bit;
    return put(form, head, (size_t)length);
}

/* The file that was arriving has ended. */
static bool end_file(struct batch_form *form)
{
    if (form->in_file && !form->begun && !form->fault)
        form->fault = BATCH_FORM_EMPTY;
    form->in_file = form->begun = false;
    return !form->fault;
}

void batch_form_init(struct batch_form *form, bool (*send)(void *context, const char *bytes, size_t size),
                     void *context)
{
    unsigned char random[(BATCH_FORM_BOUNDARY - 1) / 2];
    *form = (struct batch_form){.send = send, .context = context};
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(form->boundary, sizeof form->boundary, random, sizeof random);
}

bool batch_form_piece(struct batch_form *form, const char *file, uint64_t offset, const char *bytes,
                      size_t size)
{
    char name[BATCH_FORM_NAME];
    if (form->fault)
        return false;
    if (!*file) {
        end_file(form);
        return !form->fault;
    }
    copy_name(name, file);
    /* An empty file can come in several pieces of nothing. */
    bool goes_on = form->in_file && strcmp(name, form->file) == 0 && (offset > 0 || !form->begun);
    if (!goes_on) {
        if (!end_file(form))
            return false;
        form->in_file = true;
        memcpy(form->file, name, sizeof name);
        if (!*form->name)
            memcpy(form->name, name, sizeof name);
    }
    if (size > 0 && !form->begun) {
        int part = part_of(form, bytes, size);
        form->begun = true;
        if (part < 0 || !begin_part(form, part))
            return false;
    }
    return put(form, bytes, size);
}

bool batch_form_end(struct batch_form *form)
{
    char tail[BATCH_FORM_BOUNDARY + 8];
    if (!end_file(form))
        return false;
    const unsigned applications = 1U << TABLE_APPLICATION, instances = 1U << INSTANCES;
    if (form->given == 0)
        form->fault = BATCH_FORM_NONE;
    else if (!(form->given & (applications | instances)) ||
             (form->given & instances && form->given != instances))
        form->fault = BATCH_FORM_ALONE;
    int length = snprintf(tail, sizeof tail, "\r\n--%s--\r\n", form->boundary);
    return put(form, tail, (size_t)length);
}

const char *batch_form_fault_name(enum batch_form_fault fault)
{
    static const char *const names[] = {[BATCH_FORM_FINE] = "fine",
                                        [BATCH_FORM_NONE] = "none",
                                        [BATCH_FORM_EMPTY] = "empty",
                                        [BATCH_FORM_TWO] = "two",
                                        [BATCH_FORM_ALONE] = "alone",
                                        [BATCH_FORM_WORKBOOK] = "workbook",
                                        [BATCH_FORM_COMPRESSED] = "compressed",
                                        [BATCH_FORM_BINARY] = "binary",
                                        [BATCH_FORM_SEMICOLONS] = "semicolons",
                                        [BATCH_FORM_STOPPED] = "stopped"};
    return names[fault];
}
