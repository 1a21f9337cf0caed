#include "shared/view/i18n.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/buffer.h"
#include "shared/base/file.h"
#include "shared/base/number.h"

enum { PATH_BYTES = 4096, KEY_BYTES = 128, TEXT_BYTES = 4096, FILLED_LIMIT = 16384, PLACEHOLDERS = 8 };

struct i18n {
    json_t *texts[LANGUAGE_COUNT];
};

/* ---- Reading ----------------------------------------------------------------------------------------- */

static json_t *find(json_t *texts, const char *key)
{
    json_t *value = texts;
    while (value && *key) {
        size_t length = strcspn(key, ".");
        value = json_is_object(value) ? json_object_getn(value, key, length) : NULL;
        key += length + (key[length] == '.');
    }
    return value;
}

/* The next "{name}" at or after `text`; its length with the braces goes to `length`. */
static const char *next_placeholder(const char *text, size_t *length)
{
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        size_t name = strspn(open + 1, "abcdefghijklmnopqrstuvwxyz_");
        if (name > 0 && open[1 + name] == '}') {
            *length = name + 2;
            return open;
        }
    }
    return NULL;
}

static bool holds_placeholder(const char *text, const char *wanted, size_t wanted_length)
{
    size_t length = 0;
    for (const char *at = text; (at = next_placeholder(at, &length)); at += length)
        if (length == wanted_length && memcmp(at, wanted, length) == 0)
            return true;
    return false;
}

/* Every placeholder of `text` is in `other` too. */
static bool placeholders_within(const char *text, const char *other)
{
    size_t length = 0;
    for (const char *at = text; (at = next_placeholder(at, &length)); at += length)
        if (!holds_placeholder(other, at, length))
            return false;
    return true;
}

/* Every text below `here` exists in `there` with the same placeholders. `key` holds the path so far. */
static int compare(json_t *here, json_t *there, const char *other_language, char key[KEY_BYTES],
                   struct error *err)
{
    const char *name;
    json_t *value;
    size_t length = strlen(key);
    json_object_foreach(here, name, value)
    {
        json_t *counterpart = json_object_get(there, name);
        if (snprintf(key + length, KEY_BYTES - length, "%s%s", length ? "." : "", name) >=
            (int)(KEY_BYTES - length))
            return error_set(err, ERROR_LIMIT, "locales: the key %s is too long", key);
        if (!counterpart || json_typeof(counterpart) != json_typeof(value))
            return error_set(err, ERROR_INVALID, "locales: %s lacks %s", other_language, key);
        if (json_is_object(value)) {
            if (compare(value, counterpart, other_language, key, err))
                return -1;
        } else if (!json_is_string(value) || json_string_length(value) >= TEXT_BYTES) {
            return error_set(err, ERROR_INVALID, "locales: %s is not a text of under %d bytes", key,
                             TEXT_BYTES);
        } else if (!placeholders_within(json_string_value(value), json_string_value(counterpart))) {
            return error_set(err, ERROR_INVALID, "locales: %s lacks a placeholder in %s", other_language,
                             key);
        }
        key[length] = '\0';
    }
    return 0;
}

/* Adds a document's keys (released) to a language; `source` names it in a fault. */
static int add_document(json_t *texts, json_t *document, const char *source, const json_error_t *fault,
                        struct error *err)
{
    int status = json_is_object(document) ? 0
                                          : error_set(err, ERROR_PARSE, "locales: %s, line %d: %s", source,
                                                      fault->line, fault->text);
    const char *key;
    json_t *value;
    json_object_foreach(document, key, value)
    {
        if (status == 0 && json_object_get(texts, key))
            status = error_set(err, ERROR_CONFLICT, "locales: %s stands in two documents", key);
        else if (status == 0)
            json_object_set(texts, key, value);
    }
    json_decref(document);
    return status;
}

static int load_document(json_t *texts, const char *folder, const char *name, struct error *err)
{
    char path[PATH_BYTES];
    json_error_t fault;
    if (file_path(path, sizeof path, folder, name, err))
        return -1;
    return add_document(texts, json_load_file(path, JSON_REJECT_DUPLICATES, &fault), path, &fault, err);
}

static int load_language(struct i18n *i18n, const char *folder, enum language language, struct error *err)
{
    char path[PATH_BYTES];
    if (file_path(path, sizeof path, folder, language_code(language), err))
        return -1;
    DIR *directory = opendir(path);
    if (!directory)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    int status = 0;
    i18n->texts[language] = json_object();
    for (struct dirent *entry; status == 0 && (entry = readdir(directory));) {
        const char *extension = strrchr(entry->d_name, '.');
        if (extension && strcmp(extension, ".json") == 0)
            status = load_document(i18n->texts[language], path, entry->d_name, err);
    }
    closedir(directory);
    return status;
}

/* Every language has what the others have. */
static int compare_languages(const struct i18n *i18n, struct error *err)
{
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        for (int j = 0; j < LANGUAGE_COUNT; j++) {
            char key[KEY_BYTES] = "";
            if (compare(i18n->texts[i], i18n->texts[j], language_code((enum language)j), key, err))
                return -1;
        }
    return 0;
}

int i18n_load(struct i18n **out, const char *folder, struct error *err)
{
    struct i18n *i18n = calloc(1, sizeof *i18n);
    int status = i18n ? 0 : error_set(err, ERROR_INTERNAL, "no memory for the texts");
    for (int i = 0; status == 0 && i < LANGUAGE_COUNT; i++)
        status = load_language(i18n, folder, (enum language)i, err);
    if (status == 0)
        status = compare_languages(i18n, err);
    if (status == 0)
        *out = i18n;
    else
        i18n_free(i18n);
    return status;
}

int i18n_parse(struct i18n **out, const char *const *documents[LANGUAGE_COUNT], size_t count,
               struct error *err)
{
    struct i18n *i18n = calloc(1, sizeof *i18n);
    int status = i18n ? 0 : error_set(err, ERROR_INTERNAL, "no memory for the texts");
    json_error_t fault;
    for (int i = 0; status == 0 && i < LANGUAGE_COUNT; i++) {
        i18n->texts[i] = json_object();
        for (size_t j = 0; status == 0 && j < count; j++)
            status = add_document(i18n->texts[i], json_loads(documents[i][j], JSON_REJECT_DUPLICATES, &fault),
                                  language_code((enum language)i), &fault, err);
    }
    if (status == 0)
        status = compare_languages(i18n, err);
    if (status == 0)
        *out = i18n;
    else
        i18n_free(i18n);
    return status;
}

void i18n_free(struct i18n *i18n)
{
    if (!i18n)
        return;
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        json_decref(i18n->texts[i]);
    free(i18n);
}

/* ---- Texts ------------------------------------------------------------------------------------------- */

json_t *i18n_texts(const struct i18n *i18n, enum language language)
{
    return i18n->texts[language];
}

const char *i18n_text(const struct i18n *i18n, enum language language, const char *key)
{
    const char *text = json_string_value(find(i18n->texts[language], key));
    return text ? text : key;
}

bool i18n_has(const struct i18n *i18n, enum language language, const char *key)
{
    return json_is_string(find(i18n->texts[language], key));
}

/* The value for the placeholder, or NULL. */
static const char *value_of(const char *placeholder, size_t length, const char *const *values)
{
    struct slice name = {placeholder + 1, length - 2};
    for (size_t i = 0; values && values[i]; i += 2)
        if (slice_equals(name, values[i]))
            return values[i + 1];
    return NULL;
}

json_t *i18n_say(const struct i18n *i18n, enum language language, const char *key, const char *const *values)
{
    const char *text = i18n_text(i18n, language, key);
    struct buffer out = buffer_new(FILLED_LIMIT);
    size_t length = 0;
    int status = 0;
    for (const char *at; status == 0 && (at = next_placeholder(text, &length)); text = at + length) {
        const char *value = value_of(at, length, values);
        status = buffer_append(&out, text, (size_t)(at - text), NULL);
        if (status == 0)
            status = value ? buffer_append_text(&out, value, NULL) : buffer_append(&out, at, length, NULL);
    }
    if (status == 0)
        status = buffer_append_text(&out, text, NULL);
    json_t *filled = json_string(status == 0 && out.data ? out.data : "");
    buffer_free(&out);
    return filled;
}

json_t *i18n_count(const struct i18n *i18n, enum language language, const char *key, long long count,
                   const char *const *values)
{
    /* French says none and one in the singular, English one alone. */
    bool one = count == 1 || (count == 0 && language == LANGUAGE_FR);
    char whole_key[KEY_BYTES], number[NUMBER_TEXT];
    const char *all[2 * PLACEHOLDERS + 3] = {"count", number};
    for (size_t i = 0; values && values[i] && i < 2 * (size_t)PLACEHOLDERS; i++)
        all[i + 2] = values[i];
    snprintf(whole_key, sizeof whole_key, "%s.%s", key, one ? "one" : "other");
    number_format(number, (double)count, 0, language);
    return i18n_say(i18n, language, whole_key, all);
}

static json_t *say_time(const struct i18n *i18n, enum language language, const char *key, time_t moment)
{
    static const char *const months[] = {"months.january", "months.february", "months.march",
                                         "months.april",   "months.may",      "months.june",
                                         "months.july",    "months.august",   "months.september",
                                         "months.october", "months.november", "months.december"};
    struct tm local;
    char day[16], year[16], clock[16];
    if (!localtime_r(&moment, &local))
        return json_string("");
    snprintf(day, sizeof day, "%d", local.tm_mday);
    snprintf(year, sizeof year, "%d", local.tm_year + 1900);
    snprintf(clock, sizeof clock, "%02d:%02d", local.tm_hour, local.tm_min);
    const char *first = local.tm_mday == 1 ? i18n_text(i18n, language, "months.first") : day;
    return i18n_say(i18n, language, key,
                    I18N_VALUES("day", first, "month", i18n_text(i18n, language, months[local.tm_mon]),
                                "year", year, "clock", clock));
}

json_t *i18n_moment(const struct i18n *i18n, enum language language, time_t moment)
{
    return say_time(i18n, language, "months.moment", moment);
}

json_t *i18n_day(const struct i18n *i18n, enum language language, time_t moment)
{
    return say_time(i18n, language, "months.day", moment);
}
