#include <ctype.h>
#include <string.h>

#include "backend/store/database_driver.h"
#include "shared/base/buffer.h"

enum { SQL_LIMIT = 1 << 20 };

/* The end of a quoted text or a comment that begins at `at`, or `at` when none does. */
static const char *skip_quoted(const char *at)
{
    const char *end = NULL;
    if (*at == '\'' || *at == '"')
        end = strchr(at + 1, *at);
    else if (strncmp(at, "--", 2) == 0)
        end = strchr(at, '\n');
    else
        return at;
    return end ? end + 1 : at + strlen(at);
}

static int append_word(struct buffer *out, const struct driver *driver, const char *name, size_t length,
                       struct error *err)
{
    for (const struct dialect_word *word = driver->words; word->name; word++)
        if (strlen(word->name) == length && memcmp(word->name, name, length) == 0)
            return buffer_append_text(out, word->text, err);
    return error_set(err, ERROR_INTERNAL, "SQL: @%.*s is no word of ours", (int)length, name);
}

char *database_translate(const struct driver *driver, const char *sql, struct error *err)
{
    struct buffer out = buffer_new(SQL_LIMIT);
    for (const char *at = sql; *at;) {
        const char *end = skip_quoted(at);
        int status;
        if (end > at) {
            status = buffer_append(&out, at, (size_t)(end - at), err);
        } else if (*at == '@') {
            end = at + 1;
            while (isalnum((unsigned char)*end) || *end == '_')
                end++;
            status = append_word(&out, driver, at + 1, (size_t)(end - at - 1), err);
        } else {
            bool parameter = *at == '$' && isdigit((unsigned char)at[1]);
            status = buffer_append(&out, parameter ? &driver->parameter : at, 1, err);
            end = at + 1;
        }
        if (status) {
            buffer_free(&out);
            return NULL;
        }
        at = end;
    }
    char *text = buffer_take(&out);
    if (!text)
        error_set(err, ERROR_INTERNAL, "SQL: empty");
    return text;
}
