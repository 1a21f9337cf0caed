/* JSON text written straight into a buffer, for answers that are large and sent often: no tree of values is
 * built first. The writer sets commas; the caller opens and closes what belongs together.
 *
 * The first failure sticks: calls after it do nothing, and json_writer_end tells it. */
#ifndef CLAIRSCORE_BASE_JSON_WRITER_H
#define CLAIRSCORE_BASE_JSON_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/buffer.h"
#include "shared/base/error.h"

struct json_writer {
    struct buffer *out; /* borrowed */
    struct error *err;
    bool comma; /* the next value follows another */
    bool failed;
};

/* Starts writing behind what `out` holds. Both are borrowed until json_writer_end. */
struct json_writer json_writer_start(struct buffer *out, struct error *err);

/* 0, or -1 when something could not be written: `err` then says what. */
int json_writer_end(const struct json_writer *writer);

void json_writer_open(struct json_writer *writer, char bracket);  /* '{' or '[' */
void json_writer_close(struct json_writer *writer, char bracket); /* '}' or ']' */

/* A member's name: plain ASCII that needs no escape. Its value follows. */
void json_writer_key(struct json_writer *writer, const char *name);

/* A terminated text in UTF-8, escaped; null for NULL. */
void json_writer_text(struct json_writer *writer, const char *text);
void json_writer_integer(struct json_writer *writer, int64_t value);
void json_writer_null(struct json_writer *writer);

/* A number as jansson writes it with 15 significant digits; null when it is not finite. Quick for whole
 * multiples of 1e-9. */
void json_writer_number(struct json_writer *writer, double value);

/* A value that is a tree already. */
void json_writer_tree(struct json_writer *writer, const json_t *tree);

/* JSON that was written before, as one value (or several members). */
void json_writer_raw(struct json_writer *writer, const char *json, size_t length);

/* Members written before whose last one has no value yet: the next value is its. */
void json_writer_raw_key(struct json_writer *writer, const char *json, size_t length);

#endif
