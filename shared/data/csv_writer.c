#include "shared/data/csv_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/file.h"
#include "shared/base/temporary.h"

enum { BLOCK_BYTES = 1 << 20, FIELD_BYTES = 512 };

int writer_open(struct writer *writer, const char *folder, const char *name, struct error *err)
{
    *writer = (struct writer){.descriptor = -1};
    char part[NAME_MAX + 1];
    snprintf(part, sizeof part, "%s.part", name);
    if (file_path(writer->path, sizeof writer->path, folder, name, err) < 0 ||
        file_path(writer->part, sizeof writer->part, folder, part, err) < 0)
        return -1;
    writer->bytes = malloc(BLOCK_BYTES);
    if (writer->bytes == NULL)
        return error_set(err, ERROR_INTERNAL, "no memory to write %s", name);
    temporary_add(writer->part);
    writer->descriptor = open(writer->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (writer->descriptor < 0) {
        temporary_forget(writer->part);
        free(writer->bytes);
        writer->bytes = NULL;
        return error_set(err, ERROR_IO, "cannot create %s: %s", writer->part, strerror(errno));
    }
    return 0;
}

static void flush(struct writer *writer)
{
    size_t done = 0;
    while (done < writer->length && writer->failed == 0) {
        ssize_t n = write(writer->descriptor, writer->bytes + done, writer->length - done);
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            writer->failed = errno ? errno : EIO;
    }
    writer->length = 0;
}

/* Room for one more field: every field is far shorter than a block. */
static inline char *reserve(struct writer *writer)
{
    if (writer->length > BLOCK_BYTES - FIELD_BYTES)
        flush(writer);
    return writer->bytes + writer->length;
}

static inline void end_field(struct writer *writer, char *end, char then)
{
    *end++ = then;
    writer->rows += then == '\n';
    writer->length = (size_t)(end - writer->bytes);
}

void writer_text(struct writer *writer, const char *text, char then)
{
    char *out = reserve(writer);
    size_t length = strnlen(text, FIELD_BYTES / 2 - 4);
    if (strpbrk(text, ",\"\n\r") == NULL) {
        memcpy(out, text, length);
        end_field(writer, out + length, then);
        return;
    }
    *out++ = '"';
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            *out++ = '"';
        *out++ = text[i];
    }
    *out++ = '"';
    end_field(writer, out, then);
}

/* The digits of `value`, at least `width` of them. */
static inline char *put_digits(char *out, uint64_t value, int width)
{
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || count < width);
    while (count > 0)
        *out++ = digits[--count];
    return out;
}

static inline char *put_integer(char *out, int64_t value)
{
    if (value < 0)
        *out++ = '-';
    return put_digits(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

void writer_integer(struct writer *writer, int64_t value, char then)
{
    end_field(writer, put_integer(reserve(writer), value), then);
}

void writer_missing(struct writer *writer, char then)
{
    end_field(writer, reserve(writer), then);
}

void writer_whole(struct writer *writer, double value, char then)
{
    if (isnan(value))
        writer_missing(writer, then);
    else
        writer_integer(writer, llround(value), then);
}

size_t writer_format_real(char out[32], double value)
{
    double size = fabs(value), thousands = nearbyint(size * 1000);
    char *end = out;
    /* Nearly every amount has at most three decimals: those digits are then the shortest text. */
    if (size < 1e12 && thousands / 1000 == size && (size >= 1e-3 || size == 0)) {
        uint64_t whole = (uint64_t)thousands / 1000, rest = (uint64_t)thousands % 1000;
        if (value < 0)
            *end++ = '-';
        end = put_digits(end, whole, 1);
        *end++ = '.';
        end = put_digits(end, rest, 3);
        while (end[-1] == '0' && end[-2] != '.')
            end--;
        return (size_t)(end - out);
    }
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    if (strpbrk(out, ".en") == NULL)
        length += snprintf(out + length, 32 - (size_t)length, ".0");
    return (size_t)length;
}

void writer_real(struct writer *writer, double value, char then)
{
    char *out = reserve(writer);
    end_field(writer, isnan(value) ? out : out + writer_format_real(out, value), then);
}

/* As few of nine digits as read back the same, by the C library. */
static int put_float_slowly(char *out, float value)
{
    int length = 0;
    for (int digits = 7; digits <= 9; digits++) { /* nine always read back as the same float */
        length = snprintf(out, FIELD_BYTES / 2, "%.*g", digits, (double)value);
        if (digits == 9 || strtof(out, NULL) == value)
            break;
    }
    return length;
}

/* Whether the text digits / scale reads back as `value`, which it does when the double next to it does: both
 * numbers are exact, so one division rounds once, and the rounding to a float is the text's own unless the
 * double stands just between two floats. -1 for that rare case. */
static int reads_back(double digits, double scale, float value)
{
    static const uint64_t BELOW_FLOAT = (UINT64_C(1) << 29) - 1, HALF = UINT64_C(1) << 28;
    double decimal = digits / scale;
    uint64_t bits = 0;
    memcpy(&bits, &decimal, sizeof bits);
    return (bits & BELOW_FLOAT) == HALF ? -1 : (float)decimal == value;
}

/* The same text for most numbers between 0.0001 and 10,000,000 at a small part of the cost: the digits are
 * one product, rounded. Returns 0 where that rounding or reading back cannot be told for sure. */
static int put_float(char *out, float value)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    static const double CLOSE_TO_HALF = 1e-5; /* the product of numbers below 1e9 is a hundredth as inexact */
    double size = fabs((double)value);
    if (!(size >= 1e-4 && size < 1e7))
        return 0;
    int whole_digits = -3; /* before the point; minus the zeros behind it */
    while (whole_digits < 7 && size >= (whole_digits < 0 ? 1 / powers[-whole_digits] : powers[whole_digits]))
        whole_digits++;
    for (int digits = 7; digits <= 9; digits++) {
        int decimals = digits - whole_digits;
        double product = size * powers[decimals];
        double rounded = nearbyint(product);
        int same = digits == 9 ? 1 : reads_back(rounded, powers[decimals], fabsf(value));
        if (same < 0 || fabs(fabs(product - rounded) - 0.5) < CLOSE_TO_HALF || rounded >= powers[digits])
            return 0;
        if (!same)
            continue;
        uint64_t number = (uint64_t)rounded;
        while (decimals > 0 && number % 10 == 0) {
            number /= 10;
            decimals--;
        }
        uint64_t scale = (uint64_t)powers[decimals];
        char *end = out;
        if (value < 0)
            *end++ = '-';
        end = put_digits(end, number / scale, 1);
        if (decimals > 0) {
            *end++ = '.';
            end = put_digits(end, number % scale, decimals);
        }
        return (int)(end - out);
    }
    return 0;
}

void writer_float(struct writer *writer, float value, char then)
{
    char *out = reserve(writer);
    if (isnan(value)) {
        end_field(writer, out, then);
        return;
    }
    double size = fabs((double)value);
    if (size < 1e7 && size == floor(size)) {
        end_field(writer, put_integer(out, (int64_t)value), then);
        return;
    }
    int length = put_float(out, value);
    if (length == 0)
        length = put_float_slowly(out, value);
    end_field(writer, out + length, then);
}

int writer_close(struct writer *writer, struct error *err)
{
    flush(writer);
    int failed = writer->failed;
    if (failed == 0 && fsync(writer->descriptor) != 0 && errno != EINVAL)
        failed = errno;
    if (close(writer->descriptor) != 0 && failed == 0)
        failed = errno;
    writer->descriptor = -1;
    free(writer->bytes);
    writer->bytes = NULL;
    if (failed)
        return error_set(err, ERROR_IO, "cannot write %s: %s", writer->part, strerror(failed));
    return 0;
}

int writer_publish(const struct writer *writer, struct error *err)
{
    if (rename(writer->part, writer->path) != 0)
        return error_set(err, ERROR_IO, "cannot rename %s: %s", writer->part, strerror(errno));
    temporary_forget(writer->part);
    return 0;
}

void writer_abandon(struct writer *writer)
{
    if (writer->bytes == NULL)
        return;
    close(writer->descriptor);
    unlink(writer->part);
    temporary_forget(writer->part);
    free(writer->bytes);
    *writer = (struct writer){.descriptor = -1};
}
