#include "shared/base/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "shared/base/number.h"

enum { NUMBER_BYTES = 40, DIGITS = 15, FRACTION = 9, ESCAPED = 6 };
static const double UNITS = 1e9, LARGEST_UNITS = 1e15; /* DIGITS digits, exact in a double */

struct json_writer json_writer_start(struct buffer *out, struct error *err)
{
    return (struct json_writer){.out = out, .err = err};
}

int json_writer_end(const struct json_writer *writer)
{
    return writer->failed ? -1 : 0;
}

/* Where `length` bytes can be written that `take` then takes; NULL after the first failure. */
static inline char *room(struct json_writer *writer, size_t length)
{
    struct buffer *out = writer->out;
    bool there = length < out->capacity - out->length && length <= out->limit - out->length;
    if (writer->failed || (!there && buffer_reserve(out, length, writer->err))) {
        writer->failed = true;
        return NULL;
    }
    return out->data + out->length;
}

static inline void take(struct json_writer *writer, const char *end)
{
    writer->out->length = (size_t)(end - writer->out->data);
    writer->out->data[writer->out->length] = '\0';
}

/* Writes what stands between a value and the one before it. */
static inline char *separate(struct json_writer *writer, char *at)
{
    *at = ',';
    at += writer->comma;
    writer->comma = true;
    return at;
}

static inline char *add(char *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

/* Bytes of a value. */
static void put(struct json_writer *writer, const char *bytes, size_t length)
{
    char *at = room(writer, length + 1);
    if (!at)
        return;
    at = separate(writer, at);
    take(writer, add(at, bytes, length));
}

void json_writer_open(struct json_writer *writer, char bracket)
{
    put(writer, &bracket, 1);
    writer->comma = false;
}

void json_writer_close(struct json_writer *writer, char bracket)
{
    writer->comma = false;
    put(writer, &bracket, 1);
}

void json_writer_key(struct json_writer *writer, const char *name)
{
    size_t length = strlen(name);
    char *at = room(writer, length + sizeof ",\"\":");
    if (!at)
        return;
    at = separate(writer, at);
    *at++ = '"';
    at = add(at, name, length);
    *at++ = '"';
    *at++ = ':';
    take(writer, at);
    writer->comma = false;
}

/* RFC 8259, section 7: quotation mark, backslash and what is below a space. */
static bool needs_escape(unsigned char byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

static char *write_escaped(char *at, unsigned char byte)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    *at++ = '\\';
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2)
        if ((unsigned char)shorts[i] == byte) {
            *at++ = shorts[i + 1];
            return at;
        }
    return at + snprintf(at, ESCAPED, "u%04X", byte);
}

void json_writer_text(struct json_writer *writer, const char *text)
{
    if (!text) {
        json_writer_null(writer);
        return;
    }
    size_t length = 0;
    size_t escaped = 0;
    for (; text[length]; length++)
        escaped += needs_escape((unsigned char)text[length]);
    char *at = room(writer, length + escaped * ESCAPED + sizeof ",\"\"");
    if (!at)
        return;
    at = separate(writer, at);
    *at++ = '"';
    if (escaped == 0) {
        memcpy(at, text, length);
        at += length;
    }
    for (; escaped > 0 && *text; text++) {
        if (needs_escape((unsigned char)*text))
            at = write_escaped(at, (unsigned char)*text);
        else
            *at++ = *text;
    }
    *at++ = '"';
    take(writer, at);
}

void json_writer_integer(struct json_writer *writer, int64_t value)
{
    char text[NUMBER_BYTES];
    char *end = text + sizeof text;
    char *begin = number_digits(end, value < 0 ? -(uint64_t)value : (uint64_t)value);
    if (value < 0)
        *--begin = '-';
    put(writer, begin, (size_t)(end - begin));
}

void json_writer_null(struct json_writer *writer)
{
    put(writer, "null", strlen("null"));
}

/* Writes digits / 10^places: one digit behind the point at least, no zeros at the end beyond it. */
static void put_decimal(struct json_writer *writer, uint64_t digits, int places, bool negative)
{
    char text[NUMBER_BYTES];
    char *end = text + sizeof text;
    char *begin = end;
    if (places == 0) {
        *--begin = '0';
        *--begin = '.';
    }
    for (; places > 1 && digits % 10 == 0; places--)
        digits /= 10;
    begin = number_decimal(begin, digits, places);
    if (negative)
        *--begin = '-';
    put(writer, begin, (size_t)(end - begin));
}

/* Writes a whole multiple of 1e-9, at least "0.0": false when the value is none, or too large or small for
 * these few digits to be all that 15 significant ones would show. */
static bool put_multiple(struct json_writer *writer, double value)
{
    double size = fabs(value) * UNITS;
    double units = nearbyint(size);
    if (!(units < LARGEST_UNITS) || units / UNITS != fabs(value) || (units > 0 && units < 1e5) ||
        (units == 0 && signbit(value)))
        return false;
    put_decimal(writer, (uint64_t)units, FRACTION, value < 0);
    return true;
}

/* Writes DIGITS significant digits where %g gives them without an exponent: false elsewhere. */
static bool put_plain(struct json_writer *writer, double value)
{
    static const double LOWEST = 1e-4, HIGHEST = 1e15;
    static const double powers[] = {1e-3, 1e-2, 1e-1, 1e0, 1e1,  1e2,  1e3,  1e4,  1e5,
                                    1e6,  1e7,  1e8,  1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    enum { MOST_PLACES = DIGITS + 3 };                    /* of what is below the first */
    static const uint64_t LEAST_DIGITS = 100000000000000; /* 1e14: DIGITS of them */
    double size = fabs(value);
    if (!(size >= LOWEST && size < HIGHEST))
        return false;
    size_t above = 0; /* powers that it reaches */
    while (above < sizeof powers / sizeof *powers && size >= powers[above])
        above++;
    int places = MOST_PLACES - (int)above;
    uint64_t digits;
    /* Another number of digits: rounding has led to the next power of ten. */
    if (!number_scale(&digits, size, places) || digits < LEAST_DIGITS || digits >= 10 * LEAST_DIGITS)
        return false;
    put_decimal(writer, digits, places, value < 0);
    return true;
}

/* As jansson: a real keeps a point or an exponent, and exponents have no plus sign and no leading zeros. */
static void put_any(struct json_writer *writer, double value)
{
    char text[NUMBER_BYTES];
    int length = snprintf(text, sizeof text - 2, "%.*g", DIGITS, value);
    char *exponent = strchr(text, 'e');
    if (!exponent && !strchr(text, '.')) {
        memcpy(text + length, ".0", 3);
    } else if (exponent) {
        char *digits = exponent + 1 + (exponent[1] == '+' || exponent[1] == '-');
        char *first = digits + strspn(digits, "0");
        memmove(exponent + 1 + (exponent[1] == '-'), first, strlen(first) + 1);
    }
    put(writer, text, strlen(text));
}

void json_writer_number(struct json_writer *writer, double value)
{
    if (!isfinite(value)) {
        json_writer_null(writer);
        return;
    }
    if (!put_multiple(writer, value) && !put_plain(writer, value))
        put_any(writer, value);
}

static int put_piece(const char *bytes, size_t length, void *context)
{
    char *at = room(context, length);
    if (at) {
        memcpy(at, bytes, length);
        take(context, at + length);
    }
    return 0;
}

void json_writer_tree(struct json_writer *writer, const json_t *tree)
{
    put(writer, "", 0);
    if (json_dump_callback(tree, put_piece, writer,
                           JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(DIGITS)) &&
        !writer->failed) {
        error_set(writer->err, ERROR_INTERNAL, "a part of the answer is no JSON");
        writer->failed = true;
    }
}

void json_writer_raw(struct json_writer *writer, const char *json, size_t length)
{
    put(writer, json, length);
}

void json_writer_raw_key(struct json_writer *writer, const char *json, size_t length)
{
    json_writer_raw(writer, json, length);
    writer->comma = false;
}
