/* CSV files written the way pandas wrote Kaggle's: "406597.5", "-874.0", "-461", an empty field when
 * missing. A file appears under its name only when it is whole: until then it is NAME.part. */
#ifndef CLAIRSCORE_DATA_CSV_WRITER_H
#define CLAIRSCORE_DATA_CSV_WRITER_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/error.h"

struct writer {
    int descriptor;
    char path[PATH_MAX], part[PATH_MAX];
    char *bytes; /* a block that is written when full */
    size_t length;
    uint64_t rows;
    int failed; /* errno of the first failed write; writer_close tells */
};

/* Opens FOLDER/NAME.part for writing. The caller ends with writer_close or writer_abandon. */
int writer_open(struct writer *writer, const char *folder, const char *name, struct error *err);

/* One field, and what follows it: ',' or '\n' (which ends the row). */
void writer_text(struct writer *writer, const char *text, char then); /* quoted where it needs to be */
void writer_integer(struct writer *writer, int64_t value, char then); /* -461 */
void writer_whole(struct writer *writer, double value, char then);    /* -461; empty for NaN */
void writer_real(struct writer *writer, double value, char then);     /* -461.0, 406597.5; empty for NaN */
void writer_float(struct writer *writer, float value,
                  char then); /* as few of 9 digits as read back the same */
void writer_missing(struct writer *writer, char then);

/* The shortest decimal text that reads back as `value`, with ".0" when whole. Returns its length. */
size_t writer_format_real(char out[32], double value);

/* Flushes to the disc. The file keeps its name NAME.part until writer_publish. */
int writer_close(struct writer *writer, struct error *err);

/* Gives a closed file its name. */
int writer_publish(const struct writer *writer, struct error *err);

/* Closes and removes what was written. Does nothing on a closed or zeroed writer's descriptor. */
void writer_abandon(struct writer *writer);

#endif
