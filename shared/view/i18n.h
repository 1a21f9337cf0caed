/* Texts of pages and reports: one folder a language, the same keys in each. A template reads them as
 * {{t.clients.title}}; C fills those that hold placeholders: "{count} clients". */
#ifndef CLAIRSCORE_VIEW_I18N_H
#define CLAIRSCORE_VIEW_I18N_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "shared/base/error.h"
#include "shared/base/language.h"

struct i18n;

/* Reads FOLDER/fr/X.json and FOLDER/en/X.json: objects in objects of texts, whose keys at the top level
 * differ from file to file. ERROR_INVALID names a key that one language has and the other lacks, or whose
 * placeholders differ; ERROR_CONFLICT a key that stands in two files. */
int i18n_load(struct i18n **out, const char *folder, struct error *err);

/* The same from texts in memory: `count` JSON objects a language. */
int i18n_parse(struct i18n **out, const char *const *documents[LANGUAGE_COUNT], size_t count,
               struct error *err);

void i18n_free(struct i18n *i18n);

/* All texts of a language, for a view's "t". Borrowed. */
json_t *i18n_texts(const struct i18n *i18n, enum language language);

/* The text called `key` ("clients.title"), or `key` itself when there is none. Borrowed. */
const char *i18n_text(const struct i18n *i18n, enum language language, const char *key);

/* Whether there is a text called `key`. */
bool i18n_has(const struct i18n *i18n, enum language language, const char *key);

/* What to put for the placeholders: I18N_VALUES("share", share, "limit", limit). Lives as long as the block.
 */
#define I18N_VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A new JSON string: the text with its placeholders filled from `values` (name, value, …, NULL; or NULL for
 * none). A placeholder without a value stays as it is. */
json_t *i18n_say(const struct i18n *i18n, enum language language, const char *key, const char *const *values);

/* The same for a counted thing: KEY.one or KEY.other by the language's rule for `count`; {count} is filled.
 */
json_t *i18n_count(const struct i18n *i18n, enum language language, const char *key, long long count,
                   const char *const *values);

/* A moment in local time as a new JSON string: "24 novembre 2026 à 10:32", "24 November 2026, 10:32". */
json_t *i18n_moment(const struct i18n *i18n, enum language language, time_t moment);

/* Its day alone: "24 novembre 2026", "1er novembre 2026". */
json_t *i18n_day(const struct i18n *i18n, enum language language, time_t moment);

#endif
